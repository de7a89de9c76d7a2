"""Whether a tool watches the thread's calls: debuggers, profilers, measures of coverage.  Then all calls are CPython's.

Tools of `sys.settrace` and `sys.setprofile` are in the thread's state.  Tools of `sys.monitoring` (PEP 669; cProfile is one from
3.12 on) are not: code objects are adapted to what is monitored, when they run next, and native code does not run them.  But
CPython counts the changes of what is monitored (`monitoring_version`; in 3.13 a part of `eval_breaker`).  As long as that
count is the one for which it was found that nobody watches, nobody does; else the tools are looked at, and the answer kept.

A tool that has been registered is taken to watch, whether it wants events or not.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import Unit

OWN = "pyvorin"
"""The name under which the watch of the main script is registered (`host/watch_monitoring.py`)."""
TOOLS = 6
"""The ids that `sys.monitoring` gives away; those of sys.settrace and sys.setprofile come behind them."""
VERSION_BITS = -256
"""The bits of `eval_breaker` that are the version (3.13: _PY_EVAL_EVENTS_BITS is 8)."""


def require_unwatched(emit: Emitter, thread: str) -> None:
    """Go to the label `miss` if a tool watches the calls of the thread, the running one."""
    layout = emit.layout

    def require(condition: str) -> None:
        following = emit.new_label("ok")
        emit.branch(condition, following, "miss")
        emit.begin(following)

    profiling = emit.load("ptr", thread, layout.thread_profile_function, "type")
    require(emit.op(f"icmp eq ptr {profiling}, null"))
    tracing = emit.load("ptr", thread, layout.thread_trace_function, "type")
    if emit.unit.python < (3, 12):
        # Pyvorin's own watch of the main script is a trace function, too.
        watched, free = emit.new_label("watched"), emit.new_label("free")
        emit.branch(emit.op(f"icmp eq ptr {tracing}, null"), free, watched)
        emit.begin(watched)
        tracer = emit.load("ptr", thread, layout.thread_trace_object, "type")
        emit.branch(emit.op(f"icmp eq ptr {tracer}, {emit.slot('tracer')}"), free, "miss")
        emit.begin(free)
        return
    require(emit.op(f"icmp eq ptr {tracing}, null"))
    version = _version(emit, thread)
    known = emit.load("i64", emit.slot_address(_unwatched(emit.unit)), 0, "slot")
    look, free = emit.new_label("look"), emit.new_label("free")
    emit.branch(emit.op(f"icmp eq i64 {version}, {known}"), free, look)
    emit.begin(look)
    emit.branch(emit.call_helper("pv_unwatched", _write_unwatched, "i1 (i64)", version), free, "miss")
    emit.begin(free)


def call_watched(emit: Emitter) -> str:
    """Whether a tool watches the running thread by now, as an i1: asked for where code of the program has run."""
    return emit.call_helper("pv_watched", _write_watched, "i1 ()")


def _write_watched(unit: Unit) -> str:
    unit.declare("PyThreadState_Get", "ptr ()")
    emit = Emitter(unit, "i1")
    require_unwatched(emit, emit.call("PyThreadState_Get", "ptr ()"))
    emit.do("ret i1 false")
    emit.begin("miss")
    emit.do("ret i1 true")
    return emit.finish("define internal i1 @pv_watched() noinline nounwind")


def _version(emit: Emitter, thread: str) -> str:
    if emit.unit.python == (3, 12):
        interpreter = emit.load("ptr", thread, emit.layout.thread_interpreter, "type")
        return emit.load("i64", interpreter, emit.layout.interpreter_monitoring_version, "size")
    breaker = emit.load("i64", thread, emit.layout.thread_eval_breaker, "size")
    return emit.op(f"and i64 {breaker}, {VERSION_BITS}")


def _unwatched(unit: Unit) -> int:
    """The slot of the last version for which nobody watched; 0 is that of a process that never had a tool."""
    return unit.slot("word", "0 unwatched")


def _write_unwatched(unit: Unit) -> str:
    """``i1 pv_unwatched(i64 version)``: look at the tools, and remember what was found for this version.

    It calls `sys.monitoring.get_tool` itself: Python code of ours would be among what a tool sees.
    """
    for name, signature in {
        "PySys_GetObject": "ptr (ptr)",
        "PyObject_CallMethod": "ptr (ptr, ptr, ptr, ...)",
        "PyUnicode_CompareWithASCIIString": "i32 (ptr, ptr)",
        "PyErr_Clear": "void ()",
    }.items():
        unit.declare(name, signature)
    unit.helper("pv_decref", write_decref)
    for text in ("monitoring", "get_tool", "i", OWN):
        unit.define_once(f'@"text.{text}" = internal constant [{len(text) + 1} x i8] c"{text}\\00"')
    none = unit.external("_Py_NoneStruct")
    return f"""
define internal i1 @pv_unwatched(i64 %version) noinline cold nounwind {{
entry:
  %watched.at = getelementptr ptr, ptr @slots, i64 {unit.slot("word", "-1 watched")}
  %watched = load i64, ptr %watched.at
  %known = icmp eq i64 %version, %watched
  br i1 %known, label %refused, label %ask
refused:
  ret i1 false
ask:
  %monitoring = call ptr @PySys_GetObject(ptr @"text.monitoring")
  %absent = icmp eq ptr %monitoring, null
  br i1 %absent, label %free, label %loop
loop:
  %i = phi i32 [ 0, %ask ], [ %following, %next ]
  %more = icmp slt i32 %i, {TOOLS}
  br i1 %more, label %tool, label %free
tool:
  %name = call ptr (ptr, ptr, ptr, ...) @PyObject_CallMethod(ptr %monitoring, ptr @"text.get_tool", ptr @"text.i", i32 %i)
  %failed = icmp eq ptr %name, null
  br i1 %failed, label %clear, label %look
clear:
  call void @PyErr_Clear()
  ret i1 false
look:
  %nobody = icmp eq ptr %name, {none}
  br i1 %nobody, label %harmless, label %somebody
somebody:
  %compared = call i32 @PyUnicode_CompareWithASCIIString(ptr %name, ptr @"text.{OWN}")
  %own = icmp eq i32 %compared, 0
  call void @pv_decref(ptr %name)
  br i1 %own, label %next, label %keep
harmless:
  call void @pv_decref(ptr %name)
  br label %next
next:
  %following = add i32 %i, 1
  br label %loop
keep:
  store i64 %version, ptr %watched.at
  ret i1 false
free:
  %unwatched.at = getelementptr ptr, ptr @slots, i64 {_unwatched(unit)}
  store i64 %version, ptr %unwatched.at
  ret i1 true
}}"""
