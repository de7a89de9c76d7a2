"""Stands in for the package pyperf, so that a program of pyperformance, run as it is, is measured by our protocol.

The program builds its `Runner`, parses its arguments and asks for its benchmarks; the one whose name is in the environment
variable BENCH_NAME is served (`harness/serve.py`), the others are passed over.  What the program prints is kept, and belongs to
its result.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.serve import Subject, serve
from harness.state import State

perf_counter = time.perf_counter
FIRST = 3
"""Runs before the first checksum: all results count, and functions that were called in one run are native in the next."""


class Runner:
    """The part of pyperf's Runner that these programs use."""

    def __init__(self, add_cmdline_args: Callable[..., None] | None = None, **_: Any) -> None:
        self.metadata: dict[str, Any] = {}
        self.argparser = argparse.ArgumentParser()
        self.args: argparse.Namespace | None = None

    def parse_args(self, arguments: list[str] | None = None) -> argparse.Namespace:
        self.args = self.argparser.parse_args(arguments)
        return self.args

    def bench_func(self, name: str, function: Callable[..., Any], *arguments: Any, **_: Any) -> None:
        """Measures calls of the function."""

        def run(count: int) -> Any:
            result = None
            for _ in range(count):
                result = function(*arguments)
            return result

        _serve(name, run)

    def bench_time_func(self, name: str, function: Callable[..., float], *arguments: Any, **_: Any) -> None:
        """Measures the function, which repeats by itself; the seconds that it returns are not used."""

        def run(count: int) -> None:
            function(count, *arguments)

        _serve(name, run)


class Calls(Subject):
    """Runs of one benchmark.  A checksum covers the result, what was printed, and the state of the program's globals.

    Where the second and the third run leave the same (`_stable`), every later one must.
    """

    def __init__(self, run: Callable[[int], Any], printed: io.StringIO) -> None:
        self._run = run
        self._printed = printed
        self._last = ""
        self._first = ""
        self._stable = False

    def first(self) -> str:
        marks = [self._mark() for _ in range(FIRST)]
        self._last = marks[-1]
        self._stable = marks[-1] == marks[-2]
        self._first = " ".join(marks)
        return self._first

    def run(self, count: int) -> None:
        self._run(count)

    def timed(self) -> None:
        return None

    def fresh(self) -> str | None:
        if not self._stable:
            return None
        mark = self._mark()
        return self._first if mark == self._last else "a later run: " + mark

    def _mark(self) -> str:
        self._printed.seek(0)
        self._printed.truncate()
        result = self._run(1)
        return State(sys.modules["__main__"]).digest([result, self._printed.getvalue()])


def _serve(name: str, run: Callable[[int], Any]) -> None:
    if name != os.environ["BENCH_NAME"]:
        return
    answers = sys.stdout
    sys.stdout = printed = io.StringIO()
    try:
        serve(Calls(run, printed), sys.stdin, answers)
    finally:
        sys.stdout = answers
