"""The numbers of `_random.Random`: the Mersenne Twister, on the state that the object keeps (_randommodule.c).

The object has an index and 624 words behind its head. CPython's own functions continue from where native code has
come to, and the other way round.
"""

from __future__ import annotations

from pyvorin.compiler.emit.unit import UNLIKELY, Unit

INDEX, STATE, WORDS, MIDDLE = 16, 20, 624, 397


def write_refill(unit: Unit) -> str:
    """``void pv_random_refill(ptr)``: the next 624 words (genrand_uint32)."""
    return f"""
define internal void @pv_random_refill(ptr %self) noinline nounwind {{
  %state = getelementptr i8, ptr %self, i64 {STATE}
  %start = load i32, ptr %state
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %loop ]
  %word = phi i32 [ %start, %0 ], [ %following, %loop ]
  %next = add i64 %i, 1
  %last = icmp eq i64 %next, {WORDS}
  %j = select i1 %last, i64 0, i64 %next
  %followingp = getelementptr i32, ptr %state, i64 %j
  %following = load i32, ptr %followingp
  %near = icmp ult i64 %i, {WORDS - MIDDLE}
  %shift = select i1 %near, i64 {MIDDLE}, i64 {MIDDLE - WORDS}
  %k = add i64 %i, %shift
  %middlep = getelementptr i32, ptr %state, i64 %k
  %middle = load i32, ptr %middlep
  %upper = and i32 %word, {1 << 31}
  %lower = and i32 %following, {(1 << 31) - 1}
  %y = or i32 %upper, %lower
  %half = lshr i32 %y, 1
  %mixed = xor i32 %middle, %half
  %odd = and i32 %y, 1
  %sign = sub i32 0, %odd
  %twist = and i32 %sign, {0x9908B0DF}
  %new = xor i32 %mixed, %twist
  %newp = getelementptr i32, ptr %state, i64 %i
  store i32 %new, ptr %newp
  br i1 %last, label %done, label %loop
done:
  ret void
}}"""


def write_word(unit: Unit) -> str:
    """``i32 pv_random_word(ptr)``: the next word."""
    unit.helper("pv_random_refill", write_refill)
    return f"""
define internal i32 @pv_random_word(ptr %self) alwaysinline nounwind {{
  %indexp = getelementptr i8, ptr %self, i64 {INDEX}
  %known = load i32, ptr %indexp
  %used = icmp uge i32 %known, {WORDS}
  br i1 %used, label %refill, label %take, {UNLIKELY}
refill:
  call void @pv_random_refill(ptr %self)
  br label %take
take:
  %index = phi i32 [ %known, %0 ], [ 0, %refill ]
  %following = add i32 %index, 1
  store i32 %following, ptr %indexp
  %state = getelementptr i8, ptr %self, i64 {STATE}
  %wide = zext i32 %index to i64
  %wordp = getelementptr i32, ptr %state, i64 %wide
  %y0 = load i32, ptr %wordp
  %a = lshr i32 %y0, 11
  %y1 = xor i32 %y0, %a
  %b = shl i32 %y1, 7
  %c = and i32 %b, {0x9D2C5680}
  %y2 = xor i32 %y1, %c
  %d = shl i32 %y2, 15
  %e = and i32 %d, {0xEFC60000}
  %y3 = xor i32 %y2, %e
  %f = lshr i32 %y3, 18
  %y4 = xor i32 %y3, %f
  ret i32 %y4
}}"""


def write_float(unit: Unit) -> str:
    """``double pv_random_float(ptr)``: as random(), from 53 bits of two words."""
    unit.helper("pv_random_word", write_word)
    return """
define internal double @pv_random_float(ptr %self) nounwind {
  %first = call i32 @pv_random_word(ptr %self)
  %second = call i32 @pv_random_word(ptr %self)
  %a = lshr i32 %first, 5
  %b = lshr i32 %second, 6
  %high = uitofp i32 %a to double
  %low = uitofp i32 %b to double
  %raised = fmul double %high, 67108864.0
  %whole = fadd double %raised, %low
  %x = fmul double %whole, 0x3CA0000000000000
  ret double %x
}"""


def write_bits(unit: Unit) -> str:
    """``i64 pv_random_bits(ptr, i64 k)``: as getrandbits(k), k from 1 to 64; the low word comes first."""
    unit.helper("pv_random_word", write_word)
    return """
define internal i64 @pv_random_bits(ptr %self, i64 %k) nounwind {
  %first = call i32 @pv_random_word(ptr %self)
  %low = zext i32 %first to i64
  %few = icmp ule i64 %k, 32
  br i1 %few, label %one, label %two
one:
  %less = sub i64 32, %k
  %short = lshr i64 %low, %less
  ret i64 %short
two:
  %second = call i32 @pv_random_word(ptr %self)
  %wide = zext i32 %second to i64
  %surplus = sub i64 64, %k
  %cut = lshr i64 %wide, %surplus
  %high = shl i64 %cut, 32
  %both = or i64 %high, %low
  ret i64 %both
}"""


def write_below(unit: Unit) -> str:
    """``i64 pv_random_below(ptr, i64 n)``: as Random._randbelow(n), n from 1 on (Lib/random.py)."""
    unit.helper("pv_random_bits", write_bits)
    unit.declare("llvm.ctlz.i64", "i64 (i64, i1)")
    return """
define internal i64 @pv_random_below(ptr %self, i64 %n) nounwind {
  %zeros = call i64 @llvm.ctlz.i64(i64 %n, i1 false)
  %k = sub i64 64, %zeros
  br label %loop
loop:
  %r = call i64 @pv_random_bits(ptr %self, i64 %k)
  %fits = icmp ult i64 %r, %n
  br i1 %fits, label %done, label %loop
done:
  ret i64 %r
}"""
