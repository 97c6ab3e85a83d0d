"""A service that cannot start says why in one line and exits 3; a bad option is exit 2."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.certificates import Certificate, make_certificate
from tests.integration.conftest import Serve
from tests.integration.peer import get, take_answer
from tests.integration.process import GOMICRO, ROOT, Process, Service
from tests.ports import unused_port

APP = "tests.apps.bare:app"


FAILED = "application failed to start"


def failure(service: Service | Process, status: int, *, traceback: bool = False) -> str:
    """The one line a service says that ends with `status` before it listens.

    `traceback`: whether the application's own follows it, and is in the log as well.
    """
    assert service.wait() == status
    assert service.stdout is not None
    events = [json.loads(line)["event"] for line in service.stdout.all()]
    assert events == [FAILED] * traceback
    line, *rest = service.errors().splitlines(keepends=True)
    assert bool(rest) == traceback
    return line


def test_a_port_that_is_taken(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = failure(serve(APP, f"--port={port}"), 3)
    assert line == f"gomicro: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_port_that_another_service_has(serve: Serve) -> None:
    first = serve(APP)
    assert f":{first.port}: Address already in use" in failure(
        serve(APP, f"--port={first.port}"), 3
    )
    assert take_answer(first.port, get("/hello")).body == b"hello"


def test_a_port_is_free_again_once_its_service_has_stopped(serve: Serve) -> None:
    port = f"--port={unused_port()}"
    first = serve(APP, port)
    assert take_answer(first.port, get("/hello", "Connection: close")).body == b"hello"
    assert first.stop() == 0
    second = serve(APP, port)
    assert take_answer(second.port, get("/hello")).body == b"hello"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_here(serve: Serve, host: str) -> None:
    assert f"gomicro: cannot listen on {host!r}"[:25] in failure(serve(APP, f"--host={host}"), 3)


MODULES = {
    "raises": "raise RuntimeError('no database\\non this machine')",
    "exits": "import sys\nsys.exit(5)",
    "wrong": "def app(:\n",
    "misses": "import a_module_that_is_not_there",
    "deep": "def begin():\n    open('/no/such/file')\n\n\nbegin()\n",
    "makes": (
        "def fails():\n    raise RuntimeError('no database')\n\n\n"
        "def nothing():\n    return None\n\n\n"
        "def wants(more):\n    return more\n\n\n"
        "number = 42\n"
    ),
}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["nowhere:app"], "nowhere", id="missing module"),
        pytest.param(["makes:app"], "app", id="missing attribute"),
        pytest.param(["makes"], "makes", id="no attribute named"),
        pytest.param([":app"], "app", id="no module named"),
        pytest.param(["raises:app"], "no database on this machine", id="module raises"),
        pytest.param(["exits:app"], "SystemExit: 5", id="module exits"),
        pytest.param(["wrong:app"], "SyntaxError", id="module is no Python"),
        pytest.param(["misses:app"], "a_module_that_is_not_there", id="import in module"),
        pytest.param(["deep:app"], "deep.py:2", id="the place is named"),
        pytest.param(["makes:number"], "int", id="not callable"),
        pytest.param(["makes:fails", "--factory"], "no database", id="factory raises"),
        pytest.param(["makes:nothing", "--factory"], "NoneType", id="factory makes nothing"),
        pytest.param(["makes:wants", "--factory"], "argument", id="factory wants arguments"),
        pytest.param(["makes:number", "--factory"], "int", id="factory is none"),
    ],
)
def test_an_application_that_cannot_be_loaded(
    serve: Serve, tmp_path: Path, arguments: list[str], said: str
) -> None:
    for name, source in MODULES.items():
        (tmp_path / f"{name}.py").write_text(source)
    own = {"raises:app", "exits:app", "wrong:app", "misses:app", "deep:app", "makes:fails"}
    line = failure(serve(*arguments, cwd=tmp_path), 3, traceback=arguments[0] in own)
    assert line.startswith("gomicro: ")
    assert said in line


def test_a_current_directory_that_was_removed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    there = f'cd {gone} && rmdir {gone} && exec "$0" serve "$@"'
    process = Process("sh", "-c", there, GOMICRO, "main:app")
    assert process.wait() == 3
    assert process.errors() == "gomicro: the current directory has been removed: go to another\n"


def test_a_traceback_begins_in_the_users_own_code(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text(MODULES["deep"])
    service = serve("deep:app", cwd=tmp_path)
    failure(service, 3, traceback=True)
    lines = service.errors().splitlines()
    assert lines[1:3] == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/deep.py", line 5, in <module>',
    ]
    assert lines[-1] == "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'"
    assert "importlib" in service.log[0]["exception"]


def test_a_syntax_error_is_shown_with_its_line_and_a_caret(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(MODULES["wrong"])
    service = serve("wrong:app", cwd=tmp_path)
    assert failure(service, 3, traceback=True).endswith(
        ": SyntaxError: invalid syntax (wrong.py:1)\n"
    )
    assert service.errors().splitlines()[1:] == [
        f'  File "{tmp_path}/wrong.py", line 1',
        "    def app(:",
        "            ^",
        "SyntaxError: invalid syntax",
    ]


def test_on_a_terminal_a_failed_start_is_told_once(serve: Serve, lifespans: Path) -> None:
    service = serve("lifespans:after_asking", "--log-format=console", cwd=lifespans)
    assert service.wait() == 3
    assert service.stdout is not None
    assert service.stdout.all() == []
    assert service.errors().count("no database") == 3  # the line, its source, and the last line


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param("tests.apps.lifespan:refuses", "no database", id="bare"),
        pytest.param("tests.apps.lifespan:refuses_wordless", "no reason", id="no reason"),
    ],
)
def test_a_lifespan_that_fails_is_one_line_and_3(serve: Serve, spec: str, reason: str) -> None:
    line = failure(serve(spec), 3)
    assert line.startswith("gomicro: the application failed to start: ")
    assert reason in line


def test_a_lifespan_of_a_framework_that_raises_is_told_with_its_traceback(serve: Serve) -> None:
    service = serve("tests.apps.lifespan:starlette_raises")
    line = failure(service, 3, traceback=True)
    assert line.startswith("gomicro: the application failed to start: ")
    assert "no database" in line
    assert service.errors().splitlines()[2].startswith(f'  File "{ROOT}/tests/apps/lifespan.py"')
    assert "starlette" not in service.errors()
    assert "starlette" in service.log[0]["exception"]


def test_a_lifespan_that_says_more_than_a_line_has_it_logged(serve: Serve) -> None:
    service = serve("tests.apps.lifespan:chatty")
    assert service.wait() == 3
    said = "gomicro: the application failed to start: the last word\n"
    assert service.errors() == said
    [entry] = service.entries(FAILED)
    assert (entry["reason"], "a line" in entry["exception"]) == ("the last word", True)


LIFESPANS = """\
import asyncio


