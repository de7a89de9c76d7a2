"""Runs a random program in CPython, and by the walker and continuations, and compares everything that can be seen.

python -m tests.continuation.harness 1 500            programs 1 to 500
"""

from __future__ import annotations

import collections
import contextlib
import random
import resource
import sys
import warnings
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.continuation.programs import Program
from tests.continuation.walker.runtime import Walker
from tests.support.exact import Snapshot, Snapshotter, TooLarge, exception_snapshot, first_difference

ARGUMENTS = (
    lambda names: (1, 2, [1, 2, 3], {0: 5, 1: 2}, names["Obj"](2)),
    lambda names: (0, 3, [], {}, names["Obj"](3)),
    lambda names: (2, None, [4, "x", 2.5], {2: [1]}, names["Obj"](1)),
)


EVERY = 10_000
"""So many single trips that each operation of a small program has its own."""
WARM = 20
"""Calls after which code is specialised: 3.11 does that at the eighth, later versions at the second and after some more."""
PROBES = 3
"""The walker comes to more loops natively when it is entered at those that it already knows."""


class Differential:
    """One program with one set of arguments and one way of leaving, chosen by the seed.  Makes `runs` with other trips."""

    def __init__(
        self, seed: int, statistics: collections.Counter[str], lifetimes: bool = False, source: str | None = None
    ) -> None:
        self._random = random.Random(seed)
        self._file = f"program{seed}.py"
        self._lifetimes = lifetimes
        self.source = source or Program(seed, lifetimes).source
        self._statistics = statistics
        self._arguments = ARGUMENTS[0] if source else self._random.choice(ARGUMENTS)
        self._handling = self._random.random() < 0.3
        osr = not lifetimes and (seed % 2 == 1 if source else self._random.random() < 0.6)
        self._walker = Walker(self.source, self._file, bool(seed & 2) if source else self._random.random() < 0.5, osr)

    def difference(self, runs: int) -> str:
        """The first difference, as text; empty if there is none."""
        try:
            code = compile(self.source, self._file, "exec", dont_inherit=True)
        except SyntaxError:
            self._statistics["skipped"] += 1
            return ""
        with _interpreted_as_written():
            try:
                want = self._run(code, None)
                for _ in range(PROBES):
                    self._walker.reset(frozenset())
                    self._run(code, self._walker)
                    self._walker.use_entries()
                self._walker.probing = False
            except (TooLarge, MemoryError):
                self._statistics["skipped"] += 1
                return ""
            self._statistics["programs"] += 1
            count = self._walker.count
            for at in self._choices(count, runs):
                self._walker.reset(at)
                got = self._run(code, self._walker)
                self._statistics["runs"] += 1
                self._statistics["trips"] += self._walker.trips
                self._statistics["entered"] += self._walker.entered
                difference = self._compare(want, got)
                if difference:
                    return f"{self._file}, leaving at {sorted(at)}: {difference}"
        return ""

    def warm_difference(self) -> str:
        """The same, leaving at each operation so often that CPython has specialised the continuation's code.

        3.11 locates some exceptions elsewhere in warm code: agreeing with CPython, cold or warm, is agreeing.
        """
        code = compile(self.source, self._file, "exec", dont_inherit=True)
        with _interpreted_as_written():
            wanted = [self._run(code, None)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted += [self._run(code, None) for _ in range(WARM)][-1:]
            for _ in range(PROBES):
                self._walker.reset(frozenset())
                self._run(code, self._walker)
                self._walker.use_entries()
            self._walker.probing = False
            for number in range(1, self._walker.count + 1):
                for _ in range(WARM):
                    self._walker.reset(frozenset([number]))
                    got = self._run(code, self._walker)
                self._statistics["trips"] += self._walker.trips
                differences = [self._compare(want, got) for want in wanted]
                if all(differences):
                    return f"{self._file}, leaving at {number}: {differences[0]}"
        return ""

    def _choices(self, count: int, runs: int) -> Iterator[frozenset[int]]:
        yield frozenset()
        numbers = range(1, count + 1)
        for number in sorted(self._random.sample(numbers, min(count, runs))):
            yield frozenset([number])
        for _ in range(0 if self._lifetimes else min(runs // 3, 20)):
            yield frozenset(self._random.sample(numbers, min(count, self._random.randint(2, 12))))

    def _run(self, code: Any, walker: Walker | None) -> tuple[Snapshot, list[Any]]:
        names: dict[str, Any] = {"__name__": "program"}
        exec(code, names)
        if walker is not None:
            walker.install(names)
            walker.on_trip = lambda: names["log"].append("TRIP")
        arguments = self._arguments(names)
        snapshotter = Snapshotter()
        end: Any
        try:
            end = _call_in_handler(names["f"], arguments) if self._handling else names["f"](*arguments)
        except MemoryError:
            raise
        except BaseException as error:
            end = ("raised", _of_program(exception_snapshot(error, snapshotter, 0)))
        else:
            end = ("returned", snapshotter.snapshot(end))
        log = [*names["log"]]
        rest = tuple(snapshotter.snapshot(value) for value in (*arguments, names["G"], names["fuel"]))
        return (end, rest), log

    def _compare(self, want: tuple[Snapshot, list[Any]], got: tuple[Snapshot, list[Any]]) -> str:
        logs = want[1], [entry for entry in got[1] if entry != "TRIP"]
        # Otherwise deaths are not compared: while it runs, the walker holds on to values.
        logs = (
            self._after_trip(*logs, got[1]) if self._lifetimes else (_without_deaths(logs[0]), _without_deaths(logs[1]))
        )
        return _log_difference(*logs) or first_difference(want[0], got[0])

    @staticmethod
    def _after_trip(want: list[Any], got: list[Any], raw: list[Any]) -> tuple[list[Any], list[Any]]:
        """The logs from the first use of a helper after the trip on: until then the walker decides about lifetimes."""
        if raw.count("TRIP") != 1:
            return [], []
        done = sum(entry[0] != "died" for entry in raw[: raw.index("TRIP")])
        return _from_entry(want, done), _from_entry(got, done)


def _without_deaths(log: list[Any]) -> list[Any]:
    return [entry for entry in log if entry[0] != "died"]


def _from_entry(log: list[Any], number: int) -> list[Any]:
    others = [index for index, entry in enumerate(log) if entry[0] != "died"]
    return log[others[number] :] if number < len(others) else []


def _log_difference(want: list[Any], got: list[Any]) -> str:
    for number, (one, other) in enumerate(zip_longest(map(repr, want), map(repr, got), fillvalue="nothing")):
        if one != other:
            return f"at entry {number} of the log: CPython {one}, native {other}"
    return ""


def _of_program(snapshot: Snapshot) -> Snapshot:
    """Without the frames of this package and of Pyvorin in tracebacks."""
    if not isinstance(snapshot, tuple):
        return snapshot
    if snapshot[:1] == ("traceback",):
        return ("traceback", *(entry for entry in snapshot[1:] if entry[0].startswith("program")))
    return tuple(_of_program(part) for part in snapshot)


def _call_in_handler(function: Any, arguments: tuple[Any, ...]) -> Any:
    try:
        raise OSError("of the caller")
    except OSError:
        return function(*arguments)


@contextlib.contextmanager
def _interpreted_as_written() -> Iterator[None]:
    """3.11 joins instructions of warm code, and locates an exception of the second at the first; not under a trace function."""
    before = sys.gettrace()
    if sys.version_info[:2] == (3, 11):
        sys.settrace(lambda frame, event, argument: None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.settrace(before)


def main() -> None:
    """Run programs of the seeds given, and print each difference and a summary."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # a program can double a list without end
    statistics: collections.Counter[str] = collections.Counter()
    first, count = int(sys.argv[1]), int(sys.argv[2])
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 6
    for seed in range(first, first + count):
        for lifetimes in (False, True):
            difference = Differential(seed, statistics, lifetimes).difference(runs)
            if difference:
                statistics["differences"] += 1
                print(f"lifetimes {lifetimes}: {difference}", flush=True)
    print(sys.version_info[:2], dict(statistics))


if __name__ == "__main__":
    main()
