"""Compare gomicro with its peers: `python -m tests.benchmarks`, from the top of the repository.

Needs Linux, wrk, and a Python with gomicro and the peers installed; what is missing is left out and
said. One CPU belongs to the server under load, another to wrk. Figures are ratios of slices taken
in turn, so that whatever else the machine does falls on both sides; all in all it takes the better
part of an hour (a few minutes with --quick, which shows that everything works, and no more).
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from tests.benchmarks import machine
from tests.benchmarks.bench import QUICK, Bench, Plan, note
from tests.benchmarks.chart import draw
from tests.benchmarks.errors import BenchmarkError, UnavailableError
from tests.benchmarks.report import Outcome, table, to_json
from tests.benchmarks.scenarios import SCENARIOS, Scenario

OWN_FILES = 500  # open files a process needs beside its idle connections


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print the table.

    Exit status: 0, 1 if a scenario stopped short, 2 if nothing can run here, 130 on Ctrl-C, 143 on
    SIGTERM. A target that is not reached is a result, not a failure.
    """
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    interpreter = machine.Interpreter(asked.python)
    try:
        machine.require_tools()
        facts = machine.describe(interpreter)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    names = [name for name in SCENARIOS if not asked.only or name in asked.only]
    plan = _within_limits(QUICK if asked.quick else Plan())
    try:
        outcomes, skipped = _measure(names, plan, interpreter)
    except KeyboardInterrupt:
        return 130
    print(table(outcomes, skipped, facts))
    if asked.json:
        asked.json.write_text(to_json(outcomes, skipped, facts, plan))
    if asked.svg:
        _write_chart(asked.svg, outcomes, facts)
    return 1 if any(outcome.stopped for outcome in outcomes) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="few and short slices")
    parser.add_argument(
        "--only",
        action="append",
        choices=list(SCENARIOS),
        metavar="NAME",
        help=f"run this scenario only; may be repeated: {', '.join(SCENARIOS)}",
    )
    parser.add_argument(
        "--python",
        type=Path,
        default=machine.THIS.executable,
        metavar="PYTHON",
        help="the interpreter beside which gomicro and its peers are installed; default: this one",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the scenario `peers`")
    return parser


def _measure(
    names: list[str], plan: Plan, interpreter: machine.Interpreter
) -> tuple[list[Outcome], dict[str, str]]:
    cores = machine.split_cores()
    if cores.shared:
        note("only one CPU: server and load share it, and the figures mean little")
    with tempfile.TemporaryDirectory(prefix="gomicro-bench-") as directory:
        bench = Bench(plan=plan, cores=cores, directory=Path(directory), interpreter=interpreter)
        return [_run(bench, name, SCENARIOS[name]) for name in names], bench.skipped


def _run(bench: Bench, name: str, scenario: Scenario) -> Outcome:
    """The findings of a scenario, up to where it stopped if it did."""
    note(name)
    outcome = Outcome(scenario=name)
    try:
        for finding in scenario(bench):
            outcome.findings.append(finding)
    except UnavailableError as missing:
        bench.skipped[missing.peer] = missing.reason
        outcome.stopped = str(missing)
    except (BenchmarkError, OSError) as error:
        outcome.stopped = str(error)
    return outcome


def _within_limits(plan: Plan) -> Plan:
    """The plan with no more idle connections than this process may hold open files."""
    return replace(plan, idle=min(plan.idle, machine.raise_file_limit() - OWN_FILES))


def _write_chart(file: Path, outcomes: list[Outcome], facts: dict[str, str]) -> None:
    findings = [f for outcome in outcomes if outcome.scenario == "peers" for f in outcome.findings]
    if findings:
        file.write_text(
            draw(findings, f"one core, 64 connections, {facts['python']}, {facts['build']}")
        )
    else:
        note("no chart: it is drawn from the scenario `peers`, which gave nothing")


def _leave(number: int, frame: FrameType | None) -> None:
    """End as on Ctrl-C, with every server stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
