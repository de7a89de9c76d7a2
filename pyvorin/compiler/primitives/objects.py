"""Boxing and unboxing: between native values and CPython objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import buffers, integer, mixed, numbers
from pyvorin.compiler.emit.runtime.numpy import NUMPY_SCALARS, box_scalar
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import Alias, Constants, Folded, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import (
    CALLABLE_NAMES,
    FLOAT,
    INT,
    LIBRARY_TYPES,
    NEVER,
    UNBOUND,
    Type,
    as_element,
    join,
    list_of,
)

TYPE_OBJECTS = {
    "int": "PyLong_Type",
    "float": "PyFloat_Type",
    "bool": "PyBool_Type",
    "str": "PyUnicode_Type",
    "bytes": "PyBytes_Type",
    "bytearray": "PyByteArray_Type",
    "list": "PyList_Type",
    "tuple": "PyTuple_Type",
    "tuples": "PyTuple_Type",
    "range": "PyRange_Type",
    "dict": "PyDict_Type",
    "set": "PySet_Type",
    "frozenset": "PyFrozenSet_Type",
    "dictkeys": "PyDictKeys_Type",
    "dictvalues": "PyDictValues_Type",
    "dictitems": "PyDictItems_Type",
}
"""The exact type that an object must have to be seen as a value of this static type."""


ALLOCATED = frozenset({"int", "float", "number", "char"})
"""The types for whose values an object is made."""


def box_int(emit: Emitter, value: str) -> str:
    return emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", value))


def box_float(emit: Emitter, value: str) -> str:
    return emit.fail_if_null(emit.call_helper("pv_float_new", numbers.write_new_float, "ptr (double)", value))


def boxed_or_null(emit: Emitter, value: str, ty: Type) -> str:
    """A new reference to the value's object; NULL with an exception set if there is no memory for it."""
    if ty.name == "int":
        return emit.call("PyLong_FromLongLong", "ptr (i64)", value)
    if ty.name == "float":
        return emit.call_helper("pv_float_new", numbers.write_new_float, "ptr (double)", value)
    if ty.name == "number":
        return mixed.branch(
            emit,
            mixed.is_int(emit, value),
            "ptr",
            lambda: boxed_or_null(emit, mixed.as_int(emit, value), INT),
            lambda: boxed_or_null(emit, mixed.as_float(emit, value), FLOAT),
        )
    if ty.name == "char":
        # For code points below 256 CPython keeps one object each, as indexing a str gives too.
        return emit.call("PyUnicode_FromOrdinal", "ptr (i32)", value)
    if ty.name in NUMPY_SCALARS:
        return box_scalar(emit, value, ty)
    if ty.name == "bool":
        true, false = emit.unit.external("_Py_TrueStruct"), emit.unit.external("_Py_FalseStruct")
        value = emit.select(value, "ptr", true, false)
    elif ty.name in ("none", "never"):
        # What can never exist stands where control never comes: the result of a loop that always leaves.
        value = emit.unit.external("_Py_NoneStruct")
    emit.incref(value)
    return value


def box(emit: Emitter, value: str, ty: Type) -> str:
    """A new reference to the value's object; leaves with MemoryError if there is no room for it."""
    obj = boxed_or_null(emit, value, ty)
    return emit.fail_if_null(obj) if ty.name in ALLOCATED or ty.name in NUMPY_SCALARS else obj


def unbox_int(emit: Emitter, obj: str) -> tuple[str, str]:
    """The value of an exact int, and whether it fits 64 bits."""
    both = emit.call_helper("pv_int_value", integer.write_int_value, "{ i64, i1 } (ptr)", obj)
    return emit.op(f"extractvalue {{ i64, i1 }} {both}, 0"), emit.op(f"extractvalue {{ i64, i1 }} {both}, 1")


