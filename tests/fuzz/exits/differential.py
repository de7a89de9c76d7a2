"""Run programs under CPython and natively, with native code made to leave at many operations, and compare every call.

Runs in a child process of the harness: `python -m tests.fuzz.exits.differential JOB ANSWERS`, with the job and answers of
`tests.fuzz.differential`.  Of each call: CPython's outcome, two native runs of which nothing is made to leave, one that counts
the operations, and then runs after chosen plans.  A unit may say how its plans are chosen: `plans` (a number for each call), or
`exhaustive` (every operation once, and some that leave time after time).
"""

from __future__ import annotations

import random
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.fuzz.differential import MEMORY_LIMIT, Unit, UnitResult
from tests.fuzz.generate import HEADER
from tests.support.calls import Call
from tests.support.child import AnswerFile
from tests.support.compare import NATIVE_SECONDS, PLAIN_SECONDS, TIMES, difference_of, show_calls
from tests.support.engines import Namespace, NativeEngine, PlainEngine
from tests.support.outcome import Outcome, observe_call

from . import faults
from .trips import REENTRIES, Plan, Words

PLANS = 40
"""Runs of each call in which native code is made to leave, unless the unit says otherwise."""
COMPILING_SECONDS = 120.0
"""What a call is given that may wait for a new specialisation, on a busy machine."""
MOST_OPERATIONS = 20_000
"""A call with more is made to leave once at a time only."""
MOST_EXHAUSTIVE = 600
FAULT_CALLS = 4
"""Calls of each program during which mistakes are planted."""

Report = Callable[[str], None]


def main(job_path: str, answers: str) -> None:
    """Work through a job: {"engine", "directory", "units"}; the engine is `native`, `quick` or `faults:NAME,…`.

    The latter plants these mistakes of faults.py, each until a program notices it, and makes no other comparisons.
    """
    import json

    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = AnswerFile(answers)
    engine = NativeEngine(trips="1" if job["engine"] == "native" else "quick")
    kind, _, names = job["engine"].partition(":")
    hidden = {name: faults.FAULTS[name] for name in names.split(",")} if kind == "faults" else {}
    for index, unit in enumerate(job["units"]):
        name = unit["name"]
        answer({"at": ["import", 0]})
        comparison = Comparison(engine, Path(job["directory"]), unit, index)

        def before(number: int, plan: str, name: str = name) -> None:
            answer({"at": [name, number, plan]})

        answer(comparison.noticed(hidden, before) if names else comparison.run(before))
    answer({"done": True})
    answer.close()


