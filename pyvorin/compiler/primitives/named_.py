"""Named tuples: tuples of a class that `collections.namedtuple` has made for the module.

    Point = namedtuple("Point", "x y")       Point(1, 2.5): named[Point, names[x, y], int, float]

The host says whether the class is what that function makes (`host/classes.py`); native code compares its version at each use.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives import tuple_
from pyvorin.compiler.primitives.objects import named_slot, record_holds, unpack_check
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Constants, Folded, Types, family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, BOUNDS_CHECK_FAILURE, VALUE_ERROR
from pyvorin.types.spec import OBJECT, Type, as_element, named_of

MAKE = "named.make"
"""Prefix of the primitives that make one: ``named.make:Point/x/y``."""


@family(MAKE)
def _declare(text: str) -> None:
    name, *fields = text.split("/")

    def made(types: Types, constants: Constants) -> Type:
        return named_of(name, fields, map(as_element, types))

    primitive(f"{MAKE}:{text}", "(boxed A...) -> named", effect=ALLOC, exits=[ASSUMPTION_INVALIDATED], rule=made)(
        partial(make, name, fields)
    )


def make(name: str, fields: list[str], emit: Emitter, *items: str) -> str:
    """By the allocator that all classes have that derive from tuple; what `__new__` does then is to store the items."""
    kind = named_slot(emit, name, fields)
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    emit.exit_if(emit.op(f"xor i1 {record_holds(emit, kind, kind, name)}, true"), ASSUMPTION_INVALIDATED)
    obj = emit.fail_if_null(emit.call("PyType_GenericAlloc", "ptr (ptr, i64)", kind, str(len(items))))
    for index, item in enumerate(items):
        emit.incref(item)
        emit.store("ptr", item, obj, emit.layout.tuple_items + 8 * index, "element")
    return obj


def _item_rule(types: Types, constants: Constants) -> Type:
    items, index = types[0].args[2:], constants[1]
    if index is not NOT_CONSTANT and isinstance(index, int):
        return items[index] if -len(items) <= index < len(items) else OBJECT
    return OBJECT


@primitive("named.item", "(named, int) -> boxed T", borrows=True, rule=_item_rule)
@primitive("unpack.item", "(named, int) -> boxed T", borrows=True, rule=_item_rule)
def item(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.item(emit, xs, index)


@primitive("getitem", "(named, int) -> boxed T", exits=[BOUNDS_CHECK_FAILURE], borrows=True, rule=_item_rule)
def getitem(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.getitem(emit, xs, index)


primitive("unpack.check", "(named, int) -> none", exits=[VALUE_ERROR])(unpack_check)


@primitive("len", "(named) -> int", rule=lambda types, constants: Folded(len(types[0].args) - 2))
def length(emit: Emitter, xs: str) -> str:
    return emit.load("i64", xs, emit.layout.size, "size")
