"""Which builtin type an object is of exactly, as a bit: what the guards of closed operations ask (`primitives/object_.py`)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit

INT, FLOAT, BOOL, COMPLEX, STR, BYTES, LIST, TUPLE, NONE, DICT, SET = (1 << bit for bit in range(11))

_TYPES = {
    INT: "PyLong_Type",
    FLOAT: "PyFloat_Type",
    BOOL: "PyBool_Type",
    STR: "PyUnicode_Type",
    LIST: "PyList_Type",
    TUPLE: "PyTuple_Type",
    NONE: "_PyNone_Type",
    DICT: "PyDict_Type",
    BYTES: "PyBytes_Type",
    SET: "PySet_Type",
    COMPLEX: "PyComplex_Type",
}

AS_NUMBER, AS_SEQUENCE, AS_MAPPING, NB_BOOL, LENGTH = 96, 104, 112, 72, 0
"""Offsets in PyTypeObject, PyNumberMethods, and of the length in the two others: the same from 3.10 to 3.13."""


def of(emit: Emitter, obj: str) -> str:
    """The bit of the object's type, as an i32; 0 for any other type."""
    return emit.call_helper("pv_kind", _write_kind, "i32 (ptr)", obj)


def among(emit: Emitter, kind: str, mask: int) -> str:
    """Whether the kind is one of these."""
    return emit.op(f"icmp ne i32 {emit.op(f'and i32 {kind}, {mask}')}, 0")


def _write_kind(unit: Unit) -> str:
    """NoneType has no symbol of its own: None is known by its address."""
    emit = Emitter(unit, "i32")
    kind = "0"
    for bit, name in reversed(_TYPES.items()):
        is_none = f"icmp eq ptr %obj, {unit.external('_Py_NoneStruct')}"
        same = emit.op(is_none) if bit == NONE else emit.has_type("%obj", name)
        kind = emit.select(same, "i32", str(bit), kind)
    emit.do(f"ret i32 {kind}")
    return emit.finish("define internal i32 @pv_kind(ptr %obj) alwaysinline nounwind")


def write_truth(unit: Unit) -> str:
    """``i32 pv_object_truth(obj)``: 0 or 1; -1 if to find that out could run code of the program."""
    emit = Emitter(unit, "i32")
    ask, other = emit.new_label("ask"), emit.new_label("other")
    known = among(emit, of(emit, "%obj"), INT | FLOAT | BOOL | COMPLEX | STR | BYTES | LIST | TUPLE | NONE | DICT | SET)
    emit.branch(known, ask, other)
    emit.begin(ask)
    emit.do(f"ret i32 {emit.call('PyObject_IsTrue', 'i32 (ptr)', '%obj')}")
    emit.begin(other)
    kind = emit.type_of("%obj")
    for table, entry in ((AS_NUMBER, NB_BOOL), (AS_MAPPING, LENGTH), (AS_SEQUENCE, LENGTH)):
        methods = emit.op(f"load ptr, ptr {emit.address(kind, table)}")
        look, following, unknown = emit.new_label("look"), emit.new_label("none"), emit.new_label("unknown")
        emit.branch(emit.op(f"icmp eq ptr {methods}, null"), following, look)
        emit.begin(look)
        method = emit.op(f"load ptr, ptr {emit.address(methods, entry)}")
        emit.branch(emit.op(f"icmp eq ptr {method}, null"), following, unknown)
        emit.begin(unknown)
        emit.do("ret i32 -1")
        emit.begin(following)
    emit.do("ret i32 1")
    return emit.finish("define internal i32 @pv_object_truth(ptr %obj) nounwind")
