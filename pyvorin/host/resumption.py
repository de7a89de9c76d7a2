"""What native code of one group calls when it leaves in the middle of a function, and when it could go on in a loop.

In: the group's table of resume points, which lies in its shared object.  The continuations themselves are
`host.continuation`'s.  Loaded at the first such exit: a program that never leaves natively running code in this way never pays
for it.
"""

from __future__ import annotations

import json

from pyvorin.host.continuation.points import Table
from pyvorin.host.continuation.resume import UNBOUND, LoopHead, enter, prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

    FunctionOf = Callable[[str], FunctionType]
    Wish = Callable[[str, str], None]
    Note = Callable[[dict[str, str]], None]

ENOUGH = 8
"""Iterations of a loop that take CPython about as long as an exit."""

__all__ = ["LoopHead", "Resumption"]


class Resumption:
    """The continuations of one group.

    text: the table as JSON.  function_of: the live function of a qualified name; where in the file it stands is not in the
    table, because code is the same wherever that is.  wish: called with a qualified name and what is seen at a loop's head of it,
    in the form of `messages.HEADS`.  waits: whether the program waits for what is asked for.
    note: takes what instances of classes were seen to have (`host/profile.py`).
    """

    __slots__ = ("_function_of", "_indexes", "_note", "_table", "_wish")

    def __init__(self, text: bytes, function_of: FunctionOf, wish: Wish, waits: bool, note: Note) -> None:
        data = json.loads(text)
        for function in data["functions"]:
            code = function_of(function["qualname"]).__code__
            function["file"], function["line"] = code.co_filename, code.co_firstlineno
        self._table = Table(data, eager=waits)
        self._indexes: list[int | None] = [point["index"] for point in data["points"]]
        self._function_of = function_of
        self._wish = wish
        self._note = note

    def is_progress(self, point: int, values: list[Any]) -> bool:
        """Whether native code has done enough in the innermost loop, before it left, to be worth the exit."""
        index = self._indexes[point]
        return index is not None and (index < 0 or values[index] >= ENOUGH)

    def resume(self, point: int, values: list[Any]) -> tuple[object, object]:
        """The function that goes on at the point, and its one argument."""
        return prepare(self._table, self._function(self._table.points[point].function), point, values)

    def enter(self, token: LoopHead) -> tuple[object, object]:
        """How to go on where a continuation has come to a loop's head: (entry, its values), or as `resume`."""
        owner, _ = self._table.heads[token[0]]
        return enter(self._table, self._function(owner), token, observe=self._observe)

    def _observe(self, function: int, root: int, operands: list[Any], is_last: bool) -> bool:
        """Ask for what begins at a loop's head that CPython has come to; False if these operands do not say enough."""
        from pyvorin.host import observe
        from pyvorin.host.profile import Profile

        owner = self._table.functions[function].qualname
        profile = Profile(self._function_of(owner).__globals__)
        types = ["unbound" if value is UNBOUND else observe.type_of(value, profile=profile) for value in operands]
        if not is_last and any("?" in ty for ty in types):
            return False
        self._note(profile.texts())
        self._wish(owner, f"{root} {', '.join(types)}")
        return True

    def _function(self, index: int) -> FunctionType:
        return self._function_of(self._table.functions[index].qualname)
