"""Run programs under CPython and under another engine in this process, and compare every call.

Runs in a child process of the harness, which survives when native code does not: `python -m tests.fuzz.differential
JOB ANSWERS`.  The job is a JSON file; the answers are JSON lines: `{"at": [unit, call]}` before each call, so that a crash has
an address, `{"unit": ..., ...}` after each unit (see `UnitResult`), and `{"done": true}`.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.calls import Call
from tests.support.child import AnswerFile
from tests.support.compare import compare_call
from tests.support.engines import Engine, Namespace, NativeEngine, PlainEngine
from tests.support.paths import Counts

from .faults import FaultyEngine
from .generate import HEADER

MEMORY_LIMIT = 3 << 30
"""Address space in bytes: a random program can double a list for ever.  LLVM and the interpreter need about 1 GiB of it."""

Unit = Mapping[str, Any]
"""`name`, `source` (without the header) and `calls` (texts) of a program."""
UnitResult = dict[str, Any]


def engine_named(name: str) -> Engine:
    """`native`, `plain` (a control: no difference possible), or `fault:NAME` (see faults.py).  Raises KeyError."""
    if name == "native":
        return NativeEngine()
    return PlainEngine() if name == "plain" else FaultyEngine(name.removeprefix("fault:"))


class Comparison:
    """One module made of several units, loaded by both engines."""

    def __init__(self, engine: Engine, directory: Path, module: str, units: list[Unit]) -> None:
        self._engine = engine
        self._module = module
        path = directory / f"{module}.py"
        path.write_text(HEADER + "\n\n".join(unit["source"] for unit in units), encoding="utf-8")
        self._path = path
        self._plain = self._cold()
        self._native: Namespace = engine.load(module, path)

    def _cold(self) -> Namespace:
        return PlainEngine().load(self._module, self._path)

    def run(self, unit: Unit, before_call: Any = None) -> UnitResult:
        """Make the calls of a unit under both engines; what differs is listed in `failures`."""
        failures: list[dict[str, str]] = []
        ends = Counter[str]()
        before = self._engine.counts(self._module)
        for number, text in enumerate(unit["calls"]):
            if before_call is not None:
                before_call(number)
            verdict = compare_call(Call(text), self._plain, self._native, self._cold, self._engine.compares_tracebacks)
            ends[verdict.end] += 1
            if verdict.difference:
                failures.append({"call": text, "difference": verdict.difference})
        counts = self._engine.counts(self._module)
        prefix = unit["name"].replace("p", "f", 1) + "_"  # as generate() names functions
        return {
            "unit": unit["name"],
            "failures": failures,
            "ends": dict(ends),
            "functions": {
                name: _summary(count.since(before.get(name)))
                for name, count in counts.items()
                if name.startswith(prefix)
            },
        }


def _summary(counts: Counts) -> dict[str, Any]:
    left = Counter[str]()
    for (code, _), count in counts.left.items():
        left[code] += count
    return {"native": counts.native, "left": dict(left), "status": counts.status}


def main(job_path: str, answers: str) -> None:
    """Work through a job: {"engine", "directory", "module", "separate", "units"}.

    The units share one module, or have one each when `separate`: the shrinker's candidates all define the same names.
    """
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = AnswerFile(answers)
    engine, directory, units = engine_named(job["engine"]), Path(job["directory"]), job["units"]
    groups = [[unit] for unit in units] if job["separate"] else [units]
    for index, group in enumerate(groups):
        answer({"at": ["import", 0]})
        comparison = Comparison(engine, directory, f"{job['module']}_{index}", group)
        for unit in group:
            answer(comparison.run(unit, lambda number, name=unit["name"]: answer({"at": [name, number]})))
    answer({"done": True})
    answer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
