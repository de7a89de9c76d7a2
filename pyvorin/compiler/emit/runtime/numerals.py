"""Text of numbers: the common ones are written at once, the rest by CPython's own conversion.

Every number here is a count of units of a power of ten: 314 with 2 places is 3.14.

``repr`` of a double that has at most 15 significant digits: if m / 10**k is the double, for a whole m below 10**15 and the least
such k, then m's digits are the shortest that read back as it, since no two decimals of 15 digits are the same double
(DBL_DIG); the division is correctly rounded because both are exact.

Fixed places of a double below 2**30: it is m * 2**-s with a whole m below 2**53, so m * 10**places, divided by 2**s, is
rounded exactly in 128 bits, half to even, as dtoa.c rounds.
"""

from __future__ import annotations

import struct

from pyvorin.compiler.emit.unit import UNLIKELY, Unit

MOST_PLACES = 6
"""10**6 times 2**53 is far below 2**100."""
SHORT_PLACES = 4
"""repr has an exponent below 0.0001."""
_ADD_DOT_0 = 2
"""Py_DTSF_ADD_DOT_0 of pystrtod.h."""


def _double(value: float) -> str:
    return f"0x{struct.pack('>d', value).hex().upper()}"


def _powers(unit: Unit) -> None:
    whole = ", ".join(f"i64 {_signed(10**n)}" for n in range(20))
    unit.define_once(f"@pv_ten_to_the = internal constant [20 x i64] [{whole}]")


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word


def write_units(unit: Unit) -> str:
    """``ptr pv_units_text(i64 units, i1 negative, i64 places, i64 least)``: a new str, or NULL with MemoryError.

    It has at least *least* digits, which are more than the places.

    The number of digits is guessed from that of bits: 1233 / 4096 is just above the logarithm of 2.
    """
    _powers(unit)
    unit.declare("PyUnicode_New", "ptr (i64, i32)")
    unit.declare("llvm.ctlz.i64", "i64 (i64, i1)")
    unit.declare("llvm.umax.i64", "i64 (i64, i64)")
    return f"""
define internal ptr @pv_units_text(i64 %units, i1 %negative, i64 %places, i64 %least) nounwind {{
  %some = or i64 %units, 1
  %zeros = call i64 @llvm.ctlz.i64(i64 %some, i1 true)
  %bits = sub i64 64, %zeros
  %scaled = mul i64 %bits, 1233
  %guess = lshr i64 %scaled, 12
  %power.at = getelementptr i64, ptr @pv_ten_to_the, i64 %guess
  %power = load i64, ptr %power.at
  %more = icmp uge i64 %units, %power
  %one = zext i1 %more to i64
  %counted = add i64 %guess, %one
  %digits = call i64 @llvm.umax.i64(i64 %counted, i64 %least)
  %sign = zext i1 %negative to i64
  %broken = icmp ne i64 %places, 0
  %dot = zext i1 %broken to i64
  %unsigned = add i64 %digits, %dot
  %length = add i64 %unsigned, %sign
  %made = call ptr @PyUnicode_New(i64 %length, i32 127)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %out, label %begin, {UNLIKELY}
begin:
  %text = getelementptr i8, ptr %made, i64 {unit.layout.sizeof_ascii}
  %first = getelementptr i8, ptr %text, i64 %sign
  %fraction = sub i64 %unsigned, %places
  %point = sub i64 %fraction, 1
  %at.point = select i1 %broken, i64 %point, i64 -1
  br i1 %negative, label %minus, label %loop
minus:
  store i8 {ord("-")}, ptr %text
  br label %loop
loop:
  %i = phi i64 [ %unsigned, %begin ], [ %unsigned, %minus ], [ %i.next, %digit ], [ %i.next, %period ]
  %left = phi i64 [ %units, %begin ], [ %units, %minus ], [ %left.next, %digit ], [ %left, %period ]
  %i.next = sub i64 %i, 1
  %ends = icmp eq i64 %i, 0
  br i1 %ends, label %out, label %next
next:
  %place = getelementptr i8, ptr %first, i64 %i.next
  %is.point = icmp eq i64 %i.next, %at.point
  br i1 %is.point, label %period, label %digit
period:
  store i8 {ord(".")}, ptr %place
  br label %loop
digit:
  %left.next = udiv i64 %left, 10
  %tens = mul i64 %left.next, 10
  %low = sub i64 %left, %tens
  %wide = add i64 %low, {ord("0")}
  %character = trunc i64 %wide to i8
  store i8 %character, ptr %place
  br label %loop
out:
  ret ptr %made
}}"""


