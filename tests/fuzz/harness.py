"""Run many random programs in child processes and sum up what was seen.

    python -m tests.fuzz --seed 1 --programs 500

Each program is a module; `BATCH` of them share a child process, and with it a compile worker.  A child that dies names
the call it died in; the rest of its batch is run by another child.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.child import ChildEnd, run_child

from .differential import Unit, UnitResult
from .generate import Program, generate

BATCH = 25
"""Programs per child process."""
BATCH_SECONDS = 600.0
ENOUGH = 20
"""After so many failing programs a run stops: one mistake usually explains them."""


class Failure:
    """A program of which `calls` calls differ, with the first of them; or the call in which the process died."""

    def __init__(self, unit: Unit, call: str, difference: str, calls: int = 1) -> None:
        self.unit = unit
        self.call = call
        self.difference = difference
        self.calls = calls

    def __str__(self) -> str:
        return f"{self.unit['name']}: {self.calls} calls, first {self.call}: {self.difference}"


class Summary:
    """What a run of the harness saw."""

    def __init__(self) -> None:
        self.programs = 0
        self.calls: Counter[str] = Counter()
        """Calls by their end under CPython: returned, raised, timeout, memory."""
        self.functions: Counter[str] = Counter()
        """Functions: all, native (at least one call ended natively or left through an exit), and each status of the report."""
        self.native_programs = 0
        """Programs with at least one native call."""
        self.native_calls = 0
        self.left: Counter[str] = Counter()
        """Exits by reason code."""
        self.refused: Counter[str] = Counter()
        """Functions that were not compiled, by reason code."""
        self.internal_errors: list[str] = []
        """Programs on which the compiler itself failed."""
        self.failures: list[Failure] = []
        """One per program."""
        self.seconds = 0.0

    def add(self, unit: Unit, result: UnitResult) -> None:
        self.programs += 1
        self.calls.update(result["ends"])
        self.refused.update(result["refused"])
        if "INTERNAL_COMPILER_ERROR" in result["refused"]:
            self.internal_errors.append(unit["name"])
        native = 0
        for counts in result["functions"].values():
            self.functions["all"] += 1
            self.functions[f"status {counts['status']}"] += 1
            began = counts["native"] + sum(counts["left"].values())
            self.functions["native"] += began > 0
            self.native_calls += counts["native"]
            native += began
            self.left.update(counts["left"])
        self.native_programs += native > 0
        if result["failures"]:
            first = result["failures"][0]
            self.failures.append(Failure(unit, first["call"], first["difference"], len(result["failures"])))

    @property
    def native_share(self) -> float:
        """The share of programs of which something ran natively: a fuzz that never compiles shows here."""
        return self.native_programs / self.programs if self.programs else 0.0

    def text(self) -> str:
        """The summary for people: a dozen lines."""
        statuses = ", ".join(f"{name} {count}" for name, count in sorted(self.functions.items()))
        left = ", ".join(f"{code} {count}" for code, count in self.left.most_common()) or "none"
        lines = [
            f"programs         {self.programs} in {self.seconds:.1f} s, {self.native_share:.0%} ran natively",
            f"functions        {statuses or 'not reported'}",
            f"calls compared   {self.calls['returned']} returned, {self.calls['raised']} raised"
            f" (skipped: {self.calls['timeout']} too long, {self.calls['memory']} too large)",
            f"native calls     {self.native_calls} ended natively (each call is made twice)",
            f"exits            {left}",
            f"refused          {', '.join(f'{code} {count}' for code, count in self.refused.most_common()) or 'none'}",
            f"compiler failed  {', '.join(self.internal_errors) or 'never'}",
            f"differences      {len(self.failures)} programs",
        ]
        return "\n".join(lines)


def fuzz(
    seed: int,
    programs: int,
    engine: str = "native",
    python: str = sys.executable,
    report: Any = None,
    jobs: int = 1,
    make: Callable[[int], Program] = generate,
) -> Summary:
    """Run the programs of the seeds `seed` to `seed + programs - 1`, or until ENOUGH of them fail; `report` is told of each.

    `jobs` child processes run at the same time.
    """
    summary = Summary()
    started = time.monotonic()

    def batch(first: int) -> list[tuple[Unit, UnitResult]]:
        if len(summary.failures) >= ENOUGH:
            return []
        return run_units([vars(make(n)) for n in range(first, min(first + BATCH, seed + programs))], engine, python)

    with ThreadPoolExecutor(jobs) as pool:
        for results in pool.map(batch, range(seed, seed + programs, BATCH)):
            for unit, result in results:
                known = len(summary.failures)
                summary.add(unit, result)
                if report is not None and len(summary.failures) > known:
                    report(summary.failures[-1])
    summary.seconds = time.monotonic() - started
    return summary


def run_units(
    units: list[Unit], engine: str, python: str = sys.executable, module: str = "tests.fuzz.differential"
) -> list[tuple[Unit, UnitResult]]:
    """Each unit with its result.  A crash or a hang is a failure of the call it happened in, and of that unit only.

    module: what the child processes run.
    """
    results: list[tuple[Unit, UnitResult]] = []
    waiting = list(units)
    crashes = 0
    while waiting and crashes < ENOUGH:
        end = _run_child(waiting, engine, python, module)
        answers = end.answers
        by_name = {unit["name"]: unit for unit in waiting}
        finished = [answer for answer in answers if "unit" in answer]
        results += [(by_name[answer["unit"]], answer) for answer in finished]
        if answers and answers[-1].get("done"):
            break
        waiting = waiting[len(finished) :]
        place = answers[-1].get("at", ["import", 0]) if answers else ["import", 0]
        call = "import" if place[0] == "import" else waiting[0]["calls"][place[1]]
        results.append((waiting[0], _crashed(waiting[0], call, " ".join([end.words, *map(str, place[2:])]))))
        waiting = waiting[1:]
        crashes += 1
    return results


def _crashed(unit: Unit, call: str, end: str) -> UnitResult:
    failure = {"call": call, "difference": end}
    return {"unit": unit["name"], "failures": [failure], "ends": {}, "refused": [], "functions": {}}


def _run_child(units: list[Unit], engine: str, python: str, module: str) -> ChildEnd:
    with tempfile.TemporaryDirectory(prefix="pyvorin-fuzz-", ignore_cleanup_errors=True) as directory:
        job = Path(directory, "job.json")
        data = {"engine": engine, "directory": directory, "units": units}
        job.write_text(json.dumps(data), "utf-8")
        return run_child(module, [str(job)], Path(directory), BATCH_SECONDS, python)
