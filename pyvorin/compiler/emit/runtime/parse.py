"""Numbers from text: the plain ones at once, the rest as CPython's own parsers have it.

``{ double, i8 } pv_parse_float(s)`` and ``{ i64, i8 } pv_parse_int(s)`` give a value and DONE; ASK where CPython's parser must be
called; or FAILS where it is certain to raise ValueError, so that a handler can be gone to without making the exception.

A decimal with at most 19 digits whose digits, as an int, are at most 2**53, divided by a power of ten up to 10**22, is correctly
rounded by one division, because both are exact doubles: W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990.
"""

from __future__ import annotations

import struct

from pyvorin.compiler.emit.runtime.strings import state
from pyvorin.compiler.emit.unit import Unit

DONE, ASK, FAILS = 0, 1, 2
MOST_DIGITS = 18
"""So many decimal digits fit 64 bits."""
MOST_PLACES = 22
"""10**22 is the largest power of ten that is a double."""

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
_IN_FLOAT = _SPACES + "0123456789+-._" + "aAeEfFiInNtTyY"
_IN_INT = _SPACES + "0123456789+-_"


def _bitmap(characters: str) -> tuple[int, int]:
    """The ASCII characters as two words of 64 bits."""
    whole = sum(1 << ord(character) for character in set(characters))
    return _signed(whole & (2**64 - 1)), _signed(whole >> 64)


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word


def _head(unit: Unit) -> str:
    """From entry to `begin`, with %text and %length; what is no compact ASCII text asks CPython."""
    return f"""{state(unit)}
  %plain = and i1 %compact, %ascii
  br i1 %plain, label %measure, label %ask
measure:
  %length.at = getelementptr i8, ptr %s, i64 {unit.layout.str_length}
  %length = load i64, ptr %length.at
  %text = getelementptr i8, ptr %s, i64 {unit.layout.sizeof_ascii}
  %empty = icmp eq i64 %length, 0
  br i1 %empty, label %fails, label %sign
sign:
  %first = load i8, ptr %text
  %negative = icmp eq i8 %first, {ord("-")}
  %positive = icmp eq i8 %first, {ord("+")}
  %signed = or i1 %negative, %positive
  %start = zext i1 %signed to i64
  br label %begin
begin:"""


def _odd(result: str, zero: str, allowed: str) -> str:
    """From `odd` on: a character that is none of the plain ones; is there one that no number has?"""
    low, high = _bitmap(allowed)
    return f"""
odd:
  br label %scan
scan:
  %j = phi i64 [ 0, %odd ], [ %j.next, %allowed ]
  %rest = icmp slt i64 %j, %length
  br i1 %rest, label %look, label %ask
look:
  %there = getelementptr i8, ptr %text, i64 %j
  %character = load i8, ptr %there
  %wide = zext i8 %character to i64
  %upper = icmp uge i64 %wide, 64
  %map = select i1 %upper, i64 {high}, i64 {low}
  %bit = and i64 %wide, 63
  %shifted = lshr i64 %map, %bit
  %known = trunc i64 %shifted to i1
  br i1 %known, label %allowed, label %fails
allowed:
  %j.next = add i64 %j, 1
  br label %scan
ask:
  ret {{ {result}, i8 }} {{ {result} {zero}, i8 {ASK} }}
fails:
  ret {{ {result}, i8 }} {{ {result} {zero}, i8 {FAILS} }}
}}"""


