"""`try`: what it protects is lowered like any other code; handlers are CPython's.

An exception is an exit: CPython goes on with it inside the statement and runs the handler.  That costs some microseconds.  A
handler that is hit often, and that does nothing in which the exception could be seen, is lowered too:
where a primitive would raise its exception control goes straight to it (`hir.ops.TRY`).

    try:                        try float: text  ->  done(x) | caught()
        x = float(text)         done(x):    ...
    except ValueError:          caught():   bad = bad + 1
        bad += 1
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from contextlib import contextmanager

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.snapshots import Snapshot
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons

QUESTIONS = {"IndexError": "index.exists", "KeyError": "item.exists"}
ASKED = frozenset({"getitem", "delitem", ".pop", ".popleft", ".remove"})
"""What raises these: whether it would is asked first, so that what gives an object is an operation like any other."""


def try_statement(ctx: Context, node: ast.Try) -> None:
    after = ctx.b.new_block("aftertry")
    if node.finalbody:
        with inside(ctx, Catcher(ctx, [], after, final=node)):
            _with_handlers(ctx, node, after)
    else:
        _with_handlers(ctx, node, after)
    ctx.b.jump(after)
    ctx.complete()
    ctx.b.switch(after)
    ctx.body(node.finalbody)


def _with_handlers(ctx: Context, node: ast.Try, after: Block) -> None:
    if node.handlers:
        with inside(ctx, Catcher(ctx, node.handlers, after)):
            ctx.body(node.body)
    else:
        ctx.body(node.body)
    ctx.body(node.orelse)


@contextmanager
def inside(ctx: Context, catcher: Catcher) -> Iterator[None]:
    """What is lowered inside is protected by handlers, or by a `finally`."""
    assert ctx.snapshots is not None, "functions with `try` have snapshots"
    ctx.catchers.append(catcher)
    with ctx.snapshots.protected():
        yield
    ctx.catchers.pop()


class Catcher:
    """The handlers of one `try`, or its `finally`; `after` follows the protected statements.

    final: the statement whose `finally` this is, or the `with`; None for handlers.
    """

    def __init__(
        self, ctx: Context, handlers: list[ast.ExceptHandler], after: Block, final: ast.Try | ast.With | None = None
    ) -> None:
        self.ctx = ctx
        self.handlers = handlers
        self.after = after
        self.final = final
        self.loops = len(ctx.loops)
        self.rounds = len(ctx.rounds)
        self.place = (0, 0) if ctx.snapshots is None else ctx.snapshots.place()

    def handles(self, exception: str) -> bool:
        """Whether it is certain that one of the handlers is for the builtin exception."""
        return self._find(exception) is not None

    def lets_pass(self, exception: str) -> bool:
        """Whether it is certain that the exception goes on to what is around, and nothing is done on the way."""
        return self.final is None and self._find(exception) is None and self._all_known()

    def attempt(self, exception: str, name: str, args: tuple[Value, ...]) -> Value:
        """The primitive with a way to the handler, which is native, and is lowered at the end of this way."""
        ctx, snapshots = self.ctx, self.ctx.snapshots
        assert snapshots is not None
        before, caught = snapshots.here(), ctx.b.new_block("caught")
        result = ctx.b.attempt(name, list(args), exception, caught)
        done = ctx.b.block
        self._enter(exception, before, caught)
        assert done is not None
        ctx.b.resume(done)
        return result

    @staticmethod
    def asks(name: str) -> bool:
        """Whether what raises is found out in front of the primitive."""
        return name in ASKED

    def ask(self, exception: str, args: tuple[Value, ...]) -> tuple[Value, ...]:
        """Control goes to the handler, which is native, where an operation of these operands would raise the exception.

        The operands as they are where it would not.
        """
        ctx, snapshots = self.ctx, self.ctx.snapshots
        assert snapshots is not None
        before, caught, present = snapshots.here(), ctx.b.new_block("caught"), ctx.b.new_block("present")
        kept = [ctx.b.temp("operand") for _ in args]
        for variable, value in zip(kept, args):
            ctx.b.store(variable, value)
        ctx.b.branch(ctx.b.prim(QUESTIONS[exception], *args), present, caught)
        self._enter(exception, before, caught)
        ctx.b.switch(present)
        return tuple(map(ctx.b.load, kept))

    def is_native_for(self, exception: str) -> bool:
        """Whether the handler of the exception, which it handles, is native."""
        handler = self._find(exception)
        assert handler is not None
        return (
            self.ctx.snapshots is not None
            and self.ctx.native_handlers
            and _is_simple(self.ctx, handler)
            and not self._jumps_through(handler)
        )

    def catch(self, exception: str) -> None:
        """The exception is raised here: control goes to its handler, which is native."""
        assert self.ctx.snapshots is not None
        if self.ctx.b.block is None:
            return
        before, caught = self.ctx.snapshots.here(), self.ctx.b.new_block("caught")
        self.ctx.b.jump(caught)
        self._enter(exception, before, caught)

    def _enter(self, exception: str, before: Snapshot, caught: Block) -> None:
        """Lower the exception's handler, which begins with the block *caught*; *before*: the place at which it was raised."""
        ctx, handler, snapshots = self.ctx, self._find(exception), self.ctx.snapshots
        assert handler is not None
        assert snapshots is not None
        inside, ctx.catchers = ctx.catchers, ctx.catchers[: ctx.catchers.index(self)]
        around = ctx.loops, ctx.rounds, ctx.renamed
        ctx.loops, ctx.rounds, ctx.renamed = [*ctx.loops], [*ctx.rounds], [*ctx.renamed]
        with snapshots.handler(before, caught, self.place) as again:
            try:
                unbound = handler.name and ctx.b.emit(ops.UNBOUND, [])
                if unbound:
                    ctx.b.store(str(handler.name), unbound)
                ctx.body(handler.body)
            except Reject:
                # CPython can do it: the operation fails there once more.
                again()
                ctx.b.node = None
                ctx.b.exit(reasons.VALUE_ERROR)
        ctx.b.jump(self.after)
        ctx.catchers = inside
        ctx.loops, ctx.rounds, ctx.renamed = around

    def _jumps_through(self, handler: ast.ExceptHandler) -> bool:
        """Whether the handler may jump out of a `finally`, or a `with`, that is around."""
        outer = self.ctx.catchers[: self.ctx.catchers.index(self)]
        in_loop = outer[self.ctx.loops[-1][2] :] if self.ctx.loops else []
        returns = any(isinstance(inner, ast.Return) for inner in ast.walk(handler))
        return (returns and any(catcher.final for catcher in outer)) or (
            any(map(_jumps, handler.body)) and any(catcher.final for catcher in in_loop)
        )

    def run_final(self, jump: str, value: str | None) -> None:
        """Lower what is done on the way of a jump, as `finals` has it, in the place of the `finally`."""
        assert self.ctx.snapshots is not None
        assert isinstance(self.final, ast.Try)
        with self.ctx.snapshots.leaving(self.final, self.place, jump, value):
            self.ctx.body(self.final.finalbody)

    def _find(self, exception: str) -> ast.ExceptHandler | None:
        """The handler to which the builtin exception comes; None if that is not known, or none of them."""
        raised = getattr(builtins, exception)
        for handler in self.handlers:
            for kind in _kinds(handler):
                handled = self._known(kind)
                if handled is None:
                    return None
                if issubclass(raised, handled):
                    return handler
        return None

    def _all_known(self) -> bool:
        return all(self._known(kind) is not None for handler in self.handlers for kind in _kinds(handler))

    def _known(self, kind: ast.expr | None) -> type[BaseException] | None:
        """The builtin exception that the expression names as long as that name is checked; all of them if there is none."""
        if kind is None:
            return BaseException
        if not isinstance(kind, ast.Name) or not self.ctx.builtin(kind.id):
            return None
        found = getattr(builtins, kind.id)
        return found if isinstance(found, type) and issubclass(found, BaseException) else None


