"""What a compiled group says about the places at which its native code may leave or enter a function: plain data.

In: one JSON text per group, of the form in docs/exits.md, "Resume points".  Out: a `Table`, which also owns everything that is
made from the data on demand (parsed functions, code of continuations, counts), so that it all goes away with the group.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvorin.host.continuation.progress import Progress
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


class Table:
    """All functions, points and entries of one group.

    heads: the loop heads that have an entry, (function, path); `entries_at` gives the indexes of a head's entries in order.
    """

    __slots__ = ("entries", "entries_at", "functions", "heads", "parsed", "points", "progress", "sites")

    def __init__(self, data: dict[str, Any]) -> None:
        self.functions = [Function(function) for function in data["functions"]]
        self.points = [Point(point) for point in data["points"]]
        self.entries = [Entry(entry) for entry in data["entries"]]
        self.heads: list[tuple[int, Path]] = []
        self.entries_at: list[list[int]] = []
        for index, entry in enumerate(self.entries):
            point = self.points[entry.point]
            head = (point.function, point.path)
            if head not in self.heads:
                self.heads.append(head)
                self.entries_at.append([])
            self.entries_at[self.heads.index(head)].append(index)
        self.parsed: dict[int, Parsed] = {}
        self.sites: dict[object, Site] = {}
        self.progress: dict[int, Progress] = {}


def read(text: str) -> Table:
    """The table that a group's JSON text describes."""
    return Table(json.loads(text))
