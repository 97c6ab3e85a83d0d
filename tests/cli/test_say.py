"""Where `hello` and `goodbye` look for the service."""

from __future__ import annotations

import click
import pytest

from gomicro.cli.say import _base_url
from tests.command import gomicro_process

VARIABLES = ("GOMICRO_URL", "GOMICRO_SERVE_PORT", "GOMICRO_SERVE_UDS", "PORT")


@pytest.mark.parametrize(
    ("url", "port", "variables", "found"),
    [
        pytest.param(None, None, {}, "http://localhost:9090", id="default"),
        pytest.param("http://a", None, {"GOMICRO_URL": "http://b"}, "http://a", id="URL"),
        pytest.param(None, "8080", {"GOMICRO_URL": "http://b"}, "http://localhost:8080", id="port"),
        pytest.param(None, None, {"GOMICRO_URL": "http://b", "PORT": "1"}, "http://b", id="env"),
        pytest.param(None, None, {"GOMICRO_URL": "", "PORT": ""}, "http://localhost:9090", id="''"),
        pytest.param(None, None, {"PORT": "81"}, "http://localhost:81", id="PORT"),
        pytest.param(
            None, None, {"GOMICRO_SERVE_PORT": "82", "PORT": "81"}, "http://localhost:82", id="ours"
        ),
        pytest.param(
            None,
            None,
            {"GOMICRO_SERVE_PORT": "tcp://10.0.0.1:80", "PORT": "81"},
            "http://localhost:81",
            id="Kubernetes'",
        ),
        pytest.param("", None, {}, "", id="an empty URL is an error of its own"),
    ],
)
def test_where_the_service_is(
    url: str | None,
    port: str | None,
    variables: dict[str, str],
    found: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _base_url(url, port) == found


@pytest.mark.parametrize("port", ["0", "70000", "http", "-1", "8080 ", "\u0663"])
def test_a_bad_port_of_the_environment_is_a_usage_error(
    port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOMICRO_URL", raising=False)
    monkeypatch.delenv("GOMICRO_SERVE_PORT", raising=False)
    monkeypatch.setenv("PORT", port)
    with pytest.raises(click.UsageError, match="PORT: want a port from 1 to 65535"):
        _base_url(None, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "x"], "want a port from 1 to 65535, not 'x'"),
        (["--port", "0"], "want a port from 1 to 65535, not '0'"),
        (["--port", "1", "--url", "http://a"], "give one of them"),
    ],
)
def test_a_bad_command_line_is_a_usage_error(words: list[str], said: str) -> None:
    done = gomicro_process("hello", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
