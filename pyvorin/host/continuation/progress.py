"""Whether it is worth going back to native code at a loop's head.

Each return costs as much as some hundred short iterations in CPython.  If native code leaves again before it has saved that,
time after time, it is better to stay in CPython for the rest of the call; and to try again later, since the data may have become
better.
"""

from __future__ import annotations

from _ast import AST, AsyncFor, Call, For, While, comprehension
from time import monotonic_ns, thread_time_ns

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
MOST_LOST = 32
"""So many exits more than paid may be taken until native code is given up."""
BETWEEN_NS = 12_000
"""At most so much always lies between two exits: the rest of a continuation, the next call, what hands the values over."""
SELDOM_NS = 8 * RETURN_NS
"""What leaves no more often loses little, whatever it does."""
FIRST_PAUSE, LONGEST_PAUSE = 64, 1 << 20
"""How many continuations do not use the head after a bad window; doubled by each one, back to the first by a good one."""


class Stay:
    """One time in native code that began at a loop's head: since when, and the loop's index then, if it has one.

    Native code keeps it and gives it back when it leaves: another call of the function that it makes meanwhile, or one that
    another thread makes, has its own.
    saved: what it has saved, by the estimate of `Progress.exited`.  most: what it can save, if that is known.
    """

    __slots__ = ("_until", "head", "index", "most", "saved", "since")

    def __init__(self, head: int, index: int | None, since: int) -> None:
        self.head = head
        self.index = index
        self.since = since
        self.saved = 0
        self.most: int | None = None
        self._until: int | None = None

    def begins(self) -> None:
        """Native code is entered now: what the host has done until here is no work of its."""
        self.since = thread_time_ns()

    def ends(self) -> None:
        """It has left just now; what the host does from here on is none."""
        self._until = thread_time_ns()

    def until(self, clock: Callable[[], int]) -> int:
        """When it has left: now, if nobody has said."""
        return clock() if self._until is None else self._until


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
        took = stay.until(self._clock) - stay.since
        self._crossing = min(self._crossing, took)
        took -= self._crossing
        iterations = 0 if index is None or stay.index is None else max(0, index - stay.index)
        stay.saved = max(iterations * self._size * NODE_NS, took * SPEED) - took
        self._count(stay.saved)

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


class Losses:
    """How many calls have left the native code of one group without having paid for it, more than paid.

    What a call has done until it leaves for the first time is not known as well as for a stay: all that was done since another
    one was seen to is more, but for what always lies between two.  It is wall-clock time, as calls may come from several threads.
    That a stay does not pay is the business of its loop's head.
    native: how many native calls have ended so far; four of them make up for one exit.
    """

    __slots__ = ("_clock", "_count", "_ended", "_least", "_native", "_returned", "_since")

    def __init__(self, native: Callable[[], int], clock: Callable[[], int] = monotonic_ns) -> None:
        self._native = native
        self._clock = clock
        self._count = self._ended = 0
        self._least = BETWEEN_NS
        self._since: int | None = None
        self._returned = False

    def are_too_many(self, saved: int | None) -> bool:
        """A call has left, having saved so many nanoseconds, if that is known: whether native code is to be given up."""
        gap = SELDOM_NS if self._since is None else max(0, self._clock() - self._since)
        if gap >= SELDOM_NS:
            self._count = max(0, self._count - gap // SELDOM_NS)
            return False
        self._least = min(self._least, gap)
        may_pay = (gap - self._least) * (SPEED - 1) >= RETURN_NS
        if may_pay and self._returned:
            self._count = max(0, self._count - 1)
        if (saved is None and may_pay) or (saved is not None and saved >= RETURN_NS):
            return False
        if may_pay:
            ended = self._native()
            self._count, self._ended = max(0, self._count - (ended - self._ended) // 4), ended
        self._count += 1
        return self._count > MOST_LOST

    def stayed(self, stay: Stay) -> None:
        """Native code that was entered at a loop's head has left."""
        if stay.saved >= RETURN_NS:
            self._count = max(0, self._count - 1)

    def seen_to(self, stay: Stay | None = None) -> None:
        """CPython goes on now, in the continuation that was made; or native code, which was entered at a loop's head."""
        self._since = self._clock()
        self._returned = stay is not None and (stay.most is None or stay.most >= RETURN_NS)


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


LOOPS = (For, AsyncFor, While, comprehension)
SHORT = frozenset(
    {
        *("abs", "bool", "chr", "float", "int", "isinstance", "len", "ord", "str"),
        *("add", "append", "discard", "get", "isdigit", "pop", "setdefault", "startswith"),
    }
)
"""Builtin functions and methods that do little."""


def plain_size(loop: Any) -> int | None:
    """The size of the loop, if a turn of it takes no longer than its text tells.

    There are no other loops inside, and no calls but such as do little whatever they are given, as it seems.
    """
    for node in parts(loop):
        if isinstance(node, LOOPS) and node is not loop:
            return None
        if isinstance(node, Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) not in SHORT:
            return None
    return size(loop)


def parts(node: Any) -> list[Any]:
    """The node and all inside it."""
    found = [node]
    for outer in found:
        for field in getattr(outer, "_fields", ()):
            value = getattr(outer, field, None)
            found += [inner for inner in (value if isinstance(value, list) else [value]) if isinstance(inner, AST)]
    return found


def size(node: Any) -> int:
    """How many statements and expressions the statement consists of."""
    if isinstance(node, list):
        return sum(map(size, node))
    fields = [getattr(node, name, None) for name in getattr(node, "_fields", ())]
    return hasattr(node, "lineno") + sum(size(field) for field in fields if isinstance(field, (list, AST)))
