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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.calls import Call
from tests.support.child import AnswerFile
from tests.support.compare import compare_call, show_calls
from tests.support.engines import Engine, Namespace, NativeEngine, PlainEngine
from tests.support.paths import Counts

from . import modules
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
    """A program, loaded by both engines."""

    def __init__(self, engine: Engine, directory: Path, unit: Unit, index: int) -> None:
        self._engine = engine
        self._unit = unit
        self._module = f"fuzzed_{index}_{unit['name']}"
        self._parts: dict[str, Path] = {}
        for name, source in modules.parts(unit["source"], self._module):
            self._parts[name] = directory / f"{name}.py"
            self._parts[name].write_text(HEADER + source, encoding="utf-8")
        self._plain = self._cold()
        self._native: Namespace = engine.load_all(self._parts)

    def _cold(self) -> Namespace:
        return PlainEngine().load_all(self._parts)

    def run(self, before_call: Callable[[int], None]) -> UnitResult:
        """Make the calls under both engines; those that differ are in `failures`.  `before_call` gets the number of each."""
        failures: list[dict[str, str]] = []
        ends = Counter[str]()
        before_call(0)
        show_calls(self._engine, map(Call, self._unit["calls"]), self._plain, self._native)
        for number, text in enumerate(self._unit["calls"]):
            before_call(number)
            verdict = compare_call(Call(text), self._plain, self._native, self._cold, self._engine.compares_tracebacks)
            ends[verdict.end] += 1
            if verdict.difference:
                failures.append({"call": text, "difference": verdict.difference})
        return {
            "unit": self._unit["name"],
            "failures": failures,
            "ends": dict(ends),
            "refused": [row.code for row in self._engine.rejections(self._module)],
            "functions": {name: _summary(count) for name, count in self._engine.counts(self._module).items()},
        }


def _summary(counts: Counts) -> dict[str, Any]:
    left = Counter[str]()
    for (code, _), count in counts.left.items():
        left[code] += count
    return {"native": counts.native, "left": dict(left), "status": counts.status}


def main(job_path: str, answers: str) -> None:
    """Work through a job: {"engine", "directory", "units"}."""
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = AnswerFile(answers)
    engine, directory, units = engine_named(job["engine"]), Path(job["directory"]), job["units"]
    for index, unit in enumerate(units):
        answer({"at": ["import", 0]})
        comparison = Comparison(engine, directory, unit, index)
        answer(comparison.run(lambda number, name=unit["name"]: answer({"at": [name, number]})))
    answer({"done": True})
    answer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
