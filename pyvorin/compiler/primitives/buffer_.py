"""Buffers (array.array, one-dimensional NumPy arrays): length, reading, writing, iteration; in place.

Reading and writing exist with and without checks.  By the suffix: ``unchecked`` needs an index from 0 to len - 1 and a value
that the item type holds, ``within`` only the former, ``fits`` only the latter; ``wrapping`` takes an index from -len to len - 1,
too.  `passes/drop_checks.py` chooses them where it has the proof.
What NumPy scalars are is in numpy_.py.
"""

from __future__ import annotations

from typing import Any

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import buffers
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives.indexing import from_front
from pyvorin.compiler.primitives.registry import Alias, Folded, Rule, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW, OVERLAPPING_BUFFERS, VALUE_ERROR
from pyvorin.types.buffers import Item, item_of
from pyvorin.types.spec import NONE, Type


def _type(emit: Emitter) -> Type:
    """The buffer's type: the first operand of the instruction being lowered."""
    assert emit.current is not None
    return emit.current.args[0].ty


def reads(wide: bool) -> Rule:
    """The result of reading an item; *wide*: unsigned 64-bit items, of which half are no native ints."""

    def rule(types: tuple[Type, ...], constants: tuple[Any, ...]) -> Type | None:
        item = item_of(types[0])
        return item.reads if item is not None and item.is_wide == wide else None

    return rule


def stores(accepts: str) -> Rule:
    """Whether a value of the pattern's type may be stored: floats only into float items (an int array raises TypeError)."""

    def rule(types: tuple[Type, ...], constants: tuple[Any, ...]) -> Type | None:
        item = item_of(types[0])
        if item is None or item.is_float != accepts.endswith("float"):
            return None
        # What __index__ gives would fit an int array, too, but that is no case worth having.
        return NONE if accepts != "npint" or types[0].name == "ndarray" else None

    return rule


def _alias_if_read(types: tuple[Type, ...], constants: tuple[Any, ...]) -> Alias | None:
    return None if item_of(types[0]) is None else Alias()


def actual_index(emit: Emitter, xs: str, index: str) -> str:
    actual = _wrapped(emit, xs, index)
    size = buffers.length(emit, xs, _type(emit))
    emit.exit_if(emit.op(f"icmp uge i64 {actual}, {size}"), BOUNDS_CHECK_FAILURE)
    return actual


def _wrapped(emit: Emitter, xs: str, index: str) -> str:
    """An index that is within bounds, perhaps counted from the end."""
    size = buffers.length(emit, xs, _type(emit))
    return from_front(emit, index, size)


def narrow(emit: Emitter, value: str) -> str:
    """A wide item as a native int; from 2**63 on it exits."""
    emit.exit_if(emit.op(f"icmp slt i64 {value}, 0"), INTEGER_OVERFLOW)
    return value


def require_fits(emit: Emitter, value: str, item: Item) -> None:
    """The value must be one that the item holds: CPython raises OverflowError before it stores anything."""
    low, high = item.bounds()
    if item.is_wide:
        emit.exit_if(emit.op(f"icmp slt i64 {value}, 0"), VALUE_ERROR)
    elif item.bits < 64:
        shifted = emit.op(f"sub i64 {value}, {low}")
        emit.exit_if(emit.op(f"icmp ugt i64 {shifted}, {high - low}"), VALUE_ERROR)