def connect():
    raise ValueError("no database")


async def after_asking(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        connect()
    await answer(send)


async def before_asking(scope, receive, send):
    if scope["type"] == "lifespan":
        connect()
    await answer(send)


async def while_serving(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        connect()
    await answer(send)


async def at_the_end(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        connect()
    await answer(send)


async def hangs(scope, receive, send):
    await receive()
    await connect_at_last()


async def connect_at_last():
    await asyncio.sleep(1000)


async def answer(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"served"})
"""


@pytest.fixture
def lifespans(tmp_path: Path) -> Path:
    (tmp_path / "lifespans.py").write_text(LIFESPANS)
    return tmp_path


def test_a_lifespan_that_raises_at_the_start_is_told_and_logged(
    serve: Serve, lifespans: Path
) -> None:
    service = serve("lifespans:after_asking", cwd=lifespans)
    line = failure(service, 3, traceback=True)
    said = "gomicro: the application failed to start: ValueError: no database (lifespans.py:5)\n"
    assert line == said
    [entry] = service.log
    assert "in connect" in entry["exception"]


def test_a_lifespan_that_raises_without_asking_is_named_and_the_application_served(
    serve: Serve, lifespans: Path
) -> None:
    service = serve("lifespans:before_asking", cwd=lifespans)
    entry = service.await_entry("application has no lifespan")
    assert entry["level"] == "info"
    assert entry["error"] == "ValueError: no database (lifespans.py:5)"
    assert take_answer(service.port, get("/")).body == b"served"
    assert (service.stop(), service.errors()) == (0, "")


@pytest.mark.parametrize(
    ("spec", "event"),
    [
        ("lifespans:while_serving", "application's lifespan failed"),
        ("lifespans:at_the_end", "application failed to stop"),
    ],
)
def test_a_lifespan_that_raises_later_is_logged_and_1(
    serve: Serve, lifespans: Path, spec: str, event: str
) -> None:
    service = serve(spec, cwd=lifespans)
    assert take_answer(service.port, get("/")).body == b"served"
    assert (service.stop(), service.errors()) == (1, "")
    [entry] = service.entries(event)
    assert (entry["level"], "in connect" in entry["exception"]) == ("error", True)


def test_a_lifespan_that_fails_at_the_end_is_logged_and_1(serve: Serve) -> None:
    service = serve("tests.apps.lifespan:fails_to_stop")
    assert take_answer(service.port, get("/")).body == b"served"
    assert (service.stop(), service.errors()) == (1, "")
    [entry] = service.entries("application failed to stop")
    assert (entry["level"], "still open" in entry["reason"]) == ("error", True)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_lifespan_that_never_starts_gives_way_to_a_signal(
    serve: Serve, number: signal.Signals, status: int
) -> None:
    service = serve("tests.apps.lifespan:never_starts")
    service.await_entry("starting")
    assert (service.stop(number), service.errors()) == (status, "")
    assert service.entries("gave up")
    assert service.log[-1]["event"] == "start interrupted"
    assert service.log[-1]["reason"] == number.name
    assert not service.entries("listening")


def test_a_lifespan_that_takes_long_to_start_is_told(serve: Serve, lifespans: Path) -> None:
    service = serve("lifespans:hangs", cwd=lifespans)
    entry = service.await_entry("still starting")
    assert (entry["level"], entry["after"]) == ("warning", 5.0)
    assert re.search(r"/lifespans\.py:\d+ connect_at_last$", entry["at"])
    assert re.search(r"/asyncio/tasks\.py:\d+ sleep$", entry["innermost"])
    assert service.stop() == 130


@pytest.mark.parametrize("flags", [(), ("--workers=1",), ("--reload",)], ids=" ".join)
def test_an_import_that_takes_long_is_told_and_sigquit_tells_where_it_is(
    serve: Serve, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    source = "import json, time\n\ndef connect(_):\n    time.sleep(1000)\n"
    (tmp_path / "slow.py").write_text(f"{source}\njson.loads('{{}}', object_hook=connect)\n")
    service = serve("slow:app", *flags, cwd=tmp_path)
    entry = service.await_entry("still starting")
    assert (entry["level"], entry["after"]) == ("warning", 5.0)
    assert (entry["at"], "innermost" in entry) == (f"{tmp_path}/slow.py:4 connect", False)
    assert entry.get("worker") == (1 if flags else None)
    assert service.stop(signal.SIGQUIT) == 2
    assert 'slow.py", line 4, in connect\n' in service.errors()


def test_an_application_without_lifespan_is_served(serve: Serve) -> None:
    """It raises for the lifespan scope, which says that it does not know the protocol."""
    service = serve(APP)
    assert take_answer(service.port, get("/hello")).body == b"hello"
    assert (service.stop(), service.errors()) == (0, "")


def test_a_certificate_that_is_not_there(serve: Serve, certificate: Certificate) -> None:
    line = failure(serve(APP, "--tls-cert=/no/cert.pem", f"--tls-key={certificate.key}"), 3)
    assert "'/no/cert.pem'" in line
    assert "No such file" in line


def test_a_certificate_that_is_none(serve: Serve, certificate: Certificate, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    line = failure(
        serve(APP, f"--tls-cert={tmp_path / 'cert.pem'}", f"--tls-key={certificate.key}"), 3
    )
    assert str(tmp_path / "cert.pem") in line


def test_a_key_of_another_certificate(
    serve: Serve, certificate: Certificate, tmp_path: Path
) -> None:
    other = make_certificate(tmp_path, "IP:127.0.0.1")
    line = failure(serve(APP, f"--tls-cert={certificate.cert}", f"--tls-key={other.key}"), 3)
    assert line == (
        f"gomicro: the key {other.key!r} is not the key of the certificate {certificate.cert!r}\n"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("[serve\n", "is not a TOML file", id="no TOML"),
        pytest.param("[serve]\nread-timeot = 1\n", "did you mean read-timeout?", id="unknown key"),
        pytest.param("[serve]\naccess-log = 'x'\n", "true or false", id="wrong type"),
        pytest.param("[serve]\nmax-body-bytes = -1\n", "max-body-bytes", id="out of range"),
        pytest.param("port = 9090\n", "[serve]", id="outside the table"),
        pytest.param("[serve]\nidle-timeout = '1 week'\n", "idle-timeout", id="bad duration"),
    ],
)
def test_a_broken_configuration_file(serve: Serve, tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "gomicro.toml"
    file.write_text(content)
    line = failure(serve(APP, f"--config={file}"), 2)
    assert line.startswith(f"gomicro: {file}: ")
    assert said in line


def test_a_configuration_file_that_is_not_there(serve: Serve) -> None:
    assert "/no/such.toml" in failure(serve(APP, "--config=/no/such.toml"), 2)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--port=http", "--port"),
        ("--port=70000", "65535"),
        ("--read-timeout=soon", "500ms"),
        ("--idle-timeout=-1s", "--idle-timeout"),
        ("--max-body-bytes=many", "MiB"),
        ("--log-level=loud", "warning"),
        ("--log-format=xml", "console"),
        ("--tls-cert=cert.pem", "--tls-key"),
        ("--forwarded-allow-ips=10.0.0.0/33", "10.0.0.0/33"),
    ],
)
def test_a_bad_value_is_one_line_that_says_what_would_be_right(
    serve: Serve, flag: str, said: str
) -> None:
    line = failure(serve(APP, flag), 2)
    assert line.startswith("gomicro: ")
    assert said in line


@pytest.mark.parametrize("arguments", [["--no-such-flag"], [""], [APP, "another:app"]])
def test_a_bad_command_line_is_a_usage_error(arguments: list[str]) -> None:
    process = Process(GOMICRO, "serve", *arguments)
    assert process.wait() == 2
    assert process.errors().startswith("Usage: gomicro serve")
    assert "Traceback" not in process.errors()


def test_a_factory_of_nothing_is_one_line() -> None:
    process = Process(GOMICRO, "serve", "--factory")
    assert failure(process, 2).startswith("gomicro: --factory needs APP")


def test_python_dash_m_gomicro_is_the_same_command() -> None:
    service = Service(APP, command=(sys.executable, "-m", "gomicro"))
    try:
        assert take_answer(service.port, get("/hello")).body == b"hello"
        assert (service.stop(), service.errors()) == (0, "")
    finally:
        service.kill()


def test_flag_goes_before_environment_before_file(serve: Serve, tmp_path: Path) -> None:
    """All three name a host; only the one of the flag can be had."""
    file = tmp_path / "gomicro.toml"
    file.write_text("[serve]\nhost = '192.0.2.1'\nroot-path = '/file'\naccess-log = false\n")
    service = serve(
        "tests.apps.bare:app",
        f"--config={file}",
        env={"GOMICRO_SERVE_HOST": "192.0.2.2", "GOMICRO_SERVE_ROOT_PATH": "/api"},
    )
    assert b'"root_path": "/api"' in take_answer(service.port, get("/scope")).body
    assert service.stop() == 0
    assert not service.entries("request")


def test_kubernetes_variables_are_not_taken_for_ports(serve: Serve) -> None:
    tcp = "tcp://10.0.0.1:9090"
    service = serve(APP, env={"GOMICRO_PORT": tcp, "GOMICRO_SERVE_PORT": tcp})
    assert take_answer(service.port, get("/hello")).body == b"hello"
