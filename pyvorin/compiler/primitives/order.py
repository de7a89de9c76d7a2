"""Comparing tuples with tuples and lists with lists: item by item, natively where the items are plain values."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import order
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH


def _items(emit: Emitter, kind: str, xs: str) -> tuple[str, str]:
    """The address of the items, and how many there are."""
    size = emit.load("i64", xs, emit.layout.size, "size")
    if kind == "tuple":
        return emit.address(xs, emit.layout.tuple_items), size
    return emit.load("ptr", xs, emit.layout.list_items, "items"), size


def _declare(name: str, kind: str, signature: str) -> None:
    @primitive(name, signature, effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
    def compare(emit: Emitter, a: str, b: str) -> str:
        """What may have a comparison of its own exits, and so does what has no order."""
        operation = str(order.OPERATIONS.index(name))
        operands = (*_items(emit, kind, a), *_items(emit, kind, b), operation)
        answer = emit.call_helper("pv_items_compare", order.write_compare, "i8 (ptr, i64, ptr, i64, i32)", *operands)
        emit.exit_if(emit.op(f"icmp eq i8 {answer}, 2"), RUNTIME_TYPE_MISMATCH)
        return emit.op(f"icmp eq i8 {answer}, 1")


for _name in order.OPERATIONS:
    for _operands in ("tuple, tuple", "tuples[A], tuples[B]", "tuple, tuples[A]", "tuples[A], tuple"):
        _declare(_name, "tuple", f"({_operands}) -> bool")
    _declare(_name, "list", "(list[A], list[B]) -> bool")
