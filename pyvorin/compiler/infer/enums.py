"""Enumerations of the program: their members as ints, as flags and as keys, and how they are looked up."""

from __future__ import annotations

from pyvorin.compiler.frontend.classes import Enumeration
from pyvorin.compiler.frontend.operators import SWAPPED, UNARY
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.named import Named
from pyvorin.compiler.infer.objects import OF_CLASSES
from pyvorin.compiler.primitives.enum_ import FIND, MEMBERS, NAMED
from pyvorin.compiler.primitives.registry import ARITHMETIC, NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import BOOL, INT, STR, Type, instance_of, tuples_of

KEYED = {
    "contains": 0,
    **dict.fromkeys(("getitem", "setitem", "delitem", "item.exists", ".pop"), 1),
    **dict.fromkeys(("dict.find", "dict.put", "dict.add", "getitem.adding"), 1),
    **dict.fromkeys((".add", "set.add", ".discard", ".remove"), 1),
}
"""The primitives of dicts and sets that take a key, and which operand that is."""
KEEPING = frozenset({"dict", "set", "frozenset"})
BITWISE = frozenset({"and", "or", "xor"})
AS_INTS = frozenset({*ARITHMETIC, *SWAPPED, "neg", "pos", "invert", "abs", "truth", "bool", "int", "float", "index"})
"""The primitives whose operands may be ints instead of members that are ints."""
PLACES = {"getitem": 1, "setitem": 1, "delitem": 1}
"""And those of which one may."""


