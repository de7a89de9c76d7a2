"""Where a continuation could take over: snapshots, written into HIR while a function is lowered.

A snapshot stands at the beginning of each statement and of each block, at each loop's head, and after whatever may have an
effect in the middle of a statement.  As long as nothing of a statement has had an effect, going on means to begin the statement
again. After that it means to go on with the statement in which everything that was evaluated is replaced by its value: the
children of the expressions in progress, outermost first, are the operand stack of CPython at this place.

    ys.append(f(x))      snapshot stmt                          ys.append(f(x)) from its beginning
                         %1 = call f: x
                         snapshot [ys, %1]                      <1>.append(<2>)
                         prim .append: ys, %1

Where the rest cannot be written down (inside a comprehension that has had an effect, between two stores of a nested target), the
snapshot says so: what may exit there keeps the function in CPython.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator as Iterating
from contextlib import contextmanager
from dataclasses import replace

from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.classes import QUIET
from pyvorin.compiler.frontend.execution import Expression, Loop, Statement
from pyvorin.compiler.frontend.liveness import Liveness, find
from pyvorin.compiler.frontend.paths import path_between
from pyvorin.compiler.frontend.source import Source
from pyvorin.compiler.frontend.stepwise import Stepwise
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE, OWN
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.compiler.hir.points import LOAD, Edit, Iterator, Point, Step
from pyvorin.compiler.primitives import table

CALL_VALUE = "call.value"
"""The call of the first operand, whose type decides what that is (`infer/callables.py`)."""


def may_have_effect(op: ops.Op, payload: object) -> bool:
    """Whether the instruction, whose types are not known yet, may change something that a later part could see."""
    if op is ops.CALL or payload == CALL_VALUE:
        return not str(payload).startswith(f"{QUIET} ")
    if op is not ops.PRIM or payload in OWN:
        return False
    return any(overload.effect == MUTATE for overload in table.overloads(str(payload)))


COMPLETE = frozenset({"setitem", "dict.put", "delitem", "setslice", "delslice"})
"""The primitives with which a statement is complete."""
STORES = ("attr.set:", "global.set:", "global.del:")
"""How the names of others begin."""


Snapshot = tuple[Point, list[str]]
"""A point, and the variables that hold its values."""


class Snapshots(Stepwise):
    """Follows the lowering of one function; the builder and the context tell it what happens."""

    def __init__(self, builder: Builder, function: ast.FunctionDef | ast.AsyncFunctionDef, local_names: set[str]):
        self.b = builder
        self.live: Liveness = find(function)
        self._locals = sorted(local_names)
        self._paths: dict[ast.stmt, tuple[Step, ...]] = {}
        self._find_paths(function, ())
        self._statements: list[Statement] = []
        self._loops: list[Loop] = []
        self._protections = 0
        self._jumps: list[tuple[tuple[Step, ...], str]] = []
        """Of each `finally` around that runs because of a jump, outermost first, the path of its `try`, and the jump."""
        self._frozen: Snapshot | None = None
        """In a native handler: the place before the operation that has failed, as long as nothing has changed since."""
        self._nowhere = 0
        """How many loops are around in which the place of a continuation cannot be said."""
        self._due = False
        self._in_place = 0
        """How many functions are being lowered in the place of their calls: their types will tell whether they have effects."""
        self._region = self._regions = 0
        """The comprehension in which control is, and how many there have been."""
        builder.observer = self

    def _find_paths(self, node: ast.AST, path: tuple[Step, ...]) -> None:
        for name in ("body", "orelse", "finalbody"):
            children = getattr(node, name, None)
            for index, child in enumerate(children if isinstance(children, list) else ()):
                self._paths[child] = (*path, (name, index))
                self._find_paths(child, self._paths[child])

    # What the context tells

    @contextmanager
    def statement(self, node: ast.stmt) -> Iterating[None]:
        """The statement is executed inside."""
        if self._statements:
            # From now on the statement around cannot be begun again.
            self._statements[-1].kind = None
        self._due = False
        self._statements.append(Statement(node, expressions=[Expression(node)]))
        self.take()
        yield
        self._take_if_due()
        self._statements.pop()

    @contextmanager
    def expression(self, node: ast.expr) -> Iterating[None]:
        """The expression is evaluated inside; `done` follows."""
        top = self._top
        depth = len(top.expressions)
        top.expressions.append(Expression(node))
        yield
        del top.expressions[depth:]
        if top.over and top.opaque > depth:
            top.opaque, top.over = 0, False

    def done(self, node: ast.expr, value: Value) -> None:
        """The expression, a child of the one in progress, has this value."""
        if isinstance(node, ast.Constant) or self._top.opaque:
            return
        self._top.expressions[-1].done.append((node, self._keep(value)))
        # What has had an effect is the last operand now; later it may be part of another one, or stored already.
        self._take_if_due()

    def _keep(self, value: Value) -> str:
        variable = self.b.temp("op")
        self.b.store(variable, value)
        return variable

    def progress(self, *edit: object, operand: Value | None = None) -> None:
        """What is left of the expression in progress is said by *edit*, and *operand*; its children so far are consumed."""
        current = self._top.expressions[-1]
        current.edit = edit
        current.done = []
        if operand is not None:
            current.done.append((None, self._keep(operand)))

    def merged(self, variable: str) -> None:
        """The expression in progress has been evaluated on each of several ways, into *variable*."""
        current = self._top.expressions[-1]
        current.edit, current.done = LOAD, [(None, variable)]

    def augmenting(self, *parts: Value) -> None:
        """An augmented assignment has evaluated its container and index, and read the old item: these three.

        Of an attribute the object and the old value.
        """
        statement = self._top.expressions[0]
        statement.edit = ("augmented",)
        statement.done = [(None, self._keep(part)) for part in parts]

    @contextmanager
    def opaque(self) -> Iterating[None]:
        """Inside, which is executed many times, the rest of the statement cannot be said once something has had an effect."""
        top = self._top
        outer, top.opaque = top.opaque, top.opaque or len(top.expressions)
        begins = not outer or (top.over and not self._region)
        if begins:
            self._regions += 1
            self._region = self._regions
        yield
        top.opaque = outer
        if begins:
            self._region = 0

    @contextmanager
    def in_place(self) -> Iterating[None]:
        """Inside is the body of a function in the place of its call: as long as it has no effect, that can be made again.

        What is not known yet of an instruction is not taken for an effect: where there is one, no place in the body is usable.
        """
        with self.opaque():
            self._in_place += 1
            yield
            self._in_place -= 1
        self._change(False)

    @contextmanager
    def nowhere(self) -> Iterating[None]:
        """Inside, no continuation can take over: what an iterator would stand for is not known."""
        self._nowhere += 1
        self.take()
        yield
        self._nowhere -= 1
        self._top.kind = None

    def storing(self, stores: list[tuple[ast.expr, str]]) -> None:
        """The statement begins to store; or the first target that is still to be stored into consists of these."""
        top = self._top
        if top.kind != "stmt" or top.over:
            return
        top.stores = stores + (top.stores or [])[1:]
        top.expressions[-1].done.clear()

    def stored(self) -> None:
        """The first of the targets has been assigned."""
        top = self._top
        if top.kind != "stmt" or not top.stores or top.over:
            return
        del top.stores[0]
        top.expressions[-1].done.clear()
        self._due = True
        if not top.stores:
            self.complete()

    def stored_item(self) -> None:
        """An item or attribute was assigned; if that was the only target the statement is complete."""
        if self._top.stores is None:
            self.complete()

    def store_called(self, target: ast.expr, result: Value) -> None:
        """A method has stored into the target, the only one that was left, and has given this."""
        top = self._top
        if top.kind == "stmt" and top.stores is None:
            top.expressions = [Expression(top.node, [(target, self._keep(result))])]
            self._take_if_due()

    def operated(self, target: ast.Name, result: Value) -> None:
        """A method that augments the target in place has given this, which is still to be stored."""
        top = self._top
        if top.kind == "stmt":
            top.expressions = [Expression(top.node)]
            top.stores, top.in_place = [(target, self._keep(result))], True
            self._take_if_due()

    def decided(self) -> None:
        """The outcome of the statement's test is known; if that has had effects it cannot be found out again."""
        if self._top.changed:
            self.complete()

    def has_failed(self, test: ast.expr, variable: str) -> None:
        """The test of an assertion is false, as the variable is."""
        if self._top.changed:
            self._top.expressions = [Expression(self._top.node, [(test, variable)])]

    def complete(self) -> None:
        """The statement has done all that it does."""
        self._top.kind = None
        self._due = False

    def enter_loop(self, source: Source | None, index: str, rearm: Callable[[], None], head: Block) -> None:
        """A loop begins, with *head*, to which control is about to go.

        source, index: what a `for` goes over, and the variable with its index; a `while` has neither.  rearm: sets the
        variables that only the loop's own bookkeeping uses, when control comes to it from outside.
        """
        self._loops.append(Loop(source, index, rearm))
        root = None
        if not self._jumps and not self._nowhere:
            # Elsewhere no continuation leaves at the head (docs/exits.md).
            root = self.b.begin_root()
            for loop in self._loops:
                loop.rearm()
            self.b.jump(head)
        self.at_head(root)

    def at_head(self, root: int | None = None) -> None:
        """Control is at the head of the loop that is being lowered; *root* enters it here."""
        top = self._top
        top.kind, top.changed, top.expressions, top.root = "head", False, [Expression(top.node)], root
        top.stores, top.fetched = None, False

    def leave_loop(self) -> None:
        self._loops.pop()
        self._top.kind = None

    @contextmanager
    def protected(self, actually: bool = True) -> Iterating[None]:
        """Inside, an exception may be handled in the function."""
        self._protections += actually
        yield
        self._protections -= actually

    def place(self) -> tuple[int, int]:
        """Where control is among loops and handlers, for `leaving`."""
        return len(self._loops), self._protections

    @contextmanager
    def leaving(self, node: ast.stmt, place: tuple[int, int], jump: str, value: str | None) -> Iterating[None]:
        """Inside, the `finally` of the statement runs because of a jump out of what it protects.

        place: as it was around the statement.  jump: "return", "break" or "continue".  value: the variable with what is returned.
        """
        outer = self._loops, self._protections
        self._loops, self._protections = self._loops[: place[0]], place[1]
        if value is not None:
            self._loops.append(Loop(None, value, lambda: None, waits=True))
        self._jumps.append((self._paths[node], jump))
        yield
        self._jumps.pop()
        self._loops, self._protections = outer

    @contextmanager
    def handler(self, before: Snapshot, block: Block, place: tuple[int, int]) -> Iterating[Callable[[], None]]:
        """A native handler, which begins with *block*, is executed inside, since an operation has failed for which *before* was
        taken.  *place*: as it was around its `try`.

        CPython could not go on in the middle of it, with an exception that nobody has made.  What leaves there, before the
        handler has had an effect, begins the operation again, which then fails in CPython.  What is given forgets all that was
        done inside so far.
        """
        outer = self._statements, self._frozen, self.b.span, self._in_place
        around = self._loops[:], self._protections, self._region, self._jumps[:]
        point, variables = before

        def begin() -> None:
            self._statements, self._frozen, self.b.span, self._in_place = [], None, outer[2], 0
            self._loops[:], self._protections, self._region, self._jumps[:] = around[0], place[1], around[2], around[3]
            self.b.restart(block)
            held = [self._keep(self.b.load(name)) for name in variables]
            self._frozen = (replace(point, root=None, protected=bool(place[1]), caught=bool(outer[3])), held)
            self.b.snapshot(*self._frozen)

        self.b.switch(block)
        begin()
        yield begin
        self._statements, self._frozen, self.b.span, self._in_place = outer
        self._protections = around[1]
        self._due = False

    def here(self) -> Snapshot:
        """The place at which control is, for `handler`."""
        return self._here() if self._frozen is None else self._frozen

    # What the builder tells

    def emitting(self) -> None:
        """Another instruction follows."""
        self._take_if_due()

    def emitted(self, op: ops.Op, payload: object) -> None:
        if self._statements and may_have_effect(op, payload):
            is_store = payload in COMPLETE or str(payload).startswith(STORES)
            self._change(op is ops.PRIM and is_store)

    def assigned(self) -> None:
        """A local variable of the program has another value."""
        if not self._statements:
            return
        top = self._top
        if top.kind == "head" and isinstance(top.node, ast.While):
            # By an expression of the test.
            top.kind = "stmt"
        if top.kind != "head":
            top.changed = True
            self._due = True

    def switched(self) -> None:
        """A block begins."""
        if self._statements:
            self._due = False
            self.take()

    def _change(self, is_store: bool) -> None:
        top = self._top
        if self._in_place:
            return
        if self._frozen is not None:
            self._frozen = (self._frozen[0].nowhere(), [])
        if top.kind == "head" and isinstance(top.node, ast.While):
            # Going on in the middle of the test is to begin the loop with a test that is half done.
            top.kind = "stmt"
        elif top.kind == "head" or top.opaque:
            top.kind = None
        top.changed = True
        self._due = not is_store

    # Snapshots

    def _take_if_due(self) -> None:
        if self._due:
            self._due = False
            self.take()

    def take(self) -> None:
        """Write a snapshot of this moment."""
        if self.b.block is None:
            return
        top = self._top
        self.b.snapshot(*(self._here() if self._frozen is None else self._frozen))
        top.root = None

    def _here(self) -> Snapshot:
        """The point at which control is, and the variables with its values."""
        top = self._top
        if top.kind is None or self._nowhere:
            path = self._path(top.node)
            return Point("nowhere", path, protected=bool(self._protections), region=self._region), []
        if top.kind == "head":
            return self._point("head", [], [], self.live.head[top.node])
        if not top.changed:
            return self._point("stmt", [], [], self.live.before[top.node])
        return self._point("stmt", *self._evaluated(top), self.live.inside(top.node))

    def _point(
        self, kind: str, edits: list[Edit], operands: list[tuple[str, int | None]], live: frozenset[str]
    ) -> Snapshot:
        iterators, parts = [], []
        for loop in self._loops:
            if loop.waits:
                iterators.append(Iterator(("return",), 1))
                parts.append(loop.index)
            elif loop.managers:
                iterators.append(Iterator(("with", len(loop.managers)), len(loop.managers)))
                parts += loop.managers
            elif loop.source is not None:
                spec, variables = loop.source.state()
                iterators.append(Iterator(spec, 1 + len(variables)))
                parts += [loop.index, *variables]
        names = tuple(name for name in self._locals if name in live)
        top = self._top
        loops = [loop for loop in self._loops if loop.goes_round]
        loads = tuple(edit for _, edit in operands)
        fetched = (("body", -1),) if top.fetched and kind == "stmt" else ()
        point = Point(
            kind,
            (*self._path(top.node), *fetched),
            tuple(edits),
            loads,
            tuple(iterators),
            names,
            root=top.root,
            protected=bool(self._protections),
            own_iterator=kind == "head" and isinstance(top.node, ast.For),
            in_while=bool(loops) and loops[-1].source is None,
            region=self._region,
        )
        return point, [*(variable for variable, _ in operands), *parts, *names]

    def _path(self, node: ast.stmt) -> tuple[Step, ...]:
        """The path of the statement; it says of each `finally` around because of which jump it runs."""
        path = list(self._paths[node])
        for outer, jump in self._jumps:
            if tuple(self._paths[node][: len(outer)]) == outer and len(path) > len(outer):
                field, index = path[len(outer)]
                path[len(outer)] = (f"{field}:{jump}", index)
        return tuple(path)

    def _evaluated(self, top: Statement) -> tuple[list[Edit], list[tuple[str, int | None]]]:
        """The edits of the statement, and its operands in the order in which they were evaluated.

        Of each operand: the variable that it lies in, and the index of the edit that loads it, if there is one.
        """
        edits: list[Edit] = []
        operands: list[tuple[str, int | None]] = []
        if top.stores is not None:
            paths = tuple(path_between(top.node, target) for target, _ in top.stores)
            edits.append(((), ("stores", paths)))
            operands.append((top.stores[0][1], 0 if top.in_place else None))
        for expression in top.expressions[: top.opaque or None]:
            if expression.edit is not None:
                edits.append((path_between(top.node, expression.node), expression.edit))
            for node, variable in expression.done:
                if node is expression.node:
                    operands.append((variable, len(edits) - 1))
                    continue
                operands.append((variable, None if node is None else len(edits)))
                if node is not None:
                    edits.append((path_between(top.node, node), LOAD))
        if top.stores is not None:
            operands += [(variable, None) for _, variable in top.stores[1:]]
        return edits, operands
