"""What Pyvorin's own report (PYVORIN_REPORT=path.json) says about the measured functions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path


class FunctionReport:
    """One function of the report: how often its native code was entered, how often it left for CPython, and why."""

    __slots__ = ("fallbacks", "file", "line", "name", "native_calls", "reason", "status")

    def __init__(
        self, name: str, file: str, line: int, status: str, native_calls: int, fallbacks: int, reason: str
    ) -> None:
        self.name = name
        self.file = file
        self.line = line
        self.status = status
        self.native_calls = native_calls
        self.fallbacks = fallbacks
        self.reason = reason

    @property
    def is_native(self) -> bool:
        """Whether its native code really ran.  Being compiled is not enough."""
        return self.native_calls > 0

    def as_data(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def read_report(path: Path) -> list[FunctionReport]:
    """The functions of a report file, the compiled and the rejected ones; empty if Pyvorin wrote none."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    functions = []
    for row in report.get("functions", []):
        fallbacks = row.get("fallbacks", [])
        functions.append(
            FunctionReport(
                row["name"], row.get("file", ""), row.get("line", 0), row.get("status", ""),
                row.get("native_calls", 0),
                sum(fallback.get("count", 0) for fallback in fallbacks),
                ", ".join(sorted({fallback["code"] for fallback in fallbacks})),
            )
        )  # fmt: skip
    known = {(function.file, function.name) for function in functions}
    for row in report.get("rejected", []):
        name = row.get("name") or row.get("function") or row.get("qualname", "")
        if name and (row.get("file", ""), name) not in known:
            reason = row.get("code") or row.get("reason", "")
            functions.append(FunctionReport(name, row.get("file", ""), row.get("line", 0), "rejected", 0, 0, reason))
    return functions


def of_files(functions: Iterable[FunctionReport], files: Iterable[Path]) -> list[FunctionReport]:
    """The functions that are defined in one of the files, in the order of file and line."""
    paths = {os.path.realpath(file) for file in files}
    chosen = [function for function in functions if os.path.realpath(function.file) in paths]
    return sorted(chosen, key=lambda function: (function.file, function.line))


def verdict(functions: list[FunctionReport]) -> str:
    """`yes` if `run` was native and never left for CPython; `exits` if it was, and did; `part` if only functions that it
    calls were; else `no`.  The function `setup` is not measured and does not count."""
    measured = [function for function in functions if function.name.rpartition(".")[2] != "setup"]
    entry = [function for function in measured if function.name.rpartition(".")[2] == "run" and function.is_native]
    if entry:
        return "exits" if any(function.fallbacks for function in measured) else "yes"
    return "part" if any(function.is_native for function in measured) else "no"