def _declare(kind: str) -> None:
    """The primitives of one kind of buffer, `array` or `ndarray`."""

    @primitive("len", f"({kind}[T]) -> int")
    @primitive("iter.size", f"({kind}[T]) -> int")
    def length(emit: Emitter, xs: str) -> str:
        """The same as long as native code runs, because the entry holds the buffer."""
        return buffers.length(emit, xs, _type(emit))

    @primitive("iter.check", f"({kind}[T]) -> {kind}[T]", rule=_alias_if_read)
    def check(emit: Emitter, xs: str) -> str:
        return xs

    @primitive("iter.valid", f"({kind}[T], int) -> bool", rule=lambda types, constants: Folded(True))
    def valid(emit: Emitter, xs: str, index: str) -> str:
        return "true"

    @primitive(
        "getitem",
        f"({kind}[T], int) -> R",
        effect=READ,
        exits=[BOUNDS_CHECK_FAILURE],
        promotes=True,
        rule=reads(wide=False),
    )
    def getitem(emit: Emitter, xs: str, index: str) -> str:
        return buffers.load_item(emit, xs, actual_index(emit, xs, index), _type(emit))

    @primitive("getitem.unchecked", f"({kind}[T], int) -> R", effect=READ, rule=reads(wide=False))
    @primitive("iter.item", f"({kind}[T], int) -> R", effect=READ, rule=reads(wide=False))
    def item(emit: Emitter, xs: str, index: str) -> str:
        return buffers.load_item(emit, xs, index, _type(emit))

    @primitive("getitem.wrapping", f"({kind}[T], int) -> R", effect=READ, rule=reads(wide=False))
    def item_wrapping(emit: Emitter, xs: str, index: str) -> str:
        return item(emit, xs, _wrapped(emit, xs, index))

    @primitive(
        "getitem",
        f"({kind}[T], int) -> R",
        effect=READ,
        exits=[BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW],
        promotes=True,
        rule=reads(wide=True),
    )
    def getitem_wide(emit: Emitter, xs: str, index: str) -> str:
        return narrow(emit, getitem(emit, xs, index))

    @primitive(
        "getitem.unchecked", f"({kind}[T], int) -> R", effect=READ, exits=[INTEGER_OVERFLOW], rule=reads(wide=True)
    )
    @primitive("iter.item", f"({kind}[T], int) -> R", effect=READ, exits=[INTEGER_OVERFLOW], rule=reads(wide=True))
    def item_wide(emit: Emitter, xs: str, index: str) -> str:
        return narrow(emit, item(emit, xs, index))

    @primitive(
        "getitem.wrapping", f"({kind}[T], int) -> R", effect=READ, exits=[INTEGER_OVERFLOW], rule=reads(wide=True)
    )
    def item_wide_wrapping(emit: Emitter, xs: str, index: str) -> str:
        return item_wide(emit, xs, _wrapped(emit, xs, index))

    def setitem(emit: Emitter, xs: str, index: str, value: str) -> str:
        actual = actual_index(emit, xs, index)
        require_fits(emit, value, buffers.item(_type(emit)))
        buffers.store_item(emit, xs, actual, value, _type(emit))
        return "false"

    def setitem_within(emit: Emitter, xs: str, index: str, value: str) -> str:
        """The index is within bounds."""
        require_fits(emit, value, buffers.item(_type(emit)))
        buffers.store_item(emit, xs, index, value, _type(emit))
        return "false"

    def setitem_fits(emit: Emitter, xs: str, index: str, value: str) -> str:
        """The item holds the value."""
        buffers.store_item(emit, xs, actual_index(emit, xs, index), value, _type(emit))
        return "false"

    def setitem_unchecked(emit: Emitter, xs: str, index: str, value: str) -> str:
        buffers.store_item(emit, xs, index, value, _type(emit))
        return "false"

    def setitem_wrapping(emit: Emitter, xs: str, index: str, value: str) -> str:
        buffers.store_item(emit, xs, _wrapped(emit, xs, index), value, _type(emit))
        return "false"

    integers = {
        "setitem": (setitem, [BOUNDS_CHECK_FAILURE, VALUE_ERROR]),
        "setitem.within": (setitem_within, [VALUE_ERROR]),
        "setitem.fits": (setitem_fits, [BOUNDS_CHECK_FAILURE]),
        "setitem.wrapping": (setitem_wrapping, []),
        "setitem.unchecked": (setitem_unchecked, []),
    }
    floats = {
        "setitem": (setitem_fits, [BOUNDS_CHECK_FAILURE]),
        "setitem.wrapping": (setitem_wrapping, []),
        "setitem.unchecked": (setitem_unchecked, []),
    }
    for value, overloads in (("int", integers), ("npint", integers), ("float", floats), ("npfloat", floats)):
        for name, (lower, exits) in overloads.items():
            signature = f"({kind}[T], int, {value}) -> none"
            rule = stores(value)
            primitive(name, signature, effect=MUTATE, exits=exits, promotes=True, rule=rule)(lower)


_declare("array")
_declare("ndarray")


@primitive("truth", "(array[T]) -> bool")
@primitive("bool", "(array[T]) -> bool")
def truth(emit: Emitter, xs: str) -> str:
    """An array is true if it is not empty; NumPy arrays have truth only with one item, and no overload."""
    return emit.op(f"icmp ne i64 {buffers.length(emit, xs, _type(emit))}, 0")


@primitive("buffer.check", "(array[T], int) -> none", exits=[BOUNDS_CHECK_FAILURE])
@primitive("buffer.check", "(ndarray[T], int) -> none", exits=[BOUNDS_CHECK_FAILURE])
def check_index(emit: Emitter, xs: str, index: str) -> str:
    """The bounds check of an access that comes later."""
    actual_index(emit, xs, index)
    return "false"


@primitive("buffer.covers", "(array[T], int, int) -> none", exits=[BOUNDS_CHECK_FAILURE])
@primitive("buffer.covers", "(ndarray[T], int, int) -> none", exits=[BOUNDS_CHECK_FAILURE])
def covers(emit: Emitter, xs: str, base: str, offset: str) -> str:
    """Exits unless base + offset is below the length: the check of a whole loop's greatest index, before the loop."""
    greatest = emit.intrinsic("llvm.sadd.sat.i64", "i64", base, offset)
    size = buffers.length(emit, xs, _type(emit))
    emit.exit_if(emit.op(f"icmp sge i64 {greatest}, {size}"), BOUNDS_CHECK_FAILURE)
    return "false"


@primitive("index.nonnegative", "(int, int) -> none", exits=[BOUNDS_CHECK_FAILURE])
def nonnegative(emit: Emitter, base: str, offset: str) -> str:
    """Exits if base + offset is negative: the check of a whole loop's least index, before the loop."""
    least = emit.intrinsic("llvm.sadd.sat.i64", "i64", base, offset)
    emit.exit_if(emit.op(f"icmp slt i64 {least}, 0"), BOUNDS_CHECK_FAILURE)
    return "false"


def _declare_apart(read: str, written: str) -> None:
    @primitive("buffer.apart", f"({read}[T], {written}[U]) -> none", exits=[OVERLAPPING_BUFFERS])
    def apart(emit: Emitter, a: str, b: str) -> str:
        """Exits if the buffers share memory."""
        assert emit.current is not None
        types = [arg.ty for arg in emit.current.args]
        (low_a, high_a), (low_b, high_b) = (buffers.extent(emit, x, ty) for x, ty in zip((a, b), types))
        before = emit.op(f"icmp ule i64 {high_a}, {low_b}")
        after = emit.op(f"icmp ule i64 {high_b}, {low_a}")
        emit.exit_if(emit.op(f"xor i1 {emit.op(f'or i1 {before}, {after}')}, true"), OVERLAPPING_BUFFERS)
        return "false"


for _read in ("array", "ndarray"):
    for _written in ("array", "ndarray"):
        _declare_apart(_read, _written)