def finals_around(ctx: Context) -> bool:
    """Whether a `finally` is around."""
    return any(catcher.final for catcher in ctx.catchers)


@contextmanager
def finals(ctx: Context, jump: str, depth: int, value: str | None = None) -> Iterator[None]:
    """Control jumps out of all `try` and `with` statements but the outermost *depth*: what each does then, then what is inside.

    jump: "return", "break" or "continue".  value: the variable with what is returned.
    """
    outer = ctx.catchers, ctx.loops, ctx.rounds
    for index in range(len(ctx.catchers) - 1, depth - 1, -1):
        catcher = outer[0][index]
        if catcher.final is None:
            continue
        ctx.settle(catcher.rounds)
        ctx.catchers, ctx.loops, ctx.rounds = outer[0][:index], outer[1][: catcher.loops], outer[2][: catcher.rounds]
        catcher.run_final(jump, value)
    yield
    ctx.catchers, ctx.loops, ctx.rounds = outer


def _kinds(handler: ast.ExceptHandler) -> list[ast.expr | None]:
    """What stands behind `except`."""
    return [*handler.type.elts] if isinstance(handler.type, ast.Tuple) else [handler.type]


def _is_simple(ctx: Context, handler: ast.ExceptHandler) -> bool:
    """Whether nothing in the handler can see the exception: no use of its name, no code of the program, nothing that repeats.

    The name is unbound when the handler is left.
    """
    for inner in (inner for statement in handler.body for inner in ast.walk(statement)):
        if isinstance(inner, (ast.For, ast.While, ast.With, ast.ListComp, ast.GeneratorExp)):
            return False
        if isinstance(inner, ast.Try) and inner.finalbody:
            return False
        if isinstance(inner, (ast.Name, ast.ExceptHandler)) and _named(inner) == handler.name is not None:
            return False
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and not ctx.builtin(inner.func.id):
            return False
    return True


def _named(node: ast.Name | ast.ExceptHandler) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.name


def _jumps(node: ast.AST) -> bool:
    """Whether the statement may leave the one around it by a jump."""

    def walk(node: ast.AST, in_loop: bool) -> bool:
        if isinstance(node, ast.Return) or (isinstance(node, (ast.Break, ast.Continue)) and not in_loop):
            return True
        in_loop = in_loop or isinstance(node, (ast.For, ast.While))
        return any(walk(child, in_loop) for child in ast.iter_child_nodes(node))

    return walk(node, False)
