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


class Stepwise:
    """The part of `Snapshots` that is told of these steps."""

    _statements: list[Statement]
    _loops: list[Loop]
    _protections: int
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
