"""Leaving native code in the middle of a function: hand the live values over, and let CPython go on.

A resuming exit puts the values of its snapshot into a list, remembers which point it is, gives its references back and returns
PENDING.  Who has called decides when: the entry or a native caller runs `pv_drive`, which asks the host for the continuation,
calls it, and, as long as that comes back to the head of a loop that native code can go on with, enters native code there
again.  So the stack does not grow with the number of exits, and no frame of Pyvorin's is in any traceback.

    exit:   values = [1, xs, 7.5]; pending = point 3; return PENDING
    drive:  f, state = host.resume(3, values); f(state)  ->  result | exception | a loop's head -> native code -> …
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import EXITED, OK, PENDING, RAISED, Emitter
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime.numpy import NUMPY_SCALARS, box_scalar
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.infer.instances import Instance
from pyvorin.core.layouts import ABSENT
from pyvorin.types.spec import Type

HEADROOM = 1000
"""Calls: making a continuation for the first time walks the whole function."""
Valued = tuple[str, Type]
"""An LLVM operand and the type of the value."""


class Resumer:
    """Emits the resuming exits of one function; exits with the same values and references share their code."""

    def __init__(self, emit: Emitter, instance: Instance):
        self.emit = emit
        self.instance = instance
        self._shared: dict[tuple[object, ...], str] = {}
        self._room = 0
        """How many values the buffer takes through which they are handed over."""

    def leave(self, point: Point, values: list[Valued], release: tuple[str, ...]) -> None:
        """End the current block: leave at the point, with these values; *release* is given back."""
        key = (id(point), tuple(values), release)
        if key in self._shared:
            self.emit.jump(self._shared[key])
            return
        emit = self.emit
        label = self._shared[key] = emit.new_label("resume")
        emit.jump(label)
        emit.begin(label)
        self._room = max(self._room, len(values))
        buffer = "%frame" if values else "null"
        codes = "".join(self._store(index, operand, ty) for index, (operand, ty) in enumerate(values))
        signature = "ptr (ptr, ptr, i64)"
        items = emit.call_helper("pv_frame", write_frame, signature, buffer, _codes(emit.unit, codes), str(len(codes)))
        # Whatever a finaliser does now is done with before the exit becomes pending.
        for operand in release:
            emit.decref(operand)
        number = str(emit.unit.point(self.instance, point))
        status = emit.call_helper("pv_pend", _write_pend, "i8 (ptr, i64)", items, number)
        packed = emit.op(f"insertvalue {{ {emit.result}, i8 }} zeroinitializer, i8 {status}, 1")
        emit.do(f"ret {{ {emit.result}, i8 }} {packed}")

    def _store(self, index: int, operand: str, ty: Type) -> str:
        """Put the value into the buffer; the code that says what it is."""
        emit = self.emit
        code, llvm = CODES.get(ty.name, ("O", "ptr"))
        if code == "N":
            operand = box_scalar(emit, operand, ty)
        elif code in "bc":
            operand = emit.op(f"zext {llvm_type(ty)} {operand} to i64")
        if code != "n":
            emit.do(f"store {llvm} {operand}, ptr {emit.address('%frame', 8 * index)}")
        return code

    def declare_buffer(self) -> None:
        """Make the buffer, at the function's beginning; to be called when all exits are emitted."""
        if self._room:
            self.emit.lines.insert(0, f"  %frame = alloca [{self._room} x i64]")


CODES = {
    "int": ("l", "i64"),
    "float": ("d", "double"),
    "bool": ("b", "i64"),
    "char": ("c", "i64"),
    "none": ("n", ""),
    "never": ("n", ""),
    **dict.fromkeys(NUMPY_SCALARS, ("N", "ptr")),
}
"""How a value comes in the buffer, by type, and what is stored there: `O`, for all references, is an object that is somebody
else's, `N` a new reference.  What can never exist stands where control never comes."""


