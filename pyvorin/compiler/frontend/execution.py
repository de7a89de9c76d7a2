"""What is being executed where a snapshot is taken: statements, expressions in progress, loops around."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from pyvorin.compiler.frontend.source import Source


@dataclass(slots=True)
class Expression:
    """An expression being evaluated, or the statement itself: which of its children are done, and in which variables they lie.

    A child without node, or with that of the expression, is a value that the edit of the expression itself accounts for.
    """

    node: ast.AST
    done: list[tuple[ast.AST | None, str]] = field(default_factory=list)
    edit: tuple[object, ...] | None = None


@dataclass(slots=True)
class Statement:
    """A statement being executed.

    kind: "stmt", "head" (of the loop that it is), or None where the rest of it cannot be said.  changed: whether anything has
    had an effect since it began.  stores: what is still to be assigned, target by target, and the variables with the values.
    opaque: in a loop of a comprehension, how many of the expressions are around it.  root: where native code can be entered at
    the head to come.
    """

    node: ast.stmt
    kind: str | None = "stmt"
    changed: bool = False
    expressions: list[Expression] = field(default_factory=list)
    stores: list[tuple[ast.expr, str]] | None = None
    opaque: int = 0
    root: int | None = None
    in_place: bool = False
    """Whether what is to be stored is what the statement's own operation, a ``+=``, has given."""
    fetched: bool = False
    """Whether it is a loop that has been given an item, which is to be stored."""
    over: bool = False
    """Whether the comprehension that `opaque` says is one over CPython's own iterator: what is left of it can be said."""


@dataclass(slots=True)
class Loop:
    """A loop around, as `Snapshots.enter_loop` has been told; or what else is open there and has values.

    waits: it is a value that waits to be returned, in the variable `index`.  managers: it is the body of a `with`: variables with
    their `__exit__`.
    """

    source: Source | None
    index: str
    rearm: Callable[[], None]
    waits: bool = False
    managers: list[str] = field(default_factory=list)

    @property
    def goes_round(self) -> bool:
        """Whether it is a loop."""
        return not self.waits and not self.managers
