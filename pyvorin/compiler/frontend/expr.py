"""Expressions -> HIR.  One function per node; `nodes.py` says which."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend import cached
from pyvorin.compiler.frontend.assign import store_name
from pyvorin.compiler.frontend.constant_tuples import constant_tuple
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.order import ends_block, slice_bounds
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.hir.ir import Value
from pyvorin.core import reasons

OPERATORS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.MatMult: "matmul",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Is: "is",
    ast.In: "contains",
}
"""The primitive that each operator node stands for (`is not` and `not in` are their negations)."""

CONSTANTS = (int, float, bool, str, bytes, type(None))


def constant(ctx: Context, node: ast.Constant) -> Value:
    if not isinstance(node.value, CONSTANTS):
        raise ctx.unsupported(node, f"a constant of type {type(node.value).__name__}")
    return ctx.b.const(node.value)


def name(ctx: Context, node: ast.Name) -> Value:
    variable = ctx.variable(node.id)
    if node.id in ctx.held and not any(node.id in scope for scope in ctx.renamed):
        raise ctx.unsupported(node, "a generator that is not only iterated")
    if variable is not None:
        value = ctx.b.load(variable)
        # Only reading the name can raise UnboundLocalError; passing it along an edge cannot.
        return value if ctx.b.stored_here(variable) else ctx.b.prim("use", value)
    known = ctx.module.fact(node.id)
    if known is not None and known.kind == "literal":
        ctx.fact(node.id)
        return literal(ctx, node, known.value)
    if known is not None and known.kind == "attribute" and known.detail in MODULE_CONSTANTS:
        ctx.fact(node.id)
        return ctx.b.const(MODULE_CONSTANTS[known.detail])
    if known is not None and known.kind == "class":
        ctx.fact(node.id)
        return ctx.b.prim(f"class:{known.detail}")
    if node.id == "NotImplemented" and ctx.builtin(node.id):
        # What it leads to is CPython's business: the other operand's method, or a TypeError.
        dead = ctx.b.new_block("dead")
        ctx.b.exit(reasons.RUNTIME_TYPE_MISMATCH)
        ctx.b.switch(dead)
        return ctx.b.const(None)
    if node.id == "__debug__":
        return ctx.b.const(ctx.module.optimise == 0)
    if ctx.is_global(node.id) or (known is not None and known.kind == "function" and ctx.variable(node.id) is None):
        return ctx.read_global(ctx.mangled(node.id))
    raise Reject(
        reasons.UNSUPPORTED_OPERATION,
        node,
        "pass the value as an argument",
        operation=f"the value of the name '{node.id}'",
    )


def _module_constants() -> dict[str, float | str]:
    import math
    import string

    texts = ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits")
    return {
        **{f"math.{name}": getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")},
        **{f"string.{name}": getattr(string, name) for name in (*texts, "printable", "punctuation", "whitespace")},
    }


MODULE_CONSTANTS = _module_constants()
"""Attributes of standard modules that are plain numbers or texts; the host checks their values (assumptions.py)."""


def literal(ctx: Context, node: ast.expr, value: object) -> Value:
    """A constant value, tuples included."""
    if isinstance(value, CONSTANTS):
        return ctx.b.const(value)
    if isinstance(value, tuple):
        return ctx.b.const(value)
    raise ctx.unsupported(node, f"a constant of type {type(value).__name__}")


def binary(ctx: Context, node: ast.BinOp) -> Value:
    left = ctx.expr(node.left)
    ctx_left = keep(ctx, left, node.right)
    right = ctx.expr(node.right)
    return ctx.operator(OPERATORS[type(node.op)], ctx_left(), right)


def keep(ctx: Context, value: Value, *across: ast.expr | None) -> Callable[[], Value]:
    """A function that gives *value* again after the expressions *across* were evaluated, which may end the block."""
    if not any(ends_block(node) for node in across if node is not None):
        return lambda: value
    temp = ctx.b.temp("kept")
    ctx.b.store(temp, value)
    return lambda: ctx.b.load(temp)


def unary(ctx: Context, node: ast.UnaryOp) -> Value:
    operand = node.operand
    if isinstance(node.op, ast.Not):
        return ctx.b.prim("not", ctx.b.prim("truth", ctx.expr(operand)))
    if isinstance(node.op, ast.USub) and isinstance(operand, ast.Constant):
        number = operand.value
        # Not a bool, whose negation is an int.
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return ctx.b.const(-number)
    return ctx.operator(OPERATORS[type(node.op)], ctx.expr(operand))


def boolean(ctx: Context, node: ast.BoolOp) -> Value:
    """`a and b` is one of its operands: each is tested once, and the first that decides is the value."""
    result = ctx.b.temp("bool")
    done = ctx.b.new_block("booldone")
    for index, operand in enumerate(node.values[:-1], 1):
        value = ctx.expr(operand)
        ctx.b.store(result, value)
        following = ctx.b.new_block("bool")
        truth = ctx.b.prim("truth", value)
        if isinstance(node.op, ast.And):
            ctx.b.branch(truth, following, done)
        else:
            ctx.b.branch(truth, done, following)
        ctx.progress("operands", index)
        ctx.b.switch(following)
    ctx.b.store(result, ctx.expr(node.values[-1]))
    ctx.b.jump(done)
    ctx.merged(result)
    ctx.b.switch(done)
    return ctx.b.load(result)


def compare_pair(ctx: Context, op: ast.cmpop, left: Value, right: Value) -> Value:
    if isinstance(op, ast.IsNot):
        return ctx.b.prim("not", ctx.b.prim("is", left, right))
    if isinstance(op, ast.NotIn):
        return ctx.b.prim("not", ctx.operator("contains", left, right))
    return ctx.operator(OPERATORS[type(op)], left, right)


def _known_items(node: ast.expr) -> list[object] | None:
    """The items of a display of strs alone, or of ints alone, which need no container to be looked for in; None if it is other.

    Equal strs and ints have equal hashes, so what holds for a tuple or list holds for a set.
    """
    if not isinstance(node, (ast.Tuple, ast.List, ast.Set)) or not 1 <= len(node.elts) <= MOST_KNOWN_ITEMS:
        return None
    items: list[object] = [element.value for element in node.elts if isinstance(element, ast.Constant)]
    alike = len({type(item) for item in items}) == 1 and type(items[0]) in (str, int)
    return items if alike and len(items) == len(node.elts) else None


MOST_KNOWN_ITEMS = 16
"""So many comparisons are never slower than a loop over a container."""


def compare(ctx: Context, node: ast.Compare) -> Value:
    left = ctx.expr(node.left)
    if len(node.ops) == 1:
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            known = _known_items(node.comparators[0])
            if known is not None:
                found = ctx.b.prim("contains.any", left, *map(ctx.b.const, known))
                return found if isinstance(node.ops[0], ast.In) else ctx.b.prim("not", found)
        kept = keep(ctx, left, node.comparators[0])
        right = ctx.expr(node.comparators[0])
        return compare_pair(ctx, node.ops[0], kept(), right)
    result, middle = ctx.b.temp("cmp"), ctx.b.temp("middle")
    done = ctx.b.new_block("cmpdone")
    for index, (op, comparator) in enumerate(zip(node.ops, node.comparators)):
        kept = keep(ctx, left, comparator)
        right = ctx.expr(comparator)
        ctx.b.store(middle, right)
        value = compare_pair(ctx, op, kept(), right)
        ctx.b.store(result, value)
        if index < len(node.ops) - 1:
            following = ctx.b.new_block("cmp")
            truth = ctx.b.prim("truth", value)
            ctx.progress("comparison", index + 1, operand=right)
            ctx.b.branch(truth, following, done)
            ctx.b.switch(following)
            left = ctx.b.load(middle)
    ctx.b.jump(done)
    ctx.merged(result)
    ctx.b.switch(done)
    return ctx.b.load(result)


def conditional(ctx: Context, node: ast.IfExp) -> Value:
    result = ctx.b.temp("if")
    then, other, done = ctx.b.new_block("then"), ctx.b.new_block("else"), ctx.b.new_block("ifdone")
    ctx.branch_on(node.test, then, other)
    for block, field, value in ((then, "body", node.body), (other, "orelse", node.orelse)):
        ctx.progress("branch", field)
        ctx.b.switch(block)
        ctx.b.store(result, ctx.expr(value))
        ctx.b.jump(done)
    ctx.merged(result)
    ctx.b.switch(done)
    return ctx.b.load(result)


def subscript(ctx: Context, node: ast.Subscript) -> Value:
    container = ctx.expr(node.value)
    if isinstance(node.slice, ast.Slice):
        kept = keep(ctx, container, node.slice.lower, node.slice.upper, node.slice.step)
        bounds = slice_bounds(ctx, node.slice)
        return ctx.b.prim("getslice", kept(), *bounds)
    kept = keep(ctx, container, node.slice)
    index = ctx.expr(node.slice)
    ctx.note_key(node.slice)
    return ctx.item(kept(), index)


def operands(ctx: Context, nodes: list[ast.expr]) -> list[Value]:
    """Evaluate the expressions in order; the values are all usable in the block that is current afterwards."""
    if any(isinstance(node, ast.Starred) for node in nodes):
        raise ctx.unsupported(next(n for n in nodes if isinstance(n, ast.Starred)), "a starred expression")
    if not any(ends_block(node) for node in nodes[1:]):
        return [ctx.expr(node) for node in nodes]
    temps = []
    for node in nodes:
        temp = ctx.b.temp("arg")
        ctx.b.store(temp, ctx.expr(node))
        temps.append(temp)
    # A constant is still known to be one in the block that is current now.
    return [
        ctx.b.const(node.value) if isinstance(node, ast.Constant) else ctx.b.load(temp)
        for node, temp in zip(nodes, temps)
    ]


def tuple_display(ctx: Context, node: ast.Tuple) -> Value:
    if has_star(node.elts):
        return ctx.b.prim("tuple.of", _collected(ctx, node.elts))
    known = constant_tuple(node, CONSTANTS)
    if known is not None:
        return ctx.b.const(known)
    return ctx.b.prim("tuple.make", *operands(ctx, node.elts))


def has_star(nodes: list[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _collected(ctx: Context, nodes: list[ast.expr]) -> Value:
    """A list of the values, and of the items of those with a star."""
    from pyvorin.compiler.frontend.reduction import consume

    b = ctx.b
    result = b.temp("list")
    with ctx.opaque():
        b.store(result, b.prim("list.room", b.const(0)))
        for node in nodes:
            if isinstance(node, ast.Starred):
                consume(ctx, node.value, lambda item, stop: _add(ctx, result, item))
            else:
                _add(ctx, result, ctx.expr(node))
    return b.load(result)


def _add(ctx: Context, items: str, item: Value) -> None:
    ctx.b.prim("list.add", ctx.b.load(items), item)


def list_display(ctx: Context, node: ast.List) -> Value:
    if has_star(node.elts):
        return _collected(ctx, node.elts)
    return ctx.b.prim("list.make", *operands(ctx, node.elts))


def nested_lambda(ctx: Context, node: ast.Lambda) -> Value:
    """The lambda that a variable is bound to which is only called."""
    if not any(inner.node is node for inner in ctx.nested.values()):
        raise ctx.unsupported(node, "a lambda")
    return ctx.b.const(None)


def named(ctx: Context, node: ast.NamedExpr) -> Value:
    if ctx.renamed:
        raise ctx.unsupported(node, "':=' inside a comprehension")
    if ctx.variable(node.target.id) is None:
        raise ctx.unsupported(node, "':=' to a global name")
    value = ctx.expr(node.value)
    store_name(ctx, node.target, value)
    return value


def attribute(ctx: Context, node: ast.Attribute) -> Value:
    if isinstance(node.value, ast.Name):
        fact = ctx.fact(node.value.id)
        if fact is not None and fact.kind == "module":
            path = f"{fact.detail}.{node.attr}"
            if path in MODULE_CONSTANTS:
                ctx.uses.attributes.add((fact.detail, node.attr))
                return ctx.b.const(MODULE_CONSTANTS[path])
            return ctx.read_global(ctx.mangled(node.attr), fact.detail, node.value.id)
        is_class = fact is not None and fact.kind == "class"
        if ctx.variable(node.value.id) is None and not ctx.is_global(node.value.id) and not is_class:
            raise ctx.unsupported(node, f"the attribute '.{node.attr}'", "pass the value as an argument")
    name = ctx.mangled(node.attr)
    value = ctx.expr(node.value)
    return cached.read(ctx, name, value) if ctx.module.has_cached(name) else ctx.attribute(name, value)
