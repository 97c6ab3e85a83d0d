"""The files for containers fit the service that they start."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import gomicro
from gomicro import ServerConfig
from gomicro.config import EVERY_OPTION, resolve
from gomicro.units import parse_duration
from tests.docs.files import DEPLOY, check, documents, program
from tests.docs.pages import ROOT, blocks, prose
from tests.test_packaging import PARTS

PAGE = ROOT / "docs/how-to/containers.md"
KUBERNETES = ROOT / "docs/how-to/kubernetes.md"
KUSTOMIZE = DEPLOY / "kustomize"


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in their order."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def last(instruction: str) -> str:
    """What an instruction says the last time."""
    return [rest for word, rest in dockerfile() if word == instruction][-1]


def taken(words: list[str]) -> bool:
    """Whether the installed command takes them."""
    program, *arguments = words
    command = [str(Path(sys.executable).parent / program), *arguments, "--help"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def deployment() -> Any:
    (found,) = documents(KUSTOMIZE / "deployment.yaml")
    return found["spec"]["template"]["spec"]


def test_the_image_is_slim_made_in_stages_and_not_roots() -> None:
    stages = [rest for word, rest in dockerfile() if word == "FROM"]
    *building, image = stages
    assert building
    version = re.fullmatch(r"(python:3\.\d+)-slim", image)
    assert version is not None
    assert all(re.fullmatch(rf"{version[1]} AS \w+", stage) for stage in building)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER"))


def test_what_a_container_starts_is_a_command() -> None:
    entry, command = json.loads(last("ENTRYPOINT")), json.loads(last("CMD"))
    assert taken([*entry, *command])
    others = re.findall(r"CMD (\[.+?\])", prose(PAGE))
    assert others
    assert all(taken([*entry, *json.loads(words)]) for words in others)


def test_a_container_is_asked_for_its_health() -> None:
    options, _, command = last("HEALTHCHECK").partition("CMD ")
    assert taken(json.loads(command))
    waits = dict(re.findall(r"--(\w+)=(\S+)", options))
    asking = re.search(r'"--timeout", "(\w+)"', command)
    assert asking is not None
    assert parse_duration(asking[1]) < parse_duration(waits["timeout"])


def test_the_image_is_built_of_what_the_package_is_built_of() -> None:
    """The parts that test_packaging builds the wheel of; .dockerignore lets in no other."""
    stage = "".join(rest + "\n" for word, rest in dockerfile() if word == "COPY")
    copied = [name for line in stage.splitlines() if "--from" not in line for name in line.split()]
    assert {name for name in copied if not name.startswith("./")} == set(PARTS)
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    assert let_in == set(PARTS)
    assert any(fnmatch("anything", line) for line in ignore)


def test_hadolint_finds_no_fault_with_the_image() -> None:
    check("hadolint", DEPLOY / "Dockerfile")


def test_compose_serves_the_image_and_waits_for_its_shutdown() -> None:
    (file,) = documents(DEPLOY / "compose.yaml")
    service = file["services"]["gomicro"]
    build = service["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert parse_duration(service["stop_grace_period"]) > ServerConfig().shutdown_grace
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True


def test_the_page_gives_a_container_time_to_stop() -> None:
    """Docker's own ten seconds end before the grace does."""
    stop = re.search(r"docker run .*--stop-timeout (\d+)", PAGE.read_text(encoding="utf-8"))
    assert stop is not None
    assert int(stop[1]) > ServerConfig().shutdown_grace


def test_compose_has_the_form_of_its_specification() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_the_ports_are_the_services_own() -> None:
    """Image, compose, Kubernetes and the page name the default port."""
    port = str(ServerConfig().port)
    (compose,) = documents(DEPLOY / "compose.yaml")
    (service,) = documents(KUSTOMIZE / "service.yaml")
    (container,) = deployment()["containers"]
    (published,) = compose["services"]["gomicro"]["ports"]
    assert last("EXPOSE") == published.rpartition(":")[2] == port
    named = {entry["name"]: entry["containerPort"] for entry in container["ports"]}
    assert named == {"http": int(port), "admin": configured().admin_port}
    assert [entry["targetPort"] for entry in service["spec"]["ports"]] == ["http"]