def matches(emit: Emitter, obj: str, ty: Type) -> str:
    """Whether the object is of exactly this type (an int may still be too long)."""
    if ty.name == "none":
        return emit.op(f"icmp eq ptr {obj}, {emit.unit.external('_Py_NoneStruct')}")
    if ty.name == "instance":
        # NULL, the type of no object, if there is no such class (any more).
        return emit.op(f"icmp eq ptr {emit.type_of(obj)}, {emit.slot('class', str(ty.args[0]))}")
    if ty.name == "named":
        name, fields = str(ty.args[0]), list(map(str, ty.args[1].args))
        return record_holds(emit, emit.type_of(obj), named_slot(emit, name, fields), name)
    if ty.name == "loose":
        return buffers.is_array(emit, obj, ty)
    if ty.name == "class":
        return emit.op(f"icmp eq ptr {obj}, {emit.slot('class', str(ty.args[0]))}")
    if ty.name in LIBRARY_TYPES:
        return emit.op(f"icmp eq ptr {emit.type_of(obj)}, {emit.slot('imported', LIBRARY_TYPES[ty.name])}")
    if ty.name == "function":
        return emit.op(f"icmp eq ptr {obj}, {emit.slot('function', str(ty.args[0]))}")
    if ty.name == "builtin":
        return emit.op(f"icmp eq ptr {obj}, {emit.slot('imported', f'{ty.args[0]}:{ty.args[1]}')}")
    if ty.name == "bound":
        return _is_bound(emit, obj, str(ty.args[0]), ty.args[1])
    holds = emit.has_type(obj, TYPE_OBJECTS[ty.name])
    if ty.name == "tuple":
        # The size is read only if it is a tuple.
        check, done, start = emit.new_label("tuple"), emit.new_label("done"), emit.label
        emit.branch(holds, check, done)
        emit.begin(check)
        size = emit.load("i64", obj, emit.layout.size, "size")
        same = emit.op(f"icmp eq i64 {size}, {len(ty.args)}")
        emit.jump(done)
        emit.begin(done)
        return emit.phi("i1", ("false", start), (same, check))
    return holds


def named_slot(emit: Emitter, name: str, fields: list[str]) -> str:
    """The class of named tuples that the module has under this name; NULL if there is no such class (any more)."""
    emit.unit.slot("class", name)
    return emit.slot("record", " ".join([name, *fields]))


def record_holds(emit: Emitter, kind: str, record: str, name: str) -> str:
    """Whether the class is that of these named tuples, and as it was when the host looked at it."""
    version = emit.op(f"zext i32 {emit.load('i32', kind, emit.layout.type_version, 'type')} to i64")
    known = emit.load("i64", emit.slot_address(emit.unit.slot("classversion", name)), 0, "slot")
    same = emit.op(f"icmp eq ptr {kind}, {record}")
    return emit.op(f"and i1 {same}, {emit.op(f'icmp eq i64 {version}, {known}')}")


def _is_bound(emit: Emitter, obj: str, name: str, owner: Type) -> str:
    """Whether it is this method of a builtin type, bound to an object of exactly that type."""
    check, done, start = emit.new_label("method"), emit.new_label("done"), emit.label
    emit.branch(emit.has_type(obj, "PyCFunction_Type"), check, done)
    emit.begin(check)
    definition = emit.load("ptr", obj, emit.layout.builtin_definition, "value")
    same = emit.op(f"icmp eq ptr {definition}, {emit.slot('definition', f'{owner.name}.{name}')}")
    own, last = emit.new_label("self"), emit.label
    emit.branch(same, own, done)
    emit.begin(own)
    holds = emit.has_type(emit.load("ptr", obj, emit.layout.builtin_self, "value"), TYPE_OBJECTS[owner.name])
    end = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", start), ("false", last), (holds, end))


def unbox(emit: Emitter, obj: str, ty: Type) -> str:
    """The object as a value of type *ty*; exits with RUNTIME_TYPE_MISMATCH if it is none.  References stay borrowed."""
    return unboxed(emit, obj, ty, lambda holds: emit.exit_if(emit.op(f"xor i1 {holds}, true"), RUNTIME_TYPE_MISMATCH))


def unboxed(emit: Emitter, obj: str, ty: Type, require: Callable[[str], None]) -> str:
    """The object as a value of type *ty*; *require* is given the conditions under which it is one."""
    if ty.name in ("object", "union"):
        return obj
    if ty.name == "bool":
        true = emit.op(f"icmp eq ptr {obj}, {emit.unit.external('_Py_TrueStruct')}")
        false = emit.op(f"icmp eq ptr {obj}, {emit.unit.external('_Py_FalseStruct')}")
        require(emit.op(f"or i1 {true}, {false}"))
        return true
    if ty.name == "number":
        return mixed.read(emit, obj, require)
    require(matches(emit, obj, ty))
    if ty.name == "float":
        return mixed.float_of(emit, obj, require)
    if ty.name == "int":
        return integer.value(emit, obj, require)
    if ty.name == "none":
        return "false"
    return obj