def _codes(unit: Unit, codes: str) -> str:
    name = f'@"codes.{codes}"'
    unit.define_once(f'{name} = internal constant [{len(codes)} x i8] c"{codes}"')
    return name


def write_frame(unit: Unit) -> str:
    """``ptr pv_frame(buffer, codes, count)``: the values as a list; NULL with MemoryError set if there is no room for it."""
    unit.declare("PyList_New", "ptr (i64)")
    unit.declare("PyLong_FromLongLong", "ptr (i64)")
    unit.declare("PyFloat_FromDouble", "ptr (double)")
    unit.declare("PyUnicode_FromOrdinal", "ptr (i32)")
    unit.helper("pv_incref", write_incref)
    unit.helper("pv_decref", write_decref)
    unit.helper("pv_xdecref", write_xdecref)
    true, false, none = map(unit.external, ("_Py_TrueStruct", "_Py_FalseStruct", "_Py_NoneStruct"))
    return f"""
define internal ptr @pv_frame(ptr %buffer, ptr %codes, i64 %count) noinline cold nounwind {{
entry:
  %list = call ptr @PyList_New(i64 %count)
  %poor = icmp eq ptr %list, null
  br i1 %poor, label %loop, label %fill
fill:
  %items.at = getelementptr i8, ptr %list, i64 {unit.layout.list_items}
  %array = load ptr, ptr %items.at
  br label %loop
loop:
  %items = phi ptr [ null, %entry ], [ %array, %fill ], [ %items, %next ]
  %i = phi i64 [ 0, %entry ], [ 0, %fill ], [ %following, %next ]
  %whole = phi i1 [ false, %entry ], [ true, %fill ], [ %still, %next ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %value, label %end
value:
  %code.at = getelementptr i8, ptr %codes, i64 %i
  %code = load i8, ptr %code.at
  %at = getelementptr i64, ptr %buffer, i64 %i
  switch i8 %code, label %object [ i8 {ord("l")}, label %int i8 {ord("d")}, label %float i8 {ord("b")}, label %bool
    i8 {ord("c")}, label %char i8 {ord("n")}, label %none i8 {ord("N")}, label %new ]
int:
  %l = load i64, ptr %at
  %int.object = call ptr @PyLong_FromLongLong(i64 %l)
  br label %store
float:
  %d = load double, ptr %at
  %float.object = call ptr @PyFloat_FromDouble(double %d)
  br label %store
char:
  %c = load i32, ptr %at
  %char.object = call ptr @PyUnicode_FromOrdinal(i32 %c)
  br label %store
bool:
  %b = load i64, ptr %at
  %is.true = icmp ne i64 %b, 0
  %bool.object = select i1 %is.true, ptr {true}, ptr {false}
  br label %shared
none:
  br label %shared
object:
  %o = load ptr, ptr %at
  br label %shared
shared:
  %borrowed = phi ptr [ %bool.object, %bool ], [ {none}, %none ], [ %o, %object ]
  call void @pv_incref(ptr %borrowed)
  br label %store
new:
  %n = load ptr, ptr %at
  br label %store
store:
  %made = phi ptr [ %int.object, %int ], [ %float.object, %float ], [ %char.object, %char ], [ %borrowed, %shared ], [ %n, %new ]
  %have = icmp ne ptr %made, null
  %still = and i1 %whole, %have
  %nowhere = icmp eq ptr %items, null
  br i1 %nowhere, label %drop, label %put
drop:
  call void @pv_xdecref(ptr %made)
  br label %next
put:
  %item.at = getelementptr ptr, ptr %items, i64 %i
  store ptr %made, ptr %item.at
  br label %next
next:
  %following = add i64 %i, 1
  br label %loop
end:
  br i1 %whole, label %done, label %failed
failed:
  call void @pv_xdecref(ptr %list)
  ret ptr null
done:
  ret ptr %list
}}"""


