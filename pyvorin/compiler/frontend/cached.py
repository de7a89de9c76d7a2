"""`functools.cached_property`: an attribute of the object once it was asked for, before that the call of a function.

    b.area    =>    branch b has it -> there | compute
                    there:    v = the attribute
                    compute:  v = call cache area: b          which also stores it

Where the object's class has no such property, this is decided with the types, and `there` is an attribute like any other.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pyvorin.compiler.frontend.quiet import COMPUTING, consists_of
from pyvorin.compiler.hir import ops

if TYPE_CHECKING:
    from pyvorin.compiler.frontend.context import Context
    from pyvorin.compiler.hir.ir import Value

HAS, READ, CALL = "cached.has", "cached.read", "cache"
"""How the primitives begin that ask and read, and the call."""
DECORATORS = frozenset({"cached_property", "functools.cached_property"})
_QUIET = (
    *COMPUTING, ast.List, ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.Assign, ast.AugAssign,
    ast.For, ast.While, ast.Break, ast.Continue, ast.Pass, ast.arguments, ast.arg,
)  # fmt: skip
_QUIET_CALLS = frozenset(
    {"len", "sum", "abs", "min", "max", "round", "int", "float", "range", "enumerate", "zip", "sorted"}
)


def is_quiet(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function only computes, as far as its source tells: then CPython can do it again where native code is left."""
    places = [inner for inner in ast.walk(node) if isinstance(inner, (ast.Attribute, ast.Subscript))]
    return consists_of(node.body, _QUIET, _QUIET_CALLS) and all(isinstance(place.ctx, ast.Load) for place in places)


def read(ctx: Context, name: str, obj: Value) -> Value:
    """The attribute, which may be a cached property."""
    b = ctx.b
    held, result = b.temp("object"), b.temp("cached")
    there, compute, done = (b.new_block(label) for label in ("there", "compute", "cached"))
    b.store(held, obj)
    b.branch(b.prim(f"{HAS}:{name}", b.load(held)), there, compute)
    b.switch(there)
    b.store(result, b.prim(f"{READ}:{name}", b.load(held)))
    b.jump(done)
    b.switch(compute)
    ctx.work += 1
    b.store(result, b.emit(ops.CALL, [b.load(held)], f"{CALL} {name}"))
    b.jump(done)
    ctx.merged(result)
    b.switch(done)
    return b.load(result)
