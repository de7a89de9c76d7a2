"""Untyped HIR + argument types -> typed HIR.

Types flow forward from the arguments.  A block is cloned for each combination of parameter types with which it is reached
(basic block versioning): so a name may change its type, ``s = 0`` followed by ``s += 1.5`` is an int version of the loop
that hands over to a float version, ``best = None`` costs one test that is decided at compile time, and a local that may be
unbound is unbound in one version and bound in the other.  Operators are overloads of the primitives, chosen by operand types.

    b1(s, x):  s2 = prim add s, x     =>     b1(s: int, x: float):    v = convert s; s2 = add v, x; jump b1'(s2, …)
                                             b1'(s: float, x: float): s2 = add s, x; jump b1'(s2, …)
"""

from __future__ import annotations

import ast
from typing import Any

from pyvorin.compiler.frontend import cached, protocol
from pyvorin.compiler.frontend.classes import GETTER, QUIET, SETTER
from pyvorin.compiler.frontend.context import ADDING
from pyvorin.compiler.frontend.operators import METHODS, container_of, deciding
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.seen import GLOBAL, default_key
from pyvorin.compiler.frontend.snapshots import CALL_VALUE, may_have_effect
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.hir.ir import Block, Caught, Function, Instr, Target, Value
from pyvorin.compiler.hir.outcalls import GIVEN, Outcall
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.infer import callables, named
from pyvorin.compiler.infer.elements import learn_stored
from pyvorin.compiler.infer.emission import LeftOut, Stop
from pyvorin.compiler.infer.expectation import Expectation
from pyvorin.compiler.infer.identity import Identity
from pyvorin.compiler.infer.instances import NO_ARGUMENT, Head, Instance, Program
from pyvorin.compiler.infer.narrowing import OBJECTS_AFTER, merged
from pyvorin.compiler.infer.objects import OF_CLASSES, Called
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Alias, Choice, Folded
from pyvorin.compiler.primitives.table import choose
from pyvorin.core import reasons
from pyvorin.types.spec import (
    CHAR,
    CONTAINER_NAMES,
    NEVER,
    NONE,
    NUMBER,
    OBJECT,
    STR,
    UNBOUND,
    Type,
    class_of,
    found,
)

GLOBAL_VALUE = "global:"
"""How the names of the primitives begin that read a global name."""
DEFAULT_VALUE = "default:"
"""And of those that read a default."""
STORES = ("attr.set:", "attr.init:")
"""And of those that write an attribute."""
ITEMS = frozenset({"getitem", ADDING, "dict.value"})
"""The primitives whose last operand is the key of the item that they read."""
MIXED = (OBJECT, NUMBER)
VERSIONS = 2 * OBJECTS_AFTER
"""At most this many versions of one block; a name whose type keeps changing even then is not compiled."""


def run(program: Program, instance: Instance) -> None:
    """Infer the instance: sets its `hir`, raises its `result`.

    Raises:
        InferenceError: an operation has no overload for its operands, or types keep changing.
    """
    Specialiser(program, instance).run()


