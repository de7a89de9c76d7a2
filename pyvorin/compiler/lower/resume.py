"""Leaving native code in the middle of a function: hand the live values over.

A resuming exit puts the values of its snapshot into a list, remembers which point it is, gives its references back and returns
PENDING.  Who has called lets CPython go on (`drive.py`).

    values = [1, xs, 7.5]; pending = point 3; return PENDING
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import PENDING, RAISED, Emitter
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime.numpy import NUMPY_SCALARS
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref, write_xdecref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.primitives.objects import boxed_or_null
from pyvorin.types.spec import Type

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
            emit.decref_seldom(operand)
        number = str(emit.unit.point(self.instance, point))
        status = emit.call_helper("pv_pend", _write_pend, "i8 (ptr, i64)", items, number)
        packed = emit.op(f"insertvalue {{ {emit.result}, i8 }} zeroinitializer, i8 {status}, 1")
        emit.do(f"ret {{ {emit.result}, i8 }} {packed}")

    def _store(self, index: int, operand: str, ty: Type) -> str:
        """Put the value into the buffer; the code that says what it is."""
        emit = self.emit
        code, llvm = CODES.get(ty.name, ("O", "ptr"))
        if code == "N":
            operand = boxed_or_null(emit, operand, ty)
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
    **dict.fromkeys(("number", *NUMPY_SCALARS), ("N", "ptr")),
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
