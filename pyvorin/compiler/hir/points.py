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


@dataclass(frozen=True, slots=True)
class Iterator:
    """The iterator of a `for` loop around the point: how it is made again, and how many values that takes with the index.

    `["return"]` is none, but a value that waits to be returned.
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
    region: the number of the comprehension in which this is; going on here means to begin that again. 0: in none.
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

    def nowhere(self) -> Point:
        """In place of the point, where CPython could not go on."""
        return Point("nowhere", self.path, protected=self.protected, region=self.region)

    def raising(self, operand: int) -> Point | None:
        """The point at which the expression whose value this operand is raises; None if it is not one expression's."""
        at = self.operands[operand]
        if at is None:
            return None
        return replace(self, edits=(*self.edits[:at], (self.edits[at][0], RAISE), *self.edits[at + 1 :]))

    def unwinding(self) -> tuple[Point, int, int]:
        """The point where an exception comes out of the statement; of the values behind it those from here up to there, and all
        locals, remain."""
        iterators = self.iterators[:-1] if self.own_iterator else self.iterators
        first = len(self.operands)
        point = replace(self, kind="stmt", edits=(((), RAISE),), operands=(None,), iterators=iterators, root=None)
        return point, first, first + sum(iterator.values for iterator in iterators)

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
            if iterator.spec != ("return",):
                return at
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and value and isinstance(value[0], Iterator):
        return [[iterator.spec, iterator.values] for iterator in value]
    return value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
