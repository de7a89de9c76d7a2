"""How an entry hands a call on to CPython, so that deep recursion goes as deep as it would without Pyvorin.

CPython 3.11 and later runs a call of one Python function by another without using the C stack; through a patched function it
does use it, and 3.12 and 3.13 count that:

    def f(n): return n and f(n - 1)      # f(990) on 3.12.1: fine; with `f` patched RecursionError at 750, C_RECURSION_LIMIT // 2

So an entry counts the calls that it has handed on and that have not returned.  When there are MOST of them, the function is
recursing in CPython: the host takes its patch away, and from then on the interpreter calls it in its own way.  The count
is one for all threads, which can only make a function that runs in CPython anyway stay there.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

MOST = 24
"""Small, as functions that call each other in a circle are counted one by one: 30 of them still fit into the limit of 3.12.1."""


def continue_in_cpython(emit: Emitter, index: int, arguments: str) -> None:
    """Emit the call of what follows the entry `index`, with these arguments (the first is the function), and the return."""
    unit = emit.unit
    count_at = emit.slot_address(unit.slot("word", f"0 nesting{index}"))
    target = emit.slot("miss", str(index))
    count = emit.op(f"load i64, ptr {count_at}, {ALIAS['slot']}")
    deep, counted = emit.new_label("deep"), emit.new_label("counted")
    emit.do(f"br i1 {emit.op(f'icmp sge i64 {count}, {MOST}')}, label %{deep}, label %{counted}, {UNLIKELY}")
    emit.begin(counted)
    emit.do(f"store i64 {emit.op(f'add i64 {count}, 1')}, ptr {count_at}, {ALIAS['slot']}")
    result = emit.op(f"call ptr {target}({arguments})")
    # Not the number from before: other calls may have begun and be waiting in other threads.
    now = emit.op(f"load i64, ptr {count_at}, {ALIAS['slot']}")
    emit.do(f"store i64 {emit.op(f'sub i64 {now}, 1')}, ptr {count_at}, {ALIAS['slot']}")
    emit.do(f"ret ptr {result}")
    emit.begin(deep)
    give_back(emit, arguments.split(",")[0].removeprefix("ptr "))
    emit.do(f"ret ptr {emit.op(f'tail call ptr {target}({arguments})')}")


def give_back(emit: Emitter, function: str) -> None:
    """Let the host take the patch of the function away."""
    emit.call_helper("pv_restore", _write_restore, "void (ptr, ptr)", emit.slot("restore"), function)


def _write_restore(unit: Unit) -> str:
    """Let the host give the function back to CPython; whatever goes wrong with that is forgotten."""
    from pyvorin.compiler.emit.runtime.refcount import write_decref

    unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
    unit.declare("PyErr_Clear", "void ()")
    unit.helper("pv_decref", write_decref)
    return """
define internal void @pv_restore(ptr %callback, ptr %function) noinline cold nounwind {
  %known = icmp ne ptr %callback, null
  br i1 %known, label %call, label %done
call:
  %r = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %callback, ptr %function, ptr null)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %clear, label %release
release:
  call void @pv_decref(ptr %r)
  ret void
clear:
  call void @PyErr_Clear()
  ret void
done:
  ret void
}"""
