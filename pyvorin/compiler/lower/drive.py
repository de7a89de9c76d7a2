"""Finishing a call that native code has left in the middle: CPython goes on, and comes back at loops' heads.

The entry, or a native caller, runs `pv_drive`, which asks the host for the continuation of what is pending (`resume.py`), calls
it, and, as long as that comes back to the head of a loop that native code can go on with, enters native code there again.  So
the stack does not grow with the number of exits, and no frame of Pyvorin's is in any traceback.

    f, state = host.resume(3, values); f(state)  ->  result | exception | a loop's head -> native code -> …
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import EXITED, OK, PENDING, RAISED, Emitter
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref, write_xdecref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.lower.resume import define_pending
from pyvorin.core.layouts import ABSENT

HEADROOM = 1000
"""Calls: making a continuation for the first time walks the whole function."""


def drive(emit: Emitter, allowance: str | None = None, reserve: int = 0) -> str:
    """Let CPython finish the call that is pending: its result, or NULL with an exception set.

    allowance: what is left of the recursion limit (`emit/runtime/stack.py`), and the reserve beside it.  Native calls do not
    count in the thread's state; while CPython runs below them they have to, or a recursion that goes back and forth would never
    come to its limit.
    """
    if allowance is None:
        return emit.call_helper("pv_drive", write_drive, "ptr ()")
    emit.unit.helper("pv_drive", write_drive)
    left = calls_left(emit, allowance, reserve)
    return emit.call_helper("pv_drive.below", lambda unit: write_below(unit, "pv_drive", 0), "ptr (i64)", left)


def calls_left(emit: Emitter, allowance: str, reserve: int) -> str:
    """How many calls the recursion limit still leaves."""
    left = emit.op(f"add i64 {emit.op(f'and i64 {allowance}, 255')}, {emit.op(f'lshr i64 {allowance}, 8')}")
    if emit.unit.python == (3, 11):
        # As measured: what 3.11's interpreter is called with from C it counts when it leaves, too.
        reserve += 1
    # Not in the instruction: it is the only thing in which a function differs between the groups that it is in.
    constant = f"@pv_reserve.{reserve}"
    emit.unit.define_once(f"{constant} = internal constant i64 {reserve}")
    return emit.op(f"add i64 {left}, {emit.op(f'load i64, ptr {constant}')}")


def _write_headroom(unit: Unit) -> str:
    """``void pv_headroom(i32 by)``: let the thread recurse so much deeper.  Close to its limit the host's own calls need that.

    Nor does a tool see these calls (from 3.11 on, where CPython has functions for that): *by* is negative when they are over.
    """
    emit = Emitter(unit, "i1")
    layout = emit.layout
    thread = emit.call("PyThreadState_Get", "ptr ()")
    at, how = layout.thread_recursion_remaining, "add"
    if at == ABSENT:
        at, how = layout.thread_recursion_depth, "sub"
    now = emit.load("i32", thread, at, "size")
    emit.store("i32", emit.op(f"{how} i32 {now}, %by"), thread, at, "size")
    if unit.python >= (3, 11):
        begin, end = emit.new_label("begin"), emit.new_label("end")
        emit.branch(emit.op("icmp sgt i32 %by, 0"), begin, end)
        emit.begin(end)
        emit.call("PyThreadState_LeaveTracing", "void (ptr)", thread)
        emit.do("ret void")
        emit.begin(begin)
        emit.call("PyThreadState_EnterTracing", "void (ptr)", thread)
    emit.do("ret void")
    return emit.finish("define internal void @pv_headroom(i32 %by) noinline nounwind")


def write_below(unit: Unit, name: str, count: int) -> str:
    """``ptr name.below(left, ...)``: the helper, which has *count* parameters, where the thread may recurse so much deeper."""
    unit.declare("PyThreadState_Get", "ptr ()")
    emit = Emitter(unit, "ptr")
    layout = emit.layout
    thread = emit.call("PyThreadState_Get", "ptr ()")
    left = emit.op("trunc i64 %left to i32")
    if layout.thread_recursion_remaining != ABSENT:
        at = layout.thread_recursion_remaining
        order = "smin"
    else:
        at = layout.thread_recursion_depth
        left = emit.op(f"sub i32 {emit.call('Py_GetRecursionLimit', 'i32 ()')}, {left}")
        order = "smax"
    before = emit.load("i32", thread, at, "size")
    below = emit.intrinsic(f"llvm.{order}.i32", "i32", before, left)
    emit.store("i32", below, thread, at, "size")
    result = emit.op(f"call ptr @{name}({', '.join(f'ptr %a{index}' for index in range(count))})")
    # What CPython did meanwhile it has taken back, unless the program has set another limit: that is kept.
    now = emit.load("i32", thread, at, "size")
    emit.store("i32", emit.op(f"add i32 {now}, {emit.op(f'sub i32 {before}, {below}')}"), thread, at, "size")
    emit.do(f"ret ptr {result}")
    parameters = "".join(f", ptr %a{index}" for index in range(count))
    return emit.finish(f"define internal ptr @{name}.below(i64 %left{parameters}) noinline nounwind")


def write_drive(unit: Unit) -> str:
    """``ptr pv_drive()``: see the module's docstring.  `pv_enter` and `pv_entry_points` are defined when all loops are known.

    ``ptr pv_drive_from(token)`` begins with a loop's head that a continuation has come to, in code that was loaded before this
    one; without a token, with what is pending.
    """
    define_pending(unit)
    for name, signature in {
        "PyLong_FromLongLong": "ptr (i64)",
        "PyLong_AsLongLong": "i64 (ptr)",
        "PyObject_CallFunctionObjArgs": "ptr (ptr, ...)",
        "PyObject_VectorcallDict": "ptr (ptr, ptr, i64, ptr)",
    }.items():
        unit.declare(name, signature)
    unit.helper("pv_incref", write_incref)
    unit.helper("pv_decref", write_decref)
    unit.helper("pv_xdecref", write_xdecref)
    unit.helper("pv_headroom", _write_headroom)
    unit.has_drive = True
    layout = unit.layout

    def slot(name: str, kind: str) -> str:
        return (
            f"  %{name}.at = getelementptr ptr, ptr @slots, i64 {unit.slot(kind)}\n  %{name} = load ptr, ptr %{name}.at"
        )

    return f"""
