"""Which local variables may still be read: before each statement, and at the head of each loop.

A continuation is handed the variables that it can read.  A variable that will be assigned before it is read again is left
unbound there: nothing but the frame of a traceback could show it.

In: the AST of a function without nested scopes that capture.  Out: names, by statement; rounded up.  Of statements that CPython
executes as a whole (`match`…) every name may be read, and what is inside them has no entry.  An exception
can come from anywhere: what a handler may read is live in all of the body that it protects.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(slots=True)
class Liveness:
    """before: what may be read from the beginning of the statement on; after: from its end on; head: from the loop's head on."""

    before: dict[ast.stmt, Names] = field(default_factory=dict)
    after: dict[ast.stmt, Names] = field(default_factory=dict)
    head: dict[ast.stmt, Names] = field(default_factory=dict)

    def inside(self, node: ast.stmt) -> Names:
        """What may be read from some point inside the simple statement, or the header of the compound one, on."""
        return self.before[node] | self.after.get(node, NONE)


def find(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Liveness:
    """The liveness of the function's locals; names that are no locals may be among them."""
    found = Liveness()
    _Walk(found).block(node.body, NONE, _Ways())
    return found


def _loads(*nodes: ast.AST | None) -> Names:
    return frozenset(
        inner.id
        for node in nodes
        if node is not None
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Store)
    )


def _names(node: ast.AST) -> Names:
    return frozenset(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


def _plain_targets(*targets: ast.expr) -> Names:
    """The names that are certain to be bound when the targets have been assigned."""
    names: set[str] = set()
    for target in targets:
        if isinstance(target, ast.Name):
            names.add(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            names |= _plain_targets(*target.elts)
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class _Ways:
    """What is live where a break, a continue and an exception go."""

    broken: Names = NONE
    continued: Names = NONE
    raised: Names = NONE


class _Walk:
    def __init__(self, found: Liveness):
        self.found = found

    def block(self, nodes: list[ast.stmt], after: Names, ways: _Ways) -> Names:
        """What is live before the statements."""
        after |= ways.raised
        for node in reversed(nodes):
            self.found.after[node] = after
            after = self.found.before[node] = self.statement(node, after, ways) | ways.raised
        return after

    def statement(self, node: ast.stmt, after: Names, ways: _Ways) -> Names:
        if isinstance(node, ast.If):
            return self.block(node.body, after, ways) | self.block(node.orelse, after, ways) | _loads(node.test)
        if isinstance(node, (ast.For, ast.While)):
            return self.loop(node, after, ways)
        if isinstance(node, ast.Try):
            return self.protected(node, after, ways)
        if isinstance(node, ast.With):
            # A manager may suppress an exception.
            body = self.block(node.body, after, replace(ways, raised=ways.raised | after))
            return body | after | _loads(*node.items)
        if isinstance(node, ast.Break):
            return ways.broken
        if isinstance(node, ast.Continue):
            return ways.continued
        if isinstance(node, (ast.Return, ast.Raise)):
            return _loads(node)
        if isinstance(node, ast.Assign):
            return (after - _plain_targets(*node.targets)) | _loads(node)
        if isinstance(node, ast.AugAssign):
            # The target of an augmented assignment is read, too.
            return after | _loads(node) | _plain_targets(node.target)
        if hasattr(node, "body") or isinstance(node, ast.Match):
            return after | ways.broken | ways.continued | _names(node)
        return after | _loads(node)

    def loop(self, node: ast.For | ast.While, after: Names, ways: _Ways) -> Names:
        done = self.block(node.orelse, after, ways)
        head = (done if isinstance(node, ast.For) else done | _loads(node.test)) | ways.raised
        while True:
            body = self.block(node.body, head, replace(ways, broken=after, continued=head))
            if isinstance(node, ast.For):
                body = (body - _plain_targets(node.target)) | _loads(node.target) | ways.raised
            if body <= head:
                break
            head |= body
        self.found.head[node] = head
        return head | _loads(node.iter) if isinstance(node, ast.For) else head

    def protected(self, node: ast.Try, after: Names, ways: _Ways) -> Names:
        if node.finalbody:
            # Every way out leads through it.
            everywhere = after | ways.broken | ways.continued | ways.raised
            after = self.block(node.finalbody, everywhere, ways)
            ways = _Ways(after, after, after)
        caught = ways.raised
        for handler in node.handlers:
            caught |= self.block(handler.body, after, ways) | _loads(handler.type)
        orelse = self.block(node.orelse, after, ways)
        return self.block(node.body, orelse, replace(ways, raised=caught))