class Comparison:
    """A program, loaded by both engines."""

    def __init__(self, engine: NativeEngine, directory: Path, unit: Unit, index: int) -> None:
        self._engine = engine
        self._unit = unit
        self._module = f"fuzzed_{index}_{unit['name']}"
        self._path = directory / f"{self._module}.py"
        self._path.write_text(HEADER + unit["source"], encoding="utf-8")
        self._plain = self._cold()
        self._native = engine.load(self._module, self._path)
        self._random = random.Random(unit["name"])
        self._failures: list[dict[str, str]] = []
        self._seen: Counter[str] = Counter()

    def _cold(self) -> Namespace:
        return PlainEngine().load(self._module, self._path)

    def run(self, before: Callable[[int, str], None]) -> UnitResult:
        """Make the calls; those that differ are in `failures`.  `before` gets the number of each, and what it is to do."""
        ends = Counter[str]()
        before(0, "shown")
        show_calls(self._engine, map(Call, self._unit["calls"]), self._plain, self._native)
        for number, text in enumerate(self._unit["calls"]):
            before(number, "by CPython")
            call = Call(text)
            want = observe_call(call, self._plain, PLAIN_SECONDS)
            ends[want.kind] += 1
            if not want.comparable:
                continue
            difference = self._compare(call, want, partial(before, number))
            if difference:
                self._failures.append({"call": text, "difference": difference})
        return {
            "unit": self._unit["name"],
            "failures": self._failures,
            "ends": dict(ends),
            "refused": [row.code for row in self._engine.rejections(self._module)],
            "functions": {},
            "seen": dict(self._seen),
        }

    def noticed(self, hidden: dict[str, faults.Fault], before: Callable[[int, str], None]) -> UnitResult:
        """Plant each of the faults; those that make a difference are in `noticed`, and no longer in `hidden`."""
        found: list[str] = []
        texts = self._unit["calls"][:FAULT_CALLS]
        show_calls(self._engine, map(Call, texts), self._plain, self._native)
        for number, text in enumerate(texts):
            call = Call(text)
            want = observe_call(call, self._plain, PLAIN_SECONDS)
            if not want.comparable:
                continue
            for _ in range(TIMES):
                observe_call(call, self._native, COMPILING_SECONDS)
            words = Words(self._module)
            with words.follow(words.unlimited()):
                observe_call(call, self._native, NATIVE_SECONDS)
            operations = words.operations()
            for name, plant in list(hidden.items()) if operations else ():
                before(number, name)
                with pytest.MonkeyPatch.context() as patch:
                    words.forget()
                    plant(patch)
                    if any(self._differs(call, want, plan) for plan in self._plans(operations)):
                        found.append(name)
                        del hidden[name]
                words.forget()
        return {
            "unit": self._unit["name"],
            "failures": [],
            "ends": {},
            "refused": [],
            "functions": {},
            "noticed": found,
        }

    def _differs(self, call: Call, want: Outcome, plan: Plan) -> bool:
        words = Words(self._module)
        with words.follow(plan):
            # A fault may well make a loop endless.
            got = observe_call(call, self._native, PLAIN_SECONDS)
        return bool(difference_of(call, want, got, self._cold))

    def _compare(self, call: Call, want: Outcome, report: Report) -> str:
        report("undisturbed")
        for _ in range(TIMES):
            difference = difference_of(call, want, observe_call(call, self._native, COMPILING_SECONDS), self._cold)
            if difference:
                return difference
        difference, words = self._follow(call, want, None, report)
        operations = words.operations()
        self._seen["calls"] += 1
        self._seen["native calls"] += bool(operations)
        self._seen["operations"] += sum(operations.values())
        if difference or not operations:
            return difference
        before = self._seen["runs with trips"]
        plans = list(self._plans(operations))
        shown = len(plans) // 4
        # The first of them show which heads of loops continuations come to, and with what.
        with self._engine.gathering():
            difference = self._disturb(call, want, plans[:shown], report)
        difference = difference or self._disturb(call, want, plans[shown:], report)
        self._seen["disturbed calls"] += self._seen["runs with trips"] > before
        return difference

    def _disturb(self, call: Call, want: Outcome, plans: list[Plan], report: Report) -> str:
        for plan in plans:
            difference, words = self._follow(call, want, plan, report)
            if difference:
                return f"{difference} ({plan})"
            self._seen["runs"] += 1
            self._seen["trips"] += words.taken()
            self._seen["runs with trips"] += words.taken() > 0
        return ""

    def _follow(self, call: Call, want: Outcome, plan: Plan | None, report: Report) -> tuple[str, Words]:
        """One run after the plan; without one, what it needs is counted."""
        report(str(plan))
        words = Words(self._module)
        with words.follow(plan or words.unlimited()):
            # A loop that a continuation comes to for the first time may be compiled meanwhile.
            got = observe_call(call, self._native, COMPILING_SECONDS)
        return difference_of(call, want, got, self._cold), words

    def _plans(self, operations: dict[int, int]) -> Iterator[Plan]:
        if self._unit.get("exhaustive"):
            yield from exhaustive(operations)
            return
        groups, weights = list(operations), list(operations.values())
        few = sum(weights) <= MOST_OPERATIONS
        for number in range(self._unit.get("plans", PLANS)):
            reentry = self._random.choice(REENTRIES)
            if number % 3 or not few:
                group = self._random.choices(groups, weights)[0]
                yield Plan({group: self._random.randint(1, operations[group])}, (), reentry)
            else:
                most = self._random.choice((1, 2, 5, 30))
                gaps = tuple(self._random.randint(1, most) for _ in range(self._random.randint(1, 8)))
                left = {group: self._random.randint(1, operations[group]) for group in operations}
                if self._random.random() < 0.5:
                    # Groups whose functions are native only after another one has left.
                    left |= {group: self._random.randint(1, 9) for group in range(max(groups) + 1) if group not in left}
                yield Plan(left, gaps, reentry)


def exhaustive(operations: dict[int, int]) -> Iterator[Plan]:
    """Every operation once, with and without coming back; then time after time."""
    for group, count in operations.items():
        step = max(1, count * len(operations) // MOST_EXHAUSTIVE)
        for reentry in REENTRIES[:2]:
            yield from (Plan({group: left}, (), reentry) for left in range(1, count + 1, step))
    everywhere = range(max(operations) + 1)
    for reentry in REENTRIES[:2]:
        for gap in (1, 2, 3, 5, 8):
            for left in range(1, 9):
                yield Plan(dict.fromkeys(everywhere, left), (gap,), reentry)
        for seed in range(40):
            chooser = random.Random(seed)
            gaps = tuple(chooser.randint(1, chooser.choice((2, 5, 30))) for _ in range(8))
            yield Plan({group: chooser.randint(1, operations.get(group, 9)) for group in everywhere}, gaps, reentry)


if __name__ == "__main__":
    main(*sys.argv[1:])
