"""Generators that consume themselves: one loop goes through the bodies of all that are suspended.

    for x in walk(n): total += x          walk(n): ...; for y in walk(n - 1): yield y + 1; ...

No generator is made.  The body of the function is lowered once, around that of the consumer's loop.  What is live where one is
suspended lies on stacks, which are lists that nobody else sees: for each variable one of those that *wait* for an item of the
generator that they have begun, and one of those that are *suspended* further in, at their `yield`, while an item is on its way
out.

    yield x in walk      suspended <- its variables; deliver
    deliver              nobody waits: the consumer's body, again; else: its variables <- waiting, its loop's body with x
    the loop's next turn waiting <- its variables; again
    again                its variables <- suspended, behind that `yield`
    walk is over         nobody waits: behind the consumer's loop; else: its variables <- waiting, behind its loop

As with other generators that are lowered around their consumer (`inlining.py`) CPython cannot take over in the middle.  Where a
variable that may still be read is not bound, or more than DEPTH wait, native code exits.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend import liveness
from pyvorin.compiler.frontend.arguments import bind
from pyvorin.compiler.frontend.assign import Item, assign
from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import INNER, own_nodes
from pyvorin.compiler.frontend.inlining import Body, Inlined
from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons

DEPTH = 100
"""So many may wait for one another; the entry sees to it that the recursion limit leaves as much."""

Loop = ast.For | ast.While


def called(ctx: Context, node: ast.expr) -> str | None:
    """The function of the module that the expression calls by its name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    fact = ctx.fact(node.func.id)
    return fact.detail if fact is not None and fact.kind == "function" else None


def consumes_itself(ctx: Context, function: FunctionSource) -> bool:
    """Whether the generator has a loop, or a `yield from`, over one of its own kind."""
    iterables = [
        inner.iter if isinstance(inner, ast.For) else inner.value
        for inner in own_nodes(function.node)
        if isinstance(inner, (ast.For, ast.YieldFrom))
    ]
    fact = ctx.module.fact(function.node.name)
    return (
        fact is not None
        and fact.kind == "function"
        and fact.detail == function.qualname
        and any(
            isinstance(iterable, ast.Call)
            and isinstance(iterable.func, ast.Name)
            and iterable.func.id == function.node.name
            for iterable in iterables
        )
    )


class _Stacks:
    """For each variable a list of what it has in the generators that wait, or are suspended; and the list of their places."""

    def __init__(self, b: Builder, purpose: str):
        self.b = b
        self.purpose = purpose
        self.of: dict[str, str] = {}
        self.places = b.temp(purpose)

    def make(self) -> None:
        """Empty ones, here."""
        for stack in (self.places, *self.of.values()):
            self.b.store(stack, self.b.prim("list.make"))

    def push(self, variables: list[str], place: int) -> None:
        b = self.b
        for variable in variables:
            if variable not in self.of:
                self.of[variable] = b.temp(self.purpose)
            b.prim("list.add", b.load(self.of[variable]), b.prim("use", b.load(variable)))
        b.prim("list.add", b.load(self.places), b.const(place))

    def pop(self, variables: list[str]) -> None:
        """What `push` has saved, but for the place."""
        for variable in reversed(variables):
            self.b.store(variable, self.b.prim(".pop", self.b.load(self.of[variable])))

    def dispatch(self, targets: list[Block]) -> None:
        """Go to the target of the last place, which is its number."""
        b, place = self.b, self.b.temp("place")
        b.store(place, b.prim(".pop", b.load(self.places)))
        for number, target in enumerate(targets[:-1]):
            other = b.new_block("other")
            b.branch(b.prim("eq", b.load(place), b.const(number)), target, other)
            b.switch(other)
        if targets:
            b.jump(targets[-1])
        else:
            b.exit(reasons.RECURSION_LIMIT)


