"""The rest of a function's execution, from a point in the middle of it, as one block of statements.

In: the way down to the point (`levels`, outermost first) and what is left there.  Out: statements that execute the rest, from the
inside out: at each level what is left of the block, then what the construct around it does next.

    for x in xs:                  for () in .s.pop():        # the rest of this iteration
        a(x)                          b(x)
        b(x)    <- here           else:
    c()                               for x in .s.pop():     # the next ones, by the same iterator
                                          a(x)
                                          b(x)
                                  c()

Where native code can be entered at a loop's head, `leave` takes the place of the next iterations: the function returns a
`LoopHead`.  That is allowed where returning runs nothing: no `finally` is open around the loop.  The same is done
for loops that are still to come (`ahead`), as long as they are in none that begins in the continuation.
"""

from __future__ import annotations

import _ast as ast

from pyvorin.host.continuation import syntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyvorin.host.continuation.points import Path

    Leave = Callable[[Any], list[ast.stmt]]
    """The statements that leave at the head of a loop; for a `for`, the loop's iterator is on top of the state."""
    Ahead = dict[Path, Callable[[Any], list[ast.stmt]]]
    """By the path of a loop to come, the statements that leave at its head."""

_BLOCKS = ("body", "orelse", "finalbody")
_LOOPS = (ast.For, ast.While)
_TRIES: Any = tuple(vars(ast)[name] for name in ("Try", "TryStar") if name in vars(ast))


class Level:
    """One step of a path: `owner` is executing the statement `index` of its block `field`.

    pending: what happens when this `finally` is done: "return", "break", "continue", or nothing.
    """

    __slots__ = ("field", "index", "owner", "pending")

    def __init__(self, owner: Any, field: str, index: int) -> None:
        self.owner = owner
        self.field, _, self.pending = field.partition(":")
        self.index = index

    @property
    def iterates(self) -> bool:
        """Whether this is an iteration of a loop."""
        return self.field == "body" and isinstance(self.owner, _LOOPS)

    @property
    def runs_code_when_left(self) -> bool:
        """Whether leaving the function from here executes something of the program.

        A `with` that is open does not: its managers are stand-ins, which can be told not to (`stand_ins.Leaving`).
        """
        if isinstance(self.owner, _TRIES):
            return self.pending != "" or (self.field != "finalbody" and bool(self.owner.finalbody))
        return False


def descend(definition: ast.FunctionDef, path: Path) -> tuple[list[Level], Any]:
    """The levels of a path and the statement at its end; for the index -1, a target to be assigned, the `for` itself."""
    levels = []
    node: Any = definition
    for field, index in path:
        level = Level(node, field, index)
        levels.append(level)
        if index >= 0:
            node = getattr(node, level.field)[index]
    return levels, node


def rest(levels: list[Level], path: Path, current: list[Any], leave: dict[int, Leave], ahead: Ahead) -> list[Any]:
    """The statements `current` and all that follows.

    leave: by the number of a loop's level, how to leave at its head.  ahead: the same for loops to come.
    """
    for number in range(len(levels) - 1, -1, -1):
        level = levels[number]
        if level.field in _BLOCKS:
            following = getattr(level.owner, level.field)[level.index + 1 :]
            if ahead:
                following = _leaving(following, path[:number], level.field, level.index + 1, ahead)
            current = current + following
        current = _around(level, current, leave.get(number))
    return current


def ahead(levels: list[Level], path: Path) -> list[tuple[int, Path]]:
    """The loops to come at whose heads a continuation could leave: how many of the levels are around, the path."""
    found: list[tuple[int, Path]] = []
    for number, level in enumerate(levels):
        if level.runs_code_when_left:
            break
        if level.field in _BLOCKS and not level.pending:
            block = getattr(level.owner, level.field)
            for index in range(level.index + 1, len(block)):
                found += [(number + 1, way) for way in _loops(block[index], (*path[:number], (level.field, index)))]
    return found


def _loops(node: Any, path: Path) -> list[Path]:
    """The paths of the outermost loops in the statement."""
    if isinstance(node, _LOOPS):
        return [path]
    return [
        way
        for field in _passed_through(node)
        for index, child in enumerate(getattr(node, field))
        for way in _loops(child, (*path, (field, index)))
    ]


def _passed_through(node: Any) -> tuple[str, ...]:
    """The blocks of the statement from which returning runs nothing, and in which no exception is being handled."""
    if isinstance(node, ast.If):
        return ("body", "orelse")
    return ("body", "orelse") if isinstance(node, _TRIES) and not node.finalbody else ()


