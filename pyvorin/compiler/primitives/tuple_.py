"""tuple: displays, items, length, comparison with a tuple of the same types by CPython's own function."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import text
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.list_ import equal_to
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Constants, Folded, Rule, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import BOOL, INT, OBJECT, STR, Type, as_element, join, tuple_of


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
    actual = within(emit, index, size)
    return item(emit, xs, actual)


@primitive("iter.item", "(tuple, int) -> boxed T", borrows=True, rule=_item_rule)
@primitive("unpack.item", "(tuple, int) -> boxed T", borrows=True, rule=_item_rule)
def item(emit: Emitter, xs: str, index: str) -> str:
    offset = emit.op(f"shl i64 {index}, 3")
    base = emit.address(xs, emit.layout.tuple_items)
    return emit.load("ptr", emit.address(base, offset), 0, "element")


def _all_are(element: Type) -> Rule:
    return lambda types, constants: BOOL if all(item == element for item in types[1].args) else None


def _declare_search(wanted_type: str, element: Type) -> None:
    rule = _all_are(element)

    @primitive("contains", f"({wanted_type}, tuple) -> bool", exits=[RUNTIME_TYPE_MISMATCH], promotes=True, rule=rule)
    def contains(emit: Emitter, wanted: str, xs: str) -> str:
        """An item of another type than expected exits: its `__eq__` might be called."""

        def found_at(index: str) -> str:
            found = unbox(emit, item(emit, xs, index), element)
            if wanted_type == "char":
                return emit.call_helper("pv_str_is_char", text.write_is_char, "i1 (ptr, i32)", found, wanted)
            return equal_to(emit, element.name, found, wanted)

        return emit.each_index(emit.load("i64", xs, emit.layout.size, "size"), found_at)


for _wanted, _element in (("int", INT), ("str", STR), ("char", STR)):
    _declare_search(_wanted, _element)