class _Consuming:
    """A loop of the generator over one of its own kind: where control goes with an item, behind the last one, and at a `break`.

    saved: the variables that are live at its head.
    """

    def __init__(self, b: Builder, number: int, saved: list[str]):
        self.number = number
        self.saved = saved
        self.got, self.ended, self.broken = b.new_block("got"), b.new_block("ended"), b.new_block("broken")
        self.after = b.new_block("after")


class Recursion:
    """A call of a generator function that consumes itself; its arguments are evaluated here, its body where `run` is called."""

    def __init__(self, ctx: Context, node: ast.Call, function: FunctionSource):
        _check(node, function)
        self.node, self.function = node, function
        self.context = Inlined(ctx, function)
        self.context.consumable = set()
        self.context.recursion = self
        self.live = liveness.find(function.node)
        self.around: list[str] = []
        """The variables by which the loops around go on."""
        self.loops: list[_Consuming] = []
        self.yields: list[Block] = []
        b = ctx.b
        self.left, self.depth = b.temp("countdown"), b.temp("depth")
        self.waiting, self.suspended = _Stacks(b, "waiting"), _Stacks(b, "suspended")
        self.items = [b.temp("item") for _ in range(_width(function) or 1)]
        self.enter, self.deliver, self.again = b.new_block("enter"), b.new_block("deliver"), b.new_block("again")
        ctx.uses.inlined.add(function.qualname)
        ctx.uses.levels += DEPTH + 1
        self.context.take(self._bound(ctx, node))

    def _bound(self, ctx: Context, node: ast.Call) -> list[Value]:
        values = bind(ctx, node, self.function.qualname)
        if values is None:
            raise Reject(reasons.UNSUPPORTED_CALL, node, callee=f"'{self.function.qualname}' with these arguments")
        return values

    def run(self, ctx: Context, body: Body) -> None:
        """Lower the generator's body once, and *body* where the outermost has given an item."""
        b, inner, span, depth = ctx.b, self.context, ctx.b.span, len(ctx.rounds)
        start, over = b.new_block("start"), b.new_block("over")
        ctx.work += 1
        b.store(self.left, b.prim("index.countdown"))
        b.store(self.depth, b.const(0))
        self.context.forget()
        b.jump(start)
        b.switch(self.enter)
        inner.work = ctx.work
        inner.body(self.function.node.body)
        ctx.work, b.span = inner.work, span
        b.jump(inner.returned)
        b.switch(inner.returned)
        self._outwards([loop.ended for loop in self.loops], over)
        consumed = b.new_block("consumed")
        b.switch(self.deliver)
        self._outwards([loop.got for loop in self.loops], consumed)
        b.switch(self.again)
        resumed = b.new_block("resumed")
        self._turn(resumed)
        b.switch(resumed)
        self.suspended.dispatch(self.yields)
        for loop in self.loops:
            # Those further in are never asked again.
            b.switch(loop.broken)
            self.suspended.make()
            b.jump(loop.after)
        b.switch(start)
        self.waiting.make()
        self.suspended.make()
        b.jump(self.enter)
        b.switch(consumed)
        ctx.rounds.append(("work.spend.rest", self.left))
        body(self._item(), self.again)
        del ctx.rounds[depth:]
        b.jump(self.again)
        b.switch(over)
        b.prim("work.spend.rest", b.load(self.left))

    # What the body of the generator consists of.

    def for_loop(self, node: ast.For) -> bool:
        """Lower a loop of the generator, if there is a `yield` in it, or it goes over one of its own kind."""
        ctx = self.context
        if called(ctx, node.iter) == self.function.qualname:
            assert isinstance(node.iter, ast.Call)
            self._consume(node.iter, self._live(self.live.head[node]), node)
            return True
        if not self._suspends(node):
            return False
        from pyvorin.compiler.frontend.source import GeneratorSource, source_of

        source = source_of(ctx, node.iter)
        if isinstance(source, GeneratorSource):
            raise _refused(node.iter, self.function)
        b, index = ctx.b, ctx.b.temp("i")
        b.store(index, b.const(0))
        head, some, valid, done = map(b.new_block, ("loop", "some", "valid", "done"))
        b.jump(head)
        b.switch(head)
        b.branch(b.prim("index.lt", b.load(index), source.size(b)), some, done)
        b.switch(some)
        source.branch_valid(b, b.load(index), valid, done)
        b.switch(valid)
        at = b.load(index)
        item = source.item(b, at)
        b.store(index, b.prim("index.next", at))
        assign(ctx, node.target, item)
        self._loop(node, head, done, [index, *source.state()[1]])
        return True

    def while_loop(self, node: ast.While) -> bool:
        """Lower a loop of the generator, if there is a `yield` in it."""
        if not self._suspends(node):
            return False
        b = self.context.b
        head, inside, done = map(b.new_block, ("while", "inside", "done"))
        b.jump(head)
        b.switch(head)
        self.context.branch_on(node.test, inside, done)
        b.switch(inside)
        self._loop(node, head, done, [])
        return True

    def _loop(self, node: Loop, head: Block, done: Block, variables: list[str]) -> None:
        """The rest of a loop, from its body on."""
        ctx, b = self.context, self.context.b
        latch, after = b.new_block("latch"), b.new_block("after")
        self.around += variables
        ctx.loops.append((latch, after, len(ctx.catchers)))
        ctx.body(node.body)
        ctx.loops.pop()
        del self.around[len(self.around) - len(variables) :]
        b.jump(latch)
        b.switch(latch)
        self._turn(head)
        b.switch(done)
        ctx.body(node.orelse)
        b.jump(after)
        b.switch(after)

    def give(self, node: ast.Expr) -> None:
        """A statement `yield` or `yield from`."""
        ctx, live = self.context, self._live(self.live.after[node])
        value = node.value
        if isinstance(value, ast.YieldFrom):
            if called(ctx, value.value) == self.function.qualname:
                assert isinstance(value.value, ast.Call)
                self._consume(value.value, live, None)
                return
            raise _refused(value.value, self.function)
        assert isinstance(value, ast.Yield)
        if _width(self.function) is not None:
            from pyvorin.compiler.frontend.expr import operands

            assert isinstance(value.value, ast.Tuple)
            given = operands(ctx, value.value.elts)
        else:
            given = [ctx.expr(value.value) if value.value is not None else ctx.b.const(None)]
        for variable, part in zip(self.items, given):
            ctx.b.store(variable, part)
        self._suspend(live)

    def _suspend(self, live: list[str]) -> None:
        """The item goes out; control comes back when another is asked for."""
        b, behind = self.context.b, self.context.b.new_block("behind")
        self.suspended.push(live, len(self.yields))
        self.yields.append(behind)
        b.jump(self.deliver)
        b.switch(behind)
        self.suspended.pop(live)

    def _consume(self, call: ast.Call, live: list[str], node: ast.For | None) -> None:
        """A loop over the items of a call of the same function; without one, each is given as it is."""
        ctx, b = self.context, self.context.b
        loop = _Consuming(b, len(self.loops), live)
        self.loops.append(loop)
        arguments = [b.temp("arg") for _ in self.context.parameters]
        for argument, value in zip(arguments, self._bound(ctx, call)):
            b.store(argument, value)
        self._inwards(loop)
        for name, argument in zip(self.context.parameters, arguments):
            b.store(ctx.names[name], b.load(argument))
        self.context.forget()
        self._turn(self.enter)
        b.switch(loop.got)
        self.waiting.pop(live)
        latch = b.new_block("latch")
        if node is None:
            self._suspend(live)
        else:
            ctx.loops.append((latch, loop.broken, len(ctx.catchers)))
            assign(ctx, node.target, self._item())
            ctx.body(node.body)
            ctx.loops.pop()
        b.jump(latch)
        b.switch(latch)
        self._inwards(loop)
        b.jump(self.again)
        b.switch(loop.ended)
        self.waiting.pop(live)
        if node is not None:
            ctx.body(node.orelse)
        b.jump(loop.after)
        b.switch(loop.after)

    def _suspends(self, node: Loop) -> bool:
        return any(
            isinstance(inner, (ast.Yield, ast.YieldFrom))
            or (isinstance(inner, ast.For) and called(self.context, inner.iter) == self.function.qualname)
            for statement in node.body + node.orelse
            for inner in ast.walk(statement)
        )

    # The way from one generator to another.

    def _inwards(self, loop: _Consuming) -> None:
        """Control goes from the loop to the generator that it consumes."""
        b = self.context.b
        deeper, too_deep = b.new_block("deeper"), b.new_block("toodeep")
        b.branch(b.prim("index.lt", b.load(self.depth), b.const(DEPTH)), deeper, too_deep)
        b.switch(too_deep)
        b.exit(reasons.RECURSION_LIMIT)
        b.switch(deeper)
        b.store(self.depth, b.prim("index.next", b.load(self.depth)))
        self.waiting.push(loop.saved, loop.number)

    def _outwards(self, targets: list[Block], outermost: Block) -> None:
        """Control goes from a generator to whoever waits for it: the consumer, or the loop of the other one."""
        b, waits = self.context.b, self.context.b.new_block("waits")
        b.branch(b.prim("index.positive", b.load(self.depth)), waits, outermost)
        b.switch(waits)
        b.store(self.depth, b.prim("index.previous", b.load(self.depth)))
        self.waiting.dispatch(targets)

    def _turn(self, target: Block) -> None:
        """Go to the target, by a poll once in a while."""
        b = self.context.b
        poll, step = b.new_block("poll"), b.new_block("step")
        b.branch(b.prim("work.due"), poll, step)
        b.switch(step)
        left = b.prim("index.previous", b.load(self.left))
        b.store(self.left, left)
        b.branch(b.prim("index.positive", left), target, poll)
        b.switch(poll)
        b.emit(ops.POLL, [])
        b.store(self.left, b.prim("index.countdown"))
        b.jump(target)

    def _live(self, names: frozenset[str]) -> list[str]:
        mine = self.context.names
        return [*(mine[name] for name in sorted(names) if name in mine), *self.around]

    def _item(self) -> Item:
        values = [self.context.b.load(variable) for variable in self.items]
        return values[0] if _width(self.function) is None else [*values]


