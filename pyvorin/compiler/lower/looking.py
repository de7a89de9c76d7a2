"""A look into arguments, where several specialisations of a function differ only in what is inside of them.

What a container holds is a hint, and no entry needs to check it.  But if ``list[int]`` and ``list[float]`` were both seen, an
entry that takes any list would begin calls that the other one is for, and leave them at the first element.

    list[float]                   the first element is a float, or there is none
    tuple[int, list[float]]       both items are, and the first element
"""

from __future__ import annotations

from pyvorin.compiler.lower.guarded import Guarded
from pyvorin.compiler.primitives.list_ import element_address
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.compiler.primitives.objects import matches as object_matches
from pyvorin.types.spec import OBJECT, Type

DEPTH = 3
UNTOLD = frozenset({"object", "number", "union"})
"""What is inside and may be of several types says nothing."""


def alike(one: tuple[Type, ...], other: tuple[Type, ...]) -> bool:
    """Whether an entry for the types *one* that does not look inside takes calls that *other* is for."""
    return one != other and all(map(_alike, one, other))


def _alike(one: Type, other: Type) -> bool:
    if one.name != other.name:
        return one == OBJECT
    if one.name == "tuple":
        return len(one.args) == len(other.args)
    return one.name in ("list", "dict", "set", "frozenset", "tuples") or one == other


def require_inside(emit: Guarded, obj: str, ty: Type, depth: int = DEPTH) -> None:
    """What is inside the object, which is of this type, is what the type says, as far as a short look tells."""
    if not depth:
        return
    if ty.name == "tuple":
        for index, item in enumerate(ty.args):
            _require(emit, emit.load("ptr", obj, emit.layout.tuple_items + 8 * index, "element"), item, depth)
    elif ty.name == "list" and len(ty.args) == 1 and ty.args[0] != OBJECT:
        look, done = emit.new_label("look"), emit.new_label("looked")
        emit.branch(emit.op(f"icmp sgt i64 {emit.load('i64', obj, emit.layout.size, 'size')}, 0"), look, done)
        emit.begin(look)
        _require(emit, emit.load("ptr", element_address(emit, obj, "0"), 0, "element"), ty.args[0], depth)
        emit.jump(done)
        emit.begin(done)


def _require(emit: Guarded, obj: str, ty: Type, depth: int) -> None:
    if ty.name in UNTOLD or ty.name not in UNBOXABLE:
        return
    emit.require(object_matches(emit, obj, ty))
    require_inside(emit, obj, ty, depth - 1)
