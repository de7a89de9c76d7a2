"""Named tuples: as tuples where an operator is for these, their fields, and what `_replace` makes of one."""

from __future__ import annotations

from pyvorin.compiler.frontend.operators import SWAPPED, container_of
from pyvorin.compiler.hir.ir import GIVEN, SPREAD, Instr, Value
from pyvorin.compiler.infer.protocol import Protocol
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import Type, tuple_of

OWN = frozenset({"getitem", "len", "iter.limit"})
"""What `primitives/named_.py` has itself."""
TAKEN_APART = frozenset({"unpack.least", "unpack.rest"})


class Named(Protocol):
    """The block at hand, in which named tuples are used."""

    def as_tuples(self, name: str, args: list[Value], instr: Instr) -> list[Value]:
        """The operands, the named tuples among them as tuples where the operator looks at their items."""
        at = container_of(name)
        places = range(2) if name in SWAPPED else range(1) if name in TAKEN_APART else () if at is None else [at]
        if name in OWN or name.startswith("."):
            return args
        found = [*args]
        for place in places:
            if place < len(args) and args[place].ty.name == "named":
                self.check("named.check", args[place], instr)
                ty = tuple_of(*args[place].ty.args[2:])
                found[place] = self.check("named.tuple", args[place], instr, ty)
        return found

    def field(self, named: Value, index: int, instr: Instr) -> Value:
        """The item of a named tuple that an attribute stands for."""
        self.check("named.check", named, instr)
        at = self.const(index, instr.span)
        choice = choose("named.item", (self.type_of(named), at.ty), (NOT_CONSTANT, index))
        assert choice is not None
        return self.result(choice, [named, at], instr)

    def replaced(self, called: str, args: list[Value], instr: Instr) -> Value:
        """``p._replace(x=1)``; *called*: the method, with the names of the arguments."""
        obj, *given = args
        marks = called.split("/")[1:]
        name, *fields = map(str, (obj.ty.args[0], *obj.ty.args[1].args))
        if SPREAD in marks or GIVEN in marks or len(marks) != len(given) or not set(marks) <= set(fields):
            raise self.refused("_replace", args, instr)
        path = "/".join([name, *fields])
        self.check(f"named.replace:{path}", obj, instr)
        new = dict(zip(marks, given))
        items = [new[field] if field in new else self.field(obj, at, instr) for at, field in enumerate(fields)]
        return self.made(f"named.make:{path}", items, instr)


def is_field(ty: Type, name: str) -> bool:
    """Whether values of the type are named tuples with this field."""
    return ty.name == "named" and Type(name) in ty.args[1].args


def own_form(name: str, types: tuple[Type, ...]) -> str:
    """The primitive for named tuples of the operands' class, if that is one of its own."""
    if name not in (".sort", "list.order") or types[0].name != "list" or types[0].args[0].name != "named":
        return name
    kind, fields, *_ = types[0].args[0].args
    return "/".join([f"named.sort:{kind}", *map(str, fields.args)])
