"""list's methods beyond append: pop, insert, reverse, copy, clear, index, count, sort; and the sorting of sorted()."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import plain_keys, sorting
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.list_ import (
    OUTSIDE,
    SEARCHES,
    actual_index,
    as_element_wanted,
    element_address,
    equal_to,
    item,
    size_of,
)
from pyvorin.compiler.primitives.objects import TYPE_OBJECTS, unbox
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import Type

Step = Callable[[str, str, str], tuple[str, str]]


@primitive(".pop", "(list[T]) -> boxed T", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], raises=OUTSIDE)
def pop(emit: Emitter, xs: str) -> str:
    """The last element; the list keeps its room, which only `sys.getsizeof` could tell."""
    size = size_of(emit, xs)
    emit.exit_if(emit.op(f"icmp eq i64 {size}, 0"), BOUNDS_CHECK_FAILURE)
    last = emit.op(f"sub nsw i64 {size}, 1")
    obj = emit.load("ptr", element_address(emit, xs, last), 0, "element")
    emit.store("i64", last, xs, emit.layout.size, "size")
    return obj


@primitive(".pop", "(list[T], int) -> boxed T", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def pop_at(emit: Emitter, xs: str, index: str) -> str:
    return pop_at_place(emit, xs, actual_index(emit, xs, index))


def pop_at_place(emit: Emitter, xs: str, actual: str) -> str:
    """The element at an index within bounds, taken out."""
    obj = emit.load("ptr", element_address(emit, xs, actual), 0, "element")
    emit.incref(obj)
    following = emit.op(f"add nsw i64 {actual}, 1")
    status = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, actual, following, "null")
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return obj


@primitive(".insert", "(list[T], int, boxed T) -> none", effect=MUTATE, promotes=True)
def insert(emit: Emitter, xs: str, index: str, value: str) -> str:
    status = emit.call("PyList_Insert", "i32 (ptr, i64, ptr)", xs, index, value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return "false"


@primitive(".reverse", "(list[T]) -> none", effect=MUTATE)
def reverse(emit: Emitter, xs: str) -> str:
    emit.call("PyList_Reverse", "i32 (ptr)", xs)
    return "false"


@primitive(".copy", "(list[T]) -> list[T]", effect=ALLOC)
def copy(emit: Emitter, xs: str) -> str:
    return emit.fail_if_null(emit.call("PyList_GetSlice", "ptr (ptr, i64, i64)", xs, "0", size_of(emit, xs)))


@primitive(".clear", "(list[T]) -> none", effect=MUTATE)
def clear(emit: Emitter, xs: str) -> str:
    size = size_of(emit, xs)
    status = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, "0", size, "null")
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
    return "false"


def _fold(emit: Emitter, xs: str, element: str, step: Step) -> str:
    """An i64 that starts as -1 and becomes what *step* makes of it at each element; one of another type exits.

    *step* gets the accumulator, the index and the unboxed element, and returns the new accumulator and whether to stop.
    """
    size = size_of(emit, xs)
    start = emit.label
    loop, inside, done = emit.new_label("each"), emit.new_label("element"), emit.new_label("all")
    emit.jump(loop)
    emit.begin(loop)
    index, total = emit.name(), emit.name()
    head = len(emit.lines)
    emit.branch(emit.op(f"icmp slt i64 {index}, {size}"), inside, done)
    emit.begin(inside)
    more, stop = step(total, index, unbox(emit, item(emit, xs, index), Type(element)))
    following = emit.op(f"add nuw nsw i64 {index}, 1")
    last = emit.label
    emit.branch(stop, done, loop)
    emit.lines[head:head] = [
        f"  {index} = phi i64 [ 0, %{start} ], [ {following}, %{last} ]",
        f"  {total} = phi i64 [ -1, %{start} ], [ {more}, %{last} ]",
    ]
    emit.begin(done)
    return emit.phi("i64", (total, loop), (more, last))


def _declare_search(wanted_type: str, element: str) -> None:
    def prepared(emit: Emitter, wanted: str) -> str:
        # Identity decides for a NaN, and an unboxed value has none.
        if wanted_type == "float":
            emit.exit_if(emit.op(f"fcmp uno double {wanted}, {wanted}"), RUNTIME_TYPE_MISMATCH)
        return as_element_wanted(emit, wanted, wanted_type, element)

    exits, promotes = [RUNTIME_TYPE_MISMATCH], wanted_type == "int"

    @primitive(".count", f"(list[{element}], {wanted_type}) -> int", effect=READ, exits=exits, promotes=promotes)
    def count(emit: Emitter, xs: str, wanted: str) -> str:
        wanted = prepared(emit, wanted)

        def add(total: str, index: str, found: str) -> tuple[str, str]:
            one = emit.op(f"zext i1 {equal_to(emit, element, found, wanted)} to i64")
            return emit.op(f"add nsw i64 {total}, {one}"), "false"

        return emit.op(f"add nsw i64 {_fold(emit, xs, element, add)}, 1")

    exits = [RUNTIME_TYPE_MISMATCH, VALUE_ERROR]

    @primitive(".index", f"(list[{element}], {wanted_type}) -> int", effect=READ, exits=exits, promotes=promotes)
    def index_of(emit: Emitter, xs: str, wanted: str) -> str:
        """What is not there exits, and CPython raises the ValueError."""
        wanted = prepared(emit, wanted)

        def look(total: str, index: str, found: str) -> tuple[str, str]:
            equal = equal_to(emit, element, found, wanted)
            return emit.select(equal, "i64", index, total), equal

        place = _fold(emit, xs, element, look)
        emit.exit_if(emit.op(f"icmp slt i64 {place}, 0"), VALUE_ERROR)
        return place

    @primitive(".remove", f"(list[{element}], {wanted_type}) -> none", effect=MUTATE, exits=exits, promotes=promotes)
    def remove(emit: Emitter, xs: str, wanted: str) -> str:
        """The first that is equal."""
        emit.decref(pop_at_place(emit, xs, index_of(emit, xs, wanted)))
        return "false"


def write_differs(element: str) -> Callable[[Unit], str]:
    """``i1 pv_…_list_differs(ptr list)``: whether an element's type is another one."""

    def write(unit: Unit) -> str:
        emit = Emitter(unit, "i1")
        size = size_of(emit, "%list")
        start = emit.label
        loop, inside, done = emit.new_label("each"), emit.new_label("element"), emit.new_label("all")
        emit.jump(loop)
        emit.begin(loop)
        index, so_far = emit.name(), emit.name()
        head = len(emit.lines)
        emit.branch(emit.op(f"icmp slt i64 {index}, {size}"), inside, done)
        emit.begin(inside)
        same = emit.has_type(item(emit, "%list", index), TYPE_OBJECTS[element])
        differs = emit.op(f"or i1 {so_far}, {emit.op(f'xor i1 {same}, true')}")
        following = emit.op(f"add nuw nsw i64 {index}, 1")
        emit.jump(loop)
        emit.lines[head:head] = [
            f"  {index} = phi i64 [ 0, %{start} ], [ {following}, %{inside} ]",
            f"  {so_far} = phi i1 [ false, %{start} ], [ {differs}, %{inside} ]",
        ]
        emit.begin(done)
        emit.do(f"ret i1 {so_far}")
        return emit.finish(f"define internal i1 @pv_{element}_list_differs(ptr %list) nounwind")

    return write


