"""The methods behind operators (Language Reference 3.3), by the name of the primitive that an operator stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pyvorin.compiler.primitives.registry import ARITHMETIC

Operand = TypeVar("Operand")

SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
"""The comparison that says the same with its operands exchanged."""

UNARY = {
    "neg": "__neg__",
    "pos": "__pos__",
    "invert": "__invert__",
    "abs": "__abs__",
    "len": "__len__",
    "getitem": "__getitem__",
    "setitem": "__setitem__",
    "call": "__call__",
}
"""What only the first operand's class decides."""


def special(name: str) -> str:
    return f"__{name}__"


def deciding(name: str, operands: Sequence[Operand]) -> Sequence[Operand]:
    """Those of an operator's operands whose classes decide what it means."""
    return operands[:1] if name in UNARY else operands[1:] if name == "contains" else operands


def container_of(name: str) -> int | None:
    """The operand that is a container for the operator, the iteration or the method; None if there is none."""
    if name.startswith((".", "iter.")) or name in ("len", "truth", "getitem", "setitem", "delitem", "getslice"):
        return 0
    return 1 if name == "contains" else None


METHODS: dict[str, tuple[str, ...]] = {
    **{name: (special(name), special("r" + name)) for name in ARITHMETIC},
    **{"i" + name: (special("i" + name), special(name), special("r" + name)) for name in ARITHMETIC},
    **{name: (special(name), special(swapped)) for name, swapped in SWAPPED.items()},
    "ne": ("__ne__", "__eq__"),
    **{name: (method,) for name, method in UNARY.items()},
    "contains": ("__contains__",),
}
"""The methods that may be called for each operator."""