def _leaving(block: list[Any], path: Path, field: str, first: int, ahead: Ahead) -> list[Any]:
    """The statements, which are those of the block of the node at the path from number *first* on, with heads left at."""
    new: list[Any] = []
    for index, node in enumerate(block, first):
        here = (*path, (field, index))
        if here in ahead:
            new += ahead[here](node)
            continue
        fields = {
            inner: _leaving(getattr(node, inner), here, inner, 0, ahead)
            for inner in _passed_through(node)
            if any(other[: len(here)] == here for other in ahead)
        }
        new.append(syntax.changed(node, **fields) if fields else node)
    return new


def _around(level: Level, current: list[Any], leave: Leave | None) -> list[Any]:
    owner = level.owner
    if level.iterates:
        return _iteration(owner, current, leave)
    if isinstance(owner, ast.With):
        shims = [
            syntax.changed(item, context_expr=syntax.pop(item.context_expr), optional_vars=None) for item in owner.items
        ]
        return [syntax.changed(owner, items=shims, body=current)]
    if isinstance(owner, _TRIES):
        return _protected(level, current)
    return current


def _protected(level: Level, current: list[Any]) -> list[Any]:
    owner = level.owner
    if level.field == "body":
        return [syntax.changed(owner, body=current)]
    if level.field == "finalbody":
        if not level.pending:
            return current
        # CPython keeps a pending value on its stack while `finally` runs: so does this.
        return [_finally(owner, [_PENDING[level.pending](owner)], current)]
    # The handlers do not protect `else`, and are done with when one of them runs; `finally` remains.
    return [_finally(owner, current, owner.finalbody)] if owner.finalbody else current


def _finally(place: Any, body: list[Any], finalbody: list[Any]) -> ast.Try:
    return syntax.at(place, ast.Try(body=body, handlers=[], orelse=[], finalbody=finalbody))


_PENDING: dict[str, Callable[[Any], ast.stmt]] = {
    "return": lambda place: syntax.at(place, ast.Return(value=syntax.pop(place))),
    "break": lambda place: syntax.at(place, ast.Break()),
    "continue": lambda place: syntax.at(place, ast.Continue()),
}


def _iteration(owner: Any, current: list[Any], leave: Leave | None) -> list[Any]:
    """The rest of an iteration, then the loop's next ones."""
    if isinstance(owner, ast.While):
        return once(owner, current, leave(owner) if leave else [owner])
    place = owner.iter
    again = leave(owner) if leave else [syntax.changed(owner, iter=syntax.pop(place))]
    return [_loop(owner, syntax.pop(place), current, again)]


def once(owner: Any, body: list[Any], then: list[Any]) -> list[Any]:
    """`body` as the rest of an iteration of a `while`: its `continue` and its end go on to `then`, its `break` does not."""
    if not _jumps(body):
        return body + then
    header = syntax.at(owner, ast.Tuple(elts=[syntax.empty(owner, ast.Load())], ctx=ast.Load()))
    return [_loop(owner, header, body, then)]


def _loop(place: Any, header: ast.expr, body: list[Any], orelse: list[Any]) -> ast.For:
    target = syntax.empty(place, ast.Store())
    return syntax.at(place, ast.For(target=target, iter=header, body=body, orelse=orelse, type_comment=None))


def _jumps(block: list[Any]) -> bool:
    """Whether there is a `break` or `continue` that belongs to the loop around this block."""
    return any(_jumps_in(node) for node in block)


def _jumps_in(node: Any) -> bool:
    if isinstance(node, (ast.Break, ast.Continue)):
        return True
    if isinstance(node, (ast.expr, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    fields = ("orelse",) if isinstance(node, _LOOPS) else ("body", "orelse", "finalbody", "handlers", "cases")
    return any(_jumps(getattr(node, field, [])) for field in fields)


def from_head(loop: Any, leave: Leave | None) -> list[Any]:
    """The whole of a loop whose head has been reached.  With `leave`, one iteration in CPython, then that."""
    if isinstance(loop, ast.While):
        return first_test(loop, loop.test, leave) if leave else [loop]
    header = syntax.pop(loop.iter)
    if leave is None:
        return [syntax.changed(loop, iter=header)]
    # The value below the header on the state says whether there was an item; the iterator comes back on top of it.
    began = syntax.assign(loop, syntax.kept(loop, -1, ast.Store()), syntax.constant(loop, True))
    began_or_ended = syntax.at(
        loop,
        ast.If(
            test=syntax.pop(loop, -2),
            body=leave(loop),
            orelse=[syntax.expression(loop, syntax.pop(loop))],
        ),
    )
    return [syntax.changed(loop, iter=header, body=[began, *loop.body], orelse=[began_or_ended, *loop.orelse])]


def first_test(loop: ast.While, test: Any, leave: Leave | None) -> list[Any]:
    """A `while` whose first test is `test`; after that iteration the loop itself, or `leave`."""
    body = once(loop, loop.body, leave(loop) if leave else [loop])
    return [syntax.at(loop, ast.If(test=test, body=body, orelse=loop.orelse))]
