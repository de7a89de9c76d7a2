"""Statements -> HIR, loops apart (`loop.py`)."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend import producers, protocol, raising
from pyvorin.compiler.frontend.assign import assign, store_name, storing
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.exceptions import finals, finals_around
from pyvorin.compiler.frontend.expr import OPERATORS, keep, operands
from pyvorin.compiler.frontend.loop import delegated
from pyvorin.compiler.frontend.order import slice_bounds
from pyvorin.compiler.hir import ops
from pyvorin.core import reasons


def expression(ctx: Context, node: ast.Expr) -> None:
    if ctx.recursion is not None and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        ctx.recursion.give(node)
    elif isinstance(node.value, ast.YieldFrom):
        delegated(ctx, node.value)
    elif not isinstance(node.value, ast.Constant):
        ctx.expr(node.value)


def assignment(ctx: Context, node: ast.Assign) -> None:
    value = node.value
    target = node.targets[0]
    if producers.hold(ctx, node):
        return
    if (
        len(node.targets) == 1
        and isinstance(value, (ast.Tuple, ast.List))
        and isinstance(target, (ast.Tuple, ast.List))
    ):
        starred = any(isinstance(e, ast.Starred) for e in (*value.elts, *target.elts))
        if len(value.elts) == len(target.elts) and not starred:
            assign(ctx, target, operands(ctx, value.elts))
            return
    result = ctx.expr(value)
    if len(node.targets) == 1:
        assign(ctx, target, result)
        return
    temp = ctx.b.temp("value")
    ctx.b.store(temp, result)
    with storing(ctx, [(target, temp) for target in node.targets]) as stored:
        for target in node.targets:
            assign(ctx, target, ctx.b.load(temp))
            stored()


def annotated(ctx: Context, node: ast.AnnAssign) -> None:
    # Annotations of locals are not evaluated (PEP 526); they are hints that nothing needs here.
    if node.value is not None:
        assign(ctx, node.target, ctx.expr(node.value))
    elif not isinstance(node.target, ast.Name):
        raise ctx.unsupported(node, "an annotation of something that is not a name")


def augmented(ctx: Context, node: ast.AugAssign) -> None:
    operator = "i" + OPERATORS[type(node.op)]
    target = node.target
    variable = ctx.variable(target.id) if isinstance(target, ast.Name) else None
    if isinstance(target, ast.Name) and variable is None:
        # A continuation reads the name again, which may mean something else once code of the program has run.
        may_call = any(isinstance(inner, (ast.Call, ast.NamedExpr)) for inner in ast.walk(node.value))
        old, work = ctx.read_global(ctx.mangled(target.id)), ctx.work
        kept = keep(ctx, old, node.value)
        operand = ctx.expr(node.value)
        if may_call or ctx.work != work:
            raise ctx.unsupported(node, f"a change of the global name '{target.id}' by what has a call in it")
        store_name(ctx, target, ctx.b.prim(operator, kept(), operand))
        ctx.complete()
    elif isinstance(target, ast.Name) and variable is not None:
        old = ctx.b.load(variable)
        if not ctx.b.stored_here(variable):
            old = ctx.b.prim("use", old)
        kept = keep(ctx, old, node.value)
        if _assigns(node.value, target.id):
            # A continuation reads the variable again, which has another value by then.
            ctx.complete()
        operand = ctx.expr(node.value)
        new = ctx.operator(operator, kept(), operand)
        if ctx.snapshots is not None and ctx.module.has_operator(operator):
            ctx.snapshots.operated(target, new)
        store_name(ctx, target, new)
        ctx.complete()
    elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
        container, index = ctx.b.temp("container"), ctx.b.temp("index")
        ctx.b.store(container, ctx.expr(target.value))
        ctx.b.store(index, ctx.expr(target.slice))
        old = ctx.item(ctx.b.load(container), ctx.b.load(index))
        if ctx.snapshots is not None:
            ctx.snapshots.augmenting(ctx.b.load(container), ctx.b.load(index), old)
        kept = keep(ctx, old, node.value)
        operand = ctx.expr(node.value)
        new = ctx.b.prim(operator, kept(), operand)
        ctx.b.prim("setitem", ctx.b.load(container), ctx.b.load(index), new)
        ctx.complete()
    elif isinstance(target, ast.Attribute):
        holder, name = ctx.b.temp("holder"), ctx.mangled(target.attr)
        ctx.b.store(holder, ctx.expr(target.value))
        old = ctx.attribute(name, ctx.b.load(holder))
        if ctx.snapshots is not None:
            ctx.snapshots.augmenting(ctx.b.load(holder), old)
        kept = keep(ctx, old, node.value)
        operand = ctx.expr(node.value)
        new = ctx.b.prim(operator, kept(), operand)
        ctx.store_attribute(name, target, ctx.b.load(holder), new)
        ctx.complete()
    else:
        raise ctx.unsupported(node, "augmented assignment to this target")


def _assigns(node: ast.expr, name: str) -> bool:
    """Whether evaluating the expression may assign to the variable."""
    return any(isinstance(inner, ast.NamedExpr) and inner.target.id == name for inner in ast.walk(node))


def conditional(ctx: Context, node: ast.If) -> None:
    then, after = ctx.b.new_block("then"), ctx.b.new_block("after")
    other = ctx.b.new_block("else") if node.orelse else after
    ctx.branch_on(node.test, then, other)
    ctx.b.switch(then)
    ctx.body(node.body)
    ctx.b.jump(after)
    if node.orelse:
        ctx.b.switch(other)
        ctx.body(node.orelse)
        ctx.b.jump(after)
    ctx.b.switch(after)


def returned(ctx: Context, node: ast.Return) -> None:
    value = ctx.expr(node.value) if node.value is not None else ctx.b.const(None)
    if not finals_around(ctx):
        ctx.settle()
        ctx.leave(value)
        return
    waiting = ctx.b.temp("return")
    ctx.b.store(waiting, value)
    with finals(ctx, "return", 0, waiting):
        ctx.settle()
        ctx.leave(ctx.b.load(waiting))


def asserted(ctx: Context, node: ast.Assert) -> None:
    if ctx.module.optimise:
        return
    holds, fails = ctx.b.new_block("assert"), ctx.b.new_block("fails")
    false = ctx.b.temp("false")
    if ctx.snapshots is not None:
        ctx.b.store(false, ctx.b.const(False))
    ctx.branch_on(node.test, holds, fails)
    if ctx.snapshots is not None:
        ctx.snapshots.has_failed(node.test, false)
    ctx.b.switch(fails)
    ctx.b.exit(reasons.EXPLICIT_RAISE)
    ctx.complete()
    ctx.b.switch(holds)


def raised(ctx: Context, node: ast.Raise) -> None:
    if ctx.catchers and raising.raised(ctx, node):
        return
    if protocol.ends(ctx, node):
        return
    # CPython evaluates the exception's expressions when it runs the call.
    ctx.b.exit(reasons.EXPLICIT_RAISE)


def passed(ctx: Context, node: ast.Pass | ast.Global | ast.Nonlocal) -> None:
    return


def broken(ctx: Context, node: ast.Break) -> None:
    _, target, depth = ctx.loops[-1]
    with finals(ctx, "break", depth):
        ctx.b.jump(target)


def continued(ctx: Context, node: ast.Continue) -> None:
    target, _, depth = ctx.loops[-1]
    with finals(ctx, "continue", depth):
        ctx.b.jump(target)


def deleted(ctx: Context, node: ast.Delete) -> None:
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
        _delete_item(ctx, node.targets[0])
        return
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and ctx.variable(node.targets[0].id) is None:
        ctx.change_global("global.del", node.targets[0].id)
        ctx.complete()
        return
    for target in node.targets:
        variable = ctx.variable(target.id) if isinstance(target, ast.Name) else None
        if variable is None:
            raise ctx.unsupported(target, "del of something that is not a local name")
        ctx.b.prim("use", ctx.b.load(variable))
        ctx.b.store(variable, ctx.b.emit(ops.UNBOUND, []))
    ctx.complete()


def _delete_item(ctx: Context, target: ast.Subscript) -> None:
    if isinstance(target.slice, ast.Slice):
        sliced = ctx.b.temp("container")
        ctx.b.store(sliced, ctx.expr(target.value))
        bounds = slice_bounds(ctx, target.slice)
        ctx.b.prim("delslice", ctx.b.load(sliced), *bounds)
        ctx.complete()
        return
    container = keep(ctx, ctx.expr(target.value), target.slice)
    index = ctx.expr(target.slice)
    ctx.raising("delitem", container(), index)
    ctx.complete()
