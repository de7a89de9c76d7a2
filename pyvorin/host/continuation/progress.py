"""Whether it is worth going back to native code at a loop's head.

Each return costs as much as some hundred short iterations in CPython.  If native code leaves again before it has saved that,
time after time, it is better to stay in CPython for the rest of the call; and to try again later, since the data may have become
better.
"""

from __future__ import annotations

from _ast import AST
from time import thread_time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WINDOW = 32
"""Returns that are judged together."""
RETURN_NS = 25_000
"""What leaving and returning takes: making the continuation, its one iteration, looking at the state, entering."""
CROSSING_NS = 20_000
"""At most so much of that lies between the moments at which native code is entered and has left, as taken here.  That is
no work of its; how much it really is on this machine, stays without any work show."""
NODE_NS = 5
"""What CPython takes, at least, for each statement and expression of the loop in an iteration (3.11: 4 to 8)."""
SPEED = 4
"""How many times as long as native code CPython would have taken, at least, if the loop has not told how many iterations it has
made, or has done more in each than its own text says."""
FIRST_LOOK_NS, LAST_LOOK_NS, LOOKS = 2_000_000, 100_000_000, 100
"""After how much work of CPython's a loop that waits for native code looks for it, at first and at last, and how often."""
FIRST_PAUSE, LONGEST_PAUSE = 64, 1 << 20
"""How many continuations do not use the head after a bad window; doubled by each one, back to the first by a good one."""


class Stay:
    """One time in native code that began at a loop's head: since when, and the loop's index then, if it has one.

    Native code keeps it and gives it back when it leaves: another call of the function that it makes meanwhile, or one that
    another thread makes, has its own.
    """

    __slots__ = ("head", "index", "since")

    def __init__(self, head: int, index: int | None, since: int) -> None:
        self.head = head
        self.index = index
        self.since = since


class Progress:
    """One loop head's record.

    Native code tells how many iterations it has made by its loop's index.  A `while` has none: there, time is all that is
    known, and so it is once native code has left the loop and goes on behind it.  It is the thread's own time: that of other
    programs and threads is nothing that native code has saved.  A return to native code from which it never exits is not
    counted at all.  size: the loop's, as `size` has it.
    """

    __slots__ = ("_clock", "_crossing", "_pause", "_paused", "_returns", "_saved", "_size")

    def __init__(self, size: int, clock: Callable[[], int] = thread_time_ns) -> None:
        self._size = size
        self._clock = clock
        self._crossing = CROSSING_NS
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

    def entered(self, head: int, index: int | None) -> Stay:
        """Native code is entered at this head; `index` is the loop's, if it has one."""
        return Stay(head, index, self._clock())

    def exited(self, stay: Stay, index: int | None) -> None:
        """Native code that was entered at the head has left; `index` is the loop's, if it is still inside."""
        took = self._clock() - stay.since
        self._crossing = min(self._crossing, took)
        took -= self._crossing
        iterations = 0 if index is None or stay.index is None else max(0, index - stay.index)
        self._count(max(iterations * self._size * NODE_NS, took * SPEED) - took)

    def refused(self) -> None:
        """A continuation has left at the head, but no entry fits."""
        self._count(0)

    def _count(self, saved: int) -> None:
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
