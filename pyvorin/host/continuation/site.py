"""A point made ready for use: the code that goes on from there, and how its state is laid out.

    state = [what leaving at a loop head needs] + [operands] + [what is open: iterators, managers, pending values] + [locals]

Each part is in reverse order of use, since the code takes values from the end: locals, then what is open, outermost first, then
operands.  Everything but the first part is gone when the program's own code begins.
"""

from __future__ import annotations

import _ast as ast
from types import CodeType

from pyvorin.host.continuation import remainder, syntax
from pyvorin.host.continuation.compiling import compile_block
from pyvorin.host.continuation.edits import Residual
from pyvorin.host.continuation.points import Table
from pyvorin.host.continuation.positions import ITER_AT_EXPRESSION
from pyvorin.host.continuation.remainder import Level
from pyvorin.host.continuation.source import Parsed, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyvorin.host.continuation.points import Edit, Path
    from pyvorin.host.continuation.remainder import Ahead, Leave

FOR, WITH, RETURN = "for", "with", "return"

ITER, FIRST_REFERENCE = 2, 3
"""Where in the state `iter` is, and where the references to what is open begin; before them are LoopHead and `locals`."""


class Site:
    """A place in a function, a set of bound locals, and what can be made of them.

    at_head, at_for: whether it is the head of a loop, of a `for`.
    opens: for each thing on the way that is open and has values, FOR, WITH or RETURN, outermost first.
    heads: the loop heads at which the continuation may leave, by the number of the loop's level.
    own_head: the one of them at which it begins, or None.
    ahead: those of loops to come, by path, with the number of levels around.
    """

    __slots__ = (
        "_codes",
        "_edits",
        "_function",
        "_levels",
        "_node",
        "_order",
        "_path",
        "_table",
        "ahead",
        "at_for",
        "at_head",
        "bound",
        "heads",
        "opens",
        "operands",
        "own_head",
        "plain",
        "plan",
    )

    def __init__(
        self,
        table: Table,
        function: int,
        path: Path,
        edits: list[Edit] | None,
        bound: tuple[str, ...],
        order: tuple[str, ...],
    ) -> None:
        self._table = table
        self._function = function
        self._path = path
        self._edits = edits
        self.at_head = edits is None
        self.bound = bound
        self._order = order
        self._codes: dict[tuple[int, ...], CodeType] = {}
        self._levels, self._node = remainder.descend(self._parsed().definition, path)
        self.opens = [kind for level in self._levels if (kind := _opens(level))]
        self.at_for = self.at_head and isinstance(self._node, ast.For)
        if self.at_for:
            self.opens.append(FOR)
        self.heads = self._find_heads()
        self.ahead = {
            way: (table.heads.index((function, way)), number)
            for number, way in remainder.ahead(self._levels, path)
            if (function, way) in table.heads
        }
        self.own_head = self.heads.get(len(self._levels)) if self.at_head else None
        residual = Residual(self._node, edits or [])
        self.operands = residual.operands
        self.plan = residual.plan
        self.plain = all(make is None for make, _ in self.plan) and [i for _, (i, *_) in self.plan] == [
            *range(self.operands)
        ]

    def _parsed(self) -> Parsed:
        return parsed(self._table, self._function)

    def _find_heads(self) -> dict[int, int]:
        """The level after the last one stands for the loop that the path ends at."""
        found = {}
        for number in range(len(self._levels) + 1):
            loop = (self._function, self._path[:number])
            inside = self._levels[number].iterates if number < len(self._levels) else self._at_loop()
            if inside and loop in self._table.heads:
                found[number] = self._table.heads.index(loop)
            if number < len(self._levels) and self._levels[number].runs_code_when_left:
                break
        return found

    def _at_loop(self) -> bool:
        """Whether the path ends at a loop that is already going on."""
        return self.at_head or self._in_test()

    def _in_test(self) -> bool:
        """Whether the path ends in the middle of the test of a `while`."""
        return isinstance(self._node, ast.While) and any(path for path, _ in self._edits or [])

    def index_of(self, number: int, indexes: list[int]) -> int | None:
        """The index of the loop of a level, where `indexes` are those of all open `for`, outermost first."""
        levels = self._levels[: number + 1]
        loop = levels[number].owner if number < len(levels) else self._node
        if not isinstance(loop, ast.For):
            return None
        return indexes[sum(_opens(level) == FOR for level in self._levels[:number])]

    def code(self, heads: tuple[int, ...]) -> CodeType:
        """The continuation's code, which leaves at those of `self.heads` and `self.ahead` that are in `heads`."""
        code = self._codes.get(heads)
        if code is None:
            leave = {number: self._leave(number, head) for number, head in self.heads.items() if head in heads}
            ahead = {
                way: self._leave_ahead(number, head) for way, (head, number) in self.ahead.items() if head in heads
            }
            code = self._codes[heads] = self._compile(self._current(leave.get(len(self._levels))), leave, ahead)
        return code

    def interrupted_code(self) -> CodeType:
        """The code that begins by calling the only operand, which raises."""
        place = syntax.first_line(self._node)
        return self._compile([syntax.expression(place, syntax.call(place, syntax.pop(place)))], {}, {})

    def _compile(self, current: list[Any], leave: dict[int, Leave], ahead: Ahead) -> CodeType:
        block = remainder.rest(self._levels, self._path, current, leave, ahead)
        return compile_block(self._table.functions[self._function], self._parsed(), self._order, self.bound, block)

    def _current(self, leave: Leave | None) -> list[Any]:
        """What is left of the statement at the path's end."""
        if self.at_head:
            return remainder.from_head(self._node, leave)
        statements = Residual(self._node, self._edits or []).statements
        if self._in_test():
            return remainder.first_test(self._node, statements[0].test, leave)
        return statements

    def _leave(self, number: int, head: int) -> Leave:
        """`return LoopHead((head, locals(), the loop's iterator, what is open around...))`, by way of the state."""
        loop = self._levels[number].owner if number < len(self._levels) else self._node
        outer = self._open_around(number)
        return lambda place: _leave(place, head, isinstance(loop, ast.For), outer)

    def _open_around(self, number: int) -> list[int]:
        """For each loop and `with` that is open around the level, how many managers it has; 0 for a loop."""
        opened = [level for level in self._levels[:number] if _opens(level)]
        return [len(level.owner.items) if _opens(level) == WITH else 0 for level in opened]

    def _leave_ahead(self, number: int, head: int) -> Callable[[Any], list[ast.stmt]]:
        """As `_leave`, for a loop that has not begun: what it goes over is evaluated first."""
        outer = self._open_around(number)

        def leave(loop: Any) -> list[ast.stmt]:
            if isinstance(loop, ast.While):
                return _leave(loop, head, False, outer)
            place = loop.iter if ITER_AT_EXPRESSION else loop
            iterator = syntax.call(place, syntax.kept(place, ITER), loop.iter)
            return [syntax.expression(place, syntax.push(place, iterator)), *_leave(loop, head, True, outer)]

        return leave


