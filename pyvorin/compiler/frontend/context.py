"""The state of lowering one function: the builder, the names in scope, the loops around, the facts used."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyvorin.cache.outline import in_module, module_and_name
from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.classes import GETTER, QUIET, SETTER, mangled
from pyvorin.compiler.frontend.facts import BUILTINS, Fact
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.outcalls import may_be_outcall, outcall
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.seen import GLOBAL, ITEM, global_key
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Names, Value
from pyvorin.compiler.primitives import table as registry
from pyvorin.core import reasons
from pyvorin.core.source import Span

if TYPE_CHECKING:
    from pyvorin.compiler.frontend.closures import Lifted
    from pyvorin.compiler.frontend.exceptions import Catcher
    from pyvorin.compiler.frontend.inlining import Producer
    from pyvorin.compiler.frontend.outcalls import Refusal
    from pyvorin.compiler.frontend.recursing import Recursion
    from pyvorin.compiler.frontend.snapshots import Snapshots


ADDING = "getitem.adding"
"""The primitive behind an item of a container that may be a defaultdict."""


@dataclass(slots=True)
class Uses:
    """What a function relies on from outside.

    facts: about globals, by name.  attributes: (module, name) of what it uses of imported modules.  callees: functions of
    the module that it calls.  inlined: functions of the module that are part of it.  defaults: for callees whose default
    values it uses, the `repr` of their `__defaults__`.  seen: what it reads whose type is only expected (`seen.py`).
    decided: that of it by which it was decided what is left to CPython.
    levels: how many levels of calls CPython takes for the generators that are part of it, at most.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    builtins: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    callees: set[str] = field(default_factory=set)
    inlined: set[str] = field(default_factory=set)
    defaults: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    levels: int = 0


span_of = Span.of


