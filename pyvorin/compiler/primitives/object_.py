"""Operations on objects of unknown types, by CPython's own functions.

They are *closed*: an operation is done only on exact builtin types for which it runs no code of the program, as the tables
below say; anything else exits in front of it, and so does what raises.  They are the dearest choice: where inference knows the
operands' types there is a better overload.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import kinds, numbers
from pyvorin.compiler.emit.runtime.c_calls import truth_of
from pyvorin.compiler.emit.runtime.kinds import (
    BOOL,
    BYTES,
    COMPLEX,
    DICT,
    FLOAT,
    INT,
    LIST,
    NONE,
    SET,
    STR,
    TUPLE,
)
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives import compare, float_, object_attributes  # noqa: F401  (their overloads for floats are used here)
from pyvorin.compiler.primitives.dict_ import fail_unless_done, put_object
from pyvorin.compiler.primitives.keys import search_dict
from pyvorin.compiler.primitives.objects import unbox_int
from pyvorin.compiler.primitives.registry import Constants, Primitive, Rule, Types, overloads, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types import spec
from pyvorin.types.spec import OBJECT, Type

NUMBER, WHOLE = INT | FLOAT | BOOL | COMPLEX, INT | BOOL
PLAIN = NUMBER | STR | NONE
SIZED = STR | BYTES | LIST | TUPLE | DICT | SET
Pairs = tuple[tuple[int, int], ...]
"""Pairs of kinds of which the operands may be."""

_EQUAL: Pairs = ((PLAIN, PLAIN), (BYTES, BYTES | NONE))
"""Not bytes and str: under ``-b`` comparing them warns."""
_ORDER: Pairs = ((INT | FLOAT | BOOL, INT | FLOAT | BOOL), (STR, STR), (BYTES, BYTES))
COMPARISONS: dict[str, tuple[int, Pairs]] = {
    "lt": (0, _ORDER),
    "le": (1, _ORDER),
    "eq": (2, _EQUAL),
    "ne": (3, _EQUAL),
    "gt": (4, _ORDER),
    "ge": (5, _ORDER),
}
"""For each comparison its number in the C API, and what it is closed for."""

_NUMBERS: Pairs = ((NUMBER, NUMBER),)
_WHOLES: Pairs = ((WHOLE, WHOLE),)
ARITHMETIC: dict[str, tuple[str, Pairs]] = {
    "add": ("PyNumber_Add", (*_NUMBERS, (STR, STR), (BYTES, BYTES), (LIST, LIST), (TUPLE, TUPLE))),
    "sub": ("PyNumber_Subtract", _NUMBERS),
    "mul": ("PyNumber_Multiply", (*_NUMBERS, (STR | BYTES | LIST | TUPLE, WHOLE), (WHOLE, STR | BYTES | LIST | TUPLE))),
    "truediv": ("PyNumber_TrueDivide", _NUMBERS),
    "floordiv": ("PyNumber_FloorDivide", _NUMBERS),
    "mod": ("PyNumber_Remainder", _NUMBERS),
    "lshift": ("PyNumber_Lshift", _WHOLES),
    "rshift": ("PyNumber_Rshift", _WHOLES),
    "and": ("PyNumber_And", _WHOLES),
    "or": ("PyNumber_Or", _WHOLES),
    "xor": ("PyNumber_Xor", _WHOLES),
}
"""For each operator its function, and what it is closed for."""


def _unknown(result: Type) -> Rule:
    """The operation has some operand of unknown type."""

    def rule(types: Types, constants: Constants) -> Type | None:
        return result if OBJECT in types else None

    return rule


def _of_object(types: Types, constants: Constants) -> Type | None:
    return OBJECT if types[0] == OBJECT else None


def _any_object(types: Types, constants: Constants) -> Type:
    return OBJECT


def _closed(emit: Emitter, pairs: Pairs, a: str, b: str) -> str:
    left, right = kinds.of(emit, a), kinds.of(emit, b)
    closed = "false"
    for first, second in pairs:
        both = emit.op(f"and i1 {kinds.among(emit, left, first)}, {kinds.among(emit, right, second)}")
        closed = emit.op(f"or i1 {closed}, {both}")
    return closed


def _require(emit: Emitter, pairs: Pairs, a: str, b: str) -> None:
    emit.exit_if(emit.op(f"xor i1 {_closed(emit, pairs, a, b)}, true"), RUNTIME_TYPE_MISMATCH)


def _require_kind(emit: Emitter, among: int, a: str) -> None:
    closed = kinds.among(emit, kinds.of(emit, a), among)
    emit.exit_if(emit.op(f"xor i1 {closed}, true"), RUNTIME_TYPE_MISMATCH)


BOTH = "(boxed object, boxed object)"


def _declare_operator(name: str, function: str, pairs: Pairs) -> None:
    @primitive(name, f"{BOTH} -> object", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_unknown(OBJECT))
    def operate(emit: Emitter, a: str, b: str) -> str:
        return _operate(emit, name, function, pairs, a, b)

    # A list is changed in place.
    unchanged = tuple((first & ~LIST, second) for first, second in pairs if first != LIST)

    @primitive(f"i{name}", f"{BOTH} -> object", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_of_object)
    def operate_in_place(emit: Emitter, a: str, b: str) -> str:
        return _operate(emit, f"i{name}", function, unchanged, a, b)


def _operate(emit: Emitter, name: str, function: str, pairs: Pairs, a: str, b: str) -> str:
    """By a function of its own, which gives NULL where the operation is not closed, too; two floats are added at once."""

    def write(unit: Unit) -> str:
        inner = Emitter(unit, "ptr")
        direct = DIRECT.get(name.removeprefix("i"))
        if direct is not None:
            floats, other = inner.new_label("floats"), inner.new_label("other")
            both = [inner.has_type(operand, "PyFloat_Type") for operand in ("%a", "%b")]
            inner.branch(inner.op(f"and i1 {both[0]}, {both[1]}"), floats, other)
            inner.begin(floats)
            x, y = (inner.load("double", operand, inner.layout.float_value, "value") for operand in ("%a", "%b"))
            value = inner.op(f"{direct} double {x}, {y}")
            inner.do(f"ret ptr {inner.call_helper('pv_float_new', numbers.write_new_float, 'ptr (double)', value)}")
            inner.begin(other)
        yes, no = inner.new_label("closed"), inner.new_label("open")
        inner.branch(_closed(inner, pairs, "%a", "%b"), yes, no)
        inner.begin(yes)
        inner.do(f"ret ptr {inner.call(function, 'ptr (ptr, ptr)', '%a', '%b')}")
        inner.begin(no)
        inner.do("ret ptr null")
        return inner.finish(f"define internal ptr @pv_object_{name}(ptr %a, ptr %b) noinline nounwind")

    return emit.exit_if_null(
        emit.call_helper(f"pv_object_{name}", write, "ptr (ptr, ptr)", a, b), RUNTIME_TYPE_MISMATCH
    )


DIRECT = {"add": "fadd", "sub": "fsub", "mul": "fmul"}


for _name, (_function, _pairs) in ARITHMETIC.items():
    _declare_operator(_name, _function, _pairs)


def _declare_comparison(name: str, number: int, pairs: Pairs) -> None:
    @primitive(name, f"{BOTH} -> bool", exits=[RUNTIME_TYPE_MISMATCH], rule=_unknown(spec.BOOL))
    def compare_objects(emit: Emitter, a: str, b: str) -> str:
        def write(unit: Unit) -> str:
            inner = Emitter(unit, "ptr")
            yes, no = inner.new_label("closed"), inner.new_label("open")
            inner.branch(_closed(inner, pairs, "%a", "%b"), yes, no)
            inner.begin(yes)
            found = inner.call("PyObject_RichCompare", "ptr (ptr, ptr, i32)", "%a", "%b", str(number))
            inner.do(f"ret ptr {found}")
            inner.begin(no)
            inner.do("ret ptr null")
            return inner.finish(f"define internal ptr @pv_object_{name}(ptr %a, ptr %b) noinline nounwind")

        result = emit.call_helper(f"pv_object_{name}", write, "ptr (ptr, ptr)", a, b)
        return truth_of(emit, emit.exit_if_null(result, RUNTIME_TYPE_MISMATCH))


for _name, (_number, _pairs) in COMPARISONS.items():
    _declare_comparison(_name, _number, _pairs)


def _declare_unary(name: str, function: str, among: int) -> None:
    @primitive(name, "(object) -> object", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])
    def operate(emit: Emitter, a: str) -> str:
        _require_kind(emit, among, a)
        return emit.exit_if_null(emit.call(function, "ptr (ptr)", a), RUNTIME_TYPE_MISMATCH)


for _name, _function, _among in (
    ("neg", "PyNumber_Negative", NUMBER),
    ("pos", "PyNumber_Positive", NUMBER),
    ("invert", "PyNumber_Invert", WHOLE),
    ("abs", "PyNumber_Absolute", NUMBER),
):
    _declare_unary(_name, _function, _among)


@primitive("truth", "(object) -> bool", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("bool", "(object) -> bool", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def truth(emit: Emitter, a: str) -> str:
    """What has neither a truth nor a length of its own is true."""
    found = emit.call_helper("pv_object_truth", kinds.write_truth, "i32 (ptr)", a)
    emit.exit_if(emit.op(f"icmp slt i32 {found}, 0"), RUNTIME_TYPE_MISMATCH)
    return emit.op(f"icmp ne i32 {found}, 0")


@primitive("len", "(object) -> int", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def length(emit: Emitter, a: str) -> str:
    _require_kind(emit, SIZED, a)
    return emit.call("PyObject_Size", "i64 (ptr)", a)


@primitive("float", "(object) -> float", effect=READ, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
def as_float(emit: Emitter, a: str) -> str:
    return _float_of(emit, a)


def _float_of(emit: Emitter, a: str) -> str:
    """The number as a float: an exact float, or an int that fits 64 bits."""
    is_float = emit.has_type(a, "PyFloat_Type")
    direct, other, done = emit.new_label("float"), emit.new_label("int"), emit.new_label("number")
    emit.branch(is_float, direct, other)
    emit.begin(direct)
    value = emit.load("double", a, emit.layout.float_value, "value")
    emit.jump(done)
    emit.begin(other)
    emit.exit_if(emit.op(f"xor i1 {emit.has_type(a, 'PyLong_Type')}, true"), RUNTIME_TYPE_MISMATCH)
    whole, fits = unbox_int(emit, a)
    emit.exit_if(emit.op(f"xor i1 {fits}, true"), RUNTIME_TYPE_MISMATCH)
    converted = emit.op(f"sitofp i64 {whole} to double")
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("double", (value, direct), (converted, last))


@primitive("range.bound", "(object) -> int", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def bound(emit: Emitter, a: str) -> str:
    """An exact int that fits 64 bits."""
    emit.exit_if(emit.op(f"xor i1 {emit.has_type(a, 'PyLong_Type')}, true"), RUNTIME_TYPE_MISMATCH)
    whole, fits = unbox_int(emit, a)
    emit.exit_if(emit.op(f"xor i1 {fits}, true"), RUNTIME_TYPE_MISMATCH)
    return whole


def _declare_with_float(name: str, arithmetic: bool) -> None:
    """Beside a float, an object that is an int or a float makes a float: no object is needed."""
    floats = next(one for one in overloads(name) if one.params == (spec.FLOAT, spec.FLOAT))
    result, exits = floats.result, [*floats.exits, RUNTIME_TYPE_MISMATCH]

    @primitive(name, f"(float, object) -> {result}", exits=exits)
    def float_object(emit: Emitter, a: str, b: str) -> str:
        return floats.lower(emit, a, _float_of(emit, b))

    @primitive(name, f"(object, float) -> {result}", exits=exits)
    def object_float(emit: Emitter, a: str, b: str) -> str:
        return floats.lower(emit, _float_of(emit, a), b)

    if arithmetic:

        @primitive(f"i{name}", f"(object, float) -> {result}", exits=exits)
        def object_float_in_place(emit: Emitter, a: str, b: str) -> str:
            return floats.lower(emit, _float_of(emit, a), b)


for _name in ("add", "sub", "mul", "truediv"):
    _declare_with_float(_name, True)
for _name in COMPARISONS:
    _declare_with_float(_name, False)


@primitive(
    "getitem",
    f"{BOTH} -> boxed T",
    effect=READ,
    exits=[RUNTIME_TYPE_MISMATCH, BOUNDS_CHECK_FAILURE],
    rule=_of_object,
)
def getitem(emit: Emitter, xs: str, index: str) -> str:
    """Of a dict by a key that can be hashed and compared without code of the program."""
    of_dict, indexed, done = emit.new_label("dict"), emit.new_label("indexed"), emit.new_label("got")
    emit.branch(emit.has_type(xs, "PyDict_Type"), of_dict, indexed)
    emit.begin(of_dict)
    found = search_dict(emit, "tuple", xs, index)
    emit.exit_if(found.missing, BOUNDS_CHECK_FAILURE)
    value = emit.op(f"load ptr, ptr {found.address}")
    emit.incref(value)
    first = emit.label
    emit.jump(done)
    emit.begin(indexed)
    _require(emit, ((LIST | TUPLE | STR | BYTES, WHOLE),), xs, index)
    item_ = emit.exit_if_null(emit.call("PyObject_GetItem", "ptr (ptr, ptr)", xs, index), BOUNDS_CHECK_FAILURE)
    second = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (value, first), (item_, second))


@primitive(
    "setitem",
    "(object, boxed object, boxed object) -> none",
    effect=MUTATE,
    exits=[RUNTIME_TYPE_MISMATCH, BOUNDS_CHECK_FAILURE],
)
def setitem(emit: Emitter, xs: str, index: str, value: str) -> str:
    of_dict, indexed, done = emit.new_label("dict"), emit.new_label("indexed"), emit.new_label("put")
    emit.branch(emit.has_type(xs, "PyDict_Type"), of_dict, indexed)
    emit.begin(of_dict)
    fail_unless_done(emit, put_object(emit, "tuple", xs, search_dict(emit, "tuple", xs, index), value))
    emit.jump(done)
    emit.begin(indexed)
    _require(emit, ((LIST, WHOLE),), xs, index)
    status = emit.call("PyObject_SetItem", "i32 (ptr, ptr, ptr)", xs, index, value)
    emit.exit_if_failed(emit.op(f"icmp slt i32 {status}, 0"), BOUNDS_CHECK_FAILURE)
    emit.jump(done)
    emit.begin(done)
    return "false"


@primitive("contains", f"{BOTH} -> bool", effect=READ, exits=[RUNTIME_TYPE_MISMATCH], rule=_unknown(spec.BOOL))
def contains(emit: Emitter, item: str, text: str) -> str:
    of_dict, other, done = emit.new_label("dict"), emit.new_label("text"), emit.new_label("looked")
    emit.branch(emit.has_type(text, "PyDict_Type"), of_dict, other)
    emit.begin(of_dict)
    found = emit.op(f"xor i1 {search_dict(emit, 'tuple', text, item).missing}, true")
    first = emit.label
    emit.jump(done)
    emit.begin(other)
    _require(emit, ((STR, STR),), item, text)
    inside = emit.op(f"icmp sgt i32 {emit.call('PySequence_Contains', 'i32 (ptr, ptr)', text, item)}, 0")
    second = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", (found, first), (inside, second))


# Loops over lists and tuples, and unpacking: both have their length in one place.

INDEXED = LIST | TUPLE


@primitive("iter.check", "(object) -> object", borrows=True, effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("iter.open", "(object) -> object", borrows=True, effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def iterate(emit: Emitter, xs: str) -> str:
    _require_kind(emit, INDEXED, xs)
    return xs


@primitive("iter.size", "(object) -> int", effect=READ)
def size(emit: Emitter, xs: str) -> str:
    return emit.load("i64", xs, emit.layout.size, "size")


@primitive("iter.valid", "(object, int) -> bool", effect=READ)
def valid(emit: Emitter, xs: str, index: str) -> str:
    return emit.op(f"icmp slt i64 {index}, {size(emit, xs)}")


@primitive("iter.item", "(object, int) -> boxed T", effect=READ, borrows=True, rule=_any_object)
@primitive("unpack.item", "(object, int) -> boxed T", effect=READ, borrows=True, rule=_any_object)
def item(emit: Emitter, xs: str, index: str) -> str:
    is_list = emit.has_type(xs, "PyList_Type")
    of_list, of_tuple, done = emit.new_label("list"), emit.new_label("tuple"), emit.new_label("items")
    emit.branch(is_list, of_list, of_tuple)
    emit.begin(of_list)
    array = emit.load("ptr", xs, emit.layout.list_items, "items")
    emit.jump(done)
    emit.begin(of_tuple)
    inside = emit.address(xs, emit.layout.tuple_items)
    emit.jump(done)
    emit.begin(done)
    items = emit.phi("ptr", (array, of_list), (inside, of_tuple))
    return emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")


@primitive("unpack.check", "(object, int) -> none", effect=READ, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
def unpack_check(emit: Emitter, xs: str, count: str) -> str:
    _require_kind(emit, INDEXED, xs)
    emit.exit_if(emit.op(f"icmp ne i64 {size(emit, xs)}, {count}"), VALUE_ERROR)
    return "false"


def is_closed(operation: object) -> bool:
    """Whether this is an operation on an object of unknown type that costs what CPython takes for it."""
    if not isinstance(operation, Primitive) or operation.name.startswith(("iter.", "unpack.", "range.")):
        return False
    lower = operation.lower.func if isinstance(operation.lower, partial) else operation.lower
    return lower.__module__ in (__name__, object_attributes.__name__)
