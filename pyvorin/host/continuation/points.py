"""What a compiled group says about the places at which its native code may leave or enter a function: plain data.

In: one JSON text per group, of the form in docs/exits.md, "Resume points".  Out: a `Table`, which also owns everything that is
made from the data on demand (parsed functions, code of continuations, counts), so that it all goes away with the group.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from pyvorin.host.continuation.progress import Progress, Waiting
    from pyvorin.host.continuation.site import Site
    from pyvorin.host.continuation.source import Parsed

    Step = tuple[str, int]
    Path = tuple[Step, ...]
    NodePath = tuple["str | int", ...]
    Edit = tuple[NodePath, list[Any]]
    Spec = list[Any]


class Function:
    """One function's source: `text` is whole lines of `file`, the first of which has the number `line`."""

    __slots__ = ("file", "flags", "line", "name", "optimise", "qualname", "scopes", "text")

    def __init__(self, data: dict[str, Any]) -> None:
        self.qualname: str = data["qualname"]
        self.scopes: list[tuple[str, str]] = [(kind, name) for kind, name in data["scopes"]]
        self.name: str = data["name"]
        self.file: str = data["file"]
        self.line: int = data["line"]
        self.text: str = data["text"]
        self.flags: int = data["flags"]
        self.optimise: int = data["optimise"]


class Point:
    """A place in a function, what has been done of its statement, and which values are handed over there."""

    __slots__ = ("at_head", "edits", "function", "iterators", "locals", "path", "unbound")

    def __init__(self, data: dict[str, Any]) -> None:
        self.function: int = data["function"]
        self.at_head: bool = data["kind"] == "head"
        self.path: Path = tuple((field, index) for field, index in data["path"])
        self.edits: list[Edit] = [(tuple(path), edit) for path, edit in data["edits"]]
        self.locals: tuple[str, ...] = tuple(data["locals"])
        self.unbound: tuple[str, ...] = tuple(data.get("unbound", ()))
        self.iterators: list[Spec] = data["iterators"]


class Entry:
    """A loop head at which native code can be entered: the point there, and the names of the types its locals must have."""

    __slots__ = ("point", "types")

    def __init__(self, data: dict[str, Any]) -> None:
        self.point: int = data["point"]
        self.types: list[str] = data["types"]


class Place:
    """A loop head that could have an entry for what is seen there: the number that the compiler knows it by, its point, and how
    often it is still to be looked at."""

    __slots__ = ("looks", "point", "root")

    def __init__(self, data: dict[str, Any]) -> None:
        self.root: int = data["root"]
        self.point = Point(data)
        self.looks = LOOKS


LOOKS = 4
"""An empty list says little, and the next iteration may say more."""


class Outcall:
    """What native code lets CPython do (`outcalls.py`): its path from the function's definition, the variables that it
    reads, its kind, the key under which its results are known, whether they are to be looked at, and its code, without and with
    what looks at the result, once that is made."""

    __slots__ = ("code", "function", "key", "kind", "names", "noting_code", "observed", "path")

    def __init__(self, data: dict[str, Any]) -> None:
        self.function: int = data["function"]
        self.path: NodePath = tuple(data["path"])
        self.names: list[str] = data["names"]
        self.kind: str = data["kind"]
        self.key: str = data["key"]
        self.observed: bool = data["observed"]
        self.noting_code: CodeType | None = None
        self.code: CodeType | None = None


class Table:
    """All functions, points and entries of one group.

    heads: the loop heads that have an entry or are to be observed, (function, path); `entries_at` gives the indexes of a head's
    entries in order, `observed` what is to be observed there, `waiting` the loops that have been asked for.
    eager: whether short loops are worth it, too.  plain: by function and path, `resume.plain_loop`; only: by head, the
    same, if it is the only loop of its function.
    """

    __slots__ = (
        "eager",
        "entries",
        "entries_at",
        "functions",
        "heads",
        "observed",
        "only",
        "outcalls",
        "parsed",
        "plain",
        "points",
        "progress",
        "sites",
        "waiting",
    )

    def __init__(self, data: dict[str, Any], eager: bool = False) -> None:
        self.eager = eager
        self.functions = [Function(function) for function in data["functions"]]
        self.points = [Point(point) for point in data["points"]]
        self.entries = [Entry(entry) for entry in data["entries"]]
        self.outcalls = [Outcall(outcall) for outcall in data.get("outcalls", ())]
        self.heads: list[tuple[int, Path]] = []
        self.entries_at: list[list[int]] = []
        for index, entry in enumerate(self.entries):
            self.entries_at[self._head(self.points[entry.point])].append(index)
        self.observed: dict[int, Place] = {}
        for place in data.get("observed", ()):
            self.observed[self._head(Point(place))] = Place(place)
        self.parsed: dict[int, Parsed] = {}
        self.sites: dict[object, Site] = {}
        self.progress: dict[int, Progress] = {}
        self.waiting: dict[int, Waiting] = {}
        self.only: dict[int, int | None] = {}
        self.plain: dict[tuple[int, Path], int | None] = {}

    def _head(self, point: Point) -> int:
        head = (point.function, point.path)
        if head not in self.heads:
            self.heads.append(head)
            self.entries_at.append([])
        return self.heads.index(head)


def read(text: str) -> Table:
    """The table that a group's JSON text describes."""
    return Table(json.loads(text))
