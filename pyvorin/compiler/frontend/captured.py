"""Variables that nested scopes capture, and that never change afterwards.

    def scale(xs, k):
        factor = k * 2
        return apply(lambda x: x * factor, xs)      factor is settled where the lambda is made

A closure has the variable, not its value.  But where nothing can bind the variable any more once the closure is made, nobody can
tell one cell with that value from another.  So CPython may make such a closure for native code (`outcalls.py`), or in a
continuation, from the value of that moment.

Control only goes back in a loop.  So a binding cannot happen behind a place if it stands in front of it, and no
loop is around both.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.scope import local_names
from pyvorin.compiler.hir.outcalls import free_names

Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
"""What makes a scope of its own that may outlive the statement.  (A list comprehension is over when its statement goes on.)"""
ENDS = float("inf")
"""The place of what happens after everything else."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The number of a statement in the order of the source, and the loops around."""

    number: float
    loops: frozenset[ast.AST] = frozenset()
    is_last: bool = False
    """Whether nothing of the function is executed once this has begun."""

    def may_follow(self, other: _Place) -> bool:
        """Whether this may be executed when the other one has begun."""
        if other.is_last:
            return False
        return self.number >= other.number or not self.loops.isdisjoint(other.loops)


@dataclass(slots=True)
class _Places:
    """Of a function: where each variable is bound, and where each nested scope is made."""

    bindings: defaultdict[str, list[tuple[_Place, ast.AST]]] = field(default_factory=lambda: defaultdict(list))
    scopes: dict[ast.AST, _Place] = field(default_factory=dict)


def free(node: ast.AST) -> set[str]:
    """The names that a nested scope, or a statement, reads from the scope around it; rounded up."""
    if isinstance(node, ast.expr):
        return set(free_names(node))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        first = (free(child) for child in ast.iter_child_nodes(node) if child not in node.body)
        return captured(node).union(*first)
    return set().union(*map(free, ast.iter_child_nodes(node)))


def captured(scope: ast.AST) -> set[str]:
    """The names that the nested scope reads from the scope around it when it has been made; rounded up.

    What it evaluates at once, such as defaults, and the first iterable of a generator, does not count; nor do scopes that a class
    makes.
    """
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return set().union(*map(free, scope.body)) - local_names(scope)
    if isinstance(scope, ast.Lambda):
        arguments = scope.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        return free(scope.body) - {argument.arg for argument in every if argument is not None}
    if isinstance(scope, ast.GeneratorExp):
        first, *others = scope.generators
        later = ast.comprehension(first.target, ast.Constant(None), first.ifs, first.is_async)
        return free(ast.GeneratorExp(scope.elt, [later, *others]))
    return set()


def unsettled(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: ast.AST) -> set[str]:
    """The variables that the nested scope captures, and that may be bound anew when it has been made."""
    names = captured(scope) & local_names(node)
    places = _find(node)
    made = places.scopes.get(scope)
    if made is None:
        return names
    return {
        name
        for name in names
        # A function or class may use the name that it is bound to once: by then the statement is over, which makes all of it.
        if any(
            place.may_follow(made) and not (place is made and isinstance(at, Scope) and not made.loops)
            for place, at in places.bindings[name]
        )
    }


def _find(node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Places:
    found = _Places()
    for name in parameters_of(node).names:
        found.bindings[name].append((_Place(-1), node))
    _Walk(found).block(node.body, frozenset(), False)
    return found


class _Walk:
    def __init__(self, found: _Places):
        self.found = found
        self.count = 0

    def block(self, statements: list[ast.stmt], loops: frozenset[ast.AST], guarded: bool) -> None:
        for node in statements:
            self.statement(node, loops, guarded)

    def statement(self, node: ast.stmt, loops: frozenset[ast.AST], guarded: bool) -> None:
        self.count += 1
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            loops |= {node}
        place = _Place(self.count, loops, isinstance(node, ast.Return) and not guarded)
        # Where an exception may be handled, control goes on behind a `return` that has raised.
        guards = guarded or isinstance(node, (ast.With, ast.AsyncWith)) or hasattr(node, "finalbody")
        if isinstance(node, Scope):
            self.found.scopes[node] = place
            self.found.bindings[node.name].append((place, node))
            self.nested(node, place)
            return
        blocks: list[list[ast.stmt]] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ExceptHandler):
                if child.name:
                    # It is unbound again when the handler ends.
                    self.found.bindings[child.name].append((_Place(ENDS), child))
                self.expression(child.type, place)
                blocks.append(child.body)
            elif isinstance(child, ast.match_case):
                self.expression(child.pattern, place)
                self.expression(child.guard, place)
                blocks.append(child.body)
            elif not isinstance(child, ast.stmt):
                self.expression(child, place)
        for name in ("body", "handlers", "orelse", "finalbody"):
            if name == "handlers":
                for handled in blocks:
                    self.block(handled, loops, guards)
            else:
                self.block(getattr(node, name, []), loops, guards)

    def expression(self, node: ast.AST | None, place: _Place) -> None:
        """What a statement evaluates, and what it binds."""
        if node is None:
            return
        for name in _bound(node):
            self.found.bindings[name].append((place, node))
        if isinstance(node, Scope):
            self.found.scopes[node] = place
            self.nested(node, place)
            return
        for child in ast.iter_child_nodes(node):
            self.expression(child, place)

    def nested(self, node: ast.AST, place: _Place) -> None:
        """Scopes inside a nested one are made later, with the cells that the outer one has."""
        for inner in ast.walk(node):
            if isinstance(inner, Scope):
                self.found.scopes.setdefault(inner, place)
            if isinstance(inner, ast.NamedExpr) and not isinstance(node, ast.Lambda):
                # A generator binds when it is asked for an item.
                self.found.bindings[inner.target.id].append((_Place(ENDS), inner))


def _bound(node: ast.AST) -> Iterator[str]:
    """The variables that the node itself binds, or unbinds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