def _declare_sort(element: str) -> None:
    def check(emit: Emitter, xs: str) -> None:
        """Elements of one builtin type are compared by CPython's own functions: sorting them runs no code of the program.

        All are looked at, without a branch for each: nearly always they are what they should be.
        """
        different = emit.call_helper(f"pv_{element}_list_differs", write_differs(element), "i1 (ptr)", xs)
        emit.exit_if(different, RUNTIME_TYPE_MISMATCH)

    exits = [RUNTIME_TYPE_MISMATCH]

    @primitive(".sort", f"(list[{element}]) -> none", effect=MUTATE, exits=exits)
    @primitive("list.order", f"(list[{element}]) -> none", effect=MUTATE, exits=exits)
    def sort(emit: Emitter, xs: str) -> str:
        check(emit, xs)
        status = emit.call("PyList_Sort", "i32 (ptr)", xs)
        emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
        return "false"


for _wanted, _element in SEARCHES:
    _declare_search(_wanted, _element)
for _element in ("int", "float", "bool", "str"):
    _declare_sort(_element)


@primitive(".sort", "(list[never]) -> none", exits=[RUNTIME_TYPE_MISMATCH])
@primitive("list.order", "(list[never]) -> none", exits=[RUNTIME_TYPE_MISMATCH])
def sort_nothing(emit: Emitter, xs: str) -> str:
    """A list that nothing has been seen to be in; one that is not empty after all exits."""
    emit.exit_if(emit.op(f"icmp ne i64 {size_of(emit, xs)}, 0"), RUNTIME_TYPE_MISMATCH)
    return "false"