def _leave(place: Any, head: int, is_for: bool, outer: list[int]) -> list[ast.stmt]:
    """outer: of what is open around, as `_open_around` has it."""
    open_parts: list[ast.expr] = []
    leaving: list[ast.expr] = []
    reference = FIRST_REFERENCE
    for managers in outer:
        referred = [syntax.call(place, syntax.kept(place, reference + index)) for index in range(managers or 1)]
        reference += len(referred)
        if managers:
            exits: list[ast.expr] = [syntax.last(place, part) for part in referred]
            open_parts.append(syntax.at(place, ast.Tuple(elts=exits, ctx=ast.Load())))
            leaving += [syntax.last(place, part, ast.Del()) for part in referred]
        else:
            open_parts += referred
    parts: list[ast.expr] = [
        syntax.constant(place, head),
        syntax.call(place, syntax.kept(place, 1)),
        syntax.pop(place) if is_for else syntax.constant(place, None),
        *open_parts,
    ]
    made = syntax.call(place, syntax.kept(place, 0), syntax.at(place, ast.Tuple(elts=parts, ctx=ast.Load())))
    if not leaving:
        return [syntax.at(place, ast.Return(value=made))]
    # From here on no `__exit__` is called; no signal is looked for before the last statement leaves the managers.
    return [
        syntax.expression(place, syntax.push(place, made)),
        syntax.at(place, ast.Delete(targets=leaving)),
        syntax.at(place, ast.Return(value=syntax.kept(place, -1))),
    ]


def _opens(level: Level) -> str:
    if level.pending:
        return RETURN if level.pending == "return" else ""
    if level.field != "body":
        return ""
    return FOR if isinstance(level.owner, ast.For) else WITH if isinstance(level.owner, ast.With) else ""
