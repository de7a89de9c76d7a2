"""What native code knows of the types that were seen."""

from __future__ import annotations

from functools import partial, reduce
from typing import TYPE_CHECKING

from pyvorin.compiler.primitives import table
from pyvorin.compiler.primitives.callables import OWNERS
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.types.spec import BUFFER_NAMES, ITERATOR, NEVER, OBJECT, Type, join

if TYPE_CHECKING:
    from pyvorin.compiler.frontend.module import ModuleSource


def known_type(module: ModuleSource, ty: Type) -> Type:
    """The type as far as native code of the module knows it: what it cannot read in place is an object like any other."""
    known = partial(known_type, module)
    if ty.name in BUFFER_NAMES or ty == ITERATOR:
        return ty
    if ty.name in ("instance", "class"):
        return ty if len(ty.args) == 1 and str(ty.args[0]) in module.classes else OBJECT
    if ty.name == "named":
        fact = module.fact(str(ty.args[0])) if len(ty.args) > 1 else None
        if fact is None or fact.kind != "named" or fact.detail.split(" ") != list(map(str, ty.args[1].args)):
            return OBJECT
        return Type("named", (*ty.args[:2], *map(known, ty.args[2:])))
    if ty.name == "function":
        fact = module.fact(str(ty.args[0])) if len(ty.args) == 1 else None
        return ty if fact is not None and fact.kind == "function" else OBJECT
    if ty.name == "builtin":
        return ty if len(ty.args) == 2 and table.knows(".".join(map(str, ty.args))) else OBJECT
    if ty.name == "bound":
        owner = known(ty.args[1]) if len(ty.args) == 2 else OBJECT
        return Type("bound", (ty.args[0], owner)) if owner.name in OWNERS else OBJECT
    if ty.name == "union":
        parts = tuple(map(known, ty.args))
        return OBJECT if OBJECT in parts else reduce(join, parts, NEVER)
    if ty.name not in UNBOXABLE:
        return OBJECT
    return Type(ty.name, tuple(map(known, ty.args)))
