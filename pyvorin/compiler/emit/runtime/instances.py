"""Making objects of the program's classes, with attributes that nobody has seen yet."""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime import attribute_stores
from pyvorin.compiler.emit.unit import Unit
from pyvorin.types.spec import Type


def make(emit: Emitter, kind: str, types: list[Type], indices: list[str], names: list[str], values: list[str]) -> str:
    """A new object of the class with these attributes, null with an exception set if there is no memory for it.

    indices: the places of the attributes.  names: theirs, as objects.  values: of these types; an object is made of a number.
    """
    helper = emit.unit.helper(_name(types), partial(_write_make, types))
    operands = [f"ptr {kind}", *(f"i64 {index}" for index in indices), *(f"ptr {name}" for name in names)]
    operands += [f"{llvm_type(ty)} {value}" for ty, value in zip(types, values)]
    return emit.op(f"call ptr {helper}({', '.join(operands)})")


def _name(types: list[Type]) -> str:
    return "_".join(["pv_make", *("ptr" if ty.is_reference else ty.name for ty in types)])


def _write_make(types: list[Type], unit: Unit) -> str:
    from pyvorin.compiler.primitives.objects import boxed_or_null

    emit = Emitter(unit, "ptr")
    base = unit.external("PyBaseObject_Type")
    new = emit.load("ptr", base, unit.layout.type_new, "type")
    made = emit.op(f"call ptr {new}(ptr %kind, ptr {emit.slot('object', '()')}, ptr null)")
    started = emit.new_label("started")
    emit.branch(emit.op(f"icmp eq ptr {made}, null"), "none", started, unlikely=True)
    emit.begin(started)
    for at, ty in enumerate(types):
        store, following = emit.new_label("store"), emit.new_label("stored")
        value = boxed_or_null(emit, f"%value{at}", ty)
        emit.branch(emit.op(f"icmp eq ptr {value}, null"), "failed", store, unlikely=True)
        emit.begin(store)
        signature = "i32 (ptr, i64, ptr, ptr)"
        status = emit.call_helper(
            "pv_first_attribute", _write_first, signature, made, f"%index{at}", f"%name{at}", value
        )
        emit.branch(emit.op(f"icmp ne i32 {status}, 0"), "failed", following, unlikely=True)
        emit.begin(following)
    emit.do(f"ret ptr {made}")
    if types:
        emit.begin("failed")
        emit.decref(made)
        emit.jump("none")
    emit.begin("none")
    emit.do("ret ptr null")
    parameters = ["ptr %kind", *(f"i64 %index{at}" for at in range(len(types)))]
    parameters += [f"ptr %name{at}" for at in range(len(types))]
    parameters += [f"{llvm_type(ty)} %value{at}" for at, ty in enumerate(types)]
    return emit.finish(f"define internal ptr @{_name(types)}({', '.join(parameters)}) nounwind")


def _write_first(unit: Unit) -> str:
    """``i32 pv_first_attribute(obj, index, name, value)``: store into an object that was just made; takes the reference."""
    emit = Emitter(unit, "i32")
    attribute_stores.store_new(emit)
    status = emit.call("PyObject_GenericSetAttr", "i32 (ptr, ptr, ptr)", "%obj", "%name", "%value")
    emit.decref("%value")
    emit.do(f"ret i32 {status}")
    head = "define internal i32 @pv_first_attribute(ptr %obj, i64 %index, ptr %name, ptr %value) alwaysinline nounwind"
    return emit.finish(head)
