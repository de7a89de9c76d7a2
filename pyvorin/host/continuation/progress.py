"""Whether it is worth going back to native code at a loop's head.

Each return costs as much as some hundred short iterations in CPython.  If native code leaves again before it has saved that,
time after time, it is better to stay in CPython for the rest of the call; and to try again later, since the data may have become
better.
"""

from __future__ import annotations

from _ast import AST
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WINDOW = 32
"""Returns that are judged together."""
RETURN_NS = 25_000
"""What leaving and returning takes: making the continuation, its one iteration, looking at the state, entering."""
NODE_NS = 5
"""What CPython takes, at least, for each statement and expression of the loop in an iteration (3.11: 4 to 8)."""
SPEED = 4
"""How many times as long as native code CPython would have taken, at least, if the loop has not told how many iterations it has
made, or has done more in each than its own text says."""
FIRST_LOOK_NS, LAST_LOOK_NS, LOOKS = 2_000_000, 100_000_000, 100
"""After how much work of CPython's a loop that waits for native code looks for it, at first and at last, and how often."""
FIRST_PAUSE, LONGEST_PAUSE = 64, 1 << 20
"""How many continuations do not use the head after a bad window; doubled by each one, back to the first by a good one."""


class Progress:
    """One loop head's record.

    Native code tells how many iterations it has made by its loop's index.  A `while` has none: there, time is all that is
    known.  A return to native code from which it never exits is not counted at all.  size: the loop's, as `size` has it.
    """

    __slots__ = ("_clock", "_index", "_pause", "_paused", "_returns", "_saved", "_since", "_size")

    def __init__(self, size: int, clock: Callable[[], int] = perf_counter_ns) -> None:
        self._size = size
        self._clock = clock
        self._since: int | None = None
        self._index: int | None = None
        self._saved = 0
        """Nanoseconds, by the estimate of `exited`."""
        self._returns = 0
        self._paused = 0
        self._pause = FIRST_PAUSE

    @property
    def enough(self) -> int:
        """How many iterations save what leaving and returning takes, roughly."""
        return RETURN_NS // (self._size * NODE_NS)

    def use(self) -> bool:
        """Whether a continuation that is made now should leave at this head."""
        if self._paused:
            self._paused -= 1
            return False
        return True

    def entered(self, index: int | None) -> None:
        """Native code is entered at the head; `index` is the loop's, if it has one."""
        self._since, self._index = self._clock(), index

    def exited(self, index: int | None) -> None:
        """Native code has left from inside the loop."""
        if self._since is None:
            return  # this call was not entered at the head
        took = self._clock() - self._since
        iterations = 0 if index is None or self._index is None else max(0, index - self._index)
        self._count(max(iterations * self._size * NODE_NS, took * SPEED) - took)

    def refused(self) -> None:
        """A continuation has left at the head, but no entry fits."""
        self._count(0)

    def _count(self, saved: int) -> None:
        self._since = None
        self._saved += saved
        self._returns += 1
        if self._returns < WINDOW:
            return
        if self._saved < RETURN_NS * WINDOW:
            self._paused = self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        else:
            self._pause = FIRST_PAUSE
        self._saved = self._returns = 0


class Waiting:
    """Of a loop that CPython runs while native code for it is being made: how many items it does until it looks again."""

    __slots__ = ("_items", "_looks", "_most")

    def __init__(self, size: int) -> None:
        self._items = max(1, FIRST_LOOK_NS // (size * NODE_NS))
        self._most = max(1, LAST_LOOK_NS // (size * NODE_NS))
        self._looks = 0

    def items(self) -> int:
        """For the next time."""
        self._looks += 1
        items, self._items = self._items, min(self._most, self._items * 3 // 2 + 1)
        return items

    @property
    def is_over(self) -> bool:
        """Whether it is time to give up."""
        return self._looks > LOOKS


def size(node: Any) -> int:
    """How many statements and expressions the statement consists of."""
    if isinstance(node, list):
        return sum(map(size, node))
    fields = [getattr(node, name, None) for name in getattr(node, "_fields", ())]
    return hasattr(node, "lineno") + sum(size(field) for field in fields if isinstance(field, (list, AST)))