UNBOXABLE = CALLABLE_NAMES | frozenset(
    {*TYPE_OBJECTS, *LIBRARY_TYPES, "named", "loose", "number", "none", "object", "union", "instance", "class"}
)
"""The types that `unbox` can guard."""


@primitive("convert", "(bool) -> int")
def bool_to_int(emit: Emitter, a: str) -> str:
    return emit.op(f"zext i1 {a} to i64")


@primitive("convert", "(int) -> float")
def int_to_float(emit: Emitter, a: str) -> str:
    """Rounds half to even, as PyLong_AsDouble does."""
    return emit.op(f"sitofp i64 {a} to double")


@primitive("widen", "(int) -> number")
def int_to_number(emit: Emitter, a: str) -> str:
    return mixed.of_int(emit, a)


@primitive("widen", "(float) -> number")
def float_to_number(emit: Emitter, a: str) -> str:
    return mixed.of_float(emit, a)


@primitive("convert", "(char) -> str")
def char_to_str(emit: Emitter, a: str) -> str:
    return emit.fail_if_null(emit.call("PyUnicode_FromOrdinal", "ptr (i32)", a))


@primitive("use", "(A) -> A", rule=lambda types, constants: Alias())
def use(emit: Emitter, a: str) -> str:
    """Reading a local: what is unbound has exited before (`infer`)."""
    return a


@primitive("best.first", "(A) -> bool", rule=lambda types, constants: Folded(types[0] == UNBOUND))
def best_first(emit: Emitter, a: str) -> str:
    """Whether min or max has seen no item yet: its best is still unbound."""
    return "false"


MISCOUNTED = {"ValueError": VALUE_ERROR}


@primitive("unpack.check", "(tuple, int) -> none", exits=[VALUE_ERROR], raises=MISCOUNTED)
@primitive("unpack.check", "(tuples[T], int) -> none", exits=[VALUE_ERROR], raises=MISCOUNTED)
@primitive("unpack.check", "(list[T], int) -> none", exits=[VALUE_ERROR], raises=MISCOUNTED)
def unpack_check(emit: Emitter, xs: str, count: str) -> str:
    """The number of values must be that of the targets."""
    size = emit.load("i64", xs, emit.layout.size, "size")
    emit.exit_if(emit.op(f"icmp ne i64 {size}, {count}"), VALUE_ERROR)
    return "false"


@primitive("unpack.least", "(tuple, int) -> none", exits=[VALUE_ERROR])
@primitive("unpack.least", "(tuples[T], int) -> none", exits=[VALUE_ERROR])
@primitive("unpack.least", "(list[T], int) -> none", exits=[VALUE_ERROR])
def unpack_least(emit: Emitter, xs: str, count: str) -> str:
    """There must be so many values beside those that a starred target takes."""
    size = emit.load("i64", xs, emit.layout.size, "size")
    emit.exit_if(emit.op(f"icmp slt i64 {size}, {count}"), VALUE_ERROR)
    return "false"


def _rest(types: Types, constants: Constants) -> Type:
    items, (first, behind) = types[0].args, constants[1:]
    if types[0].name == "tuple":
        assert isinstance(first, int)
        assert isinstance(behind, int)
        items = items[first : len(items) - behind]
    return list_of(reduce(join, map(as_element, items), NEVER))


@primitive("unpack.rest", "(list[T], int, int) -> list", effect=ALLOC, rule=_rest)
@primitive("unpack.rest", "(tuple, int, int) -> list", effect=ALLOC, rule=_rest)
@primitive("unpack.rest", "(tuples[T], int, int) -> list", effect=ALLOC, rule=_rest)
def unpack_rest(emit: Emitter, xs: str, first: str, behind: str) -> str:
    """What a starred target takes: a list of all but the first ones and so many behind."""
    end = emit.op(f"sub i64 {emit.load('i64', xs, emit.layout.size, 'size')}, {behind}")
    part = emit.fail_if_null(emit.call("PySequence_GetSlice", "ptr (ptr, i64, i64)", xs, first, end))
    whole = emit.call("PySequence_List", "ptr (ptr)", part)
    emit.decref(part)
    return emit.fail_if_null(whole)
