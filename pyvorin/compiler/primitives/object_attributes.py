"""Attributes and items of objects of unknown types, by CPython's own functions, where these run no code of the program.

Of an attribute that is so if the class has the getter or setter of `object`, and nothing under that name, or something that does
not itself decide what is read or written: a function, a member, a plain value, but no property.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import OBJECT

GETATTRO, SETATTRO, DESCR_GET, DESCR_SET = 144, 152, 272, 280
"""Offsets in PyTypeObject, the same from 3.10 to 3.13."""
BINDING = ("PyFunction_Type", "PyMemberDescr_Type", "PyMethodDescr_Type")
"""Types of what a class may have under the name although they have a `__get__`, which is C code."""


def declare_load(attribute: str, load: str) -> None:
    """The overload for objects of the primitive *load*."""
    exits = [RUNTIME_TYPE_MISMATCH]
    primitive(load, "(object) -> boxed T", effect=READ, exits=exits, rule=lambda types, constants: OBJECT)(
        partial(_load, attribute)
    )


def declare_store(attribute: str, store: str) -> None:
    """The overload for objects of the primitive *store*."""
    exits = [RUNTIME_TYPE_MISMATCH]
    primitive(store, "(object, boxed object) -> none", effect=MUTATE, exits=exits)(partial(_store, attribute))


def _load(attribute: str, emit: Emitter, obj: str) -> str:
    name = emit.slot("object", repr(attribute))
    found = emit.call_helper("pv_object_getattr", _write_load, "ptr (ptr, ptr)", obj, name)
    return emit.exit_if_null(found, RUNTIME_TYPE_MISMATCH)


def _store(attribute: str, emit: Emitter, obj: str, value: str) -> str:
    name = emit.slot("object", repr(attribute))
    done = emit.call_helper("pv_object_setattr", _write_store, "ptr (ptr, ptr, ptr)", obj, name, value)
    emit.exit_if_null(done, RUNTIME_TYPE_MISMATCH)
    return "false"


def _write_load(unit: Unit) -> str:
    """``ptr pv_object_getattr(obj, name)``: NULL, perhaps with an exception set, if CPython has to do it.

    A module that has no such attribute may have a `__getattr__`; that is asked for only by CPython.
    """
    emit = Emitter(unit, "ptr")
    kind = emit.type_of("%obj")
    plain, other, no, get = (emit.new_label(name) for name in ("plain", "other", "no", "get"))
    _branch_if_generic(emit, kind, GETATTRO, "PyObject_GenericGetAttr", plain, other)
    emit.begin(other)
    emit.branch(emit.has_type("%obj", "PyModule_Type"), plain, no)
    emit.begin(plain)
    _require_plain(emit, kind, DESCR_GET, BINDING, get, no)
    emit.begin(get)
    emit.do(f"ret ptr {emit.call('PyObject_GenericGetAttr', 'ptr (ptr, ptr)', '%obj', '%name')}")
    emit.begin(no)
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_object_getattr(ptr %obj, ptr %name) noinline nounwind")


def _write_store(unit: Unit) -> str:
    """``ptr pv_object_setattr(obj, name, value)``: the object, or NULL, perhaps with an exception set, if nothing was done."""
    emit = Emitter(unit, "ptr")
    kind = emit.type_of("%obj")
    plain, no, put, done = (emit.new_label(name) for name in ("plain", "no", "put", "done"))
    _branch_if_generic(emit, kind, SETATTRO, "PyObject_GenericSetAttr", plain, no)
    emit.begin(plain)
    _require_plain(emit, kind, DESCR_SET, ("PyMemberDescr_Type",), put, no)
    emit.begin(put)
    status = emit.call("PyObject_GenericSetAttr", "i32 (ptr, ptr, ptr)", "%obj", "%name", "%value")
    emit.branch(emit.op(f"icmp slt i32 {status}, 0"), no, done)
    emit.begin(done)
    emit.do("ret ptr %obj")
    emit.begin(no)
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_object_setattr(ptr %obj, ptr %name, ptr %value) noinline nounwind")


def _branch_if_generic(emit: Emitter, kind: str, offset: int, function: str, yes: str, no: str) -> None:
    emit.unit.declare(function, "ptr (ptr, ptr)" if offset == GETATTRO else "i32 (ptr, ptr, ptr)")
    own = emit.op(f"load ptr, ptr {emit.address(kind, offset)}")
    emit.branch(emit.op(f"icmp eq ptr {own}, @{function}"), yes, no)


def _require_plain(emit: Emitter, kind: str, offset: int, allowed: tuple[str, ...], yes: str, no: str) -> None:
    """Go on at *yes* if what the class has under the name does not decide by code of the program."""
    in_class = emit.call("_PyType_Lookup", "ptr (ptr, ptr)", kind, "%name")
    look = emit.new_label("look")
    emit.branch(emit.op(f"icmp eq ptr {in_class}, null"), yes, look)
    emit.begin(look)
    of_it = emit.type_of(in_class)
    method = emit.op(f"load ptr, ptr {emit.address(of_it, offset)}")
    fits = emit.op(f"icmp eq ptr {method}, null")
    for name in allowed:
        same = emit.op(f"icmp eq ptr {of_it}, {emit.unit.external(name)}")
        fits = emit.op(f"or i1 {fits}, {same}")
    emit.branch(fits, yes, no)
