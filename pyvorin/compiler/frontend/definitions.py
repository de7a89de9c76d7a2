"""Statements that bind names to what only CPython can make: `import`, and definitions inside functions.

    def best(rows, k):
        from heapq import nlargest              nlargest = outcall bind: …
        def weight(row): return row[k]          weight = outcall bind: k
        for row in rows: …

CPython executes the statement in the function of an outcall (`hir/outcalls.py`), which returns what it has bound.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pyvorin.compiler.frontend.assign import store_name
from pyvorin.compiler.frontend.captured import free
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.outcalls import BINDING, call
from pyvorin.compiler.frontend.paths import path_between
from pyvorin.compiler.hir.outcalls import BIND, Definition, Import, Outcall, bound_names
from pyvorin.types.spec import OBJECT, tuple_of

SHOWN: dict[type[ast.stmt], str] = {
    ast.FunctionDef: "a nested function",
    ast.AsyncFunctionDef: "a nested function",
    ast.ClassDef: "a nested class",
    ast.Import: "an import",
    ast.ImportFrom: "an import",
}


def nested_function(ctx: Context, node: ast.FunctionDef) -> None:
    """A function inside this one; where it is only called nothing is made for it, but its name is bound from now on."""
    inner = ctx.nested.get(node.name)
    if inner is None or inner.node is not node:
        definition(ctx, node)
    else:
        ctx.b.store(node.name, ctx.b.const(None))


def definition(ctx: Context, node: Definition | Import) -> None:
    """CPython executes the statement, in functions that may call it."""
    if ctx.outcalls is not None and node in ctx.outcalls:
        _bind(ctx, node)
        return
    refusal = ctx.unsupported(node, SHOWN[type(node)])
    if _may_be_bound(ctx, node):
        refusal.expression = node
    raise refusal


def _may_be_bound(ctx: Context, node: Definition | Import) -> bool:
    """Whether the statement could be executed in a frame of its own, as it only binds local variables that it names."""
    if ctx.outcalls is None or ctx.inlined:
        return False
    if any(isinstance(inner, BINDING) for part in _evaluated(node) for inner in ast.walk(part)):
        return False
    return all(name in ctx.locals for name in bound_names(node))


def _bind(ctx: Context, node: Definition | Import) -> None:
    """Let CPython execute the statement, and bind the names here."""
    b, names = ctx.b, bound_names(node)
    assert ctx.snapshots is not None
    function = ctx.module.functions[ctx.qualname].node
    read = [name for name in _read(node) if name in ctx.locals]
    result = b.temp("bound")
    gives = OBJECT if len(names) == 1 else tuple_of(*(OBJECT for _ in names))
    called = Outcall(ctx.qualname, path_between(function, node), tuple(read), node.lineno, gives, BIND)
    b.store(result, call(ctx, called, [b.load(name) for name in read]))
    ctx.snapshots.bound(result)
    values = [b.load(result)]
    if len(names) > 1:
        values = [b.prim("unpack.item", b.load(result), b.const(index)) for index in range(len(names))]
    for name, value in zip(names, values):
        store_name(ctx, ast.Name(name, ast.Store()), value)
    ctx.complete()


def _evaluated(node: Definition | Import) -> Iterator[ast.AST]:
    """What a definition evaluates in the scope that it stands in."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from (*node.bases, *node.keywords)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        # Annotations, too.
        yield node.args
        if node.returns is not None:
            yield node.returns


def _read(node: Definition | Import) -> list[str]:
    """The names that the statement may read from the scope around it; rounded up.

    What it binds itself, it only reads where it evaluates something first.
    """
    own = bound_names(node)
    first = set().union(*map(free, _evaluated(node)))
    return sorted(first | {name for name in free(node) if name not in own})
