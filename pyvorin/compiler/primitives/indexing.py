"""Indices of sequences, which count from the end where they are negative."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE


def from_front(emit: Emitter, index: str, size: str) -> str:
    """The index counted from the front; of one that is out of range, a number that is below 0, or not below the size."""
    negative = emit.op(f"icmp slt i64 {index}, 0")
    return emit.select(negative, "i64", emit.op(f"add i64 {index}, {size}"), index)


def within(emit: Emitter, index: str, size: str) -> str:
    """The index counted from the front; one that is out of range exits."""
    actual = from_front(emit, index, size)
    emit.exit_if(emit.op(f"icmp uge i64 {actual}, {size}"), BOUNDS_CHECK_FAILURE)
    return actual
