"""Attributes and methods of the program's classes: what is read, and which function is called.

In: an operation whose operand is an instance, or a class.  Out: the checks that the live class is what the source says, and the
operation in terms of a function of the module or of a value that the class has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyvorin.compiler.frontend.arguments import constant_defaults, read_default
from pyvorin.compiler.frontend.classes import CLASS, CONTENTS, GETTER, PLAIN, ClassSource, Member
from pyvorin.compiler.frontend.parameters import Parameters, maker_of_more, parameters_of
from pyvorin.compiler.frontend.seen import default_key
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import GIVEN, NAMES, SPREAD, Callee, Instr, Value
from pyvorin.compiler.infer.displays import value_type
from pyvorin.compiler.infer.emission import Emission
from pyvorin.compiler.primitives.c_objects import ATTRIBUTES
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Choice
from pyvorin.compiler.primitives.table import choose
from pyvorin.core import reasons
from pyvorin.types.spec import BOOL, NEVER, NONE, OBJECT, Type, class_of, instance_of, join, list_of

OF_CLASSES = frozenset({"instance", "class"})
PYTHON_NAMES = {"none": "NoneType", "char": "str", "vec": "list"}
BUILTIN_BASES = {
    name: frozenset({f"builtins.{name}", "builtins.object"})
    for name in ("NoneType", "int", "float", "str", "bytes", "list", "tuple", "dict", "set", "range")
} | {"bool": frozenset({"builtins.bool", "builtins.int", "builtins.object"})}
"""By the name of a type whose values are exactly of it, the classes that they are instances of."""


@dataclass(slots=True)
class Called:
    """A function of the module that is to be called, with all its arguments."""

    qualname: str
    args: list[Value]
    constructs: bool = False
    """Whether it is an `__init__`, whose first argument is the value."""
    iterates: bool = False
    """Whether it is a `__next__` that a loop asks."""


class Objects(Emission):
    def source_of_class(self, ty: Type) -> ClassSource | None:
        """The class of an instance, or the class itself."""
        module = self.instance.untyped.module
        return module.classes.get(str(ty.args[0])) if module is not None else None

    def check(self, name: str, operand: Value, instr: Instr, ty: Type = NONE) -> Value:
        """Emit a primitive of classes."""
        choice = choose(name, (operand.ty,), (NOT_CONSTANT,))
        assert choice is not None
        return self.emit(ops.PRIM, [operand], ty, instr.span, choice.primitive)

    # Methods

    def look_up(self, instr: Instr) -> Value:
        """The receiver of a method's call, which is checked to have the method if it is the program's."""
        receiver = self.bound(instr, self.env[instr.args[0]])
        if receiver.ty == NONE:
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        name = instr.payload.partition(":")[2]
        if self.has_methods(receiver, name):
            if self.is_builtin_method(receiver, name):
                self.as_builtin(receiver, f"/{name}", instr)
                return receiver
            self.check(f"method:{name}/{self.member(receiver.ty, name, instr)}", receiver, instr)
        return receiver

    def has_methods(self, receiver: Value, name: str) -> bool:
        """Whether the receiver of a method's call is an object or a class of the program's, or a named tuple whose class's body
        has the method."""
        if receiver.ty.name != "named":
            return receiver.ty.name in OF_CLASSES
        known = self.source_of_class(receiver.ty)
        return known is not None and known.member(name) is not None

    def builtin_of(self, value: Value) -> str:
        """The builtin class that the object's class derives from; empty if there is none that native code knows."""
        known = self.source_of_class(value.ty) if value.ty.name == "instance" else None
        return known.builtin if known is not None else ""

    def is_builtin_method(self, receiver: Value, name: str) -> bool:
        known = self.source_of_class(receiver.ty) if receiver.ty.name == "instance" else None
        return known is not None and known.inherits(name)

    def as_builtin(self, value: Value, how: str, instr: Instr) -> Value:
        """The object as one of the builtin class that its class derives from; *how* as in `primitives/derived.py`."""
        known = self.source_of_class(value.ty)
        assert known is not None
        seen = known.attribute(CONTENTS)
        held = self.program.held.get(value.ty, NEVER)
        # The lists that were seen need not be all lists of this class.
        whole = join(seen.args[0], held) if seen.name == "list" else held
        ty = list_of(whole if whole != OBJECT or seen.name != "list" else seen.args[0])
        return self.check(f"as:{known.builtin}{how}", value, instr, ty)

    def member(self, owner: Type, name: str, instr: Instr) -> Member:
        known = self.source_of_class(owner)
        found = known.member(name) if known is not None else None
        if found is None and known is not None and self.lacks(known, name):
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        if found is None:
            conflict = f"{owner.args[0]} has no method of that name that is a plain function"
            raise self.detour(self.error(instr.span, f"the call of '.{name}'", conflict))
        return found

    def lacks(self, known: ClassSource, name: str) -> bool:
        """Whether an object, one of several alternatives that were told apart, has nothing of this name as far as is known:
        CPython raises the AttributeError, if it ever comes to that."""
        nothing = name not in known.observed and not known.binds(name) and name not in known.values
        return self.program.has_alternatives and nothing

    def method_called(self, name: str, args: list[Value], instr: Instr) -> Called:
        """The function that is called for ``receiver.name(…)``; *name* with the names of the keyword arguments."""
        receiver, *given = args
        name, *marks = name.split("/")
        given, keywords = self.spread(given, marks, instr)
        args = [receiver, *given]
        found = self.member(receiver.ty, name, instr)
        if found.kind in PLAIN and receiver.ty.name != "class":
            given = args
        elif found.kind == CLASS:
            is_class = receiver.ty.name == "class"
            kind = receiver if is_class else self.check("class.of", receiver, instr, class_of(str(receiver.ty.args[0])))
            given = [kind, *given]
        return Called(found.qualname, self.arguments(found.qualname, given, keywords, instr))

    def spread(self, args: list[Value], marks: list[str], instr: Instr) -> tuple[list[Value], list[str]]:
        """The arguments, those of tuples with a star one by one, and the names of the last ones (`SPREAD` in `hir/ir.py`)."""
        if SPREAD not in marks and NAMES not in marks:
            return args, marks
        keywords = [mark for mark in marks if mark not in (SPREAD, GIVEN)]
        count = len(args) - len(keywords)
        given: list[Value] = []
        for arg, mark in zip(args[:count], marks if SPREAD in marks else [GIVEN] * count):
            given += self.items(arg, instr) if mark == SPREAD else [arg]
        named: list[tuple[str, Value]] = []
        for arg, mark in zip(args[count:], keywords):
            named += self.names(arg, instr) if mark == NAMES else [(mark, arg)]
        return [*given, *(value for _, value in named)], [name for name, _ in named]

    def names(self, value: Value, instr: Instr) -> list[tuple[str, Value]]:
        """The keyword arguments that a function hands on, with their names."""
        if value.ty.name != "kwargs":
            conflict = f"the names of the arguments in a value of type {value.ty} are not known"
            raise self.detour(self.error(instr.span, "an argument with two stars", conflict))
        found = []
        for name in map(str, value.ty.args[0].args):
            choice = choose(f"kwargs.item:{name}", (value.ty,), (NOT_CONSTANT,))
            assert choice is not None
            found.append((name, self.result(choice, [value], instr)))
        return found

    def items(self, value: Value, instr: Instr) -> list[Value]:
        """The items of a tuple, as arguments; of anything else nobody knows how many there are."""
        if value.ty.name != "tuple":
            conflict = f"the number of items of type {value.ty} is not known"
            raise self.detour(self.error(instr.span, "a starred expression", conflict))
        found = []
        for index in range(len(value.ty.args)):
            at = self.const(index, instr.span)
            choice = choose("getitem", (value.ty, at.ty), (NOT_CONSTANT, index))
            assert choice is not None
            found.append(self.result(choice, [value, at], instr))
        return found

    def result(self, choice: Choice, args: list[Value], instr: Instr) -> Value:
        """The value of a primitive (`_Specialiser`)."""
        raise NotImplementedError

    def arguments(self, qualname: str, given: list[Value], keywords: list[str], instr: Instr) -> list[Value]:
        """The arguments of a call in the order of the parameters; the last ones given are those of the keywords."""
        module = self.instance.untyped.module
        assert module is not None
        parameters = parameters_of(module.function(qualname).node)
        positional = len(given) - len(keywords)
        bound = parameters.bind(given[:positional], zip(keywords, given[positional:]))
        if bound is None:
            conflict = "it has other parameters"
            raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict))
        found = [
            bound.named[name] if name in bound.named else self.default(qualname, parameters, name, instr)
            for name in parameters.named
        ]
        if parameters.rest is not None:
            found.append(self.made("tuple.make", bound.rest, instr))
        if parameters.more is not None:
            items = [(self.const(name, instr.span), value) for name, value in bound.more.items()]
            maker = maker_of_more(module.function(qualname).node)
            found.append(self.made(maker, [part for item in items for part in item], instr))
        return found

    def made(self, name: str, values: list[Value], instr: Instr) -> Value:
        """A container of the values."""
        types = tuple(map(self.type_of, values))
        choice = choose(name, types, tuple(self.constants.get(value, NOT_CONSTANT) for value in values))
        if choice is None:
            raise self.no_overload(Instr(ops.PRIM, instr.args, instr.result, name, instr.span), types)
        return self.result(choice, self.operands(choice, values, instr.span), instr)

    def default(self, qualname: str, parameters: Parameters, name: str, instr: Instr) -> Value:
        """The value of a parameter that a call leaves out.

        Constants are the same at every call as long as the function still has them, which native code checks; others are read.
        """
        module, uses = self.instance.untyped.module, self.instance.untyped.uses
        assert module is not None
        factory = module.factory(qualname, name)
        if factory:
            return self.made(f"{factory}.make", [], instr)
        values = constant_defaults(parameters)
        if name in parameters.positional and values is not None:
            uses.defaults[qualname] = repr(values)
            return self.const(values[parameters.positional.index(name) - len(parameters.positional)], instr.span)
        payload = read_default(module, qualname, parameters, name)
        if not module.seen.knows(default_key(qualname, name)):
            conflict = f"nothing is known of the default value of '{name}'"
            raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict))
        uses.seen.add(default_key(qualname, name))
        function = self.const(Callee(qualname), instr.span)
        choice = choose(payload, (function.ty,), (NOT_CONSTANT,))
        assert choice is not None
        return self.result(choice, [function], instr)

    def operands(self, choice: Choice, args: list[Value], span: Any) -> list[Value]:
        """The operands as the primitive takes them (`_Specialiser`)."""
        raise NotImplementedError

    def construction(self, kind: str, given: list[Value], keywords: list[str], instr: Instr) -> Value:
        """A new instance of the class of this name."""
        module = self.instance.untyped.module
        known = module.classes.get(kind) if module is not None else None
        if known is None or not known.is_constructible:
            raise self.detour(self.error(instr.span, f"the call of '{kind}'", "it does more than to make an object"))
        found = known.member("__init__")
        if found is None and given:
            raise self.detour(self.error(instr.span, f"the call of '{kind}'", "it takes no arguments"))
        choice = choose(f"new:{kind}/{found}" if found is not None else known.made_by, (), ())
        assert choice is not None
        made = self.emit(ops.PRIM, [], instance_of(kind), instr.span, choice.primitive)
        if found is None:
            return made
        args = self.arguments(found.qualname, [made, *given], keywords, instr)
        return self.call_function(Called(found.qualname, args, constructs=True), instr)

    def replacing(self, called: str, args: list[Value], instr: Instr) -> Value:
        """`dataclasses.replace`; *called*: with the names of the fields that are given."""
        known = self.source_of_class(args[0].ty) if args[0].ty.name == "instance" else None
        if known is None or known.fields is None or any(field.passed_on for field in known.fields):
            conflict = f"the fields of an object of type {args[0].ty} are not known"
            raise self.detour(self.error(instr.span, "the call of 'replace'", conflict))
        given = dict(zip(called.split("/")[1:], args[1:]))
        fields = [field.name for field in known.fields if field.init]
        for name in fields:
            if name not in given:
                given[name] = self.read(args[0], name, instr)
        return self.construction(known.name, list(given.values()), list(given), instr)

    def read(self, obj: Value, name: str, instr: Instr) -> Value:
        """The attribute of an object that the instruction has found."""
        operand = Value()
        self.env[operand] = obj
        return self.prim(Instr(ops.PRIM, [operand], instr.result, f"attr:{name}", instr.span, node=instr.node))

    def call_function(self, called: Called, instr: Instr) -> Value:
        """The call of a function of the module (`_Specialiser`)."""
        raise NotImplementedError

    # What `super` gives

    def look_up_super(self, instr: Instr) -> Value:
        """The object for which a method is looked for in the classes behind one of its own, ``super(Base, x).get``."""
        receiver = self.bound(instr, self.env[instr.args[0]])
        after, name = instr.payload.partition(":")[2].split(".")
        found = self.super_member(receiver, after, name, instr)
        self.check(f"super:{after}/{name}/{found or 'none'}", receiver, instr)
        return receiver

    def super_member(self, receiver: Value, after: str, name: str, instr: Instr) -> Member | None:
        known = self.source_of_class(receiver.ty) if receiver.ty.name == "instance" else None
        owners = [owner.name for owner in known.mro] if known is not None else []
        found = known.member(name, after) if known is not None else None
        if known is not None and after in owners and found is None and name == "__init__":
            behind = known.mro[owners.index(after) + 1 :]
            if not any(name in owner.bound for owner in behind):
                return None
        if found is None or found.kind not in PLAIN:
            conflict = f"{receiver.ty} has no plain function for it behind '{after}'"
            raise self.detour(self.error(instr.span, f"the call of 'super().{name}'", conflict))
        return found

    def super_called(self, called: str, args: list[Value], instr: Instr) -> Value:
        """The call of such a method; *called*: the class, a dot, the method with the names of the keyword arguments."""
        after, _, rest = called.partition(".")
        name, *marks = rest.split("/")
        found = self.super_member(args[0], after, name, instr)
        given, keywords = self.spread(args[1:], marks, instr)
        args = [args[0], *given]
        if found is not None:
            args = self.arguments(found.qualname, args, keywords, instr)
            return self.call_function(Called(found.qualname, args), instr)
        if len(args) > 1:
            raise self.detour(self.error(instr.span, "the call of 'object.__init__'", "it takes no arguments"))
        return self.const(None, instr.span)

    # Properties

    def accessor(self, obj: Value, kind: str, name: str, instr: Instr) -> Member | None:
        """The function that reads or writes the attribute of the object, which its class is checked to have; None without one."""
        known = self.source_of_class(obj.ty) if obj.ty.name in ("instance", "named") else None
        found = known.accessor(name, kind) if known is not None else None
        if found is not None:
            self.check(f"special:{name}/{found}", obj, instr)
        return found

    def require_stores(self, obj: Value, name: str, instr: Instr) -> None:
        """Refuse to write an attribute of an object that is frozen: CPython raises the exception."""
        known = self.source_of_class(obj.ty) if obj.ty.name == "instance" else None
        if known is not None and known.is_frozen:
            conflict = f"objects of the class {known.name} are frozen"
            raise self.detour(self.error(instr.span, f"the attribute '.{name}'", conflict))

    def accessed(self, kind: str, name: str, args: list[Value], instr: Instr) -> Value:
        """An attribute that is read or written, by the property that the object's class has for it if it has one."""
        found = self.accessor(args[0], kind, name, instr)
        if found is not None:
            # Only the types will tell whether it has an effect.
            self.forget_snapshot()
            return self.call_function(Called(found.qualname, args), instr)
        payload = f"attr:{name}" if kind == GETTER else f"attr.set:{name}"
        return self.prim(Instr(ops.PRIM, instr.args, instr.result, payload, instr.span, node=instr.node))

    def forget_snapshot(self) -> None:
        """What was done before the latest snapshot may be followed by an effect now (`Narrowing`)."""
        raise NotImplementedError

    def prim(self, instr: Instr) -> Value:
        """The value of a primitive with these operands (`_Specialiser`)."""
        raise NotImplementedError

    # Tests of classes

    def is_instance(self, value: Value, instr: Instr) -> Value:
        """`isinstance`, decided by the type of the object, or left to a test of it; or `issubclass`, likewise."""
        test, _, names = instr.payload.partition(":")
        wanted = names.split("/")
        if value.ty.name == ("instance" if test == "isinstance" else "class"):
            known = self.source_of_class(value.ty)
            bases = [owner.name for owner in known.mro] if known is not None else []
            bases += ["builtins.object", f"builtins.{self.builtin_of(value)}"]
            holds = [kind in bases for kind in wanted]
            for kind, is_one in zip(wanted, holds):
                self.check(f"derives:{kind}/{'yes' if is_one else 'no'}", value, instr)
            return self.const(any(holds), instr.span)
        if test == "issubclass":
            raise self.no_overload(instr, (value.ty,))
        name = PYTHON_NAMES.get(value.ty.name, value.ty.name)
        if name in BUILTIN_BASES:
            return self.const(any(kind in BUILTIN_BASES[name] for kind in wanted), instr.span)
        choice = choose(instr.payload, (value.ty,), (NOT_CONSTANT,))
        if choice is None:
            raise self.no_overload(instr, (value.ty,))
        return self.emit(ops.PRIM, [value], BOOL, instr.span, choice.primitive)

    # Attributes

    def attribute_of(self, name: str, owner: Type) -> str:
        """The primitive that reads the attribute: of the object alone, or of its class where the object has none."""
        known = self.source_of_class(owner) if owner.name == "instance" else None
        of_class = known is not None and known.value(name) is not None
        return f"attr.class:{name}" if of_class else f"attr:{name}"

    def attribute(self, owner: Type, name: str, instr: Instr) -> Type:
        """The type that an attribute is expected to have; what nobody has ever seen has no native form."""
        if owner == OBJECT or owner.name in ATTRIBUTES:
            return ATTRIBUTES.get(owner.name, {}).get(name, OBJECT)
        known = self.source_of_class(owner)
        ty = NEVER
        if known is not None and owner.name == "instance":
            ty = known.attribute(name)
            self.program.asked[known.name, name] = ty
        if ty == NEVER and owner.name == "instance":
            ty = self.program.stored.get((owner, name), NEVER)
        if ty == NEVER and known is not None:
            value, module = known.value(name), self.instance.untyped.module
            ty = value_type(value, module) if value is not None and module is not None else NEVER
        if ty == NEVER and known is not None and owner.name == "instance" and self.lacks(known, name):
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        if ty == NEVER:
            what = "class" if owner.name == "class" else "instance of"
            conflict = f"no {what} {owner.args[0]} with this attribute was seen"
            raise self.detour(self.error(instr.span, f"the attribute '.{name}'", conflict))
        return ty
