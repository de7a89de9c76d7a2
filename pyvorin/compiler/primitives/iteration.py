"""Indices, ranges and the iteration of sequences: what loops are made of (frontend/loop.py, frontend/source.py)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import poll
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.primitives.registry import Alias, Constants, Folded, Types, choose, primitive
from pyvorin.core.reasons import EXPLICIT_RAISE, INTEGER_OVERFLOW, VALUE_ERROR
from pyvorin.types.spec import FLOAT, NUMBER, OBJECT

STRIP = 4096
"""Iterations between two polls (mechanics: a strip of this length makes the poll unmeasurable)."""
LONG_STRIP = 2**16
"""The same where a turn takes a few instructions, of which 4,096 take no longer than some polls; 6 ms at 100 ns a turn."""


@primitive("index.lt", "(int, int) -> bool")
def less(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp slt i64 {a}, {b}")


@primitive("index.next", "(int) -> int")
def following(emit: Emitter, a: str) -> str:
    """Never overflows: an index is below a length."""
    return emit.op(f"add nuw nsw i64 {a}, 1")


@primitive("index.previous", "(int) -> int")
def previous(emit: Emitter, a: str) -> str:
    return emit.op(f"add nsw i64 {a}, -1")


@primitive("index.positive", "(int) -> bool")
def positive(emit: Emitter, a: str) -> str:
    return emit.op(f"icmp sgt i64 {a}, 0")


@primitive("index.countdown", "() -> int")
def countdown(emit: Emitter) -> str:
    return str(STRIP)


@primitive("index.min", "(int, int) -> int")
def smaller(emit: Emitter, a: str, b: str) -> str:
    return emit.intrinsic("llvm.smin.i64", "i64", a, b)


@primitive("index.mirror", "(int, int) -> int")
def mirror(emit: Emitter, index: str, size: str) -> str:
    """The index counted from the end: size - 1 - index."""
    return emit.op(f"sub nsw i64 {emit.op(f'sub nsw i64 {size}, 1')}, {index}")


@primitive("iter.limit", "(int, int) -> int")
def limit(emit: Emitter, index: str, size: str) -> str:
    """Where the next strip ends."""
    return emit.intrinsic("llvm.smin.i64", "i64", emit.op(f"add nuw nsw i64 {index}, {STRIP}"), size)


@primitive("iter.limit.long", "(int, int) -> int")
def long_limit(emit: Emitter, index: str, size: str) -> str:
    """As `iter.limit`, of a loop whose turns are cheap (`passes/lengthen_strips.py`)."""
    return emit.intrinsic("llvm.smin.i64", "i64", emit.op(f"add nuw nsw i64 {index}, {LONG_STRIP}"), size)


@primitive("iter.ended", "(object) -> bool")
def ended(emit: Emitter, item: str) -> str:
    """Whether this is what `next` of CPython's iterators gives behind the last item."""
    return emit.op(f"icmp eq ptr {item}, {emit.slot('ended')}")


@primitive("iter.end", "() -> none", exits=[EXPLICIT_RAISE])
def end(emit: Emitter) -> str:
    """The StopIteration of a `__next__`: what becomes of it is decided before (`infer/protocol.py`)."""
    raise AssertionError("inference replaces it")


@primitive("iter.quiet", "(object) -> bool")
def quiet(emit: Emitter, iterator: str) -> str:
    """Whether asking the iterator for its next item runs no code of the program, which would look for the frame that asks."""
    from pyvorin.compiler.lower.next_item import is_quiet

    return is_quiet(emit, iterator)


@primitive("iter.exhausted", "() -> object")
def exhausted(emit: Emitter) -> str:
    """An iterator without items."""
    iterator = emit.slot("exhausted")
    emit.incref(iterator)
    return iterator


@primitive("work.spend", "(int) -> none", effect=READ)
def spend(emit: Emitter, iterations: str) -> str:
    """A loop that has gone round so often takes that off the allowance between two polls."""
    poll.spend(emit, iterations)
    return "false"


@primitive("work.spend.rest", "(int) -> none", effect=READ)
def spend_rest(emit: Emitter, left: str) -> str:
    """As `work.spend`, for a loop that counts down."""
    poll.spend(emit, emit.op(f"sub i64 {STRIP}, {left}"))
    return "false"


@primitive("work.due", "() -> bool", effect=READ)
def due(emit: Emitter) -> str:
    """Whether the loops inside, or those of called functions, have used the allowance up."""
    return poll.due(emit)


@primitive("range.bound", "(int) -> int", promotes=True)
def bound(emit: Emitter, a: str) -> str:
    return a


@primitive("range.size", "(int, int, int) -> int", exits=[VALUE_ERROR, INTEGER_OVERFLOW])
def range_size(emit: Emitter, start: str, stop: str, step: str) -> str:
    """How many items the range has (get_len_of_range, rangeobject.c); more than 2**63 - 1 exit, as does a step of 0."""
    if step == "1":
        if start == "0":
            return emit.intrinsic("llvm.smax.i64", "i64", stop, "0")
        both = emit.call("llvm.ssub.with.overflow.i64", "{ i64, i1 } (i64, i64)", stop, start)
        wide = emit.op(f"extractvalue {{ i64, i1 }} {both}, 1")
        forward = emit.op(f"icmp sgt i64 {stop}, {start}")
        emit.exit_if(emit.op(f"and i1 {wide}, {forward}"), INTEGER_OVERFLOW)
        difference = emit.op(f"extractvalue {{ i64, i1 }} {both}, 0")
        return emit.select(forward, "i64", difference, "0")
    emit.exit_if(emit.op(f"icmp eq i64 {step}, 0"), VALUE_ERROR)
    size = range_size_unchecked(emit, start, stop, step)
    emit.exit_if(emit.op(f"icmp slt i64 {size}, 0"), INTEGER_OVERFLOW)
    return size


