"""list: displays, reading, writing, appending, slices, concatenation; in place on CPython's own object."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import lists, numbers, text
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import Constants, Folded, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import CHAR, NEVER, STR, Type, join, list_of

MOST_ROOM = 1 << 20
"""Elements for which a comprehension asks at once: 8 MiB of pointers."""


def size_of(emit: Emitter, xs: str) -> str:
    """The length now: lists can change between any two reads."""
    return emit.load("i64", xs, emit.layout.size, "size")


def element_address(emit: Emitter, xs: str, index: str) -> str:
    items = emit.load("ptr", xs, emit.layout.list_items, "items")
    return emit.op(f"getelementptr ptr, ptr {items}, i64 {index}")


def _display(types: Types, constants: Constants) -> Type:
    element = NEVER
    for ty in types:
        element = join(element, ty)
    return list_of(element)


@primitive("list.make", "(boxed A...) -> list", effect=ALLOC, rule=_display)
def make(emit: Emitter, *items: str) -> str:
    obj = emit.fail_if_null(emit.call("PyList_New", "ptr (i64)", str(len(items))))
    for index, item in enumerate(items):
        emit.incref(item)
        emit.store("ptr", item, element_address(emit, obj, str(index)), 0, "element")
    return obj


@primitive("list.room", "(int) -> list", effect=ALLOC, rule=lambda types, constants: list_of(NEVER))
def room(emit: Emitter, count: str) -> str:
    """An empty list with room for so many elements, so that a comprehension of known length seldom grows it.

    Not for more than MOST_ROOM: ``[1 // (3 - i) for i in range(10**13)]`` has to raise ZeroDivisionError, not MemoryError.
    """
    count = emit.intrinsic("llvm.smin.i64", "i64", count, str(MOST_ROOM))
    obj = emit.fail_if_null(emit.call("PyList_New", "ptr (i64)", count))
    emit.store("i64", "0", obj, emit.layout.size, "size")
    return obj


@primitive("list.whole", "(A) -> bool", rule=lambda types, constants: Folded(types[0].name == "list"))
def whole(emit: Emitter, xs: str) -> str:
    """Whether list() of it is a slice of it."""
    return "false"


@primitive("len", "(list[T]) -> int", effect=READ)
@primitive("iter.size", "(list[T]) -> int", effect=READ)
def length(emit: Emitter, xs: str) -> str:
    size = size_of(emit, xs)
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("truth", "(list[T]) -> bool", effect=READ)
@primitive("bool", "(list[T]) -> bool", effect=READ)
def truth(emit: Emitter, xs: str) -> str:
    return emit.op(f"icmp ne i64 {size_of(emit, xs)}, 0")


def actual_index(emit: Emitter, xs: str, index: str) -> str:
    size = size_of(emit, xs)
    return within(emit, index, size)


OUTSIDE = {"IndexError": BOUNDS_CHECK_FAILURE}


@primitive(
    "getitem", "(list[T], int) -> boxed T", effect=READ, exits=[*OUTSIDE.values()], raises=OUTSIDE, borrows=True,
    promotes=True,
)  # fmt: skip
def getitem(emit: Emitter, xs: str, index: str) -> str:
    return emit.load("ptr", element_address(emit, xs, actual_index(emit, xs, index)), 0, "element")


@primitive("iter.item", "(list[T], int) -> boxed T", effect=READ, borrows=True)
@primitive("unpack.item", "(list[T], int) -> boxed T", effect=READ, borrows=True)
def item(emit: Emitter, xs: str, index: str) -> str:
    """The element at an index that is known to be within bounds."""
    return emit.load("ptr", element_address(emit, xs, index), 0, "element")


@primitive("setitem", "(list[T], int, boxed T) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def setitem(emit: Emitter, xs: str, index: str, value: str) -> str:
    """The new element is in place before the old one is given back, which may run any code (list_ass_item)."""
    address = element_address(emit, xs, actual_index(emit, xs, index))
    old = emit.load("ptr", address, 0, "element")
    emit.incref(value)
    emit.store("ptr", value, address, 0, "element")
    emit.decref(old)
    return "false"


@primitive("setitem.number", "(list[T], int, float) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
def setitem_float(emit: Emitter, xs: str, index: str, value: str) -> str:
    """As `setitem`; a float that only the list refers to takes the new value itself (nobody can see the difference)."""
    return _store_number(emit, xs, index, value, numbers.FLOAT)


@primitive("setitem.number", "(list[T], int, int) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
def setitem_int(emit: Emitter, xs: str, index: str, value: str) -> str:
    """As `setitem_float`, for positive ints of one digit that CPython does not share."""
    return _store_number(emit, xs, index, value, numbers.INT)


def _store_number(emit: Emitter, xs: str, index: str, value: str, kind: numbers.Kind) -> str:
    address = element_address(emit, xs, actual_index(emit, xs, index))
    status = emit.call_helper(kind.helper, kind.write, f"i32 (ptr, {kind.llvm})", address, value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return "false"


@primitive(".append", "(list[T], boxed T) -> none", effect=MUTATE, calm=True)
@primitive("list.add", "(list[T], boxed T) -> none", effect=MUTATE, calm=True)
def append(emit: Emitter, xs: str, value: str) -> str:
    """In place while there is room; CPython's own function makes room."""
    emit.incref(value)
    status = emit.call_helper("pv_list_append", lists.write_append, "i32 (ptr, ptr)", xs, value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return "false"


@primitive("add", "(list[A], list[B]) -> list", effect=ALLOC, rule=lambda types, constants: join_lists(types))
def concatenate(emit: Emitter, xs: str, ys: str) -> str:
    return emit.fail_if_null(emit.call("PySequence_Concat", "ptr (ptr, ptr)", xs, ys))


def join_lists(types: tuple[Type, ...]) -> Type | None:
    """The type of two lists' elements together."""
    return list_of(join(types[0].args[0], types[1].args[0]))


@primitive(".extend", "(list[A], list[B]) -> none", effect=MUTATE)
@primitive("iadd", "(list[A], list[B]) -> none", effect=MUTATE, in_place=True)
def extend(emit: Emitter, xs: str, ys: str) -> str:
    """xs[len(xs):] = ys, which copies first where both are the same list (list_ass_slice)."""
    size = size_of(emit, xs)
    status = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, size, size, ys)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return "false"


@primitive("imul", "(list[T], int) -> none", effect=MUTATE, exits=[VALUE_ERROR], in_place=True, promotes=True)
def repeat_in_place(emit: Emitter, xs: str, count: str) -> str:
    """PySequence_InPlaceRepeat gives the list itself again; where it fails it has changed nothing (list_inplace_repeat)."""
    same = emit.call("PySequence_InPlaceRepeat", "ptr (ptr, i64)", xs, count)
    emit.decref(emit.exit_if_null(same, VALUE_ERROR))
    return "false"


@primitive("mul", "(list[T], int) -> list[T]", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat(emit: Emitter, xs: str, count: str) -> str:
    return emit.exit_if_null(emit.call("PySequence_Repeat", "ptr (ptr, i64)", xs, count), VALUE_ERROR)


@primitive("mul", "(int, list[T]) -> list[T]", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat_mirrored(emit: Emitter, count: str, xs: str) -> str:
    return repeat(emit, xs, count)


def _declare_slices() -> None:
    """xs[a:b] for every combination of present and absent bounds, step absent or None."""
    for lower in ("int", "none"):
        for upper in ("int", "none"):
            _declare_slice(lower, upper)


def _declare_slice(lower: str, upper: str) -> None:
    @primitive("getslice", f"(list[T], {lower}, {upper}, none) -> list[T]", effect=ALLOC, promotes=True)
    def getslice(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
        size = size_of(emit, xs)
        start = clamp(emit, low, size) if lower == "int" else "0"
        stop = clamp(emit, high, size) if upper == "int" else size
        return emit.fail_if_null(emit.call("PyList_GetSlice", "ptr (ptr, i64, i64)", xs, start, stop))


def slice_rule(types: Types, constants: Constants) -> Type | None:
    """Bounds are ints or None; anything else has an `__index__`, which is the program's code."""
    known = all(ty.name in {"int", "bool", "none"} for ty in types[1:3])
    return (STR if types[0] == CHAR else types[0]) if known else None


def stepped(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
    """xs[low:high:step], low and high boxed, by CPython's own subscript of an exact list or str; a step of 0 exits."""
    number = emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", step))
    key = emit.call("PySlice_New", "ptr (ptr, ptr, ptr)", low, high, number)
    emit.decref(number)
    emit.fail_if_null(key)
    result = emit.call("PyObject_GetItem", "ptr (ptr, ptr)", xs, key)
    emit.decref(key)
    return emit.exit_if_null(result, VALUE_ERROR)


@primitive(
    "getslice", "(list[T], boxed A, boxed B, int) -> list[T]", effect=ALLOC, exits=[VALUE_ERROR], rule=slice_rule
)
def getslice_stepped(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
    return stepped(emit, xs, low, high, step)


def clamp(emit: Emitter, bound: str, size: str) -> str:
    """A slice bound as an index from 0 to the size (PySlice_AdjustIndices)."""
    negative = emit.op(f"icmp slt i64 {bound}, 0")
    shifted = emit.select(negative, "i64", emit.op(f"add i64 {bound}, {size}"), bound)
    positive = emit.intrinsic("llvm.smax.i64", "i64", shifted, "0")
    return emit.intrinsic("llvm.smin.i64", "i64", positive, size)


_declare_slices()


SEARCHES = (("int", "int"), ("float", "float"), ("int", "float"), ("bool", "bool"), ("str", "str"))
"""What can be looked for in a list of what."""


def as_element_wanted(emit: Emitter, wanted: str, wanted_type: str, element: str) -> str:
    """What is looked for as a value of the element type; an int that is no float exits, as no float is equal to it."""
    if wanted_type == element:
        return wanted
    distance = emit.op(f"add i64 {wanted}, {2**53}")
    emit.exit_if(emit.op(f"icmp ugt i64 {distance}, {2**54}"), RUNTIME_TYPE_MISMATCH)
    return emit.op(f"sitofp i64 {wanted} to double")


def _declare_search(wanted_type: str, element: str) -> None:
    exits, promotes = [RUNTIME_TYPE_MISMATCH], wanted_type == "int"

    @primitive("contains", f"({wanted_type}, list[{element}]) -> bool", effect=READ, exits=exits, promotes=promotes)
    def contains(emit: Emitter, wanted: str, xs: str) -> str:
        """Compares from the front; an element of another type exits, for its == could be anything.

        `in` compares by identity first.  That matters only for NaN, whose identity is lost unboxed: a NaN exits.
        """
        wanted = as_element_wanted(emit, wanted, wanted_type, element)
        if wanted_type == "float":
            emit.exit_if(emit.op(f"fcmp uno double {wanted}, {wanted}"), RUNTIME_TYPE_MISMATCH)

        def found_at(index: str) -> str:
            return equal_to(emit, element, unbox(emit, item(emit, xs, index), Type(element)), wanted)

        return emit.each_index(size_of(emit, xs), found_at)


_EQUAL: dict[str, Callable[[Emitter, str, str], str]] = {
    "int": lambda emit, a, b: emit.op(f"icmp eq i64 {a}, {b}"),
    "float": lambda emit, a, b: emit.op(f"fcmp oeq double {a}, {b}"),
    "bool": lambda emit, a, b: emit.op(f"icmp eq i1 {a}, {b}"),
    "str": lambda emit, a, b: emit.call_helper("pv_str_equal", text.write_equal, "i1 (ptr, ptr)", a, b),
}


def equal_to(emit: Emitter, element: str, a: str, b: str) -> str:
    """Whether two unboxed values of an element type are equal."""
    return _EQUAL[element](emit, a, b)


for _wanted, _element in SEARCHES:
    _declare_search(_wanted, _element)


@primitive("contains", "(A, list[never]) -> bool", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def contains_nothing(emit: Emitter, wanted: str, xs: str) -> str:
    """In a list into which nothing is ever put, as far as the source says."""
    emit.exit_if(emit.op(f"icmp ne i64 {size_of(emit, xs)}, 0"), RUNTIME_TYPE_MISMATCH)
    return "false"
