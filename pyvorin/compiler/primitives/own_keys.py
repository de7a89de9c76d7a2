"""Objects of the program's classes as keys of dicts and elements of sets, where the class leaves `__eq__` and `__hash__` to
`object`: hashed by their address, and nothing equals one but itself."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.primitives.registry import primitive


@primitive("own.key", "(instance[C]) -> identity[C]", borrows=True)
def as_key(emit: Emitter, obj: str) -> str:
    """The object; that its class has neither method was looked at before (`infer/objects.py`)."""
    return obj


def hash_of_address(emit: Emitter, key: str) -> str:
    """_Py_HashPointer (pyhash.c): the lowest bits, which are always the same, become the highest."""
    address = emit.op(f"ptrtoint ptr {key} to i64")
    turned = emit.intrinsic("llvm.fshr.i64", "i64", address, address, "4")
    return emit.select(emit.op(f"icmp eq i64 {turned}, -1"), "i64", "-2", turned)
