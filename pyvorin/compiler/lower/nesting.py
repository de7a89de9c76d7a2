"""How an entry hands a call on to CPython, so that deep recursion goes as deep as it would without Pyvorin.

CPython 3.11 and later runs a call of one Python function by another without using the C stack; through a patched function it
does use it, and 3.12 and 3.13 count that:

    def f(n): return n and f(n - 1)      # f(990) on 3.12.1: fine; with `f` patched RecursionError at 750, C_RECURSION_LIMIT // 2

So an entry counts the calls that it has handed on and that have not returned.  When there are MOST of them, the function is
recursing in CPython: the host takes its patch away, and from then on the interpreter calls it in its own way.  The count
is one for all threads, which can only make a function that runs in CPython anyway stay there.

The stack of a thread may be too small even for that, or for many functions that call each other: where little of it is left,
all functions are given back at once.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import stack
from pyvorin.compiler.emit.unit import ALIAS, Unit

MOST = 24
"""Small, as functions that call each other in a circle are counted one by one: 30 of them still fit into the limit of 3.12.1."""


def define_continuation(unit: Unit, index: int, parameters: str, arguments: str) -> str:
    """Emit a function that calls what follows the entry `index` with its arguments (the first is the function)."""
    emit = Emitter(unit, "ptr")
    count_at = emit.slot_address(unit.slot("word", f"0 nesting{index}"))
    target = emit.slot("miss", str(index))
    count = emit.op(f"load i64, ptr {count_at}, {ALIAS['slot']}")
    left = stack.left(emit)
    low = emit.op(f"icmp ult i64 {left}, {stack.LOW}")
    stop = emit.op(f"or i1 {emit.op(f'icmp sge i64 {count}, {MOST}')}, {low}")
    deep, counted = emit.new_label("deep"), emit.new_label("counted")
    emit.branch(stop, deep, counted, unlikely=True)
    emit.begin(counted)
    emit.do(f"store i64 {emit.op(f'add i64 {count}, 1')}, ptr {count_at}, {ALIAS['slot']}")
    result = emit.op(f"call ptr {target}({arguments})")
    # Not the number from before: other calls may have begun and be waiting in other threads.
    now = emit.op(f"load i64, ptr {count_at}, {ALIAS['slot']}")
    emit.do(f"store i64 {emit.op(f'sub i64 {now}, 1')}, ptr {count_at}, {ALIAS['slot']}")
    emit.do(f"ret ptr {result}")
    emit.begin(deep)
    restore, handed_on = emit.new_label("restore"), emit.new_label("on")
    emit.branch(emit.op(f"icmp ult i64 {left}, {stack.LOWEST}"), handed_on, restore)
    emit.begin(restore)
    give_back(emit, arguments.split(",")[0].removeprefix("ptr "), low)
    emit.jump(handed_on)
    emit.begin(handed_on)
    emit.do(f"ret ptr {emit.op(f'tail call ptr {target}({arguments})')}")
    unit.define(emit.finish(f"define internal ptr @continue.{index}({parameters}) noinline nounwind"))
    return f"@continue.{index}"


def give_back(emit: Emitter, function: str, every: str = "false") -> None:
    """Let the host take the patch of the function away, or, if *every*, all patches."""
    emit.call_helper("pv_restore", _write_restore, "void (ptr, ptr, i1)", emit.slot("restore"), function, every)


def _write_restore(unit: Unit) -> str:
    """Let the host give the function, or all, back to CPython; whatever goes wrong with that is forgotten."""
    from pyvorin.compiler.emit.runtime.refcount import write_decref

    unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
    unit.declare("PyErr_Clear", "void ()")
    unit.helper("pv_decref", write_decref)
    true, false = unit.external("_Py_TrueStruct"), unit.external("_Py_FalseStruct")
    return f"""
define internal void @pv_restore(ptr %callback, ptr %function, i1 %all) noinline cold nounwind {{
  %known = icmp ne ptr %callback, null
  br i1 %known, label %call, label %done
call:
  %flag = select i1 %all, ptr {true}, ptr {false}
  %r = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %callback, ptr %function, ptr %flag, ptr null)
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
}}"""