def write_parse_int(unit: Unit) -> str:
    return f"""
define internal {{ i64, i8 }} @pv_parse_int(ptr %s) nounwind {{{_head(unit)}
  %digits = sub i64 %length, %start
  %none = icmp eq i64 %digits, 0
  %long = icmp sgt i64 %digits, {MOST_DIGITS}
  %unfit = or i1 %none, %long
  br i1 %unfit, label %odd, label %loop
loop:
  %i = phi i64 [ %start, %begin ], [ %i.next, %digit ]
  %value = phi i64 [ 0, %begin ], [ %value.next, %digit ]
  %more = icmp slt i64 %i, %length
  br i1 %more, label %next, label %done
next:
  %at = getelementptr i8, ptr %text, i64 %i
  %c = load i8, ptr %at
  %d = sub i8 %c, {ord("0")}
  %is.digit = icmp ult i8 %d, 10
  br i1 %is.digit, label %digit, label %odd
digit:
  %i.next = add i64 %i, 1
  %tens = mul i64 %value, 10
  %d.wide = zext i8 %d to i64
  %value.next = add i64 %tens, %d.wide
  br label %loop
done:
  %minus = sub i64 0, %value
  %result = select i1 %negative, i64 %minus, i64 %value
  %packed = insertvalue {{ i64, i8 }} {{ i64 0, i8 {DONE} }}, i64 %result, 0
  ret {{ i64, i8 }} %packed{_odd("i64", "0", _IN_INT)}"""


def write_parse_float(unit: Unit) -> str:
    powers = ", ".join(f"double 0x{struct.pack('>d', 10.0**n).hex().upper()}" for n in range(MOST_PLACES + 1))
    unit.define_once(f"@pv_powers_of_ten = internal constant [{MOST_PLACES + 1} x double] [{powers}]")
    return f"""
define internal {{ double, i8 }} @pv_parse_float(ptr %s) nounwind {{{_head(unit)}
  %room = sub i64 %length, %start
  %long = icmp sgt i64 %room, {MOST_DIGITS + 1}
  br i1 %long, label %odd, label %loop
loop:
  %i = phi i64 [ %start, %begin ], [ %i.next, %digit ], [ %i.next.2, %point ]
  %value = phi i64 [ 0, %begin ], [ %value.next, %digit ], [ %value, %point ]
  %digits = phi i64 [ 0, %begin ], [ %digits.next, %digit ], [ %digits, %point ]
  %places = phi i64 [ 0, %begin ], [ %places.next, %digit ], [ 0, %point ]
  %behind = phi i1 [ false, %begin ], [ %behind, %digit ], [ true, %point ]
  %more = icmp slt i64 %i, %length
  br i1 %more, label %next, label %end
next:
  %at = getelementptr i8, ptr %text, i64 %i
  %c = load i8, ptr %at
  %d = sub i8 %c, {ord("0")}
  %is.digit = icmp ult i8 %d, 10
  br i1 %is.digit, label %digit, label %other
digit:
  %i.next = add i64 %i, 1
  %tens = mul i64 %value, 10
  %d.wide = zext i8 %d to i64
  %value.next = add i64 %tens, %d.wide
  %digits.next = add i64 %digits, 1
  %one = zext i1 %behind to i64
  %places.next = add i64 %places, %one
  br label %loop
other:
  %is.point = icmp eq i8 %c, {ord(".")}
  %first.point = xor i1 %behind, true
  %goes.on = and i1 %is.point, %first.point
  br i1 %goes.on, label %point, label %odd
point:
  %i.next.2 = add i64 %i, 1
  br label %loop
end:
  %no.digits = icmp eq i64 %digits, 0
  %inexact = icmp ugt i64 %value, {2**53}
  %unfit = or i1 %no.digits, %inexact
  br i1 %unfit, label %odd, label %done
done:
  %mantissa = uitofp i64 %value to double
  %power.at = getelementptr double, ptr @pv_powers_of_ten, i64 %places
  %power = load double, ptr %power.at
  %quotient = fdiv double %mantissa, %power
  %minus = fneg double %quotient
  %result = select i1 %negative, double %minus, double %quotient
  %packed = insertvalue {{ double, i8 }} {{ double 0.0, i8 {DONE} }}, double %result, 0
  ret {{ double, i8 }} %packed{_odd("double", "0.0", _IN_FLOAT)}"""
