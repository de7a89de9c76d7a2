"""Whether it is worth going back to native code at a loop's head.

Leaving and coming back costs what some iterations cost in CPython: few of a loop whose body does much, hundreds of one that adds
two numbers.  If native code leaves again before it has made so many, time after time, it is better to stay in CPython for the
rest of the call; and to try again later, since the data may have become better.
"""

from __future__ import annotations

import _ast as ast
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WINDOW = 32
"""Returns that are judged together."""
ENOUGH = 8
"""Iterations per return, on average, that make returning worth while where much may happen in one."""
RETURN_NS, NODE_NS, CALL_NODES = 13_000, 4, 10
"""What leaving and returning takes, as measured; what CPython takes for one node of a body, roughly; and a call, in nodes."""
SELDOM = 4
"""What is under an `if` counts as executed once in so many iterations."""
LONG_ENOUGH = 20_000
"""Nanoseconds in native code that count as ENOUGH iterations of a loop that has no index."""
FIRST_PAUSE, LONGEST_PAUSE = 64, 1 << 20
"""How many continuations do not use the head after a bad window; doubled by each one, back to the first by a good one."""


def enough(loop: Any) -> int:
    """How many iterations of the loop take CPython as long as leaving native code and returning."""
    nodes = _nodes(loop.body)
    return ENOUGH if nodes is None else max(ENOUGH, int(RETURN_NS / (NODE_NS * nodes)))


def _nodes(tree: Any) -> float | None:
    """How many nodes are executed; None if something is repeated."""
    if isinstance(tree, _REPEATED):
        return None
    parts: list[Any] = tree if isinstance(tree, list) else [getattr(tree, field, None) for field in tree._fields]
    total: float = 0 if isinstance(tree, list) else CALL_NODES if isinstance(tree, ast.Call) else 1
    for part in parts:
        if isinstance(part, (list, ast.stmt, ast.expr)):
            below = _nodes(part)
            if below is None:
                return None
            total += below / SELDOM if isinstance(tree, ast.If) and isinstance(part, list) else below
    return total


_REPEATED = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Progress:
    """One loop head's record.

    Native code tells how many iterations it has made by its loop's index.  A `while` has none: there, time is all that is
    known.  A return to native code from which it never exits is not counted at all.
    """

    __slots__ = ("_clock", "_enough", "_entered_at", "_iterations", "_pause", "_paused", "_returns")

    def __init__(self, clock: Callable[[], int] = perf_counter_ns, enough: int = ENOUGH) -> None:
        self._clock = clock
        self._enough = enough
        self._entered_at: int | None = None
        self._iterations = 0
        self._returns = 0
        self._paused = 0
        self._pause = FIRST_PAUSE

    def use(self) -> bool:
        """Whether a continuation that is made now should leave at this head."""
        if self._paused:
            self._paused -= 1
            return False
        return True

    def entered(self, index: int | None) -> None:
        """Native code is entered at the head; `index` is the loop's, if it has one."""
        self._entered_at = self._clock() if index is None else index

    def exited(self, index: int | None) -> None:
        """Native code has left from inside the loop."""
        if self._entered_at is None:
            return  # this call was not entered at the head
        if index is not None:
            self._count(max(0, index - self._entered_at))
        else:
            self._count(self._enough if self._clock() - self._entered_at >= LONG_ENOUGH else 0)

    def refused(self) -> None:
        """A continuation has left at the head, but no entry fits."""
        self._count(0)

    def _count(self, iterations: int) -> None:
        self._entered_at = None
        self._iterations += iterations
        self._returns += 1
        if self._returns < WINDOW:
            return
        if self._iterations < self._enough * WINDOW:
            self._paused = self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        else:
            self._pause = FIRST_PAUSE
        self._iterations = self._returns = 0
