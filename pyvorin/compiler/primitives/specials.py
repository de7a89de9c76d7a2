"""Special methods looked up as an operation of CPython does: in the class, and bound to the object (`_PyObject_LookupSpecial`).

Only what is a function, or a method of a class that is written in C, is bound here: for anything else the lookup may run code of
the program, and exits.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

NAMES = ("__enter__", "__exit__")
PREFIX = "special:"
METH_METHOD = 0x200
"""Of a C function that is given the class that defines it (methodobject.h)."""
DEFINITION_FLAGS = 16
"""Where a PyMethodDef has its flags."""


def _bound(name: str, emit: Emitter, obj: str) -> str:
    text = emit.slot("object", repr(name))
    return emit.exit_if_null(emit.call_helper("pv_special", _write, "ptr (ptr, ptr)", obj, text), RUNTIME_TYPE_MISMATCH)


def _write(unit: Unit) -> str:
    """``ptr pv_special(object, name)``: a new reference; NULL, perhaps with an exception set, if it is not bound here."""
    emit = Emitter(unit, "ptr")
    found = emit.call("_PyType_Lookup", "ptr (ptr, ptr)", emit.type_of("%o"), "%name")
    kind, none, function, other, method, plain = map(
        emit.new_label, ("kind", "none", "function", "other", "method", "plain")
    )
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), none, kind)
    emit.begin(kind)
    emit.branch(emit.has_type(found, "PyFunction_Type"), function, other)
    emit.begin(function)
    emit.do(f"ret ptr {emit.call('PyMethod_New', 'ptr (ptr, ptr)', found, '%o')}")
    emit.begin(other)
    emit.branch(emit.has_type(found, "PyMethodDescr_Type"), method, none)
    emit.begin(method)
    definition = emit.load("ptr", found, emit.layout.descriptor_method, "value")
    flags = emit.op(f"load i32, ptr {emit.address(definition, DEFINITION_FLAGS)}")
    emit.branch(emit.op(f"icmp ne i32 {emit.op(f'and i32 {flags}, {METH_METHOD}')}, 0"), none, plain)
    emit.begin(plain)
    emit.do(f"ret ptr {emit.call('PyCMethod_New', 'ptr (ptr, ptr, ptr, ptr)', definition, '%o', 'null', 'null')}")
    emit.begin(none)
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_special(ptr %o, ptr %name) noinline nounwind")


for _name in NAMES:
    primitive(f"{PREFIX}{_name}", "(boxed object) -> object", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])(
        partial(_bound, _name)
    )
