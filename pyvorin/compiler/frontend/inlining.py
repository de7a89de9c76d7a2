"""Functions of the module that are lowered in the place of a call: generators, whose loop and their consumer's become one.

A generator that only a native loop can see needs no object: where it would yield, the loop's body follows.

    for x in evens(n): total += x          evens, n := 0: while …:  i = …;  [yield i]  x = i; total += x;  …

Each `yield` has a copy of the body.  What such a loop does can be begun again from before the loop alone: no continuation is
made for the middle of a generator (docs/exits.md), so nothing in it may exit after an effect.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Protocol

from pyvorin.compiler.frontend.arguments import bind
from pyvorin.compiler.frontend.assign import Item
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import check_inlined, is_generator
from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.scope import local_names
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons

Body = Callable[[Item, Block], None]
"""Lowers what is done with an item; the block is where control goes for the next one."""


class Producer(Protocol):
    """What gives items to one consumer, around which it is lowered."""

    def run(self, ctx: Context, body: Body) -> None:
        """Lower it with *body* for each item, in the place where it is consumed."""


class Inlined(Context):
    """Lowers a function in the place of its call in *outer*; `returned` is where control goes when it is over.

    Its locals are variables of the caller's HIR under names of their own.
    """

    def __init__(self, outer: Context, function: FunctionSource):
        names = local_names(function.node)
        super().__init__(outer.module, function.qualname, outer.b, names, outer.lower_expr, outer.lower_stmt)
        self.function = function
        self.parameters = parameters_of(function.node).names
        self.uses = outer.uses
        self.inlined = (*outer.inlined, function.qualname)
        self.work = outer.work
        self.names = {name: self.b.temp(name) for name in sorted(names)}
        self.returned = self.b.new_block("returned")
        self.relies_on(function)
        self.consumable = once_consumed(function.node)
        self.consumer: Callable[[Item], None] | None = None
        """Lowers what is done with the value of a `yield`."""

    def variable(self, name: str) -> str | None:
        return super().variable(name) if any(name in scope for scope in self.renamed) else self.names.get(name)

    def take(self, values: list[Value]) -> None:
        """The parameters get their values."""
        for name, value in zip(self.parameters, values):
            self.b.store(self.names[name], value)

    def forget(self) -> None:
        """No other variable has one: of an earlier run in the same call nothing is left."""
        for name, variable in self.names.items():
            if name not in self.parameters:
                self.b.store(variable, self.b.emit(ops.UNBOUND, []))

    def leave(self, value: Value) -> None:
        self.b.jump(self.returned)


class Generator:
    """A call of a generator function of the module; its arguments are evaluated here, its body where `run` is called."""

    def __init__(self, ctx: Context, node: ast.Call, qualname: str):
        function = ctx.module.functions[qualname]
        self.node: ast.expr = node
        self.function = function
        self.context = Inlined(ctx, function)
        values = bind(ctx, node, qualname, lower=self._arguments)
        if values is None:
            raise Reject(reasons.UNSUPPORTED_CALL, node, callee=f"'{qualname}' with these arguments")
        ctx.uses.inlined.add(qualname)
        ctx.uses.levels += 1
        self.context.take(values)

    def _arguments(self, ctx: Context, arguments: dict[str, ast.expr]) -> list[Value]:
        """The arguments, evaluated; a producer that the generator consumes at one place is none of its values."""
        from pyvorin.compiler.frontend.expr import operands
        from pyvorin.compiler.frontend.producers import made

        b, kept = ctx.b, []
        if not any(map(may_produce, arguments.values())):
            return operands(ctx, [*arguments.values()])
        for name, argument in arguments.items():
            producer = made(ctx, argument) if name in self.context.consumable else None
            kept.append(b.temp("arg"))
            if producer is None:
                b.store(kept[-1], ctx.expr(argument))
            else:
                self.context.held[name] = producer
                b.store(kept[-1], b.const(None))
        return [b.load(variable) for variable in kept]

    def run(self, ctx: Context, body: Body) -> None:
        """Lower the generator's body with *body* at each `yield`."""
        b, inner, span = ctx.b, self.context, ctx.b.span
        inner.forget()

        def consumer(item: Item) -> None:
            at, depth, following = b.span, len(ctx.rounds), b.new_block("resumed")
            ctx.work, b.span = inner.work, span
            ctx.rounds += inner.rounds
            _limit(ctx, self.node, self.function)
            body(item, following)
            del ctx.rounds[depth:]
            inner.work, b.span = ctx.work, at
            b.jump(following)
            b.switch(following)

        inner.work, inner.consumer = ctx.work, consumer
        inner.body(self.function.node.body)
        ctx.work, b.span = inner.work, span
        b.jump(inner.returned)
        b.switch(inner.returned)