def _write_pend(unit: Unit) -> str:
    """``i8 pv_pend(values, point)``: make an exit pending; the status to return, RAISED if there are no values."""
    define_pending(unit)
    return f"""
define internal i8 @pv_pend(ptr %values, i64 %point) noinline cold nounwind {{
  store i64 %point, ptr @pv_pending_point
  store ptr %values, ptr @pv_pending_values
  %missing = icmp eq ptr %values, null
  %status = select i1 %missing, i8 {RAISED}, i8 {PENDING}
  ret i8 %status
}}"""


def define_pending(unit: Unit) -> None:
    """The words in which an exit waits for the driver, and a result for whoever has entered native code at a loop's head.

    They need no lock: between storing and reading them nothing runs that could release the GIL.
    """
    unit.define_once("@pv_pending_point = internal global i64 0")
    unit.define_once("@pv_pending_values = internal global ptr null")
    unit.define_once("@pv_result = internal global ptr null")


def write_xdecref(unit: Unit) -> str:
    unit.helper("pv_decref", write_decref)
    return """
define internal void @pv_xdecref(ptr %o) nounwind {
  %none = icmp eq ptr %o, null
  br i1 %none, label %done, label %some
some:
  call void @pv_decref(ptr %o)
  br label %done
done:
  ret void
}"""


def fetch_exception(emit: Emitter) -> str:
    """The exception that is set, as an object with its traceback (a new reference); none is set after that."""
    if emit.unit.python >= (3, 12):
        return emit.call("PyErr_GetRaisedException", "ptr ()")
    return emit.call_helper("pv_fetch", _write_fetch, "ptr ()")


def _write_fetch(unit: Unit) -> str:
    unit.declare("PyErr_Fetch", "void (ptr, ptr, ptr)")
    unit.declare("PyErr_NormalizeException", "void (ptr, ptr, ptr)")
    unit.declare("PyException_SetTraceback", "i32 (ptr, ptr)")
    unit.helper("pv_decref", write_decref)
    unit.helper("pv_xdecref", write_xdecref)
    return """
define internal ptr @pv_fetch() nounwind {
  %tp = alloca ptr
  %vp = alloca ptr
  %bp = alloca ptr
  call void @PyErr_Fetch(ptr %tp, ptr %vp, ptr %bp)
  call void @PyErr_NormalizeException(ptr %tp, ptr %vp, ptr %bp)
  %type = load ptr, ptr %tp
  %value = load ptr, ptr %vp
  %traceback = load ptr, ptr %bp
  %bare = icmp eq ptr %traceback, null
  br i1 %bare, label %done, label %traced
traced:
  %ignored = call i32 @PyException_SetTraceback(ptr %value, ptr %traceback)
  call void @pv_decref(ptr %traceback)
  br label %done
done:
  call void @pv_xdecref(ptr %type)
  ret ptr %value
}"""


def drive(emit: Emitter, allowance: str | None = None, reserve: int = 0) -> str:
    """Let CPython finish the call that is pending: its result, or NULL with an exception set.

    allowance: what is left of the recursion limit (`emit/runtime/stack.py`), and the reserve beside it.  Native calls do not
    count in the thread's state; while CPython runs below them they have to, or a recursion that goes back and forth would never
    come to its limit.
    """
    if allowance is None:
        return emit.call_helper("pv_drive", write_drive, "ptr ()")
    left = emit.op(f"add i64 {emit.op(f'and i64 {allowance}, 255')}, {emit.op(f'lshr i64 {allowance}, 8')}")
    if emit.unit.python == (3, 11):
        # As measured: what 3.11's interpreter is called with from C it counts when it leaves, too.
        reserve += 1
    return emit.call_helper("pv_drive_below", _write_drive_below, "ptr (i64)", emit.op(f"add i64 {left}, {reserve}"))


