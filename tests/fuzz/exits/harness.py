"""Run many random programs with effects in child processes, and sum up what was seen."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.fuzz.differential import Unit, UnitResult
from tests.fuzz.harness import ENOUGH, Failure, run_units
from tests.fuzz.shrink import shrink

from .programs import generate

BATCH = 25
"""Programs per child process."""
OPTIMISED = 6
FAULT_PLANS = 6
MODULE = "tests.fuzz.exits.differential"


class Summary:
    """What a run saw: counts by name (see `Comparison`), ends of calls under CPython, refusals, differences."""

    def __init__(self) -> None:
        self.programs = 0
        self.native_programs = 0
        self.seen: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.internal_errors: list[str] = []
        self.failures: list[Failure] = []
        self.seconds = 0.0

    def add(self, unit: Unit, result: UnitResult) -> None:
        seen = result.get("seen", {})
        self.programs += 1
        self.native_programs += seen.get("native calls", 0) > 0
        self.seen.update(seen)
        self.ends.update(result["ends"])
        self.refused.update(result["refused"])
        if "INTERNAL_COMPILER_ERROR" in result["refused"]:
            self.internal_errors.append(unit["name"])
        if result["failures"]:
            first = result["failures"][0]
            self.failures.append(Failure(unit, first["call"], first["difference"], len(result["failures"])))

    @property
    def native_share(self) -> float:
        """The share of calls of which something ran natively."""
        return self.seen["native calls"] / max(1, self.seen["calls"])

    @property
    def disturbed_share(self) -> float:
        """The share of calls that native code was really made to leave."""
        return self.seen["disturbed calls"] / max(1, self.seen["calls"])

    def text(self) -> str:
        """The summary for people."""
        seen = self.seen
        ends = ", ".join(f"{count} {end}" for end, count in self.ends.most_common())
        lines = [
            f"programs         {self.programs} in {self.seconds:.1f} s, {self.native_programs} ran natively",
            f"calls            {ends or 'none'}; {self.native_share:.0%} natively, {self.disturbed_share:.0%} left on demand",
            f"operations       {seen['operations']} that can be refused",
            f"runs             {seen['runs']}, {seen['runs with trips']} with trips; {seen['trips']} trips",
            f"refused          {', '.join(f'{code} {count}' for code, count in self.refused.most_common()) or 'none'}",
            f"compiler failed  {', '.join(self.internal_errors) or 'never'}",
            f"differences      {len(self.failures)} programs",
        ]
        return "\n".join(lines)


def run(units: list[Unit], engine: str, python: str = sys.executable) -> list[tuple[Unit, UnitResult]]:
    """Each unit with its result, as `tests.fuzz.harness.run_units`."""
    return run_units(units, engine, python, MODULE)


def fuzz(
    seed: int, programs: int, engine: str = "", python: str = sys.executable, report: Any = None, jobs: int = 1,
    enough: int = ENOUGH, **unit: Any,
) -> Summary:  # fmt: skip
    """Run the programs of the seeds from `seed` on, or until `enough` of them fail; `report` is told of each failure.

    engine: `native`, optimised as programs are; `quick`, which saves half of the time.  Empty: one batch in OPTIMISED is
    `native`.  unit: added to each unit, such as `plans`.
    """
    summary = Summary()
    started = time.monotonic()

    def batch(first: int) -> list[tuple[Unit, UnitResult]]:
        if len(summary.failures) >= enough:
            return []
        numbers = range(first, min(first + BATCH, seed + programs))
        chosen = engine or ("native" if first // BATCH % OPTIMISED == 0 else "quick")
        return run([{**vars(generate(number)), **unit} for number in numbers], chosen, python)

    with ThreadPoolExecutor(jobs) as pool:
        for results in pool.map(batch, range(seed, seed + programs, BATCH)):
            for one, result in results:
                known = len(summary.failures)
                summary.add(one, result)
                if report is not None and len(summary.failures) > known:
                    report(summary.failures[-1])
    summary.seconds = time.monotonic() - started
    return summary


def noticed(hidden: set[str], seeds: Iterable[int], python: str = sys.executable) -> set[str]:
    """Those of the mistakes `hidden` (faults.py) that these programs notice; one child process runs them."""
    units: list[Unit] = [{**vars(generate(number)), "plans": FAULT_PLANS} for number in seeds]
    return {
        name
        for _, result in run(units, f"faults:{','.join(sorted(hidden))}", python)
        for name in result.get("noticed", ())
    }


def smallest(failure: Failure, engine: str, python: str = sys.executable, seconds: float = 240.0) -> Failure:
    """A failure with a smaller program, of which every operation is refused once: which one is wrong matters little."""

    def thoroughly(units: list[Unit], engine: str, python: str) -> list[tuple[Unit, UnitResult]]:
        results = run([{**unit, "exhaustive": True} for unit in units], engine, python)
        for _, result in results:
            for found in result["failures"]:
                found["difference"] = _alike(found["difference"])
        return results

    alike = Failure(failure.unit, failure.call, _alike(failure.difference), failure.calls)
    return shrink(alike, engine, python, seconds, thoroughly)


def _alike(difference: str) -> str:
    """The shrinker takes differences for the same whose words before the first colon are."""
    return f"differs: {difference}" if difference.startswith("at ") else difference