define internal ptr @pv_drive() nounwind {{
  %result = call ptr @pv_drive_from(ptr null)
  ret ptr %result
}}

define internal ptr @pv_drive_from(ptr %token) noinline nounwind {{
entry:
  %args = alloca [2 x ptr]
  %args.1 = getelementptr ptr, ptr %args, i64 1
  %handed.over = icmp ne ptr %token, null
  br i1 %handed.over, label %enter, label %pending
pending:
  %stay.0 = phi ptr [ null, %entry ], [ %stay.1, %left ]
  %point.0 = load i64, ptr @pv_pending_point
  %values.0 = load ptr, ptr @pv_pending_values
  br label %prepare
prepare:
  %point = phi i64 [ %point.0, %pending ], [ %point.1, %again ]
  %values = phi ptr [ %values.0, %pending ], [ %entered, %again ]
  %stay = phi ptr [ %stay.0, %pending ], [ %stay.1, %again ]
  %number = call ptr @PyLong_FromLongLong(i64 %point)
  %poor = icmp eq ptr %number, null
  br i1 %poor, label %drop, label %ask
drop:
  call void @pv_decref(ptr %values)
  call void @pv_xdecref(ptr %stay)
  ret ptr null
ask:
{slot("resume", "resume")}
  call void @pv_headroom(i32 {HEADROOM})
  %made = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %resume, ptr %number, ptr %values, ptr %stay, ptr null)
  call void @pv_headroom(i32 -{HEADROOM})
  call void @pv_decref(ptr %number)
  call void @pv_decref(ptr %values)
  call void @pv_xdecref(ptr %stay)
  %unmade = icmp eq ptr %made, null
  br i1 %unmade, label %failed, label %run
failed:
  ret ptr null
run:
  %pair = phi ptr [ %made, %ask ], [ %answer, %other ]
  %items = getelementptr i8, ptr %pair, i64 {layout.tuple_items}
  %function = load ptr, ptr %items
  %state.at = getelementptr ptr, ptr %items, i64 1
  %state = load ptr, ptr %state.at
  call void @pv_incref(ptr %function)
  call void @pv_incref(ptr %state)
  call void @pv_decref(ptr %pair)
  store ptr %state, ptr %args.1
  %returned = call ptr @PyObject_VectorcallDict(ptr %function, ptr %args.1, i64 {1 - 2**63}, ptr null)
  call void @pv_decref(ptr %state)
  call void @pv_decref(ptr %function)
  %raised = icmp eq ptr %returned, null
  br i1 %raised, label %failed, label %look
look:
  %type.at = getelementptr i8, ptr %returned, i64 {layout.type}
  %type = load ptr, ptr %type.at
{slot("head", "loophead")}
  %at.head = icmp eq ptr %type, %head
  br i1 %at.head, label %enter, label %done
done:
  ret ptr %returned
enter:
  %result = phi ptr [ %token, %entry ], [ %returned, %look ]
{slot("reenter", "reenter")}
  call void @pv_headroom(i32 {HEADROOM})
  %answer = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %reenter, ptr %result, ptr null)
  call void @pv_headroom(i32 -{HEADROOM})
  call void @pv_decref(ptr %result)
  %mute = icmp eq ptr %answer, null
  br i1 %mute, label %failed, label %which