class Context:
    """Lowers one function; the handlers of `nodes.py` receive it as their first argument."""

    def __init__(
        self,
        module: ModuleSource,
        qualname: str,
        builder: Builder,
        local_names: set[str],
        expr: Callable[[Context, ast.expr], Value],
        stmt: Callable[[Context, ast.stmt], None],
    ):
        self.module = module
        self.qualname = qualname
        self.b = builder
        self.locals = local_names
        self.uses = Uses()
        self.loops: list[tuple[Block, Block, int]] = []
        """(where `continue` goes, where `break` goes, how many `try` statements are around), innermost last."""
        self.work = 0
        """How many loops and calls of functions were lowered so far: a loop around any of them polls for them, too."""
        self.rounds: list[tuple[str, str]] = []
        """Of each loop around, innermost last, what takes its iterations off the allowance, and the variable that counts them."""
        self.catchers: list[Catcher] = []
        """The `try` statements around, innermost last."""
        self.native_handlers = True
        self.renamed: list[dict[str, str]] = []
        """Targets of the comprehensions around, which have a scope of their own (Language Reference 6.2.4)."""
        self.snapshots: Snapshots | None = None
        """Set if the function is to have snapshots."""
        self.detours: dict[ast.stmt, Reject] | None = None
        """The statements that are left to CPython (`function.py`), with the refusal of each; None if none may be."""
        self.outcalls: dict[ast.AST, Refusal] | None = None
        """The expressions that are left to CPython, likewise."""
        self.iterated: dict[ast.AST, str] = {}
        """By a loop over an object of one of the module's classes, the method that says what its items are (`protocol.py`)."""
        self.wholes: dict[ast.AST, ast.AST] = {}
        """By the first loop of a comprehension, the expression that CPython can evaluate as a whole instead (`iterating.py`)."""
        self.inlined: tuple[str, ...] = ()
        """The functions that are being lowered in the place of their calls here, outermost first."""
        self.recursion: Recursion | None = None
        """Set while the body of a generator that consumes itself is lowered: what lowers its loops and each `yield`."""
        self.held: dict[str, Producer] = {}
        """By the local variable that would have it, what makes items for the one place that will consume it."""
        self.nested: dict[str, Lifted] = {}
        """The functions inside this one that are lifted, by name."""
        self.lower_expr = expr
        self.lower_stmt = stmt

    def expr(self, node: ast.expr) -> Value:
        """Evaluate the expression here."""
        outer, self.b.span = self.b.span, span_of(node)
        if self.snapshots is None:
            value = self.lower_expr(self, node)
        elif self.outcalls is None:
            value = self._evaluated(node, self.lower_expr)
        else:
            around = self.b.node
            if may_be_outcall(self, node):
                self.b.node = node
            value = self._evaluated(node, outcall if node in self.outcalls else self.lower_expr)
            self.b.node = around
        self.b.span = outer
        return value

    def _evaluated(self, node: ast.expr, evaluate: Callable[[Context, ast.expr], Value]) -> Value:
        assert self.snapshots is not None
        with self.snapshots.expression(node):
            value = evaluate(self, node)
        self.snapshots.done(node, value)
        return value

    def body(self, nodes: list[ast.stmt]) -> None:
        """Execute the statements here; what cannot be reached is not looked at, as it is never run."""
        for node in nodes:
            if self.b.block is None:
                return
            self.b.span, self.b.node = span_of(node), None
            if self.snapshots is None:
                self._statement(node)
            else:
                with self.snapshots.statement(node):
                    self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        refusal = None if self.detours is None else self.detours.get(node)
        if refusal is not None:
            self.b.exit(refusal.code)
            # What follows can be reached from the head of a loop that CPython comes to.
            self.b.switch(self.b.new_block("behind"))
            return
        try:
            self.lower_stmt(self, node)
        except Reject as refused:
            refused.statement = refused.statement or node
            refused.expression = refused.expression or self.b.node
            raise

    def variable(self, name: str) -> str | None:
        """The variable that holds the local *name* here, or None if the name is not local."""
        for scope in reversed(self.renamed):
            if name in scope:
                return scope[name]
        return name if name in self.locals else None

    def mangled(self, name: str) -> str:
        """The attribute that the name means here."""
        return mangled(name, self.module.function(self.qualname).in_class)

    def builtin(self, name: str) -> bool:
        """Whether *name* is a builtin here; if so the function relies on that from now on."""
        if self.variable(name) is None and self.module.is_builtin(name):
            self.uses.builtins.add(self.own_name(name))
            return True
        return False

    def own_name(self, name: str) -> str:
        """What a name that this function's module does not bind is called, where it must stay so."""
        module = module_and_name(self.qualname)[0]
        return in_module(module, name) if module else name

    def relies_on(self, source: FunctionSource) -> None:
        """The function is lowered here: its names that are other modules' have to mean what these have."""
        self.uses.facts.update(self.module.links(source))

    def named_builtin(self, name: str) -> str:
        """The builtin that the global *name* is bound to, which the function relies on from now on; else the name itself."""
        fact = self.module.fact(name) if self.variable(name) is None else None
        if fact is None or fact.kind != "attribute" or not fact.detail.startswith(BUILTINS):
            return name
        self.uses.facts[name] = fact
        return fact.detail.removeprefix(BUILTINS)

    def fact(self, name: str) -> Fact | None:
        """The fact about the global *name*, which the function relies on from now on; None for a local or unknown name."""
        if self.variable(name) is not None:
            return None
        fact = self.module.fact(name)
        if fact is None or fact.kind == "unknown":
            return None
        self.uses.facts[name] = fact
        return fact

    def is_global(self, name: str) -> bool:
        """Whether *name* means a global here that is not known to be a function, class or module, or a constant."""
        if self.variable(name) is not None or name == "__debug__":
            return False
        fact = self.module.fact(self.mangled(name))
        if fact is None:
            return "*" in self.module.facts or self.module.seen.knows(global_key(self.mangled(name)))
        return fact.kind in ("unknown", "attribute", "named")

    def read_global(self, name: str, module: str = "", known_as: str = "") -> Value:
        """The value of a global name; *module*: of this module, which the program knows as *known_as*."""
        if not module:
            module, name = module_and_name(name)
            known_as = module
        key = f"{known_as}.{name}" if module else name
        self.uses.seen.add(GLOBAL + key)
        return self.b.prim(f"global:{key}", self.b.const(Names(module)))

    def change_global(self, primitive: str, name: str, *value: Value) -> None:
        """Bind a global name, or unbind it."""
        module, own = module_and_name(self.mangled(name))
        self.b.prim(f"{primitive}:{own}", self.b.const(Names(module)), *value)

    def branch_on(self, node: ast.expr, true: Block, false: Block) -> None:
        """Go to *true* or *false* by the truth of the expression; each leaf is tested once, as in CPython's jumps."""
        if isinstance(node, ast.BoolOp):
            with self.evaluating(node):
                for index, operand in enumerate(node.values[:-1], 1):
                    after = self.b.new_block("bool")
                    if isinstance(node.op, ast.And):
                        self.branch_on(operand, after, false)
                    else:
                        self.branch_on(operand, true, after)
                    self.progress("operands", index)
                    self.b.switch(after)
                self.branch_on(node.values[-1], true, false)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.branch_on(node.operand, false, true)
        else:
            value = self.expr(node)
            outer, self.b.span = self.b.span, span_of(node)
            self.b.branch(self.b.prim("truth", value), true, false)
            self.b.span = outer

    def leave(self, value: Value) -> None:
        """The function is over, and *value* what it returns."""
        given = self.module.function(self.qualname).gives
        if given:
            value = self.b.prim("tuple.make", value, *(self.b.prim("use", self.b.load(name)) for name in given))
        self.b.end(ops.RETURN, [value])

    def settle(self, depth: int = 0) -> None:
        """Control is about to leave the loops around, but for the outermost *depth*."""
        for spend, count in self.rounds[depth:]:
            self.b.prim(spend, self.b.load(count))

    def evaluating(self, node: ast.expr) -> AbstractContextManager[None]:
        """Inside, the expression is in progress; it is not one that `expr` evaluates."""
        return nullcontext() if self.snapshots is None else self.snapshots.expression(node)

    def opaque(self) -> AbstractContextManager[None]:
        """Inside, no continuation could take over after an effect."""
        return nullcontext() if self.snapshots is None else self.snapshots.opaque()

    def nowhere(self) -> AbstractContextManager[None]:
        """Inside, no continuation could take over at all."""
        return nullcontext() if self.snapshots is None else self.snapshots.nowhere()

    def progress(self, *edit: object, operand: Value | None = None) -> None:
        """What is left to do of the expression in progress (`Snapshots.progress`)."""
        if self.snapshots is not None:
            self.snapshots.progress(*edit, operand=operand)

    def native_catcher(self, exception: str) -> Catcher | None:
        """The `try` around whose native handler takes the builtin exception."""
        for catcher in reversed(self.catchers):
            if catcher.handles(exception):
                return catcher if catcher.is_native_for(exception) else None
            if not catcher.lets_pass(exception):
                break
        return None

    def raising(self, name: str, *args: Value) -> Value:
        """A primitive; if it can raise what a `try` around handles natively, that handler is where control goes to then."""
        if not self.catchers or self.renamed or self.b.block is None:
            return self.b.prim(name, *args)
        for exception in sorted(registry.exceptions_of(name)):
            catcher = self.native_catcher(exception)
            if catcher is None:
                continue
            if not catcher.asks(name):
                return catcher.attempt(exception, name, args)
            args = catcher.ask(exception, args)
        return self.b.prim(name, *args)

    def operator(self, name: str, *args: Value) -> Value:
        """An operator; where classes of the module say what it means, one that may be a call of a method."""
        if not self.module.has_operator(name):
            return self.raising(name, *args)
        self.work += 1
        return self.b.emit(ops.CALL, list(args), f"operator {name}")

    def attribute(self, name: str, obj: Value) -> Value:
        """obj.name; where classes of the module have a property of this name, it may be a call of that."""
        if not self.module.has_accessor(name, GETTER):
            return self.b.prim(f"attr:{name}", obj)
        self.work += 1
        # What is left to CPython in the middle of it needs a place behind it, where there may be such.
        quiet = self.detours is None and self.module.has_quiet_getters(name)
        return self.b.emit(ops.CALL, [obj], f"{QUIET if quiet else GETTER} {name}")

    def store_attribute(self, name: str, target: ast.Attribute, obj: Value, value: Value) -> None:
        """obj.name = value, likewise; *target* is what the statement, which is complete then, stores into."""
        is_made = self.module.is_frozen_init(self.qualname)
        if is_made or not self.module.has_accessor(name, SETTER):
            self.b.prim(f"{'attr.init' if is_made else 'attr.set'}:{name}", obj, value)
            return
        self.work += 1
        result = self.b.emit(ops.CALL, [obj, value], f"{SETTER} {name}")
        if self.snapshots is not None:
            self.snapshots.store_called(target, result)

    def item(self, container: Value, index: Value) -> Value:
        """container[index]; if its KeyError has a native handler around, control goes there where the key is missing."""
        name = "getitem"
        if self.module.has_defaultdict and not (self.catchers or self.renamed or self.module.has_operator(name)):
            # Which may add a key, where the container is a defaultdict.
            name = ADDING
        return self.operator(name, container, index)

    def note_key(self, node: ast.expr) -> None:
        """The key of an item; what is expected of a record's depends on the key, if that is known."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.uses.seen.add(ITEM + node.value)

    def merged(self, variable: str) -> None:
        """The expression in progress has been evaluated on each of several ways, into *variable*."""
        if self.snapshots is not None:
            self.snapshots.merged(variable)

    def complete(self) -> None:
        """The statement has done all that it does."""
        if self.snapshots is not None:
            self.snapshots.complete()

    def unsupported(self, node: ast.expr | ast.stmt, what: str, hint: str = "") -> Reject:
        """The refusal of a node that has no native form yet."""
        return Reject(reasons.UNSUPPORTED_AST_NODE, node, hint, node=what)
