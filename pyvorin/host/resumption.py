"""What native code of one group calls when it leaves in the middle of a function, and when it could go on in a loop.

In: the group's table of resume points, which lies in its shared object.  The continuations themselves are
`host.continuation`'s.  Loaded at the first such exit: a program that never leaves natively running code in this way never pays
for it.
"""

from __future__ import annotations

import json
import sys
from _weakref import ref

from pyvorin.cache.outline import KIND, QUALNAME, SIGNATURE, TAKE_OVER
from pyvorin.host import patch
from pyvorin.host.binding import keep
from pyvorin.host.continuation.outcalls import code_of, defaults_of
from pyvorin.host.continuation.points import Table
from pyvorin.host.continuation.progress import NODE_NS, Losses
from pyvorin.host.continuation.resume import UNBOUND, LoopHead, enter, plain_loop, prepare
from pyvorin.host.continuation.stand_ins import END, EXHAUSTED, raising
from pyvorin.host.namespace import FunctionType, ModuleType
from pyvorin.host.observe import note, type_of
from pyvorin.host.profile import Profile
from pyvorin.host.results import Results
from pyvorin.host.watched import is_watched
from pyvorin.messages import HEADS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvorin.host.binding import Binding
    from pyvorin.host.continuation.points import Path
    from pyvorin.host.continuation.progress import Stay

_FOR_NATIVE = {"loophead": LoopHead, "ended": END, "exhausted": EXHAUSTED, "raising": raising}
"""What native code finds in slots of these kinds."""
MOST_HEADS = 4
"""What is asked for that was seen at the heads of one function's loops."""