def write_int(unit: Unit) -> str:
    """``ptr pv_int_text(i64)``: one digit is the str that CPython keeps."""
    unit.helper("pv_units_text", write_units)
    unit.declare("PyUnicode_FromOrdinal", "ptr (i32)")
    return f"""
define internal ptr @pv_int_text(i64 %value) nounwind {{
  %single = icmp ult i64 %value, 10
  br i1 %single, label %digit, label %several
digit:
  %code = add i64 %value, {ord("0")}
  %character = trunc i64 %code to i32
  %kept = call ptr @PyUnicode_FromOrdinal(i32 %character)
  ret ptr %kept
several:
  %negative = icmp slt i64 %value, 0
  %minus = sub i64 0, %value
  %units = select i1 %negative, i64 %minus, i64 %value
  %made = call ptr @pv_units_text(i64 %units, i1 %negative, i64 0, i64 1)
  ret ptr %made
}}"""


def write_int_zeros(unit: Unit) -> str:
    """``ptr pv_int_zeros(i64 value, i64 width)``: with zeros behind the sign, so that it has the width, which is not 0."""
    unit.helper("pv_units_text", write_units)
    unit.declare("llvm.smax.i64", "i64 (i64, i64)")
    return """
define internal ptr @pv_int_zeros(i64 %value, i64 %width) nounwind {
  %negative = icmp slt i64 %value, 0
  %minus = sub i64 0, %value
  %units = select i1 %negative, i64 %minus, i64 %value
  %sign = zext i1 %negative to i64
  %room = sub i64 %width, %sign
  %least = call i64 @llvm.smax.i64(i64 %room, i64 1)
  %made = call ptr @pv_units_text(i64 %units, i1 %negative, i64 0, i64 %least)
  ret ptr %made
}"""


def _asked(unit: Unit, form: str, precision: str, flags: int) -> str:
    """A block `ask`: what CPython's conversion writes.  NULL if there is no memory."""
    unit.declare("PyOS_double_to_string", "ptr (double, i8, i32, i32, ptr)")
    unit.declare("PyUnicode_FromString", "ptr (ptr)")
    unit.declare("PyMem_Free", "void (ptr)")
    return f"""
ask:
  %buffer = call ptr @PyOS_double_to_string(double %x, i8 {ord(form)}, i32 {precision}, i32 {flags}, ptr null)
  %missing = icmp eq ptr %buffer, null
  br i1 %missing, label %fails, label %copy, {UNLIKELY}
copy:
  %asked = call ptr @PyUnicode_FromString(ptr %buffer)
  call void @PyMem_Free(ptr %buffer)
  ret ptr %asked
fails:
  ret ptr null
}}"""