which:
  %parts = getelementptr i8, ptr %answer, i64 {layout.tuple_items}
  %first = load ptr, ptr %parts
  %second.at = getelementptr ptr, ptr %parts, i64 1
  %entered = load ptr, ptr %second.at
  %first.type.at = getelementptr i8, ptr %first, i64 {layout.type}
  %first.type = load ptr, ptr %first.type.at
  %native = icmp eq ptr %first.type, {unit.external("PyLong_Type")}
  br i1 %native, label %native.code, label %other
other:
  br label %run
native.code:
  %k = call i64 @PyLong_AsLongLong(ptr %first)
  %stay.at = getelementptr ptr, ptr %parts, i64 2
  %stay.1 = load ptr, ptr %stay.at
  call void @pv_incref(ptr %entered)
  call void @pv_incref(ptr %stay.1)
  call void @pv_decref(ptr %answer)
  %status = call i8 @pv_enter(i64 %k, ptr %entered)
  switch i8 %status, label %again [ i8 {OK}, label %ended i8 {RAISED}, label %drop.entered i8 {PENDING}, label %left ]
ended:
  call void @pv_decref(ptr %entered)
  call void @pv_decref(ptr %stay.1)
  %native.result = load ptr, ptr @pv_result
  ret ptr %native.result
drop.entered:
  call void @pv_decref(ptr %entered)
  call void @pv_decref(ptr %stay.1)
  ret ptr null
left:
  %point.2 = load i64, ptr @pv_pending_point
  %values.2 = load ptr, ptr @pv_pending_values
  call void @pv_decref(ptr %entered)
  store i64 %point.2, ptr @pv_pending_point
  store ptr %values.2, ptr @pv_pending_values
  br label %pending
again:
  %point.1.at = getelementptr i64, ptr @pv_entry_points, i64 %k
  %point.1 = load i64, ptr %point.1.at
  br label %prepare
}}"""


def define_handover(unit: Unit) -> str:
    """Define the entry that takes a call over at a loop's head, given as its one argument: its name."""
    unit.helper("pv_drive", write_drive)
    unit.define("""
define internal ptr @pv_take_over(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) nounwind {
  %token = load ptr, ptr %args
  call void @pv_incref(ptr %token)
  %result = call ptr @pv_drive_from(ptr %token)
  ret ptr %result
}""")
    return "pv_take_over"


def define_entry_points(unit: Unit, heads: list[tuple[str, int]]) -> None:
    """Define what `pv_drive` enters native code with: for each loop's head its function, and the index of its point."""
    if not unit.has_drive:
        return
    cases = "".join(f" i64 {index}, label %head{index}" for index in range(len(heads)))
    bodies = "".join(
        f"head{index}:\n  %s{index} = call i8 @{name}(ptr %values)\n  ret i8 %s{index}\n"
        for index, (name, _) in enumerate(heads)
    )
    points = ", ".join(f"i64 {point}" for _, point in heads) or "i64 0"
    unit.define(f"@pv_entry_points = internal constant [{max(1, len(heads))} x i64] [{points}]")
    unit.define(f"""
define internal i8 @pv_enter(i64 %k, ptr %values) noinline nounwind {{
  switch i64 %k, label %none [{cases} ]
none:
  ret i8 {EXITED}
{bodies}}}""")
