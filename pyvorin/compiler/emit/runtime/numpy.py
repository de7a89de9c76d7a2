"""Helpers for NumPy scalars: making one, and telling whether an operation would have made NumPy warn."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.buffers import IMMUTABLE_TYPE
from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.types.spec import Type

SCALAR_VALUE = 16
"""Where the value of an np.float64 or np.int64 lies in the object."""
NUMPY_SCALARS = frozenset({"npfloat", "npint", "npbool"})
_SCALARS = {"npfloat": ("float64", "double", "PyFloat_FromDouble"), "npint": ("int64", "i64", "PyLong_FromLongLong")}


def box_scalar(emit: Emitter, value: str, ty: Type) -> str:
    """A new reference to the value's numpy scalar; NULL with an exception set if there is no room for it."""
    if ty.name == "npbool":
        obj = emit.select(value, "ptr", emit.slot("imported", "numpy:True_"), emit.slot("imported", "numpy:False_"))
        emit.incref(obj)
        return obj
    scalar, llvm, _ = _SCALARS[ty.name]
    kind = emit.slot("imported", f"numpy:{scalar}")
    return emit.call_helper(
        f"pv_box_{ty.name}", lambda unit: _write_box(unit, ty.name), f"ptr (ptr, {llvm})", kind, value
    )


def _write_box(unit: Unit, name: str) -> str:
    """``ptr pv_box_…(ptr type, value)``.

    As PyArray_Scalar does: an object of the type's own allocator, with the value behind the header (PyDoubleScalarObject and
    PyInt64ScalarObject, arrayscalars.h).  Should the type not be NumPy's own, it is called with the Python number.
    """
    _, llvm, make = _SCALARS[name]
    unit.declare(make, f"ptr ({llvm})")
    unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
    unit.helper("pv_decref", write_decref)
    layout = unit.layout
    return f"""
define internal ptr @pv_box_{name}(ptr %type, {llvm} %value) noinline nounwind {{
  %flagsp = getelementptr i8, ptr %type, i64 {layout.type_flags}
  %flags = load i64, ptr %flagsp
  %bit = and i64 %flags, {IMMUTABLE_TYPE}
  %immutable = icmp ne i64 %bit, 0
  %sizep = getelementptr i8, ptr %type, i64 {layout.type_basicsize}
  %size = load i64, ptr %sizep
  %known = icmp eq i64 %size, {SCALAR_VALUE + 8}
  %own = and i1 %immutable, %known
  br i1 %own, label %direct, label %general
direct:
  %allocp = getelementptr i8, ptr %type, i64 {layout.type_alloc}
  %alloc = load ptr, ptr %allocp
  %object = call ptr %alloc(ptr %type, i64 0)
  %nomem = icmp eq ptr %object, null
  br i1 %nomem, label %fail, label %fill
fill:
  %place = getelementptr i8, ptr %object, i64 {SCALAR_VALUE}
  store {llvm} %value, ptr %place
  ret ptr %object
general:
  %number = call ptr @{make}({llvm} %value)
  %failed = icmp eq ptr %number, null
  br i1 %failed, label %fail, label %made
made:
  %scalar = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %type, ptr %number, ptr null)
  call void @pv_decref(ptr %number)
  ret ptr %scalar
fail:
  ret ptr null
}}"""


_FLAGS = {
    # Adding never underflows: a tiny sum is exact.
    "fadd": "",
    "fsub": "",
    # A tiny product or quotient that is not exact: NumPy ignores it unless np.seterr says otherwise.
    "fmul": "%zero_a = fcmp oeq double %a, 0.0\n  %zero_b = fcmp oeq double %b, 0.0\n"
    "  %exact = or i1 %zero_a, %zero_b\n  %tiny_inexact = xor i1 %exact, true\n",
    "fdiv": "%zero_a = fcmp oeq double %a, 0.0\n  %size_b = call double @llvm.fabs.f64(double %b)\n"
    "  %far_b = fcmp oeq double %size_b, 0x7FF0000000000000\n  %exact = or i1 %zero_a, %far_b\n"
    "  %tiny_inexact = xor i1 %exact, true\n",
}


def signals(emit: Emitter, operation: str, a: str, b: str, result: str) -> str:
    """Whether *result* = a operation b could have raised a floating-point exception that NumPy looks at.

    Results of ordinary size are told by one comparison; the others are looked at closer, by operands and result.
    """
    bits = emit.op(f"bitcast double {result} to i64")
    exponent = emit.op(f"and i64 {bits}, {0x7FF0000000000000}")
    if operation in ("fadd", "fsub"):
        unusual = emit.op(f"icmp eq i64 {exponent}, {0x7FF0000000000000}")
    else:
        # Exponents 0 (zero, subnormal) and 0x7FF (infinite, NaN) at once.
        moved = emit.op(f"sub i64 {exponent}, {1 << 52}")
        unusual = emit.op(f"icmp uge i64 {moved}, {0x7FE << 52}")
    ordinary, closer, done = emit.label, emit.new_label("closer"), emit.new_label("told")
    emit.branch(unusual, closer, done, unlikely=True)
    emit.begin(closer)
    signalled = emit.call_helper(
        f"pv_signals_{operation}",
        lambda unit: _write_signals(unit, operation),
        "i1 (double, double, double)",
        a,
        b,
        result,
    )
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", ordinary), (signalled, closer))


def _write_signals(unit: Unit, operation: str) -> str:
    """``i1 pv_signals_…(a, b, result)`` for a result that is zero, subnormal, infinite or NaN.

    invalid: NaN from operands that are none, or from a signalling one; overflow: infinite from finite operands.
    """
    unit.declare("llvm.fabs.f64", "double (double)")
    unit.declare("llvm.is.fpclass.f64", "i1 (double, i32)")
    tiny = _FLAGS[operation]
    inexact = "%tiny_inexact" if tiny else "false"
    return f"""
define internal i1 @pv_signals_{operation}(double %a, double %b, double %r) noinline nounwind {{
  %nan_r = fcmp uno double %r, %r
  %nan_operand = fcmp uno double %a, %b
  %quiet = xor i1 %nan_operand, true
  %made_nan = and i1 %nan_r, %quiet
  %signalling_a = call i1 @llvm.is.fpclass.f64(double %a, i32 1)
  %signalling_b = call i1 @llvm.is.fpclass.f64(double %b, i32 1)
  %signalling = or i1 %signalling_a, %signalling_b
  %invalid = or i1 %made_nan, %signalling
  %size_r = call double @llvm.fabs.f64(double %r)
  %infinite = fcmp oeq double %size_r, 0x7FF0000000000000
  %sa = call double @llvm.fabs.f64(double %a)
  %sb = call double @llvm.fabs.f64(double %b)
  %finite_a = fcmp olt double %sa, 0x7FF0000000000000
  %finite_b = fcmp olt double %sb, 0x7FF0000000000000
  %finite = and i1 %finite_a, %finite_b
  %overflow = and i1 %infinite, %finite
  {tiny}
  %small = fcmp olt double %size_r, 0x0010000000000000
  %underflow = and i1 %small, {inexact}
  %first = or i1 %invalid, %overflow
  %any = or i1 %first, %underflow
  ret i1 %any
}}"""