class Enums(Named):
    """The block at hand, in which members of enumerations are used."""

    def of_enumeration(self, obj: Value, name: str, instr: Instr) -> Value | None:
        """A member of an enumeration, or the name or the value of one; None if the attribute is something else."""
        known = self.source_of_class(obj.ty) if obj.ty.name in OF_CLASSES else None
        if known is None or known.members is None:
            return None
        if obj.ty.name == "class":
            if name not in known.members:
                conflict = f"it is no member of {known.name}"
                raise self.detour(self.error(instr.span, f"the attribute '.{name}'", conflict))
            return self.check(f"enum.member:{name}", obj, instr, instance_of(known.name))
        if name not in ("name", "value") or known.binds(name):
            return None
        self.check(f"enum.attr:{name}", obj, instr)
        if known.enumeration is not None and known.enumeration.is_int:
            return (
                self.check("enum.as:int", obj, instr, INT)
                if name == "value"
                else self.check("enum.name", obj, instr, STR)
            )
        return self.prim(Instr(ops.PRIM, instr.args, instr.result, f"attr:_{name}_", instr.span, node=instr.node))

    def as_keys(self, name: str, args: list[Value], instr: Instr) -> list[Value]:
        """The operands of a primitive, objects of classes as keys where it takes keys."""
        if name == "dict.make":
            places = range(0, len(args), 2)
        elif len(args) > 1 and name in KEYED and args[1 - KEYED[name]].ty.name in KEEPING:
            places = range(KEYED[name], KEYED[name] + 1)
        else:
            return args
        found = [*args]
        for at in places:
            known = self.source_of_class(args[at].ty) if args[at].ty.name == "instance" else None
            if known is None or known.binds("__hash__") or known.builtin:
                continue
            if known.members is not None:
                found[at] = self.check("enum.key", args[at], instr, Type("member", args[at].ty.args))
            elif known.leaves_equality:
                for method in ("__eq__", "__hash__"):
                    self.check(f"special:{method}/none", args[at], instr)
                found[at] = self.check("own.key", args[at], instr, Type("identity", args[at].ty.args))
        return found

    def enumeration(self, value: Value) -> Enumeration | None:
        known = self.source_of_class(value.ty) if value.ty.name == "instance" else None
        return known.enumeration if known is not None else None

    def enum_operation(self, name: str, args: list[Value], instr: Instr) -> Value | list[Value]:
        """The value of an operation on members of an enumeration; or its operands, which are ints where it is for ints."""
        plain = name[1:] if name[0] == "i" and name[1:] in ARITHMETIC else name
        kinds = [self.enumeration(arg) for arg in args]
        if any(kind is not None and kind.is_flag for kind in kinds):
            found = self.flags(plain, args, kinds, instr)
            if found is not None or plain in BITWISE or plain == "invert":
                return args if found is None else found
        places = range(len(args)) if plain in AS_INTS else [PLACES[plain]] if plain in PLACES else []
        if plain == "pow" or (plain in UNARY and plain in PLACES and args[0].ty.name in ("dict", "instance", "class")):
            places = []
        converted = [*args]
        for at in places:
            kind = kinds[at] if at < len(kinds) else None
            if kind is not None and kind.is_int:
                how = "int" if kind.is_flag or plain not in (*BITWISE, "invert") else "intbits"
                converted[at] = self.check(f"enum.as:{how}", args[at], instr, INT)
        return converted

    def flags(self, name: str, args: list[Value], kinds: list[Enumeration | None], instr: Instr) -> Value | None:
        """An operation on members of an `enum.Flag`: what it does with their values."""
        if name in ("truth", "bool"):
            self.check("enum.as:flag", args[0], instr)
            return self.computed("truth", [self.value_of(args[0], instr)], BOOL, instr)
        if name not in BITWISE and name != "contains":
            return None
        flag = next(arg for arg, kind in zip(args, kinds) if kind is not None and kind.is_flag)
        known = self.enumeration(flag)
        assert known is not None
        others = [arg for arg in args if arg.ty != flag.ty]
        if any(arg.ty != INT for arg in others) or (others and (not known.is_int or name == "contains")):
            return None
        self.check("enum.as:flag", flag, instr)
        left, right = (arg if arg.ty == INT else self.value_of(arg, instr) for arg in args)
        if name == "contains":
            both = self.computed("and", [left, right], INT, instr)
            return self.computed("eq", [both, left], BOOL, instr)
        value = self.computed(name, [left, right], INT, instr)
        return self.found(str(flag.ty.args[0]), value, instr)

    def value_of(self, member: Value, instr: Instr) -> Value:
        """The int that is the value of a flag."""
        kind = self.enumeration(member)
        assert kind is not None
        if kind.is_int:
            return self.check("enum.value", member, instr, INT)
        value = self.read(member, "_value_", instr)
        if value.ty != INT:
            raise self.detour(self.error(instr.span, "the value of a flag", f"it is of type {value.ty}"))
        return value

    def computed(self, name: str, args: list[Value], ty: Type, instr: Instr) -> Value:
        choice = choose(name, tuple(arg.ty for arg in args), tuple(NOT_CONSTANT for _ in args))
        assert choice is not None
        return self.emit(ops.PRIM, args, ty, instr.span, choice.primitive)

    def found(self, owner: str, value: Value, instr: Instr) -> Value:
        """The member that has the value."""
        choice = choose(f"{FIND}:{owner}", (value.ty,), (NOT_CONSTANT,))
        if choice is None:
            conflict = f"members are not found by values of type {value.ty}"
            raise self.detour(self.error(instr.span, f"the call of '{owner}'", conflict))
        operands = self.operands(choice, [value], instr.span)
        return self.emit(ops.PRIM, operands, instance_of(owner), instr.span, choice.primitive)

    def of_enum_class(self, name: str, args: list[Value], instr: Instr) -> Value | None:
        """An operation on an enumeration itself: ``Color["RED"]``, or its members one after the other."""
        known = self.source_of_class(args[0].ty) if args and args[0].ty.name == "class" else None
        if known is None or known.members is None or name not in ("getitem", "iter.open", "iter.check", "len"):
            return None
        if name == "getitem":
            key = self.widen_char(args[1], instr.span)
            choice = choose(NAMED, (args[0].ty, key.ty), (NOT_CONSTANT, NOT_CONSTANT))
            if choice is None:
                return None
            return self.emit(ops.PRIM, [args[0], key], instance_of(known.name), instr.span, choice.primitive)
        made = self.check(MEMBERS, args[0], instr, tuples_of(instance_of(known.name)))
        return self.computed("len", [made], INT, instr) if name == "len" else made