class Specialiser(Identity, Expectation):
    def __init__(self, program: Program, instance: Instance):
        super().__init__(program, instance)
        self.source = instance.untyped.hir
        self.start, params = self.source.entry, self.source.params
        if instance.root is not None:
            root = self.source.roots[instance.root]
            self.start, params = root.block, root.params
        self.hir = Function(self.source.qualname, list(params), span=self.source.span)
        self.heads: list[tuple[int, Head]] = []
        self.versions: dict[tuple[Block, tuple[Type, ...]], Block] = {}
        self.types_of: dict[Block, list[tuple[Type, ...]]] = {}
        """The versions of each block of the source."""
        self.lies_in: dict[Value, tuple[Value, int]] = {}
        """Of containers that were read from others in the block: from which one, and the index of the element type."""
        self.arriving: dict[Block, dict[Value, tuple[Type, ...]]] = {}
        """The parameters of each version that are of one of several types."""

    def run(self) -> None:
        self.version(self.start, self.instance.types, None)
        while self.work:
            self.fill(*self.work.pop())
        self.finish()

    # Blocks

    def version(self, block: Block, types: tuple[Type, ...], span: object) -> Block:
        key = (block, types)
        if key not in self.versions:
            if len(self.types_of.get(block, ())) >= VERSIONS:
                raise self.error(span, "its variables", "their types keep changing")
            clone = Block(f"{block.label}{len(self.versions)}")
            clone.params = [Value(p.name, OBJECT if ty.name == "union" else ty) for p, ty in zip(block.params, types)]
            self.versions[key] = clone
            self.types_of.setdefault(block, []).append(types)
            self.arriving[clone] = {p: ty.args for p, ty in zip(clone.params, types) if ty.name == "union"}
            self.hir.blocks.append(clone)
            self.source_of[clone] = block
            self.work.append((block, clone))
        return self.versions[key]

    def fill(self, source: Block, clone: Block) -> None:
        self.block = clone
        split = self.splits.get(clone)
        start = split.start if split is not None else 0
        if split is None:
            self.env = dict(zip(source.params, clone.params))
            self.constants, self.latest, self.unions = {}, None, dict(self.arriving[clone])
        try:
            if split is not None:
                self.go_on(clone, split, source.instrs[start].span)
            self.walk(source, start, len(source.instrs))
        except Stop:
            pass

    def walk(self, source: Block, start: int, end: int) -> None:
        self.at = start
        while self.at < end:
            instr = self.current = source.instrs[self.at]
            if self.tell_apart(source):
                continue
            try:
                self.instr(instr, source)
            except LeftOut as left:
                self.env[instr.out] = Value(None, OBJECT)
                if left.known:
                    self.guessed.add(self.env[instr.out])
                if isinstance(instr.node, (ast.For, ast.comprehension)):
                    raise Stop from None
                if instr.op is ops.TRY:
                    self.end(instr, ops.JUMP, [], [self.goto(source.targets[0], instr.span)])
            if self.guessed and instr.op.result and self.guessed & {self.env[arg] for arg in instr.args}:
                self.guessed.add(self.env[instr.out])
            if instr.op is ops.SNAPSHOT:
                self.latest = instr
            elif self.latest is not None and may_have_effect(instr.op, instr.payload):
                self.latest = None
            self.at += 1

    def goto(self, target: Target, span: Any) -> Target:
        args = [self.env[arg] for arg in target.args]
        versions = self.types_of.get(target.block, [])
        types = merged(tuple(map(self.flowing, args)), versions, self.objects_after())
        args = [self.passed_as(arg, ty, span) for arg, ty in zip(args, types)]
        block = self.version(target.block, types, span)
        self.guessed.update(param for param, arg in zip(block.params, args) if arg in self.guessed)
        return Target(block, args)

    # Instructions

    def instr(self, instr: Instr, source: Block) -> None:
        op = instr.op
        if op is ops.CONST:
            self.env[instr.out] = self.const(instr.payload, instr.span)
        elif op is ops.UNBOUND:
            self.env[instr.out] = self.emit(ops.UNBOUND, [], UNBOUND, instr.span)
        elif op is ops.PRIM:
            self.env[instr.out] = self.prim(instr)
        elif op is ops.CALL:
            self.env[instr.out] = self.call(instr)
        elif op is ops.POLL:
            self.emit(ops.POLL, [], None, instr.span)
        elif op is ops.SNAPSHOT:
            self.snapshot(instr)
        elif op is ops.TRY:
            self.attempt(instr, source)
        elif op is ops.JUMP:
            self.end(instr, ops.JUMP, [], [self.goto(source.targets[0], instr.span)])
        elif op is ops.BRANCH:
            condition = self.env[instr.args[0]]
            known = self.constants.get(condition, NOT_CONSTANT)
            if known is not NOT_CONSTANT:
                taken = source.targets[0] if known else source.targets[1]
                self.end(instr, ops.JUMP, [], [self.goto(taken, instr.span)])
            else:
                targets = [self.goto(target, instr.span) for target in source.targets]
                self.end(instr, ops.BRANCH, [condition], targets)
        elif op is ops.RETURN:
            value = self.bound(instr, self.env[instr.args[0]])
            self.require_item(value, instr)
            self.program.raise_result(self.instance, self.type_of(value), self.constants.get(value))
            self.end(instr, ops.RETURN, [value], [])
        elif op is ops.EXIT:
            raise self.stop(instr.payload, instr.span)
        else:
            raise AssertionError(f"{op.name} in untyped HIR")

    def end(self, instr: Instr, op: ops.Op, args: list[Value], targets: list[Target]) -> None:
        self.block.instrs.append(Instr(op, args, None, None, instr.span))
        self.block.targets = targets

    def snapshot(self, instr: Instr, is_first: bool = True) -> None:
        """A snapshot leaves out what is unbound here; that of a loop's head is where native code can be entered."""
        point: Point = instr.payload
        args = [self.env[arg] for arg in instr.args]
        bound = [i for i, arg in enumerate(args) if arg.ty != UNBOUND]
        first = point.first_local
        missing = [i for i in range(first) if i not in bound]
        if missing:
            begun = point.beginning(missing)
            if begun is None:
                # An operand of another path: control does not come here with it.
                self.emit(ops.SNAPSHOT, [], None, instr.span, point.nowhere())
                return
            point = begun
        kept = point.where_bound(tuple(name for i, name in enumerate(point.locals, first) if i in bound))
        values = [args[i] for i in bound]
        self.emit(ops.SNAPSHOT, values, None, instr.span, kept)
        if point.root is not None and is_first:
            root = self.source.roots[point.root]
            if set(root.params) <= set(root.variables):
                indices = [root.variables.index(name) for name in root.params]
                arguments = tuple(bound.index(i) if i in bound else NO_ARGUMENT for i in indices)
                self.heads.append((point.root, Head(kept, tuple(map(self.flowing, values)), arguments)))

    def call(self, instr: Instr) -> Value:
        args = [self.bound(instr, self.env[arg]) for arg in instr.args]
        if isinstance(instr.payload, Outcall):
            return self.called_out(instr.payload, args, instr)
        kind, _, name = instr.payload.rpartition(" ")
        if name.startswith("."):
            if self.is_builtin_method(args[0], name[1:]):
                return self.builtin_method(name, args, instr)
            if args[0].ty.name == "named" and name.startswith("._replace/"):
                return self.replaced(name, args, instr)
            if not self.has_methods(args[0], name[1:].partition("/")[0]):
                return self.prim(Instr(ops.PRIM, instr.args, instr.result, name, instr.span))
            return self.call_function(self.method_called(name[1:], args, instr), instr)
        if kind == "operator":
            if name.partition("/")[0] != "call":
                return self.prim(Instr(ops.PRIM, instr.args, instr.result, name, instr.span))
            if args[0].ty.name in OF_CLASSES:
                return self.called_object(name, args, instr)
            called = Instr(ops.PRIM, instr.args, instr.result, CALL_VALUE, instr.span)
            return callables.call(self, called, name.split("/")[1:])
        if kind == "super":
            return self.super_called(name, args, instr)
        if kind == cached.CALL:
            return self.computed_property(name, args[0], instr)
        if kind == "replace":
            return self.replacing(name, args, instr)
        if kind == protocol.CALL:
            return self.asked(name, args, instr)
        if kind in (GETTER, QUIET, SETTER):
            return self.accessed(SETTER if kind == SETTER else GETTER, name, args, instr)
        name, *marks = name.split("/")
        if marks:
            args = self.arguments(name, *self.spread(args, marks, instr), instr)
        return self.call_function(Called(name, args, constructs=kind == "new"), instr)

    def forget_snapshot(self) -> None:
        self.latest = None

    def call_function(self, called: Called, instr: Instr) -> Value:
        qualname, args, constructs = called.qualname, called.args, called.constructs
        args = [self.widen_char(arg, instr.span) for arg in args]
        try:
            types = tuple(self.passed(self.flowing(arg)) for arg in args)
            if self.source.qualname == self.program.root and (qualname, types) in self.program.apart:
                conflict = f"'{qualname}' is too large to be compiled with it"
                raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict))
            initialises = constructs or (bool(args) and self.is_being_made(args[0]))
            callee = self.program.instance(qualname, types, None, initialises, called.iterates)
        except Reject as refusal:
            if qualname == instr.payload.partition("/")[0] or self.instance.untyped.detours is None:
                raise
            conflict = f"'{qualname}' is not compiled: {refusal.code}"
            raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict)) from None
        if callee not in self.instance.callees:
            self.instance.callees.append(callee)
        if callee.result == NEVER and not callee.returns and self.instance.untyped.detours is not None:
            raise self.detour(self.error(instr.span, f"the call of '{callee.qualname}'", "it never returns natively"))
        if callee.result == NEVER:
            # Not known yet, or it never returns: the call is kept for its exit.
            self.emit(ops.CALL, args, NONE, instr.span, callee)
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        if constructs:
            if callee.result != NONE:
                raise self.detour(self.error(instr.span, f"the call of '{callee.qualname}'", "it does not give None"))
            made = self.emit(ops.CALL, args, args[0].ty, instr.span, callee)
            self.block.instrs[-1].constructs = True
            return made
        if callee.result.name == "union":
            return self.of_several(self.emit(ops.CALL, args, OBJECT, instr.span, callee), callee.result)
        result = self.emit(ops.CALL, args, callee.result, instr.span, callee)
        if callee.constant is not None:
            # What CPython gives where it finishes the call is compared with it (`lower/calls.py`).
            self.constants[result] = callee.constant
        return result

    def is_being_made(self, value: Value) -> bool:
        """Whether it is the object that this `__init__` was called with when it was made."""
        names = self.source.params[:1]
        return self.instance.initialises and [value.name] == names and names[0] not in self.instance.untyped.stored

    def passed(self, ty: Type) -> Type:
        """The type of an argument.  What a callee stores into a container still empty, its allocation site has to learn."""
        if ty.name in CONTAINER_NAMES and any(arg.is_variable and self.solver.resolve(arg) == NEVER for arg in ty.args):
            return ty
        return self.solver.resolve(ty)

    def builtin_method(self, name: str, args: list[Value], instr: Instr) -> Value:
        """A method that the class of an object has from a builtin class, and that was looked up before."""
        if name == ".append" and len(args) == 2:
            self.program.note_held(args[0].ty, self.type_of(args[1]))
        receiver = Value()
        self.env[receiver] = self.as_builtin(args[0], "", instr)
        return self.prim(Instr(ops.PRIM, [receiver, *instr.args[1:]], instr.result, name, instr.span))

    def derived(self, name: str, args: list[Value], instr: Instr) -> list[Value]:
        """The operands, the container as an object of the builtin class that its class derives from."""
        args = self.as_tuples(name, args, instr)
        at = container_of(name)
        if at is None or at >= len(args) or not self.builtin_of(args[at]):
            return args
        # An iterator of a list does not look at its class again.
        how = "" if name.startswith("iter.") and name != "iter.open" else "/*"
        return [*args[:at], self.as_builtin(args[at], how, instr), *args[at + 1 :]]

    def prim(self, instr: Instr) -> Value:
        args = [self.env[arg] for arg in instr.args]
        if instr.payload == ADDING and self.type_of(args[0]).name != "defaultdict":
            instr = Instr(ops.PRIM, instr.args, instr.result, "getitem", instr.span, node=instr.node)
        args = self.derived(instr.payload, args, instr)
        if instr.payload.startswith("method:"):
            return self.look_up(instr)
        if instr.payload.startswith("super:"):
            return self.look_up_super(instr)
        if instr.payload == CALL_VALUE:
            return callables.call(self, instr)
        if instr.payload.startswith("attr:"):
            method = callables.make_bound(self, self.bound(instr, args[0]), instr.payload.partition(":")[2], instr)
            if method is not None:
                return method
        if instr.payload != "best.first":
            args = [self.bound(instr, arg) for arg in args]
        done = self.of_enum_class(instr.payload, args, instr) or self.enum_operation(instr.payload, args, instr)
        if isinstance(done, Value):
            return done
        args = done
        if instr.payload == "truth" and args[0].ty.name == "instance":
            return self.truth(args[0], instr)
        if instr.payload in METHODS and any(arg.ty.name == "instance" for arg in deciding(instr.payload, args)):
            return self.operator(instr.payload, args, instr)
        if instr.payload.startswith(("isinstance:", "issubclass:")):
            return self.is_instance(args[0], instr)
        if instr.payload.startswith("cached."):
            return self.cached_property(args[0], instr)
        if instr.payload == protocol.END:
            return self.end_of_items(instr)
        if instr.payload.startswith(f"{protocol.LOOKED_UP}:"):
            return self.looked_up(args[0], instr)
        if instr.payload in ("iter.open", "iter.check"):
            self.require_container(args[0], instr)
        args = self.as_keys(instr.payload, args, instr)
        types = tuple(map(self.type_of, args))
        constants = tuple(self.constants.get(arg, NOT_CONSTANT) for arg in args)
        name = instr.payload
        if name.startswith(GIVEN):
            return self.given_item(name.removeprefix(GIVEN), args[0], instr)
        if name.startswith("attr:"):
            found = self.of_enumeration(args[0], name[5:], instr)
            if found is not None:
                return found
        if name == "attr:__class__" and types[0].name == "instance":
            return self.check("class.of", args[0], instr, class_of(str(types[0].args[0])))
        if name.startswith("attr:") and named.is_field(types[0], name[5:]):
            return self.field(args[0], types[0].args[1].args.index(Type(name[5:])), instr)
        if name.startswith("attr:") and types[0].name in OF_CLASSES:
            name = self.attribute_of(name.partition(":")[2], types[0])
        if name.startswith("attr.set:"):
            self.require_stores(args[0], name[9:], instr)
        name = named.own_form(name, types)
        choice = choose(name, types, constants)
        if choice is None:
            raise self.no_overload(instr, types)
        if isinstance(choice.result, Folded):
            return self.const(choice.result.value, instr.span)
        if isinstance(choice.result, Alias):
            return args[choice.result.operand]
        learn_stored(self, choice.primitive, args)
        if instr.payload.startswith(STORES):
            self.program.note_stored(args[0].ty, instr.payload.partition(":")[2], types[1])
        args = self.operands(choice, args, instr.span)
        return self.result(choice, args, instr)

    def operands(self, choice: Choice, args: list[Value], span: Any) -> list[Value]:
        operands = choice.primitive.operands(len(args))
        assert operands is not None
        result = []
        for arg, wanted, is_boxed in zip(args, choice.params, operands[1]):
            if is_boxed:
                if not arg.ty.is_reference:
                    arg = self.emit(ops.BOX, [arg], OBJECT, span)
            elif arg.ty.name != wanted.name:
                arg = self.convert(arg, wanted, span)
            result.append(arg)
        return result

    def result(self, choice: Choice, args: list[Value], instr: Instr) -> Value:
        ty, primitive = choice.result, choice.primitive
        assert isinstance(ty, Type)
        if ty.name in CONTAINER_NAMES and primitive.effect == ALLOC:
            elements = []
            for index, part in enumerate(ty.args):
                # An operator may be typed as another instruction, made anew each time.
                elements.append(self.solver.variable((self.instance, self.current, primitive.name, index)))
                self.solver.unify(elements[-1], part)
            ty = Type(ty.name, tuple(elements))
        if primitive.in_place:
            self.emit(ops.PRIM, args, NONE, instr.span, primitive)
            return args[0]
        if not primitive.result_boxed:
            return self.emit(ops.PRIM, args, ty, instr.span, primitive)
        if primitive.name.startswith(("attr:", "attr.class:")):
            ty = self.attribute(args[0].ty, primitive.name.partition(":")[2], instr)
        elif primitive.name.startswith(GLOBAL_VALUE):
            ty = self.seen(GLOBAL + primitive.name.removeprefix(GLOBAL_VALUE), instr)
        elif primitive.name.startswith(DEFAULT_VALUE):
            qualname, _, name = primitive.name.partition("/")[2].rpartition(".")
            ty = self.seen(default_key(qualname, name), instr)
        elif (ty in MIXED or ty.name == "union") and primitive.name in ITEMS:
            ty = self.expected_item(ty, instr)
        ty = found(ty)
        obj = self.emit(ops.PRIM, args, OBJECT, instr.span, primitive)
        if ty == NEVER:
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        if ty == OBJECT:
            return obj
        if ty.name == "union":
            return self.of_several(obj, ty)
        if ty.name not in UNBOXABLE:
            raise self.detour(self.error(instr.span, "an element", f"elements of type {ty} are not supported"))
        value = self.emit(ops.UNBOX, [obj], ty, instr.span)
        if ty.name in CONTAINER_NAMES and primitive.result in primitive.params[0].args:
            self.lies_in[value] = args[0], primitive.params[0].args.index(primitive.result)
        return value

    def attempt(self, instr: Instr, source: Block) -> None:
        """A primitive that may raise what a native handler is for; if it cannot, it is one like any other."""
        name, exception = instr.payload
        args = self.derived(name, [self.bound(instr, self.env[arg]) for arg in instr.args], instr)
        types = tuple(self.solver.resolve(arg.ty) for arg in args)
        choice = choose(name, types, tuple(self.constants.get(arg, NOT_CONSTANT) for arg in args))
        code = choice.primitive.raises.get(exception) if choice is not None else None
        if choice is None or code is None or not isinstance(choice.result, Type):
            plain = Instr(ops.PRIM, instr.args, instr.result, name, instr.span)
            self.env[instr.out] = self.prim(plain)
            self.end(instr, ops.JUMP, [], [self.goto(source.targets[0], instr.span)])
            return
        result = Value(None, choice.result)
        operands = self.operands(choice, args, instr.span)
        caught = Caught(exception, code)
        self.block.instrs.append(Instr(ops.TRY, operands, result, choice.primitive, instr.span, caught=caught))
        self.env[instr.out] = result
        self.block.targets = [self.goto(target, instr.span) for target in source.targets]

    # Completion

    def finish(self) -> None:
        """Give all returns one representation, and all types their final form."""
        result = self.instance.result
        for block in self.hir.blocks:
            end = block.instrs[-1]
            if end.op is ops.RETURN:
                self.block = Block("")
                value = end.args[0]
                if result.name in ("object", "union") and not value.ty.is_reference:
                    value = self.emit(ops.BOX, [value], OBJECT, end.span)
                elif value.ty == CHAR and result == STR:
                    value = self.convert(value, STR, end.span)
                elif result == NUMBER and value.ty != NUMBER:
                    value = self.widen(value, end.span)
                block.instrs[-1:-1] = self.block.instrs
                end.args = [value]
        self.hir.result = result
        self.instance.hir = self.hir
        self.instance.heads = self.heads
