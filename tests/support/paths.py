"""The path that calls took, read from the counters of `pyvorin.report()`.

`native`: native code ran the call to its end.  `exit CODE`: native code began the call and left it through an exit, so that
CPython ran it.  `fallback CODE`: CPython ran the call from the start, because the function was refused; without a code when an
entry's guards sent it there, which is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Counts:
    """How the calls of one function ran: `native` calls ended natively, `left` {(code, line): how often}."""

    __slots__ = ("left", "native", "status")

    def __init__(self, native: int = 0, left: Mapping[tuple[str, int], int] | None = None, status: str = "") -> None:
        self.native = native
        self.left = dict(left or {})
        self.status = status

    def since(self, before: Counts | None) -> Counts:
        """What was counted after `before`."""
        if before is None:
            return self
        left = {key: count - before.left.get(key, 0) for key, count in self.left.items()}
        return Counts(self.native - before.native, {key: n for key, n in left.items() if n}, self.status)


class Rejection:
    """A refusal of the compiler: the function's qualified name in its module, reason code, line."""

    __slots__ = ("code", "function", "line")

    def __init__(self, function: str, code: str, line: int) -> None:
        self.function = function
        self.code = code
        self.line = line


def read_counts(report: Mapping[str, Any], module: str) -> dict[str, Counts]:
    """The counts of the functions of `module` in a report, by qualified name without the module's."""
    prefix = module + "."
    counts: dict[str, Counts] = {}
    for row in report["functions"]:
        if row["name"].startswith(prefix):
            left = {(item["code"], item["line"]): item["count"] for item in row["fallbacks"]}
            counts[row["name"][len(prefix) :]] = Counts(row["native_calls"], left, row["status"])
    return counts


def read_rejections(report: Mapping[str, Any], module: str) -> list[Rejection]:
    """The refusals of functions of `module` in a report."""
    prefix = module + "."
    return [
        Rejection(row["name"][len(prefix) :], row["code"], row["line"])
        for row in report["rejected"]
        if row["name"].startswith(prefix)
    ]


def path_text(before: Mapping[str, Counts], after: Mapping[str, Counts], function: str, refused: Sequence[str]) -> str:
    """The path of one call of `function` as case files write it.

    `before` and `after` are the module's counts around the call, `refused` are the reasons for which the function was not
    compiled.  A call that was left more than once, such as that of a recursive function, is named by the last code.  An exit is
    counted in the function where it was taken: a caller that was left because of it shows no change of its own.
    """
    changes = {name: counts.since(before.get(name)) for name, counts in after.items()}
    own = changes.pop(function, Counts())
    codes = [code for code, _ in own.left]
    if not codes and own.native:
        return "native"
    if not codes and own.status == "native":
        codes = [code for counts in changes.values() for code, _ in counts.left]
    if codes:
        return f"exit {codes[-1]}"
    return f"fallback {refused[0]}" if refused else "fallback"
