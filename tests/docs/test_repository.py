"""What a forge, and who comes to the project there, finds in it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.files import check, documents, program
from tests.docs.pages import ROOT

FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def jobs(name: str) -> dict[str, Any]:
    (workflow,) = documents(FORGE / "workflows" / name)
    found: dict[str, Any] = workflow["jobs"]
    return found


def name(file: Path) -> str:
    return file.stem


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name)
def test_actions_are_pinned_by_their_full_hash(workflow: Path) -> None:
    """With the version beside it, for people; one action has one hash in all workflows."""
    lines = re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8"))
    assert lines
    pinned = [re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in lines]
    assert all(pinned)
    every = {use for file in WORKFLOWS for use in re.findall(r"uses: (\S+)", file.read_text())}
    assert len({use.partition("@")[0] for use in every}) == len(every)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name)
def test_jobs_may_do_what_they_need_and_end(workflow: Path) -> None:
    """No job can write into the repository, and each has a limit of time."""
    (file,) = documents(workflow)
    for job in file["jobs"].values():
        allowed = job.get("permissions", file["permissions"])
        assert {key for key, level in allowed.items() if level == "write"} <= {
            "id-token",
            "attestations",
            "artifact-metadata",
        }
        assert job["timeout-minutes"] <= 60


def test_a_release_is_built_once_attested_and_published_without_a_token() -> None:
    """Only the job that uploads may do so, in the environment that PyPI is told of."""
    release = jobs("release.yml")
    assert list(release) == ["build", "wheels", "attest", "publish"]
    assert release["publish"]["environment"]["name"] == "pypi"
    assert release["publish"]["permissions"] == {"id-token": "write"}
    assert release["attest"]["needs"] == ["build", "wheels"]
    assert release["publish"]["needs"] == "attest"
    uses = [step["uses"].partition("@")[0] for step in release["publish"]["steps"]]
    assert uses == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    assert "secrets." not in (FORGE / "workflows/release.yml").read_text(encoding="utf-8")


def test_a_release_has_a_bill_of_materials() -> None:
    release = jobs("release.yml")
    made = [step["run"] for step in release["build"]["steps"] if "cyclonedx" in step.get("run", "")]
    assert len(made) == 1
    paths = [step.get("with", {}).get("sbom-path") for step in release["attest"]["steps"]]
    assert [path for path in paths if path and path in made[0]] == ["sbom/gomicro.cdx.json"]


def test_workflows_install_groups_that_exist() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (*WORKFLOWS, ROOT / ".ci/run"))
    assert set(re.findall(r"--group (\w+)", text)) <= set(PROJECT["dependency-groups"])


def test_the_package_says_which_pythons_the_workflow_tests() -> None:
    tested = jobs("ci.yml")["test"]["strategy"]["matrix"]["python"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert said == tested
    assert PROJECT["project"]["requires-python"] == f">={tested[0]}"


def test_the_package_says_where_the_project_lives() -> None:
    """Each address is in one repository, and the file that it names is there."""
    urls = PROJECT["project"]["urls"]
    assert set(urls) == {"Changelog", "Documentation", "Issues", "Security", "Source"}
    for url in urls.values():
        assert url.startswith(urls["Source"])
        in_tree = re.search(r"/(?:blob|tree)/main/(.+)", url)
        assert in_tree is None or (ROOT / in_tree[1]).exists()


def test_the_top_level_holds_what_belongs_there() -> None:
    """Besides dot-files: what is built, what is read, and what forges look for."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False
    ).stdout
    if not listed:
        pytest.skip("this is no checkout")
    top = {line.partition("/")[0] for line in listed.splitlines()}
    assert {entry for entry in top if not entry.startswith(".")} == {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "docs",
        "pyproject.toml",
        "src",
        "tests",
    }


def test_zizmor_finds_no_fault_with_the_workflows() -> None:
    check("zizmor", "--offline", "--no-progress", FORGE)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.readthedocs", [ROOT / ".readthedocs.yaml"]),
        ("vendor.github-issue-config", [FORGE / "ISSUE_TEMPLATE/config.yml"]),
        ("vendor.github-issue-forms", sorted((FORGE / "ISSUE_TEMPLATE").glob("[!c]*.yml"))),
    ],
)
def test_the_forges_files_have_their_form(schema: str, files: list[Path]) -> None:
    assert files
    check("check-jsonschema", "--builtin-schema", schema, *files)


def test_what_runs_before_a_commit_is_what_the_check_runs() -> None:
    """In the same environment: nothing is fetched, and no version is named twice."""
    (config,) = documents(ROOT / ".pre-commit-config.yaml")
    (local,) = config["repos"]
    assert local["repo"] == "local"
    hooks = {hook["id"]: hook["entry"] for hook in local["hooks"]}
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for line in ("ruff check", "ruff format", "mypy"):
        assert f"python -m {line}" in "\n".join(hooks.values())
        assert f".venv/bin/{line}" in run


def test_the_hooks_can_be_installed(tmp_path: Path) -> None:
    """With the line of CONTRIBUTING.md."""
    command = program("pre-commit")
    (tmp_path / ".pre-commit-config.yaml").write_bytes(
        (ROOT / ".pre-commit-config.yaml").read_bytes()
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = kept | {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    for words in (["git", "init", "--quiet"], [command, "validate-config"], [command, "install"]):
        subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert (tmp_path / ".git/hooks/pre-commit").exists()
