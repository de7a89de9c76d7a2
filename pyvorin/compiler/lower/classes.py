"""What native code relies on of the program's classes, collected from the instructions that rely on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr

OF_CLASSES = frozenset({"instance", "class"})

SLOTS = {
    "method": "ownmethod",
    "special": "ownmethod",
    "super": "supermethod",
    "derives": "derives",
    "enum.attr": "enumattr",
    "enum.member": "member",
}
"""The slots that primitives want filled, by the prefix of their names."""


@dataclass(slots=True)
class UsedClass:
    """attributes: those of instances whose place must be known.  members: slots that must not be empty, as (kind, argument);
    if there are any, instances must have no attributes that the host has not seen."""

    attributes: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)


def used_classes(functions: Iterable[Function]) -> dict[str, UsedClass]:
    """The classes that the functions handle, or whose instances they do, by name."""
    found: dict[str, UsedClass] = {}
    for block in (block for function in functions for block in function.blocks):
        values = [*block.params, *(instr.result for instr in block.instrs if instr.result is not None)]
        for ty in (value.ty for value in values if value.ty is not None and value.ty.name in OF_CLASSES):
            found.setdefault(str(ty.args[0]), UsedClass())
        for instr in block.instrs:
            if instr.op is ops.PRIM:
                _use(instr, found)
    return found


def _use(instr: Instr, found: dict[str, UsedClass]) -> None:
    kind, _, rest = instr.payload.name.partition(":")
    if kind in ("new", "object.make", "object.class"):
        name, qualname = [*rest.split("/"), ""][:2]
        used = found.setdefault(name, UsedClass())
        used.members.update({("ownmethod", f"{name} __init__ {qualname}")} if qualname else ())
    if not instr.args or instr.args[0].ty.name not in OF_CLASSES:
        return
    owner = str(instr.args[0].ty.args[0])
    if kind == "attr" and instr.args[0].ty.name == "instance":
        found[owner].attributes.add(rest)
    elif kind in ("attr", "attr.class"):
        found[owner].members.add(("classattr", f"{owner} {rest}"))
    elif kind == "enum.key":
        found[owner].members.add(("enumattr", f"{owner} __hash__"))
    elif kind in SLOTS:
        found[owner].members.add((SLOTS[kind], f"{owner} {rest.replace('/', ' ')}"))