def _check(node: ast.Call, function: FunctionSource) -> None:
    """Refuse what may be suspended elsewhere than in a statement of its own, or has functions inside, which see its variables.

    Raises:
        Reject: UNSUPPORTED_CALL, at the call.
    """
    whole = {
        inner.value
        for inner in own_nodes(function.node)
        if isinstance(inner, ast.Expr) and isinstance(inner.value, (ast.Yield, ast.YieldFrom))
    }
    for inner in own_nodes(function.node):
        if isinstance(inner, (*INNER, ast.Match)):
            raise _refused(node, function)
        if isinstance(inner, (ast.Yield, ast.YieldFrom)) and inner not in whole:
            raise _refused(node, function)


def _refused(node: ast.expr, function: FunctionSource) -> Reject:
    return Reject(
        reasons.UNSUPPORTED_CALL, node, callee=f"'{function.qualname}', a generator that consumes another of its kind"
    )


def _width(function: FunctionSource) -> int | None:
    """Of how many parts each item is a tuple display; None if not all are, of as many."""
    widths = {
        len(inner.value.elts)
        if isinstance(inner.value, ast.Tuple) and not any(isinstance(part, ast.Starred) for part in inner.value.elts)
        else None
        for inner in own_nodes(function.node)
        if isinstance(inner, ast.Yield)
    }
    return (widths.pop() or None) if len(widths) == 1 else None
