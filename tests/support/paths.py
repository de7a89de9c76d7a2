"""The path that calls took, read from the counters of `pyvorin.report()`.

`native`: native code ran the call to its end.  `exit CODE`: native code began the call and left it through an exit.
`fallback CODE`: CPython ran the call from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Counts:
    """How the calls of one function ran: `native` calls begun natively, `left` {(code, line): how often}."""

    __slots__ = ("native", "left", "status")

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


def read_counts(report: Mapping[str, Any], module: str) -> dict[str, Counts]:
    """The counts of the functions of `module` in a report, by qualified name without the module's."""
    prefix = module + "."
    counts: dict[str, Counts] = {}
    for row in report["functions"]:
        if row["name"].startswith(prefix):
            left = {(item["code"], item["line"]): item["count"] for item in row["fallbacks"]}
            counts[row["name"][len(prefix) :]] = Counts(row["native_calls"], left, row["status"])
    return counts
