"""What Pyvorin's own report (PYVORIN_REPORT=path.json) says about the measured functions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


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
    """The functions of a report file, the compiled and the refused ones; empty if Pyvorin wrote none.

    `reason` of a function that ran natively is why it left native code; of another one, why it is not compiled.
    """
    report = _load(path)
    refusals: dict[str, set[str]] = {}
    for row in report.get("rejected", []):
        refusals.setdefault(row["name"], set()).add(row["code"])
    functions = []
    for row in report.get("functions", []):
        fallbacks = row["fallbacks"]
        codes = {fallback["code"] for fallback in fallbacks} or refusals.get(row["name"], set())
        functions.append(
            FunctionReport(
                row["name"], row["file"], row["line"], row["status"], row["native_calls"],
                sum(fallback["count"] for fallback in fallbacks), ", ".join(sorted(codes)),
            )
        )  # fmt: skip
    return functions


def read_problems(path: Path) -> list[str]:
    """What the report says went wrong with Pyvorin itself in that process, one line each and each once.

    Of a detail of several lines, such as a traceback, the last one is the message.
    """
    lines = []
    for row in _load(path).get("problems", []):
        detail = row["detail"].strip().rpartition("\n")[2].strip()
        lines.append(f"{row['code']}: {detail}" if detail else row["code"])
    return list(dict.fromkeys(lines))


def _load(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = None
    return report if isinstance(report, dict) else {}


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
