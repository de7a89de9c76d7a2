"""Tuples of any length, with items expected to be of one type, `tuples[T]`: what `tuple(xs)` gives, slices, constant items."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives import tuple_
from pyvorin.compiler.primitives.list_ import SEARCHES, as_element_wanted, clamp, equal_to
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import Alias, Constants, Folded, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import NEVER, OBJECT, Type, join, tuples_of


@primitive("len", "(tuples[T]) -> int")
@primitive("iter.size", "(tuples[T]) -> int")
def length(emit: Emitter, xs: str) -> str:
    size = tuple_.length(emit, xs)
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("truth", "(tuples[T]) -> bool")
@primitive("bool", "(tuples[T]) -> bool")
def truth(emit: Emitter, xs: str) -> str:
    return emit.op(f"icmp ne i64 {tuple_.length(emit, xs)}, 0")


@primitive("iter.check", "(tuples[T]) -> tuples[T]", rule=lambda types, constants: Alias())
def check(emit: Emitter, xs: str) -> str:
    return xs


@primitive("iter.valid", "(tuples[T], int) -> bool", rule=lambda types, constants: Folded(True))
def valid(emit: Emitter, xs: str, index: str) -> str:
    return "true"


@primitive("iter.item", "(tuples[T], int) -> boxed T", borrows=True)
@primitive("unpack.item", "(tuples[T], int) -> boxed T", borrows=True)
def item(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.item(emit, xs, index)


@primitive("getitem", "(tuples[T], int) -> boxed T", exits=[BOUNDS_CHECK_FAILURE], borrows=True, promotes=True)
def getitem(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.getitem(emit, xs, index)


WHOLE = frozenset({"list", "tuple", "tuples"})


@primitive("tuple.of", "(list[T]) -> tuples[T]", effect=ALLOC)
def of_list(emit: Emitter, xs: str) -> str:
    return emit.fail_if_null(emit.call("PyList_AsTuple", "ptr (ptr)", xs))


@primitive("tuple.of", "(tuple) -> tuple", rule=lambda types, constants: Alias())
@primitive("tuple.of", "(tuples[T]) -> tuples[T]", rule=lambda types, constants: Alias())
def of_tuple(emit: Emitter, xs: str) -> str:
    """tuple() of an exact tuple is that tuple."""
    return xs


@primitive("tuple.whole", "(A) -> bool", rule=lambda types, constants: Folded(types[0].name in WHOLE))
def whole(emit: Emitter, xs: str) -> str:
    """Whether tuple() of it is made at once."""
    return "false"


def _common(types: Types, constants: Constants) -> Type | None:
    """The type of the items of tuples of known lengths, of which a part is taken; bounds are ints or None."""
    element = NEVER
    for ty in types[0].args:
        element = join(element, ty)
    return tuples_of(element) if element not in (OBJECT, NEVER) else None


def _declare_slices() -> None:
    """xs[a:b] for every combination of present and absent bounds, without a step."""
    for lower in ("int", "none"):
        for upper in ("int", "none"):
            _declare_slice(lower, upper)


def _declare_slice(lower: str, upper: str) -> None:
    bounds = f"{lower}, {upper}, none"

    @primitive("getslice", f"(tuples[T], {bounds}) -> tuples[T]", effect=ALLOC, promotes=True)
    @primitive("getslice", f"(tuple, {bounds}) -> tuples", effect=ALLOC, promotes=True, rule=_common)
    def getslice(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
        """PyTuple_GetSlice gives an exact tuple itself where that is the slice, as CPython's subscript does."""
        size = tuple_.length(emit, xs)
        start = clamp(emit, low, size) if lower == "int" else "0"
        stop = clamp(emit, high, size) if upper == "int" else size
        return emit.fail_if_null(emit.call("PyTuple_GetSlice", "ptr (ptr, i64, i64)", xs, start, stop))


_declare_slices()


def _declare_search(wanted_type: str, element: str) -> None:
    @primitive("contains", f"({wanted_type}, tuples[{element}]) -> bool", exits=[RUNTIME_TYPE_MISMATCH])
    def contains(emit: Emitter, wanted: str, xs: str) -> str:
        """As of a list: an item of another type exits, and so does a NaN, whose identity is lost."""
        wanted = as_element_wanted(emit, wanted, wanted_type, element)
        if wanted_type == "float":
            emit.exit_if(emit.op(f"fcmp uno double {wanted}, {wanted}"), RUNTIME_TYPE_MISMATCH)

        def found_at(index: str) -> str:
            return equal_to(emit, element, unbox(emit, tuple_.item(emit, xs, index), Type(element)), wanted)

        return emit.each_index(tuple_.length(emit, xs), found_at)


for _wanted, _element in SEARCHES:
    _declare_search(_wanted, _element)
