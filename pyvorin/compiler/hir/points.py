"""Resume points: places of a function at which a continuation in CPython can take over from native code.

A `snapshot` in HIR says: here is such a place, and these are the values that the continuation begins with.  What may exit after
an effect leaves with the last snapshot before it (`passes/place_exits.py`).  The host makes the continuation from the point's
data and the function's source (`docs/exits.md`, "Resume points").
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

Step = tuple[str, int]
"""From a node to one of its children: field, and index in it."""
Path = tuple[Any, ...]
"""From a statement to a node inside it: fields and indices."""
Edit = tuple[Path, tuple[Any, ...]]
"""What has become of a node of the statement: evaluated, or reduced to what is left of it."""

LOAD, RAISE = ("load",), ("raise",)
OVER, PARTIAL = "over", ("partial",)
"""The edits of a comprehension that is going on, and of what consumes one."""


@dataclass(frozen=True, slots=True)
class Iterator:
    """The iterator of a `for` loop around the point: how it is made again, and how many values that takes with the index.

    `["return"]` is none, but a value that waits to be returned, and `["with", n]` the `__exit__` of n managers.
    """

    spec: tuple[Any, ...]
    values: int


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One resume point.  The operands of its snapshot are, in this order:

    `operands` values of the statement that were evaluated before; for each of `iterators`, outermost first, its index and what
    it is made of; the values of the variables `locals`.

    kind: "stmt", before the statement at `path` with `edits` done to it, "head", at the head of the loop at `path`, or "nowhere":
    what is left of the statement cannot be said.
    operands: for each operand the index of the edit that loads it; None for one that belongs to another edit.
    unbound: the variables that may be read from here on and are not bound.  Others, which nothing will read, are not mentioned.
    protected: whether an exception that is raised here may be handled in the function itself.
    own_iterator: whether the last of the iterators is that of the loop at whose head this is.
    in_while: whether the innermost loop around is a `while`.
    region: the number of the comprehension, or function in the place of its call, in which this is; going on here means to begin
    that again. 0: in none.  caught: whether a native handler for what was raised in the region begins here.
    root: at a loop's head, the index of the function's block at which native code can be entered again here.
    """

    kind: str
    path: tuple[Step, ...]
    edits: tuple[Edit, ...] = ()
    operands: tuple[int | None, ...] = ()
    iterators: tuple[Iterator, ...] = ()
    locals: tuple[str, ...] = ()
    unbound: tuple[str, ...] = ()
    root: int | None = None
    protected: bool = False
    own_iterator: bool = False
    in_while: bool = False
    region: int = 0
    caught: bool = False

    @property
    def usable(self) -> bool:
        """Whether CPython could go on here."""
        return self.kind != "nowhere"

    @property
    def first_local(self) -> int:
        """The index of the first local among the operands of the snapshot."""
        return len(self.operands) + sum(iterator.values for iterator in self.iterators)

    def where_bound(self, names: tuple[str, ...]) -> Point:
        """The point where only these of the locals are bound."""
        return replace(self, locals=names, unbound=tuple(name for name in self.locals if name not in names))

    def beginning(self, unbound: list[int]) -> Point | None:
        """The point where a consumer has got nothing so far; None if that is not what the unbound operands are."""
        at = next((at for at, (_, edit) in enumerate(self.edits) if edit == PARTIAL), None)
        if at is None or len(unbound) != 1 or self.operands[unbound[0]] is not None:
            return None
        edits = (*self.edits[:at], (self.edits[at][0], (*PARTIAL, 0)), *self.edits[at + 1 :])
        return replace(self, edits=edits, operands=self.operands[: unbound[0]] + self.operands[unbound[0] + 1 :])

    def nowhere(self) -> Point:
        """In place of the point, where CPython could not go on."""
        return Point("nowhere", self.path, protected=self.protected, region=self.region, caught=self.caught)

    def raising(self, result: int) -> tuple[Point, tuple[int, ...]] | None:
        """The point at which that raises which has given the value number *result*, and which of the values are handed over
        there; the exception takes that one's place.  None if there is no such point."""
        every = tuple(range(self.first_local + len(self.locals)))
        at = self.operands[result] if result < len(self.operands) else None
        if at is not None and self.edits[at][1][0] == OVER:
            return self._over_raising(at, result, every)
        if at is not None:
            return replace(self, edits=(*self.edits[:at], (self.edits[at][0], RAISE), *self.edits[at + 1 :])), every
        done = self.edits[0][1] if self.edits and not self.edits[0][0] else ()
        behind = every[len(self.operands) :]
        if self.kind == "head" and self.own_iterator:
            # It was the `iter()` of the loop.
            point, kept = self.unwinding()
            return point, (result, *kept)
        if done[:1] == ("bound",):
            return replace(self, edits=(((), RAISE),), operands=(None,)), (result, *behind)
        if done[:1] == ("entered",):
            before = done[1] - 1
            edits: tuple[Edit, ...] = ((("items", before), RAISE),)
            if before:
                edits = (((), ("entered", before)), *edits)
            return replace(self, edits=edits, operands=(None,) * (before + 1)), (*every[:before], result, *behind)
        if done[:1] == ("left",):
            point = replace(self, edits=(((), ("left", done[1], "raise")),), operands=(None,) * (done[1] + 1))
            return point, (*every[: done[1]], result, *behind)
        if self.at_fetched:
            return self._fetching(result, behind)
        return None

    @property
    def at_fetched(self) -> bool:
        """Whether this is where the item that a `for` has been given is still to be assigned."""
        return self.kind == "stmt" and self.path[-1:] == (("body", -1),)

    def _fetching(self, result: int, behind: tuple[int, ...]) -> tuple[Point, tuple[int, ...]]:
        """The point at which the loop's iterator raises instead of giving the item."""
        *outer, own = self.iterators
        at = sum(iterator.values for iterator in outer) + 1
        point = replace(
            self,
            kind="head",
            path=self.path[:-1],
            edits=(),
            operands=(),
            iterators=(*outer, replace(own, spec=_raising(own.spec))),
            own_iterator=True,
        )
        return point, (*behind[:at], result, *behind[at + 1 :])

    def _over_raising(self, at: int, result: int, every: tuple[int, ...]) -> tuple[Point, tuple[int, ...]]:
        """The point at which the `iter()` of a comprehension, or the `next()` of its iterator, raises."""
        path, edit = self.edits[at]
        own = [index for index, by in enumerate(self.operands) if by == at]
        dropped, left = ([index for index in own if index != result], RAISE)
        if edit[1]:
            # The iterator, which is handed over in front of its item.
            dropped, left = [result - 1], (OVER, "raise", *edit[2:])
        point = replace(
            self,
            edits=(*self.edits[:at], (path, left), *self.edits[at + 1 :]),
            operands=tuple(by for index, by in enumerate(self.operands) if index not in dropped),
        )
        return point, tuple(index for index in every if index not in dropped)

    def unwinding(self) -> tuple[Point, tuple[int, ...]]:
        """The point where an exception, its first value, comes out of the statement; which of the values here follow there."""
        every = range(self.first_local + len(self.locals))
        done = self.edits[0][1] if self.edits and not self.edits[0][0] else ()
        if done[:1] in (("entered",), ("left",)) and done[1]:
            # The managers that have been entered, the first operands, see it.
            edit = ((), ("left", done[1], "unwind"))
            point = replace(self, edits=(edit,), operands=(None,) * (done[1] + 1))
            return point, (*every[: done[1]], *every[len(self.operands) :])
        iterators = self.iterators[:-1] if self.own_iterator else self.iterators
        point = replace(
            self,
            kind="stmt",
            edits=(((), RAISE),),
            operands=(None,),
            iterators=iterators,
            root=None,
            own_iterator=False,
        )
        end = len(self.operands) + sum(iterator.values for iterator in iterators)
        return point, (*every[len(self.operands) : end], *every[self.first_local :])

    def as_text(self) -> dict[str, Any]:
        """The fields that are not as they are without being given, for HIR text; `from_text` reads them."""
        standard = Point(self.kind, self.path)
        names = [field.name for field in fields(Point)]
        return {
            name: _plain(getattr(self, name)) for name in names if getattr(self, name) != getattr(standard, name)
        } | {
            "kind": self.kind,
            "path": self.path,
        }

    @classmethod
    def from_text(cls, data: dict[str, Any]) -> Point:
        """The point with these fields; lists stand for tuples."""
        made = {name: _frozen(value) for name, value in data.items()}
        made["iterators"] = tuple(Iterator(*parts) for parts in made.get("iterators", ()))
        return cls(**made)

    def as_data(self, function: int) -> dict[str, object]:
        """The point in the form of docs/exits.md; *function* is the index of its function."""
        return {
            "function": function,
            "kind": self.kind,
            "path": self.path,
            "edits": self.edits,
            "locals": self.locals,
            "unbound": self.unbound,
            "iterators": [iterator.spec for iterator in self.iterators],
            "index": self._index(),
        }

    def _index(self) -> int | None:
        """Which of the values says how often the innermost loop has gone round; -1 if none does, None where there is no loop."""
        if self.in_while:
            return -1
        at = self.first_local
        for iterator in reversed(self.iterators):
            at -= iterator.values
            if iterator.spec[0] not in ("return", "with"):
                return at
        return None


def _raising(spec: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        _raising(part) if isinstance(part, tuple) else "raised" if part == "iterator" else part for part in spec
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and value and isinstance(value[0], Iterator):
        return [[iterator.spec, iterator.values] for iterator in value]
    return value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
