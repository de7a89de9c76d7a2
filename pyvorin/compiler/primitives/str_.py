"""str: read in place where the text is compact, CPython's own C functions for the rest.

A `char` is a str of length 1 held as its code point: what indexing and iteration give and what comparisons want.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import strings, text
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.list_ import clamp, slice_rule, stepped
from pyvorin.compiler.primitives.registry import Alias, Folded, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, VALUE_ERROR


@primitive("len", "(str) -> int")
@primitive("iter.size", "(str) -> int")
def length(emit: Emitter, s: str) -> str:
    size = emit.load("i64", s, emit.layout.str_length, "value")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("len", "(char) -> int", rule=lambda types, constants: Folded(1))
def length_char(emit: Emitter, c: str) -> str:
    return "1"


@primitive("truth", "(str) -> bool")
@primitive("bool", "(str) -> bool")
def truth(emit: Emitter, s: str) -> str:
    return emit.op(f"icmp ne i64 {emit.load('i64', s, emit.layout.str_length, 'value')}, 0")


@primitive("iter.item", "(str, int) -> char")
def item(emit: Emitter, s: str, index: str) -> str:
    """The code point at an index that is known to be within bounds."""
    return emit.call_helper("pv_str_char", strings.write_char, "i32 (ptr, i64)", s, index)


@primitive("getitem", "(str, int) -> char", exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def getitem(emit: Emitter, s: str, index: str) -> str:
    size = emit.load("i64", s, emit.layout.str_length, "value")
    actual = within(emit, index, size)
    return item(emit, s, actual)


def _declare_slice(lower: str, upper: str) -> None:
    @primitive("getslice", f"(str, {lower}, {upper}, none) -> str", effect=ALLOC, promotes=True)
    def getslice(emit: Emitter, s: str, low: str, high: str, step: str) -> str:
        size = emit.load("i64", s, emit.layout.str_length, "value")
        start = clamp(emit, low, size) if lower == "int" else "0"
        stop = clamp(emit, high, size) if upper == "int" else size
        stop = emit.intrinsic("llvm.smax.i64", "i64", start, stop)
        return emit.fail_if_null(emit.call("PyUnicode_Substring", "ptr (ptr, i64, i64)", s, start, stop))


for _lower in ("int", "none"):
    for _upper in ("int", "none"):
        _declare_slice(_lower, _upper)


@primitive("getslice", "(str, boxed A, boxed B, int) -> str", effect=ALLOC, exits=[VALUE_ERROR], rule=slice_rule)
def getslice_stepped(emit: Emitter, s: str, low: str, high: str, step: str) -> str:
    return stepped(emit, s, low, high, step)


@primitive("add", "(str, str) -> str", effect=ALLOC)
def concatenate(emit: Emitter, a: str, b: str) -> str:
    return emit.fail_if_null(emit.call("PyUnicode_Concat", "ptr (ptr, ptr)", a, b))


@primitive("mul", "(str, int) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat(emit: Emitter, s: str, count: str) -> str:
    """What is too long exits: it is CPython that raises the OverflowError, or the MemoryError."""
    return emit.exit_if_null(emit.call("PySequence_Repeat", "ptr (ptr, i64)", s, count), VALUE_ERROR)


@primitive("mul", "(int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat_mirrored(emit: Emitter, count: str, s: str) -> str:
    return repeat(emit, s, count)


def _declare_comparison(operation: str, relation: str) -> None:
    @primitive(operation, "(str, str) -> bool")
    def compare(emit: Emitter, a: str, b: str) -> str:
        if operation in ("eq", "ne"):
            equal = emit.call_helper("pv_str_equal", text.write_equal, "i1 (ptr, ptr)", a, b)
            return equal if operation == "eq" else emit.op(f"xor i1 {equal}, true")
        order = emit.call("PyUnicode_Compare", "i32 (ptr, ptr)", a, b)
        return emit.op(f"icmp {relation} i32 {order}, 0")


def _declare_is_char(operation: str) -> None:
    @primitive(operation, "(str, char) -> bool")
    def is_char(emit: Emitter, s: str, c: str) -> str:
        equal = emit.call_helper("pv_str_is_char", text.write_is_char, "i1 (ptr, i32)", s, c)
        return equal if operation == "eq" else emit.op(f"xor i1 {equal}, true")

    @primitive(operation, "(char, str) -> bool")
    def char_is(emit: Emitter, c: str, s: str) -> str:
        return is_char(emit, s, c)


_declare_is_char("eq")
_declare_is_char("ne")

for _operation, _relation in {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}.items():
    _declare_comparison(_operation, _relation)


@primitive("contains", "(str, str) -> bool", effect=ALLOC)
def contains(emit: Emitter, part: str, s: str) -> str:
    found = emit.call("PyUnicode_Contains", "i32 (ptr, ptr)", s, part)
    emit.leave_if(emit.op(f"icmp slt i32 {found}, 0"), 2)
    return emit.op(f"icmp ne i32 {found}, 0")


@primitive("contains", "(char, str) -> bool")
def contains_char(emit: Emitter, c: str, s: str) -> str:
    size = emit.load("i64", s, emit.layout.str_length, "value")
    at = emit.call("PyUnicode_FindChar", "i64 (ptr, i32, i64, i64, i32)", s, c, "0", size, "1")
    return emit.op(f"icmp sge i64 {at}, 0")


@primitive("ord", "(char) -> int")
def ord_char(emit: Emitter, c: str) -> str:
    return emit.op(f"zext i32 {c} to i64")


@primitive("ord", "(str) -> int", exits=[VALUE_ERROR])
def ord_str(emit: Emitter, s: str) -> str:
    size = emit.load("i64", s, emit.layout.str_length, "value")
    emit.exit_if(emit.op(f"icmp ne i64 {size}, 1"), VALUE_ERROR)
    return emit.op(f"zext i32 {item(emit, s, '0')} to i64")


def _first_that(emit: Emitter, tests: list[Callable[[], str]]) -> str:
    """Whether one of the conditions holds; what follows it is not looked at."""
    done = emit.new_label("found")
    ways = []
    for number, test in enumerate(tests, 1):
        holds = test()
        ways.append(("true" if number < len(tests) else holds, emit.label))
        if number < len(tests):
            following = emit.new_label("following")
            emit.branch(holds, done, following)
            emit.begin(following)
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", *ways)


def _declare_any(wanted_type: str, known_type: str, promotes: bool = False) -> None:
    @primitive("contains.any", f"({wanted_type}, {known_type}...) -> bool", promotes=promotes)
    def is_any(emit: Emitter, wanted: str, *known: str) -> str:
        """Whether it is one of the items of a display: `c in ("a", "b")`."""

        def test(other: str) -> Callable[[], str]:
            if wanted_type == "int":
                return lambda: emit.op(f"icmp eq i64 {wanted}, {other}")
            if wanted_type == "str" and known_type == "str":
                return lambda: emit.call_helper("pv_str_equal", text.write_equal, "i1 (ptr, ptr)", wanted, other)
            if wanted_type == "char" and known_type == "char":
                return lambda: emit.op(f"icmp eq i32 {wanted}, {other}")
            s, c = (wanted, other) if wanted_type == "str" else (other, wanted)
            return lambda: emit.call_helper("pv_str_is_char", text.write_is_char, "i1 (ptr, i32)", s, c)

        return _first_that(emit, [test(other) for other in known])


for _wanted in ("str", "char"):
    for _known in ("str", "char"):
        _declare_any(_wanted, _known)
_declare_any("int", "int", promotes=True)


@primitive("str.check", "(str) -> str", rule=lambda types, constants: Alias())
@primitive("str.check", "(char) -> char", rule=lambda types, constants: Alias())
def exact(emit: Emitter, s: str) -> str:
    """Only what is a str has this overload."""
    return s