def configured() -> ServerConfig:
    """What the environment of the Deployment makes of the options."""
    (container,) = deployment()["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    known = {name for option in EVERY_OPTION for name in option.environment}
    assert environment.keys() <= known
    return resolve({}, environment, None).config


def test_kubernetes_waits_for_the_shutdown() -> None:
    """The grace period covers the delay after SIGTERM and the service's own grace."""
    config = configured()
    waits = config.shutdown_delay + config.shutdown_grace
    assert deployment()["terminationGracePeriodSeconds"] > waits > config.shutdown_grace


def test_kubernetes_asks_the_admin_listener_for_health() -> None:
    (container,) = deployment()["containers"]
    asked = {key: probe["httpGet"] for key, probe in container.items() if key.endswith("Probe")}
    assert asked == {
        "startupProbe": {"path": "/startupz", "port": "admin"},
        "readinessProbe": {"path": "/readyz", "port": "admin"},
        "livenessProbe": {"path": "/livez", "port": "admin"},
    }
    page = (ROOT / "docs/reference/admin.md").read_text(encoding="utf-8")
    assert [get["path"] for get in asked.values() if f"`GET {get['path']}`" not in page] == []


def test_kubernetes_gives_the_container_no_privileges() -> None:
    pod = deployment()
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_base_names_its_files_and_the_version_of_the_package() -> None:
    (base,) = documents(KUSTOMIZE / "kustomization.yaml")
    files = {file.name for file in KUSTOMIZE.iterdir()} - {"kustomization.yaml"}
    assert set(base["resources"]) == files
    assert base["images"] == [{"name": "gomicro", "newTag": gomicro.__version__}]


def test_the_disruption_budget_is_of_the_pods_that_the_base_labels() -> None:
    """Kustomize gives a PodDisruptionBudget no selector, and one without it is of no pods."""
    (base,) = documents(KUSTOMIZE / "kustomization.yaml")
    (budget,) = documents(KUSTOMIZE / "disruption.yaml")
    (labels,) = base["labels"]
    assert labels["includeSelectors"] is True
    assert budget["spec"]["selector"] == {"matchLabels": labels["pairs"]}


def test_kustomize_makes_of_the_base_what_kubernetes_takes(tmp_path: Path) -> None:
    program("kubectl")
    made = tmp_path / "made.yaml"
    made.write_text(check("kubectl", "kustomize", KUSTOMIZE))
    kinds = {document["kind"] for document in documents(made)}
    assert kinds == {"Deployment", "Service", "PodDisruptionBudget"}
    check("kubernetes-validate", "--strict", made)


def test_the_overlay_on_the_page_names_an_image_of_its_own(tmp_path: Path) -> None:
    program("kubectl")
    (overlay,) = (block for block in blocks(KUBERNETES) if block.file == "kustomization.yaml")
    shutil.copytree(KUSTOMIZE, tmp_path / "gomicro/docs/deploy/kustomize")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/kustomization.yaml").write_text(overlay.text)
    made = tmp_path / "made.yaml"
    made.write_text(check("kubectl", "kustomize", tmp_path / "mine"))
    (spec,) = (one["spec"] for one in documents(made) if one["kind"] == "Deployment")
    images = [one["image"] for one in spec["template"]["spec"]["containers"]]
    assert images == ["registry.example.com/product-api:1.4"]


@pytest.mark.parametrize("file", sorted(KUSTOMIZE.glob("[!k]*.yaml")), ids=lambda file: file.stem)
def test_each_file_of_the_base_has_the_name_of_the_service(file: Path) -> None:
    (document,) = documents(file)
    assert document["metadata"] == {"name": "gomicro"}
