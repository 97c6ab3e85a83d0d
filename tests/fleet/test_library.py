"""A fleet in a program of the user's, and a command without one."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gomicro import Fleet, ServeMux, ServerConfig
from gomicro.errors import StartupError
from tests.integration.peer import get, take_answer
from tests.integration.process import Service

PROGRAM = """\
from gomicro import Fleet, ServerConfig

if __name__ == "__main__":
    config = ServerConfig(host="127.0.0.1", port=0, workers=2, log_format="json")
    raise SystemExit(Fleet("{app}", config).run())
"""

APP = """\
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"VERSION"})
"""


class Program(Service):
    """A program instead of the command."""

    def __init__(self, directory: Path, app: str, program: str = PROGRAM) -> None:
        (directory / "program.py").write_text(program.format(app=app))
        super().__init__(command=(sys.executable, "program.py"), cwd=directory)


def test_a_program_has_a_fleet_that_restarts_with_the_code_on_disk(tmp_path: Path) -> None:
    module = tmp_path / "shop.py"
    module.write_text(APP.replace("VERSION", "first"))
    with_program = Program(tmp_path, "shop:app")
    try:
        assert take_answer(with_program.port, get()).body == b"first"
        for worker in (1, 2):  # the other may read the module at this moment
            with_program.await_entry("worker ready", worker=worker)
        module.write_text(APP.replace("VERSION", "the second"))
        with_program.send_signal(signal.SIGHUP)
        with_program.await_entry("restart done")
        assert take_answer(with_program.port, get()).body == b"the second"
        assert with_program.stop(signal.SIGQUIT) == 2
        assert "supervisor.py" in with_program.errors()
    finally:
        with_program.kill()


def test_a_program_may_have_routes(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    routes = 'log_format="json", routes={{"/x": RouteConfig(access_log=False)}}'
    program = PROGRAM.replace("import Fleet", "import Fleet, RouteConfig")
    program = program.replace('log_format="json"', routes)
    with_program = Program(tmp_path, "shop:app", program)
    try:
        for path in ("/x", "/y"):
            assert take_answer(with_program.port, get(path)).body == b"VERSION"
        with_program.await_entry("request", path="/y")
        assert with_program.entries("request", path="/x") == []
        assert (with_program.stop(signal.SIGTERM), with_program.errors()) == (0, "")
    finally:
        with_program.kill()


def test_a_fleet_is_told_the_name_of_its_application() -> None:
    app: Any = ServeMux()
    with pytest.raises(TypeError, match="import a name, such as 'main:app', not <gomicro"):
        Fleet(app)
    config: Any = 8080
    with pytest.raises(TypeError, match="by a ServerConfig, not by 8080"):
        Fleet("main:app", config)


def test_a_worker_that_imports_what_runs_its_fleet_begins_no_other(tmp_path: Path) -> None:
    """Its workers would do so again, and theirs, without an end."""
    (tmp_path / "program.py").write_text(
        f"{APP}\nfrom gomicro import Fleet, ServerConfig\n"
        "config = ServerConfig(host='127.0.0.1', port=0, workers=1, log_format='json')\n"
        "Fleet('program:app', config).run()\n"
    )
    with_program = Service(command=(sys.executable, "program.py"), cwd=tmp_path)
    try:
        assert with_program.wait() == 1
        said = "RuntimeError: a worker imports what runs its fleet: keep that below if __name__ =="
        assert f"cannot import the application 'program:app': {said}" in with_program.errors()
        assert len([line for line in with_program.log if line["event"] == "worker started"]) == 1
    finally:
        with_program.kill()


def test_outside_of_the_main_thread_a_fleet_does_not_run() -> None:
    with ThreadPoolExecutor() as pool:
        running = pool.submit(Fleet("shop:app").run)
        with pytest.raises(RuntimeError, match="runs in the main thread"):
            running.result()


def test_a_program_whose_fleet_cannot_start_has_an_error(tmp_path: Path) -> None:
    with_program = Program(tmp_path, "nowhere:app")
    assert with_program.wait() == 1
    assert "gomicro.errors.StartupError: cannot import" in with_program.errors()
    assert with_program.errors().count('  File "') == 1  # the program's own line


def test_a_program_that_cannot_be_started_again_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    config = ServerConfig(host="127.0.0.1", port=0, workers=1)
    with pytest.raises(StartupError, match="cannot start '/nowhere/python': No such file"):
        Fleet("shop:app", config).run()


def test_without_workers_nothing_of_a_fleet_is_imported() -> None:
    program = (
        "import sys, gomicro.cli.serve, gomicro.server.server;"
        "print([name for name in sys.modules if name.startswith('gomicro.fleet')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_supervisor_imports_neither_asyncio_nor_structlog() -> None:
    program = (
        "import sys, gomicro.cli.serve, gomicro.fleet.fleet;"
        "print({'asyncio', 'structlog', 'uvicorn', 'starlette', 'ssl'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
