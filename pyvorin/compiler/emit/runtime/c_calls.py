"""Calls of C functions whose address is known only at run time, by CPython's calling conventions."""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit


def fast_call(emit: Emitter, function: str, receiver: str, args: Sequence[str]) -> str:
    """Call a METH_FASTCALL function; one that also takes keywords gets none.  Gives its result, which may be NULL."""
    count = len(args)
    signature = f"ptr ({', '.join(['ptr'] * (2 + count))})"
    return emit.call_helper(
        f"pv_fast_call{count}", lambda unit: _write(unit, count), signature, function, receiver, *args
    )


def _write(unit: Unit, count: int) -> str:
    """The array of arguments lies in a frame of its own, so that a loop around the call does not take more and more stack.

    A function without METH_KEYWORDS has one parameter less; the null for it is in a register that it does not read.
    """
    emit = Emitter(unit, "ptr")
    array = emit.op(f"alloca [{max(1, count)} x ptr]")
    for index in range(count):
        emit.do(f"store ptr %a{index}, ptr {emit.op(f'getelementptr ptr, ptr {array}, i64 {index}')}")
    result = emit.op(f"call ptr %function(ptr %receiver, ptr {array}, i64 {count}, ptr null)")
    emit.do(f"ret ptr {result}")
    parameters = ", ".join(["ptr %function", "ptr %receiver", *(f"ptr %a{index}" for index in range(count))])
    return emit.finish(f"define internal ptr @pv_fast_call{count}({parameters}) nounwind")


def call_object(emit: Emitter, function: str, args: Sequence[str]) -> str:
    """Call a function object with positional arguments; its result, which may be NULL."""
    count = len(args)
    signature = f"ptr ({', '.join(['ptr'] * (1 + count))})"
    return emit.call_helper(f"pv_call_object{count}", lambda unit: _write_call(unit, count), signature, function, *args)


def _write_call(unit: Unit, count: int) -> str:
    emit = Emitter(unit, "ptr")
    array = emit.op(f"alloca [{max(1, count)} x ptr]")
    for index in range(count):
        emit.do(f"store ptr %a{index}, ptr {emit.op(f'getelementptr ptr, ptr {array}, i64 {index}')}")
    result = emit.call("PyObject_VectorcallDict", "ptr (ptr, ptr, i64, ptr)", "%function", array, str(count), "null")
    emit.do(f"ret ptr {result}")
    parameters = ", ".join(["ptr %function", *(f"ptr %a{index}" for index in range(count))])
    return emit.finish(f"define internal ptr @pv_call_object{count}({parameters}) nounwind")


def truth_of(emit: Emitter, obj: str) -> str:
    """Whether the object, a bool of which a reference is held, is True; the reference is given back."""
    true = emit.op(f"icmp eq ptr {obj}, {emit.unit.external('_Py_TrueStruct')}")
    emit.decref(obj)
    return true
