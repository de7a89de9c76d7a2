"""Text of containers of plain values: CPython's own function, once it is known to run no code of the program."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import sets
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.dict_whole import require_plain_dict
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH, VALUE_ERROR

PLAIN = ("PyUnicode_Type", "PyLong_Type", "PyFloat_Type", "PyBool_Type")


def _write_plain(unit: Unit) -> str:
    """``i1 pv_items_plain(ptr items, i64 count)``: whether all are exact strs, numbers, truth values or None."""
    emit = Emitter(unit, "i1")

    def is_other(index: str) -> str:
        item = emit.load("ptr", emit.op(f"getelementptr ptr, ptr %items, i64 {index}"), 0, "element")
        kind = emit.type_of(item)
        plain = emit.op(f"icmp eq ptr {item}, {unit.external('_Py_NoneStruct')}")
        for name in PLAIN:
            plain = emit.op(f"or i1 {plain}, {emit.op(f'icmp eq ptr {kind}, {unit.external(name)}')}")
        return emit.op(f"xor i1 {plain}, true")

    found = emit.each_index("%count", is_other)
    emit.do(f"ret i1 {emit.op(f'xor i1 {found}, true')}")
    return emit.finish("define internal i1 @pv_items_plain(ptr %items, i64 %count) nounwind")


def _text(emit: Emitter, container: str, items: str) -> str:
    size = emit.load("i64", container, emit.layout.size, "size")
    plain = emit.call_helper("pv_items_plain", _write_plain, "i1 (ptr, i64)", items, size)
    emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)
    return emit.exit_if_null(emit.call("PyObject_Repr", "ptr (ptr)", container), VALUE_ERROR)


def _declare(name: str) -> None:
    exits = [RUNTIME_TYPE_MISMATCH, VALUE_ERROR]

    @primitive(name, "(list) -> str", effect=ALLOC, exits=exits)
    def of_list(emit: Emitter, xs: str) -> str:
        """An int of too many digits exits, too (sys.set_int_max_str_digits)."""
        return _text(emit, xs, emit.load("ptr", xs, emit.layout.list_items, "items"))

    @primitive(name, "(tuple) -> str", effect=ALLOC, exits=exits)
    def of_tuple(emit: Emitter, xs: str) -> str:
        return _text(emit, xs, emit.address(xs, emit.layout.tuple_items))

    @primitive(name, "(dict[K, V]) -> str", effect=ALLOC, exits=exits)
    def of_dict(emit: Emitter, d: str) -> str:
        require_plain_dict(emit, d)
        return emit.exit_if_null(emit.call("PyObject_Repr", "ptr (ptr)", d), VALUE_ERROR)

    @primitive(name, "(set[T]) -> str", effect=ALLOC, exits=exits)
    @primitive(name, "(frozenset[T]) -> str", effect=ALLOC, exits=exits)
    def of_set(emit: Emitter, s: str) -> str:
        plain = emit.call_helper("pv_set_plain", sets.write_plain, "i1 (ptr)", s)
        emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)
        return emit.exit_if_null(emit.call("PyObject_Repr", "ptr (ptr)", s), VALUE_ERROR)


for _name in ("str", "repr", "format"):
    _declare(_name)