class Resumption:
    """The continuations of the group of a binding.

    Where in the file a function stands is not in the group's table, because code is the same wherever that is.
    """

    __slots__ = (
        "_binding",
        "_count",
        "_indexes",
        "_losses",
        "_module",
        "_outcalls",
        "_results",
        "_table",
        "_taking_over",
    )

    def __init__(self, binding: Binding) -> None:
        data = json.loads(binding.group.resume_table())
        for function in data["functions"]:
            code = binding.resumed_function(function["qualname"]).__code__
            function["file"], function["line"] = code.co_filename, code.co_firstlineno
        self._binding = binding
        self._table = Table(data, eager=binding.waits)
        self._indexes: list[int | None] = [point["index"] for point in data["points"]]
        self._taking_over: FunctionType | None = None
        self._module: ref[ModuleType] | None = None
        self._outcalls: dict[int, FunctionType] = {}
        self._results = Results(binding, self._ask_again, data["tentative"])
        self._losses = Losses(binding.native_calls)
        self._count = 0
        for kind, value in _FOR_NATIVE.items():
            for index in binding.rows.slots.get(kind, {}).values():
                binding.group.slots[index] = keep(value)

    def _saved(self, point: int, turns: int | None) -> int | None:
        """What a call has saved that leaves for the first time, in so many turns of the innermost loop; None if nobody knows."""
        if self._indexes[point] is None:
            return 0
        where = self._table.points[point]
        size = None if turns is None else plain_loop(self._table, where.function, where.path, where.at_head)
        return None if size is None or turns is None else turns * size * NODE_NS

    def resume(self, point: int, values: list[Any], stay: Stay | None) -> tuple[object, object]:
        """The function that goes on at the point, and its one argument; *stay* if native code was entered at a loop's head."""
        at = self._indexes[point]
        turns = values[at] if at is not None and at >= 0 else None
        if stay is not None:
            stay.ends()
        owner = self._table.points[point].function
        self._count += 1
        if not self._count & self._count - 1:
            self._look(owner, values)
        continuation = prepare(self._table, self._function(owner), point, values, not is_watched(), stay)
        if stay is not None:
            self._losses.stayed(stay)
        elif self._losses.are_too_many(self._saved(point, turns)):
            self._binding.leave_to_cpython()
        self._losses.seen_to()
        return continuation

    def _look(self, owner: int, values: list[Any]) -> None:
        """Ask for native code that expects what the instances at an exit are seen to have, if that is new."""
        profile = Profile(self._binding.namespace())
        for value in values:
            type_of(value, profile=profile)
        if note(self._binding.signatures, profile.texts()):
            self._ask_again(owner)

    def _ask_again(self, owner: int = 0) -> None:
        """Ask for code that expects what has been seen by now."""
        for qualname, signature in self._asked_for(owner)[-1:]:
            self._binding.wish(qualname, self._function(owner), signature)

    def _asked_for(self, owner: int) -> list[tuple[str, str]]:
        """What can be asked for once more: the code of the function that has called the one that has left, or of that itself."""
        qualname = self._table.functions[owner].qualname
        callers = [(row[QUALNAME], row[SIGNATURE]) for row in self._binding.rows.entries if row[KIND] == "native"]
        return callers + [(qualname, signature) for signature in self._binding.signatures.get(qualname, ())]

    def outcall(self, index: int) -> FunctionType:
        """The function that evaluates an expression for native code, which finds it in a slot from now on.

        It refers to the namespace, which refers to the functions for which there is the slot.  So it is kept there only as long
        as the namespace has a module; without one, it is made for each call.
        """
        place = self._table.outcalls[index]
        namespace = self._function(place.function).__globals__
        noting = self._results.noting(index, place)
        if noting is not None:
            return FunctionType(code_of(self._table, index, True), namespace, None, (*defaults_of(place, True), noting))
        made = FunctionType(code_of(self._table, index), namespace, None, defaults_of(place))
        if not self._results.is_done(index):
            return made
        module = sys.modules.get(namespace.get("__name__"))  # type: ignore[arg-type]
        if module is not None and getattr(module, "__dict__", None) is namespace:
            if self._module is None or self._module() is not module:
                self._module = ref(module, self.forget_outcalls)
            self._outcalls[index] = made
            self._binding.group.slots[self._binding.rows.slots["outcall"][str(index)]] = id(made)
        return made

    def forget_outcalls(self, _: object = None) -> None:
        """Nothing in a slot refers to the namespace any more."""
        for index in self._binding.rows.slots.get("outcall", {}).values():
            self._binding.group.slots[index] = 0
        self._outcalls = {}

    def enter(self, token: LoopHead) -> tuple[object, ...]:
        """How to go on where a continuation has come to a loop's head: (entry, its values, the stay), or as `resume`."""
        owner, _ = self._table.heads[token[0]]
        way = enter(self._table, self._function(owner), token, not is_watched(), self)
        if len(way) == 3:
            self._losses.seen_to(way[2])
            way[2].begins()
        return way

    @property
    def is_superseded(self) -> bool:
        """Whether code that was loaded later is to go on, if it can."""
        return self._results.are_superseded

    def stay(self) -> None:
        """It cannot."""
        self._results.supersede(False)

    def observe(self, function: int, root: int, operands: list[Any], is_last: bool) -> bool:
        """Ask for what begins at a loop's head that CPython has come to; False if these operands do not say enough."""
        profile = Profile(self._binding.namespace())
        types = ["unbound" if value is UNBOUND else type_of(value, profile=profile) for value in operands]
        if not is_last and any("?" in ty for ty in types):
            return False
        qualname = self._table.functions[function].qualname
        known = self._binding.signatures.get(qualname + HEADS, ())
        seen = f"{root} {', '.join(types)}"
        if seen not in known and len(known) < MOST_HEADS:
            note(self._binding.signatures, profile.texts())
            self._binding.wish(qualname + HEADS, self._function(function), seen)
        return True

    def hand_over(self, function: int, path: Path, state: tuple[Any, ...]) -> tuple[FunctionType, Any] | None:
        """How code that was loaded later goes on at the head, as `take_over`; None if there is none."""
        qualname = self._table.functions[function].qualname
        if self._table.waiting:
            self._binding.poll()
        newer = self._binding.newer(qualname)
        if newer is None or _taking_over(newer) is None:
            return None
        return newer.resumption().take_over(qualname, path, state)

    def take_over(self, qualname: str, path: Path, state: tuple[Any, ...]) -> tuple[FunctionType, Any] | None:
        """A function that goes on at the head of a loop, where native code can be entered, and its argument.

        state: what a LoopHead has behind the number.
        """
        number = self._head_with_entry(qualname, path)
        entry = _taking_over(self._binding)
        if number is None or entry is None:
            return None
        if self._taking_over is None:
            function = FunctionType((lambda token: token).__code__, {})
            if patch.apply(function, self._binding.group.entries[entry]) is None:
                return None
            self._taking_over = function
        return self._taking_over, LoopHead((number, *state))

    def _head_with_entry(self, qualname: str, path: Path) -> int | None:
        for number, (function, way) in enumerate(self._table.heads):
            if way == path and self._table.entries_at[number] and self._table.functions[function].qualname == qualname:
                return number
        return None

    def _function(self, index: int) -> FunctionType:
        return self._binding.resumed_function(self._table.functions[index].qualname)


def _taking_over(binding: Binding) -> int | None:
    """The index of the entry that goes on with a call of older code; a group without loops to enter has none, and no table."""
    return next((index for index, row in enumerate(binding.rows.entries) if row[KIND] == TAKE_OVER), None)
