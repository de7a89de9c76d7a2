"""`python -m tests.fuzz --seed S --programs N`: random programs by hand; differences are shrunk and printed as cases."""

from __future__ import annotations

import argparse
import sys

from .generate import KINDS
from .harness import Failure, fuzz
from .shrink import as_case, shrink


def main() -> int:
    """Exit status 1 when there was a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; program N has seed S + N")
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--engine", default="native", help="native, plain, or fault:NAME (see faults.py)")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to test (default: this one)")
    parser.add_argument("--kind", default="all", choices=KINDS, help="which programs")
    parser.add_argument("--jobs", type=int, default=1, help="child processes at the same time")
    parser.add_argument("--no-shrink", action="store_true", help="print differences as found")
    parser.add_argument("--shrink-at-most", type=int, default=10, metavar="N", help="how many differences to shrink")
    options = parser.parse_args()

    def show(failure: Failure) -> None:
        print(f"DIFFERENCE {failure}", flush=True)

    summary = fuzz(
        options.seed, options.programs, options.engine, options.python, show, options.jobs, KINDS[options.kind]
    )
    print(summary.text(), flush=True)
    if not options.no_shrink:
        for failure in summary.failures[: options.shrink_at_most]:
            print(f"\n{as_case(shrink(failure, options.engine, options.python))}", flush=True)
    return 1 if summary.failures else 0


if __name__ == "__main__":
    sys.exit(main())