def _write_headroom(unit: Unit) -> str:
    """``void pv_headroom(i32 by)``: let the thread recurse so much deeper.  Close to its limit the host's own calls need that."""
    emit = Emitter(unit, "i1")
    layout = emit.layout
    thread = emit.call("PyThreadState_Get", "ptr ()")
    at, how = layout.thread_recursion_remaining, "add"
    if at == ABSENT:
        at, how = layout.thread_recursion_depth, "sub"
    now = emit.load("i32", thread, at, "size")
    emit.store("i32", emit.op(f"{how} i32 {now}, %by"), thread, at, "size")
    emit.do("ret void")
    return emit.finish("define internal void @pv_headroom(i32 %by) noinline nounwind")


def _write_drive_below(unit: Unit) -> str:
    unit.helper("pv_drive", write_drive)
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
    result = emit.op("call ptr @pv_drive()")
    # What CPython did meanwhile it has taken back, unless the program has set another limit: that is kept.
    now = emit.load("i32", thread, at, "size")
    emit.store("i32", emit.op(f"add i32 {now}, {emit.op(f'sub i32 {before}, {below}')}"), thread, at, "size")
    emit.do(f"ret ptr {result}")
    return emit.finish("define internal ptr @pv_drive_below(i64 %left) noinline nounwind")


def write_drive(unit: Unit) -> str:
    """``ptr pv_drive()``: see the module's docstring.  `pv_enter` and `pv_entry_points` are defined when all loops are known."""
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
    unit.helper("pv_headroom", _write_headroom)
    unit.has_drive = True
    layout = unit.layout

    def slot(name: str, kind: str) -> str:
        return (
            f"  %{name}.at = getelementptr ptr, ptr @slots, i64 {unit.slot(kind)}\n  %{name} = load ptr, ptr %{name}.at"
        )

    return f"""
define internal ptr @pv_drive() noinline nounwind {{
entry:
  %args = alloca [2 x ptr]
  %args.1 = getelementptr ptr, ptr %args, i64 1
  br label %pending
pending:
  %point.0 = load i64, ptr @pv_pending_point
  %values.0 = load ptr, ptr @pv_pending_values
  br label %prepare
prepare:
  %point = phi i64 [ %point.0, %pending ], [ %point.1, %again ]
  %values = phi ptr [ %values.0, %pending ], [ %entered, %again ]
  %number = call ptr @PyLong_FromLongLong(i64 %point)
  %poor = icmp eq ptr %number, null
  br i1 %poor, label %drop, label %ask
drop:
  call void @pv_decref(ptr %values)
  ret ptr null
ask:
{slot("resume", "resume")}
  call void @pv_headroom(i32 {HEADROOM})
  %made = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %resume, ptr %number, ptr %values, ptr null)
  call void @pv_headroom(i32 -{HEADROOM})
  call void @pv_decref(ptr %number)
  call void @pv_decref(ptr %values)
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
  %result = call ptr @PyObject_VectorcallDict(ptr %function, ptr %args.1, i64 {1 - 2**63}, ptr null)
  call void @pv_decref(ptr %state)
  call void @pv_decref(ptr %function)
  %raised = icmp eq ptr %result, null
  br i1 %raised, label %failed, label %look
look:
  %type.at = getelementptr i8, ptr %result, i64 {layout.type}
  %type = load ptr, ptr %type.at
{slot("head", "loophead")}
  %at.head = icmp eq ptr %type, %head
  br i1 %at.head, label %enter, label %done
done:
  ret ptr %result
enter:
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
  call void @pv_incref(ptr %entered)
  call void @pv_decref(ptr %answer)
  %status = call i8 @pv_enter(i64 %k, ptr %entered)
  switch i8 %status, label %again [ i8 {OK}, label %ended i8 {RAISED}, label %drop.entered i8 {PENDING}, label %left ]
ended:
  call void @pv_decref(ptr %entered)
  %native.result = load ptr, ptr @pv_result
  ret ptr %native.result
drop.entered:
  call void @pv_decref(ptr %entered)
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
