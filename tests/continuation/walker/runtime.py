"""Runs the functions of a module under the walker, and what remains of their calls in continuations.

First probe runs, in which the walker leaves only where it must, collect the loop heads; they become the entries of the table.
Then each run leaves at other operations.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from pyvorin.host.continuation import points, resume
from pyvorin.host.continuation.compiling import mangled
from tests.continuation.walker.activation import Compiled, Trip
from tests.continuation.walker.statements import Walk


class Walker:
    """All that is kept of one program over its runs.

    at: the numbers of the operations at which to leave.  count: operations so far.
    """

    def __init__(self, source: str, file: str, roll_back: bool, osr: bool) -> None:
        self.source = source
        self.file = file
        self.roll_back = roll_back
        self.osr = osr
        self.definitions = _definitions(source)
        self.table = points.Table(self._data())
        self._numbers: dict[str, int] = {}
        self._entries: dict[str, dict[str, Any]] = {}
        self.probing = True
        self.reset(frozenset())

    def _data(self) -> dict[str, Any]:
        lines = self.source.splitlines(keepends=True)
        functions = [
            {
                "qualname": ".".join([*(name for _, name in scopes), node.name]),
                "scopes": scopes,
                "name": node.name,
                "file": self.file,
                "line": first,
                "text": "".join(lines[first - 1 : node.end_lineno]),
                "flags": 0,
                "optimise": -1,
            }
            for node, scopes in self.definitions
            for first in [min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])]
        ]
        return {"functions": functions, "points": [], "entries": []}

    def reset(self, at: frozenset[int]) -> None:
        self.at = at
        self.count = self.trips = self.entered = 0
        self.on_trip: Callable[[], None] = lambda: None

    def use_entries(self) -> None:
        """Make the heads that were met so far the entries of a new table."""
        data = self._data()
        for entry in self._entries.values():
            data["points"].append(entry["point"])
            data["entries"].append({"point": len(data["points"]) - 1, "types": entry["types"]})
        self._numbers = {_key(point): number for number, point in enumerate(data["points"])}
        self.table = points.read(json.dumps(data))

    def install(self, names: dict[str, Any]) -> None:
        """Replace the functions of an executed module by ones that the walker runs."""
        for number, (node, scopes) in enumerate(self.definitions):
            owner = names[scopes[0][1]] if scopes else None
            name = mangled(node.name, scopes)
            function = getattr(owner, name) if owner else names[name]
            wrapper = self.wrap(Compiled(node, function, number, scopes))
            if owner:
                setattr(owner, name, wrapper)
            else:
                names[name] = wrapper

    def due(self) -> bool:
        self.count += 1
        return self.count in self.at

    def _saw_head(self, point: dict[str, Any], values: list[Any]) -> None:
        if not self.probing or not self.osr:
            return
        variables = values[len(values) - len(point["locals"]) :] if point["locals"] else []
        types = ["object" if index % 3 == 2 else type(value).__name__ for index, value in enumerate(variables)]
        entry = {"point": dict(point), "types": types}
        self._entries.setdefault(json.dumps(entry), entry)

    def _number(self, point: dict[str, Any]) -> int:
        key = _key(point)
        if key not in self._numbers:
            self._numbers[key] = len(self.table.points)
            self.table.points.append(points.Point(json.loads(key)))
        return self._numbers[key]

    def wrap(self, compiled: Compiled) -> Any:
        def wrapper(*arguments: Any) -> Any:
            given = [arguments]
            del arguments  # a function's own variables are all that refers to them
            return self.call(compiled, given)

        wrapper.__name__ = compiled.node.name
        return wrapper

    def call(self, compiled: Compiled, arguments: list[tuple[Any, ...]]) -> Any:
        activation, stay = self._start(compiled), None
        signal = self._run(partial(activation.call_with, arguments))
        while True:
            if signal is not Trip:
                return signal[1] if signal else None
            self.trips += 1
            number, values = self._number(activation.point), activation.values
            activation = None  # type: ignore[assignment]
            function, state = resume.prepare(self.table, compiled.function, number, values, self.osr, stay)
            while True:
                self.on_trip()
                result = function(state)
                if type(result) is not resume.LoopHead:
                    return result
                found = resume.enter(self.table, compiled.function, result)
                del result, state
                if isinstance(found[0], int):
                    break
                function, state = found
            self.entered += 1
            stay = found[2]
            activation, taken = self._start(compiled), [found]
            del found, function
            signal = self._run(partial(self._enter, activation, taken))

    def _start(self, compiled: Compiled) -> Walk:
        activation = Walk(compiled, self.due, self.roll_back)
        activation.on_head = self._saw_head
        return activation

    def _run(self, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except Trip:
            return Trip

    def _enter(self, activation: Walk, found: list[Any]) -> Any:
        entry, values, _ = found.pop()
        point = self.table.points[self.table.entries[entry].point]
        opened = []
        for spec in point.iterators:
            count = 1 + _size(spec)
            opened.append((spec, [values.pop(0) for _ in range(count)]))
        return activation.enter({"locals": point.locals, "path": point.path}, values, opened)


def _size(spec: list[Any]) -> int:
    """How many values a specification asks for."""
    own = {"seq": 1, "reversed": 2, "range": 3}.get(spec[0], 0) + (spec[-1] == "start")
    return own + sum(_size(part) for part in spec[1:] if isinstance(part, list))


def _key(point: dict[str, Any]) -> str:
    return json.dumps(point, sort_keys=True)


def _definitions(source: str) -> list[tuple[ast.FunctionDef, list[tuple[str, str]]]]:
    """The functions to be walked, those after the line `# walked`, with the scopes around them."""
    first = source[: source.index("# walked")].count("\n") + 1
    found: list[tuple[ast.FunctionDef, list[tuple[str, str]]]] = []
    for node in ast.parse(source).body:
        if node.lineno > first and isinstance(node, ast.FunctionDef):
            found.append((node, []))
        elif node.lineno > first and isinstance(node, ast.ClassDef):
            found += [(part, [("class", node.name)]) for part in node.body if isinstance(part, ast.FunctionDef)]
    return found
