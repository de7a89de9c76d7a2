"""Attributes and methods of the program's classes: what is read, and which function is called.

In: an operation whose operand is an instance, or a class.  Out: the checks that the live class is what the source says, and the
operation in terms of a function of the module or of a value that the class has.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.frontend.classes import CLASS, METHOD, ClassSource, Member
from pyvorin.compiler.frontend.module import fold
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.displays import value_type
from pyvorin.compiler.infer.emission import Emission
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.core import reasons
from pyvorin.types.spec import NEVER, NONE, Type, class_of

OF_CLASSES = frozenset({"instance", "class"})


@dataclass(slots=True)
class Called:
    """A function of the module that is to be called, with all its arguments."""

    qualname: str
    args: list[Value]


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
        if receiver.ty.name in OF_CLASSES:
            name = instr.payload.partition(":")[2]
            self.check(f"method:{name}/{self.member(receiver.ty, name, instr)}", receiver, instr)
        return receiver

    def member(self, owner: Type, name: str, instr: Instr) -> Member:
        known = self.source_of_class(owner)
        found = known.member(name) if known is not None else None
        if found is None:
            conflict = f"{owner.args[0]} has no method of that name that is a plain function"
            raise self.detour(self.error(instr.span, f"the call of '.{name}'", conflict))
        return found

    def method_called(self, name: str, args: list[Value], instr: Instr) -> Called:
        """The function that is called for ``receiver.name(…)``; *name* with the names of the keyword arguments."""
        receiver, *given = args
        name, *keywords = name.split("/")
        found = self.member(receiver.ty, name, instr)
        if found.kind == METHOD and receiver.ty.name == "instance":
            given = args
        elif found.kind == CLASS:
            is_class = receiver.ty.name == "class"
            kind = receiver if is_class else self.check("class.of", receiver, instr, class_of(str(receiver.ty.args[0])))
            given = [kind, *given]
        return Called(found.qualname, self.arguments(found.qualname, given, keywords, instr))

    def arguments(self, qualname: str, given: list[Value], keywords: list[str], instr: Instr) -> list[Value]:
        """The arguments of a call in the order of the parameters; the last ones given are those of the keywords."""
        module = self.instance.untyped.module
        assert module is not None
        parameters = module.functions[qualname].node.args
        names = [a.arg for a in parameters.posonlyargs + parameters.args]
        positional = len(given) - len(keywords)
        by_name = dict(zip(keywords, given[positional:]))
        named = names[max(positional, len(parameters.posonlyargs)) :]
        fits = not (parameters.vararg or parameters.kwarg or parameters.kwonlyargs)
        fits = fits and positional <= len(names) and all(keyword in named for keyword in keywords)
        found = given[:positional]
        for name in names[positional:]:
            if name in by_name:
                found.append(by_name[name])
            elif fits and name in names[len(names) - len(parameters.defaults) :]:
                found.append(self.default(qualname, names.index(name) - len(names), instr))
            else:
                fits = False
        if not fits:
            conflict = "it has other parameters"
            raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict))
        return found

    def default(self, qualname: str, index: int, instr: Instr) -> Value:
        """The value of a parameter that a call leaves out.

        Only constants are sure to be the same at every call: native code checks that the function still has them.
        """
        module = self.instance.untyped.module
        assert module is not None
        folded = [fold(default, {}) for default in module.functions[qualname].node.args.defaults]
        if not all(known for known, _ in folded):
            conflict = "a default value is not a literal"
            raise self.detour(self.error(instr.span, f"the call of '{qualname}'", conflict))
        values = tuple(value for _, value in folded)
        self.instance.untyped.uses.defaults[qualname] = repr(values)
        return self.const(values[index], instr.span)

    # Attributes

    def attribute_of(self, name: str, owner: Type) -> str:
        """The primitive that reads the attribute: of the object alone, or of its class where the object has none."""
        known = self.source_of_class(owner) if owner.name == "instance" else None
        of_class = known is not None and known.value(name) is not None
        return f"attr.class:{name}" if of_class else f"attr:{name}"

    def attribute(self, owner: Type, name: str, instr: Instr) -> Type:
        """The type that an attribute is expected to have; what nobody has ever seen has no native form."""
        known = self.source_of_class(owner)
        ty = NEVER if known is None or owner.name == "class" else known.attribute(name)
        if ty == NEVER and owner.name == "instance":
            ty = self.program.stored.get((owner, name), NEVER)
        if ty == NEVER and known is not None:
            value, module = known.value(name), self.instance.untyped.module
            ty = value_type(value, module) if value is not None and module is not None else NEVER
        if ty == NEVER:
            what = "class" if owner.name == "class" else "instance of"
            conflict = f"no {what} {owner.args[0]} with this attribute was seen"
            raise self.detour(self.error(instr.span, f"the attribute '.{name}'", conflict))
        return ty

    def truth(self, value: Value, instr: Instr) -> Value:
        """An object is true unless its class says how that is found out."""
        known = self.source_of_class(value.ty)
        for name in ("__bool__", "__len__"):
            if known is None or known.binds(name):
                raise self.no_overload(instr, (value.ty,))
            self.check(f"special:{name}/none", value, instr)
        return self.const(True, instr.span)