def may_produce(node: ast.expr) -> bool:
    """Whether the expression may make a producer."""
    return isinstance(node, (ast.GeneratorExp, ast.Call, ast.Name))


def once_consumed(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The parameters that are read at one place alone, and that at most once, and never assigned."""
    parameters = {*parameters_of(node).named}
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    read = [name.id for statement in node.body for name in heads(statement)]
    return {name for name in parameters if [n.id for n in names].count(name) == 1 and read.count(name) == 1}


def heads(statement: ast.stmt) -> list[ast.Name]:
    """The names that the statement reads once at most when it is executed, outside of loops, functions and comprehensions."""
    if isinstance(statement, (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)):
        return _evaluated(statement.iter) if isinstance(statement, ast.For) else []
    return _evaluated(statement)


def _evaluated(node: ast.AST) -> list[ast.Name]:
    if isinstance(node, ast.Name):
        return [node] if isinstance(node.ctx, ast.Load) else []
    if isinstance(node, ast.Lambda):
        return []
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
        return _evaluated(node.generators[0].iter)
    return [name for child in ast.iter_child_nodes(node) for name in _evaluated(child)]


def generator_of(ctx: Context, node: ast.expr) -> Producer | None:
    """The generator that the expression makes, if it is one whose body can be lowered here; its arguments are evaluated then."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)) or ctx.detours is not None:
        return None
    fact = ctx.fact(node.func.id)
    if fact is None or fact.kind != "function" or not is_generator(ctx.module.functions[fact.detail].node):
        return None
    if fact.detail in ctx.inlined:
        raise Reject(
            reasons.UNSUPPORTED_CALL, node, callee=f"'{fact.detail}', a generator that consumes another of its kind"
        )
    function = ctx.module.functions[fact.detail]
    check_inlined(node, function.node)
    _limit(ctx, node, function)
    from pyvorin.compiler.frontend.recursing import Recursion, consumes_itself

    return Recursion(ctx, node, function) if consumes_itself(ctx, function) else Generator(ctx, node, fact.detail)


def _limit(ctx: Context, node: ast.expr, function: FunctionSource) -> None:
    if len(ctx.b.fn.blocks) > MOST_BLOCKS:
        raise Reject(reasons.UNSUPPORTED_CALL, node, callee=f"'{function.qualname}', whose loops become too large here")


MOST_BLOCKS = 2_000
"""A function that has more does not grow by what it calls."""


def yielded(ctx: Context, node: ast.Yield) -> Value:
    """A `yield`, whose value is None: no loop sends another."""
    if not isinstance(ctx, Inlined) or ctx.consumer is None:
        raise ctx.unsupported(node, "a 'yield' here")
    value = node.value
    if isinstance(value, ast.Tuple) and not any(isinstance(element, ast.Starred) for element in value.elts):
        from pyvorin.compiler.frontend.expr import operands

        ctx.consumer(operands(ctx, value.elts))
    else:
        ctx.consumer(ctx.expr(value) if value is not None else ctx.b.const(None))
    return ctx.b.const(None)
