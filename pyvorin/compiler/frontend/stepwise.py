"""Where a continuation could take over in statements that are executed step by step: `for` over CPython's own iterator, `with`,
`import`.

Each step may do anything, so behind each stands a snapshot, which says what is left of the statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator as Iterating
from contextlib import contextmanager

from pyvorin.compiler.frontend.execution import Expression, Loop, Statement
from pyvorin.compiler.frontend.paths import path_between
from pyvorin.compiler.frontend.source import Source
from pyvorin.compiler.hir.points import OVER, PARTIAL


class Stepwise:
    """The part of `Snapshots` that is told of these steps."""

    _statements: list[Statement]
    _loops: list[Loop]
    _protections: int
    _nowhere: int
    _frozen: object
    _due: bool

    @property
    def _top(self) -> Statement:
        return self._statements[-1]

    def take(self) -> None:
        raise NotImplementedError

    def _take_if_due(self) -> None:
        raise NotImplementedError

    def at_head(self, root: int | None = None) -> None:
        raise NotImplementedError

    def leave_loop(self) -> None:
        raise NotImplementedError

    def opened(self, source: Source, index: str) -> None:
        """The `iter()` of the `for` at hand was called just now: it is at its head."""
        self._loops.append(Loop(source, index, lambda: None))
        self.at_head()
        self._due = False
        self.take()
        self.leave_loop()

    def fetched(self, stores: list[tuple[ast.expr, str]], anew: bool = True) -> None:
        """The loop at hand has been given an item, *anew*: just now.

        stores: what is to be assigned, target by target, and the variables with the values.
        """
        top = self._top
        top.kind, top.changed, top.fetched = "stmt", True, True
        top.expressions, top.stores = [Expression(top.node)], [*stores]
        self._due = False
        if anew:
            self.take()

    def bound(self, result: str) -> None:
        """CPython has executed the import, or definition, at hand: what it has given is still to be assigned."""
        self._go_on(("bound",), [result])

    @property
    def in_progress(self) -> ast.AST:
        """The expression in progress, or the statement itself."""
        return self._top.expressions[-1].node

    @property
    def is_sayable(self) -> bool:
        """Whether what is left of the statement could be said after an effect in the middle of the expression in progress."""
        top = self._top
        return not (
            top.kind is None or top.opaque or top.stores is not None or self._nowhere or self._frozen is not None
        )

    def begin_over(self, node: ast.expr, iterator: str, partial: list[str]) -> None:
        """The `iter()` of a comprehension, the expression in progress or an argument of it, was called just now."""
        top = self._top
        consumer = top.expressions[-1]
        if consumer.node is node:
            consumer.done.clear()
        else:
            # What the comprehension goes over was the last to be evaluated.
            consumer.done = [(done, kept) for done, kept in consumer.done if not _is_inside(done, node)]
            top.expressions.append(Expression(node))
        top.opaque, top.over = len(top.expressions), True
        own = top.expressions[-1]
        own.edit, own.done = (OVER, 0), [(node, iterator)]
        top.kind, top.changed, self._due = "stmt", True, False
        self.take()

    def over(self, taken: tuple[str, ...], partial: list[str]) -> None:
        """Control is at the beginning of a turn of the comprehension: variables with the iterator, and with the item if it has
        just been taken from that; and with what the consumer has got so far."""
        top = self._top
        own, consumer = top.expressions[top.opaque - 1], top.expressions[top.opaque - 2]
        own.edit, own.done = (OVER, len(taken) - 1), [(own.node, variable) for variable in taken]
        if not isinstance(own.node, ast.GeneratorExp):
            own.edit = (*own.edit, *PARTIAL)
            own.done[:0] = [(own.node, variable) for variable in partial]
        else:
            consumer.edit = PARTIAL
            assert isinstance(consumer.node, ast.Call)
            receiver = consumer.node.func
            kept = [(done, variable) for done, variable in consumer.done if _is_inside(done, receiver)]
            consumer.done = [*kept, *((None, variable) for variable in partial)]
        top.kind, top.changed, self._due = "stmt", True, False

    def entered(self, exits: list[str], stores: list[tuple[ast.expr, str]], result: str) -> None:
        """The first managers of the `with` at hand have been entered, the last one just now: variables with their `__exit__`.

        stores: the target of the `as`, if there is one, which is still to be assigned.  result: what entering has given.
        """
        top = self._top
        paths = tuple(path_between(top.node, target) for target, _ in stores)
        self._go_on(("entered", len(exits), paths), [*exits, result])

    def managed(self, exits: list[str]) -> None:
        """What `entered` said was to be assigned is; the next manager, or the body, follows."""
        self._go_on(("entered", len(exits)), exits)

    def left(self, exits: list[str], result: str | None = None, jump: str = "", value: str | None = None) -> None:
        """The body of the `with` has ended, and these managers are still to be left.

        result: what leaving another has given just now.  jump, value: as for `leaving`, if that is why.
        """
        if result is None:
            self._go_on(("left", len(exits)), exits)
            return
        rest = [result] if value is None else [result, value]
        self._go_on(("left", len(exits), "done", *([jump] if jump else [])), [*exits, *rest])

    @contextmanager
    def jumping_out(self, node: ast.With, place: tuple[int, int]) -> Iterating[None]:
        """Inside, the managers of the `with` are left because of a jump; *place*: as it was around it."""
        self._take_if_due()
        outer = self._loops, self._protections
        self._loops, self._protections = self._loops[: place[0]], place[1]
        # Until the first one is left, what jumps can be executed again.
        self._statements.append(Statement(node, kind=None))
        yield
        self._statements.pop()
        self._loops, self._protections = outer
        self._top.kind = None

    def _go_on(self, edit: tuple[object, ...], operands: list[str]) -> None:
        """What is left of the statement at hand is said by *edit* and its operands."""
        top = self._top
        top.kind, top.changed, top.stores = "stmt", True, None
        top.expressions = [Expression(top.node, [(None, operand) for operand in operands], edit)]
        self._due = False
        self.take()

    @contextmanager
    def managing(self, exits: list[str]) -> Iterating[None]:
        """Inside is the body of the `with` at hand: the variables with the `__exit__` of its managers."""
        self._loops.append(Loop(None, "", lambda: None, managers=exits))
        yield
        self._loops.pop()


def _is_inside(node: ast.AST | None, outer: ast.AST) -> bool:
    return node is not None and any(inner is node for inner in ast.walk(outer))