def write_float(unit: Unit) -> str:
    """``ptr pv_float_text(double)``: as `repr` has it."""
    unit.helper("pv_units_text", write_units)
    unit.declare("llvm.fabs.f64", "double (double)")
    unit.declare("llvm.rint.f64", "double (double)")
    powers = ", ".join(f"double {_double(10.0**n)}" for n in range(SHORT_PLACES + 1))
    unit.define_once(f"@pv_short_powers = internal constant [{SHORT_PLACES + 1} x double] [{powers}]")
    return f"""
define internal ptr @pv_float_text(double %x) nounwind {{
  %size = call double @llvm.fabs.f64(double %x)
  %plain = fcmp olt double %size, {_double(1e15)}
  %word = bitcast double %x to i64
  %negative = icmp slt i64 %word, 0
  br i1 %plain, label %loop, label %ask
loop:
  %places = phi i64 [ 0, %0 ], [ %places.next, %longer ]
  %power.at = getelementptr double, ptr @pv_short_powers, i64 %places
  %power = load double, ptr %power.at
  %product = fmul double %size, %power
  %whole = call double @llvm.rint.f64(double %product)
  %short = fcmp olt double %whole, {_double(1e15)}
  br i1 %short, label %divide, label %ask
divide:
  %quotient = fdiv double %whole, %power
  %same = fcmp oeq double %quotient, %size
  br i1 %same, label %found, label %longer
longer:
  %places.next = add i64 %places, 1
  %over = icmp ugt i64 %places.next, {SHORT_PLACES}
  br i1 %over, label %ask, label %loop
found:
  %units = fptosi double %whole to i64
  %is.whole = icmp eq i64 %places, 0
  %tens = mul i64 %units, 10
  %shown = select i1 %is.whole, i64 %tens, i64 %units
  %behind = select i1 %is.whole, i64 1, i64 %places
  %least = add i64 %behind, 1
  %made = call ptr @pv_units_text(i64 %shown, i1 %negative, i64 %behind, i64 %least)
  ret ptr %made{_asked(unit, "r", "0", _ADD_DOT_0)}"""


def write_fixed(unit: Unit) -> str:
    """``ptr pv_float_fixed(double, i64 places)``: with so many decimal places, at most MOST_PLACES."""
    unit.helper("pv_units_text", write_units)
    unit.declare("llvm.fabs.f64", "double (double)")
    _powers(unit)
    return f"""
define internal ptr @pv_float_fixed(double %x, i64 %places) nounwind {{
  %size = call double @llvm.fabs.f64(double %x)
  %plain = fcmp olt double %size, {_double(2.0**30)}
  %word = bitcast double %x to i64
  %negative = icmp slt i64 %word, 0
  %precision = trunc i64 %places to i32
  br i1 %plain, label %unpack, label %ask
unpack:
  %magnitude = and i64 %word, {2**63 - 1}
  %exponent = lshr i64 %magnitude, 52
  %fraction = and i64 %magnitude, {2**52 - 1}
  %subnormal = icmp eq i64 %exponent, 0
  %hidden = select i1 %subnormal, i64 0, i64 {2**52}
  %mantissa = or i64 %fraction, %hidden
  %shift.64 = sub i64 1075, %exponent
  %tiny = icmp ugt i64 %shift.64, 100
  br i1 %tiny, label %write, label %round
round:
  %power.at = getelementptr i64, ptr @pv_ten_to_the, i64 %places
  %power = load i64, ptr %power.at
  %wide.mantissa = zext i64 %mantissa to i128
  %wide.power = zext i64 %power to i128
  %product = mul i128 %wide.mantissa, %wide.power
  %shift = zext i64 %shift.64 to i128
  %down = lshr i128 %product, %shift
  %back = shl i128 %down, %shift
  %rest = sub i128 %product, %back
  %before = sub i128 %shift, 1
  %half = shl i128 1, %before
  %above = icmp ugt i128 %rest, %half
  %tie = icmp eq i128 %rest, %half
  %odd = trunc i128 %down to i1
  %to.even = and i1 %tie, %odd
  %up = or i1 %above, %to.even
  %floor = trunc i128 %down to i64
  %more = zext i1 %up to i64
  %nearest = add i64 %floor, %more
  br label %write
write:
  %units = phi i64 [ 0, %unpack ], [ %nearest, %round ]
  %least = add i64 %places, 1
  %made = call ptr @pv_units_text(i64 %units, i1 %negative, i64 %places, i64 %least)
  ret ptr %made{_asked(unit, "f", "%precision", 0)}"""