UNORDERED = (RUNTIME_TYPE_MISMATCH, VALUE_ERROR)


@primitive(".sort", "(list[tuple]) -> none", effect=MUTATE, exits=UNORDERED)
@primitive(".sort", "(list[tuples]) -> none", effect=MUTATE, exits=UNORDERED)
@primitive("list.order", "(list[tuple]) -> none", effect=MUTATE, exits=UNORDERED)
@primitive("list.order", "(list[tuples]) -> none", effect=MUTATE, exits=UNORDERED)
def sort_tuples(emit: Emitter, xs: str) -> str:
    """Of plain values only, which are compared by CPython's own functions.  Two that are in no order exit as well."""
    _require_plain_items(emit, xs)
    sort_or_exit(emit, xs)
    return "false"


def sort_or_exit(emit: Emitter, xs: str) -> None:
    """Sort the list of plain values; where two are in no order it is as it was, for CPython to find that out."""
    size = size_of(emit, xs)
    copy = emit.fail_if_null(emit.call("PyList_GetSlice", "ptr (ptr, i64, i64)", xs, "0", size))
    status = emit.call("PyList_Sort", "i32 (ptr)", copy)
    put, done, start = emit.new_label("put"), emit.new_label("sorted"), emit.label
    emit.branch(emit.op(f"icmp eq i32 {status}, 0"), put, done)
    emit.begin(put)
    stored = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, "0", size, copy)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    failed = emit.phi("i32", (status, start), ("0", last))
    unstored = emit.phi("i32", ("0", start), (stored, last))
    emit.decref(copy)
    emit.leave_if(emit.op(f"icmp ne i32 {unstored}, 0"), 2)
    _exit_if_unordered(emit, xs, failed)


@primitive("list.check", "(list[T]) -> none")
def check_list(emit: Emitter, xs: str) -> str:
    """Only a list has this overload."""
    return "false"


@primitive("list.order.reversed", "(list[T]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
def sort_backwards(emit: Emitter, xs: str) -> str:
    """Reversed before and after, so that what is equal keeps its order (list_sort_impl).  Of plain values only."""
    _require_plain_items(emit, xs)
    for function in ("PyList_Reverse", "PyList_Sort", "PyList_Reverse"):
        status = emit.call(function, "i32 (ptr)", xs)
        _exit_if_unordered(emit, xs, status)
    return "false"


def _by_list(types: Types, constants: Constants) -> Type | None:
    return Type("none") if types[1].name == "list" else None


# `boxed`: the items do not learn the types of the keys.
@primitive(
    "list.order.by",
    "(list[T], boxed K, bool) -> none",
    effect=MUTATE,
    exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR],
    rule=_by_list,
)
def sort_by(emit: Emitter, xs: str, keys_: str, is_reversed: str) -> str:
    """Sort a list that nobody has seen by keys that are there, which must be plain: comparing them runs no program code."""
    _require_plain_items(emit, keys_)
    true, false = emit.unit.external("_Py_TrueStruct"), emit.unit.external("_Py_FalseStruct")
    operands = (
        emit.slot("object", "'sort'"),
        emit.slot("object", "('key', 'reverse')"),
        emit.select(is_reversed, "ptr", true, false),
    )
    signature = "i32 (ptr, ptr, ptr, ptr, ptr)"
    status = emit.call_helper("pv_list_sort_by", sorting.write_sort_by, signature, xs, keys_, *operands)
    _exit_if_unordered(emit, xs, status)
    return "false"


def _require_plain_items(emit: Emitter, xs: str) -> None:
    plain = emit.call_helper("pv_list_plain", plain_keys.write_list_plain, "i1 (ptr)", xs)
    emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)


def _exit_if_unordered(emit: Emitter, xs: str, status: str) -> None:
    """CPython finds out again which two are in no order, and says so."""
    emit.exit_if_null(emit.select(emit.op(f"icmp eq i32 {status}, 0"), "ptr", xs, "null"), VALUE_ERROR)
