"""`python -m tests.fuzz.exits --seed S --programs N`: random trips by hand; differences are shrunk and printed as cases."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.harness import Failure
from tests.fuzz.shrink import as_case

from .differential import PLANS
from .harness import fuzz, smallest


def main() -> int:
    """Exit status 1 when there was a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.exits", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; program N has seed S + N")
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--plans", type=int, default=PLANS, help="runs of each call that native code is made to leave")
    parser.add_argument("--engine", default="", help="native or quick; default: both")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to test (default: this one)")
    parser.add_argument("--jobs", type=int, default=1, help="child processes at the same time")
    parser.add_argument("--no-shrink", action="store_true", help="print differences as found")
    parser.add_argument("--shrink-at-most", type=int, default=10, metavar="N", help="how many differences to shrink")
    options = parser.parse_args()

    def show(failure: Failure) -> None:
        print(f"DIFFERENCE {failure}", flush=True)

    summary = fuzz(
        options.seed, options.programs, options.engine, options.python, show, options.jobs, plans=options.plans
    )
    print(summary.text(), flush=True)
    if not options.no_shrink:
        for failure in summary.failures[: options.shrink_at_most]:
            print(f"\n{as_case(smallest(failure, options.engine or 'quick', options.python))}", flush=True)
    return 1 if summary.failures else 0


if __name__ == "__main__":
    sys.exit(main())
