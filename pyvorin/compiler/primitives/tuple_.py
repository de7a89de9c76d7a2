"""tuple: displays, items, length, comparison with a tuple of the same types by CPython's own function."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Constants, Folded, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE
from pyvorin.types.spec import OBJECT, Type, as_element, join, tuple_of


@primitive(
    "tuple.make", "(boxed A...) -> tuple", effect=ALLOC, rule=lambda types, constants: tuple_of(*map(as_element, types))
)
def make(emit: Emitter, *items: str) -> str:
    obj = emit.fail_if_null(emit.call("PyTuple_New", "ptr (i64)", str(len(items))))
    for index, item in enumerate(items):
        emit.incref(item)
        emit.store("ptr", item, obj, emit.layout.tuple_items + 8 * index, "element")
    return obj


@primitive("len", "(tuple) -> int", rule=lambda types, constants: Folded(len(types[0].args)))
@primitive("iter.size", "(tuple) -> int", rule=lambda types, constants: Folded(len(types[0].args)))
def length(emit: Emitter, xs: str) -> str:
    return emit.load("i64", xs, emit.layout.size, "size")


@primitive("truth", "(tuple) -> bool", rule=lambda types, constants: Folded(bool(types[0].args)))
def truth(emit: Emitter, xs: str) -> str:
    return "true"


def _item_rule(types: Types, constants: Constants) -> Type | None:
    """A constant index has its own item's type; otherwise all items must be of one type."""
    items = types[0].args
    index = constants[1]
    if index is not NOT_CONSTANT and isinstance(index, int):
        return items[index] if -len(items) <= index < len(items) else OBJECT
    if not items:
        return OBJECT
    common = items[0]
    for item in items[1:]:
        common = join(common, item)
    return common


@primitive(
    "getitem",
    "(tuple, int) -> boxed T",
    exits=[BOUNDS_CHECK_FAILURE],
    borrows=True,
    promotes=True,
    rule=_item_rule,
)
def getitem(emit: Emitter, xs: str, index: str) -> str:
    size = emit.load("i64", xs, emit.layout.size, "size")
    negative = emit.op(f"icmp slt i64 {index}, 0")
    actual = emit.select(negative, "i64", emit.op(f"add i64 {index}, {size}"), index)
    emit.exit_if(emit.op(f"icmp uge i64 {actual}, {size}"), BOUNDS_CHECK_FAILURE)
    return item(emit, xs, actual)


@primitive("iter.item", "(tuple, int) -> boxed T", borrows=True, rule=_item_rule)
@primitive("unpack.item", "(tuple, int) -> boxed T", borrows=True, rule=_item_rule)
def item(emit: Emitter, xs: str, index: str) -> str:
    offset = emit.op(f"shl i64 {index}, 3")
    base = emit.address(xs, emit.layout.tuple_items)
    return emit.load("ptr", emit.address(base, offset), 0, "element")