@primitive("range.size.unchecked", "(int, int, int) -> int")
def range_size_unchecked(emit: Emitter, start: str, stop: str, step: str) -> str:
    """Of a range whose step is not 0; a size from 2**63 on is negative, as it does not fit."""
    if step == "1":
        difference = emit.op(f"sub i64 {stop}, {start}")
        return emit.select(emit.op(f"icmp sgt i64 {stop}, {start}"), "i64", difference, "0")
    up = emit.op(f"icmp sgt i64 {step}, 0")
    low = emit.select(up, "i64", start, stop)
    high = emit.select(up, "i64", stop, start)
    stride = emit.select(up, "i64", step, emit.op(f"sub i64 0, {step}"))
    # The distance as an unsigned number is right even if it does not fit a signed one.
    distance = emit.op(f"sub i64 {high}, {low}")
    whole = emit.op(f"udiv i64 {emit.op(f'sub i64 {distance}, 1')}, {stride}")
    count = emit.op(f"add i64 {whole}, 1")
    some = emit.op(f"icmp slt i64 {low}, {high}")
    return emit.select(some, "i64", count, "0")


@primitive("range.item", "(int, int, int, int) -> int")
def range_item(emit: Emitter, start: str, step: str, index: str, size: str) -> str:
    """start + index * step: within the range, so that wrapping arithmetic gives the exact value."""
    if step == "1":
        if start == "0":
            # What a loop over range(len(xs)) needs to prove that xs[i] is within bounds.
            emit.call("llvm.assume", "void (i1)", emit.op(f"icmp ult i64 {index}, {size}"))
            return index
        return emit.op(f"add nsw i64 {start}, {index}")
    return emit.op(f"add i64 {start}, {emit.op(f'mul i64 {index}, {step}')}")


@primitive("range.last", "(int, int, int) -> int")
def range_last(emit: Emitter, start: str, step: str, size: str) -> str:
    """The last item; meaningless, and not used, for an empty range."""
    last = emit.op(f"sub i64 {size}, 1")
    return emit.op(f"add i64 {start}, {emit.op(f'mul i64 {last}, {step}')}")


@primitive("range.opposite", "(int) -> int")
def range_opposite(emit: Emitter, step: str) -> str:
    """-step; for the lowest int the range has at most two items, for which wrapping is exact too."""
    return emit.op(f"sub i64 0, {step}")


@primitive("iter.check", "(list[T]) -> list[T]", rule=lambda types, constants: Alias())
@primitive("iter.check", "(str) -> str", rule=lambda types, constants: Alias())
@primitive("iter.check", "(tuple) -> tuple", rule=lambda types, constants: Alias())
def check(emit: Emitter, a: str) -> str:
    """Only what can be iterated by index has this overload."""
    return a


def _indexed(types: Types, constants: Constants) -> Alias | None:
    if types == (OBJECT,):
        return None  # which has an overload that looks what it is
    return Alias() if choose("iter.check", types, constants) is not None else None


@primitive("iter.open", "(A) -> A", rule=_indexed)
def open_indexed(emit: Emitter, a: str) -> str:
    """What is iterated by index, or has an overload of its own."""
    return a


@primitive("iter.valid", "(list[T], int) -> bool", effect=READ)
def valid_list(emit: Emitter, xs: str, index: str) -> str:
    """The list may have become shorter since the strip began."""
    size = emit.load("i64", xs, emit.layout.size, "size")
    return emit.op(f"icmp slt i64 {index}, {size}")


@primitive("iter.valid", "(str, int) -> bool", rule=lambda types, constants: Folded(True))
@primitive("iter.valid", "(tuple, int) -> bool", rule=lambda types, constants: Folded(True))
def valid_immutable(emit: Emitter, xs: str, index: str) -> str:
    return "true"


@primitive("count.bound", "(int) -> int", rule=lambda types, constants: Alias())
def count_bound(emit: Emitter, a: str) -> str:
    """Not a bool, which `itertools.count` would give itself."""
    return a


@primitive("islice.bound", "(int) -> int", promotes=True, exits=[VALUE_ERROR])
def slice_bound(emit: Emitter, a: str) -> str:
    emit.exit_if(emit.op(f"icmp slt i64 {a}, 0"), VALUE_ERROR)
    return a


@primitive("islice.step", "(int) -> none", exits=[VALUE_ERROR])
def slice_step(emit: Emitter, a: str) -> str:
    emit.exit_if(emit.op(f"icmp slt i64 {a}, 1"), VALUE_ERROR)
    return "false"


@primitive("key.check", "(float) -> none", exits=[VALUE_ERROR])
def key_check(emit: Emitter, a: str) -> str:
    """A NaN is equal to nothing but the same object, of which nothing is known."""
    emit.exit_if(emit.op(f"fcmp uno double {a}, {a}"), VALUE_ERROR)
    return "false"


def _has_no_nan(types: Types, constants: Constants) -> Folded | None:
    return None if types[0] in (FLOAT, NUMBER, OBJECT) or types[0].name == "union" else Folded(None)


@primitive("key.check", "(A) -> none", rule=_has_no_nan)
def key_check_other(emit: Emitter, a: str) -> str:
    return "false"
