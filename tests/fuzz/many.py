"""Many seeds, one after another, from the command line."""

from __future__ import annotations

import argparse
import gc
import logging
import time
from collections.abc import Callable

__all__ = ["run"]


def run(name: str, doc: str | None, problems: Callable[[int], list[str]]) -> int:
    """Print the problems of each seed that is asked for; the exit status: 0 if there are none."""
    parser = argparse.ArgumentParser(
        prog=name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1000 % 10**9, metavar="S")
    options = parser.parse_args()
    logging.disable()  # uvicorn's lines, of WebSockets
    gc.freeze()  # each case collects what it has left, and nothing else
    began = time.monotonic()
    wrong = 0
    for seed in range(options.seed, options.seed + options.cases):
        for problem in problems(seed):
            wrong += 1
            print(f"seed {seed}: {problem}", flush=True)
    gc.unfreeze()
    logging.disable(logging.NOTSET)
    took = time.monotonic() - began
    print(f"{wrong} problems in {options.cases} cases from seed {options.seed}; {took:.0f} s")
    return 1 if wrong else 0
