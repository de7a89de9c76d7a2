"""The path that calls took, read from the counters of `pyvorin.report()`.

`native`: native code ran the call to its end.  `exit CODE`: native code began the call and left it through an exit.
`fallback CODE`: CPython ran the call from the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Counts:
    """How the calls of one function ran: `native` calls begun natively, `left` {(code, line): how often}."""

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


def path_text(taken: Counts | None, refused: Sequence[str]) -> str:
    """The path of one call as case files write it, from what was counted during it and the reasons for which its function was refused.

    A call that left native code more than once (through a callee that was called again) is named by its last code.
    """
    if taken is None or not (taken.native or taken.left):
        return f"fallback {refused[0]}" if refused else "fallback"
    if not taken.left:
        return "native"
    code, _ = list(taken.left)[-1]
    return f"{'exit' if taken.native else 'fallback'} {code}"
