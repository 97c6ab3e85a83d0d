"""One slice of load from wrk, and what it measured."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.errors import BenchmarkError

SCRIPT = Path(__file__).with_name("load.lua")
OVERTIME = 20.0  # seconds past its own end after which a wrk that hangs is killed


@dataclass(frozen=True, kw_only=True)
class Load:
    """One request, repeated on every connection; the body is `text` repeated `times` times.

    `heads` is how many different heads it comes with, in turn, by a number in its query.
    """

    name: str
    method: str
    path: str
    text: str = ""
    times: int = 1
    heads: int = 1
    connections: int = 64


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What one server did under one load: requests, seconds, latencies in milliseconds.

    `busy` is the share of one CPU the server used; well under 1, the load was the bottleneck.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    busy: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of the server's CPU a request, which other programs disturb least."""
        return 1e6 * self.busy / self.rate


GOODBYE = Load(name="GET /goodbye", method="GET", path="/goodbye")
HELLO = Load(name="POST /", method="POST", path="/", text="World")
NEW_HEADS = Load(name="GET /goodbye, new heads", method="GET", path="/goodbye", heads=10_000)
"""No server remembers so many heads: to it each is new."""


@dataclass(frozen=True)
class Answered:
    """wrk's own account of a slice; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float


def run_wrk(load: Load, port: int, seconds: int, *, secure: bool = False) -> Answered:
    """Put `load` on the port for whole seconds.

    Raises BenchmarkError if wrk fails or if any request was refused, cut or answered with an error.
    """
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}{load.path}"
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "-s", str(SCRIPT), url]
    command += ["--", load.method, load.text, str(load.times), str(load.heads)]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds + OVERTIME
        )
    except subprocess.CalledProcessError as error:
        raise BenchmarkError(f"wrk: {error.stderr.strip() or error.stdout.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"wrk did not end {OVERTIME:g} s after its time") from error
    return parse_wrk(ran.stdout)


def parse_wrk(output: str) -> Answered:
    """Read the JSON line that load.lua adds to wrk's report."""
    told = json.loads(output.strip().splitlines()[-1])
    failed = {kind: count for kind, count in told["errors"].items() if count}
    if failed or not told["requests"]:
        raise BenchmarkError(f"wrk: {told['requests']} requests answered, errors {failed}")
    return Answered(
        requests=told["requests"],
        seconds=told["microseconds"] / 1e6,
        p50=told["p50"] / 1e3,
        p99=told["p99"] / 1e3,
    )
