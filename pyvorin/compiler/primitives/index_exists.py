"""What a `try` asks before an operation that may raise IndexError: whether there is an item at the index, or any at all."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.primitives.indexing import from_front
from pyvorin.compiler.primitives.registry import Constants, Folded, Types, primitive

Size = Callable[[Emitter, str], str]


def _of_objects(emit: Emitter, xs: str) -> str:
    return emit.load("i64", xs, emit.layout.size, "size")


def _of_text(emit: Emitter, s: str) -> str:
    return emit.load("i64", s, emit.layout.str_length, "value")


def declare(pattern: str, size: Size) -> None:
    """Sequences of this type can be asked; `size` emits how many items one has."""

    @primitive("index.exists", f"({pattern}, int) -> bool", effect=READ, promotes=True)
    def is_within(emit: Emitter, xs: str, index: str) -> str:
        """From -size to size - 1."""
        count = size(emit, xs)
        actual = from_front(emit, index, count)
        return emit.op(f"icmp ult i64 {actual}, {count}")

    @primitive("index.exists", f"({pattern}) -> bool", effect=READ)
    def has_any(emit: Emitter, xs: str) -> str:
        return emit.op(f"icmp ne i64 {size(emit, xs)}, 0")


SIZES = {
    **dict.fromkeys(("list[T]", "tuples[T]", "deque[T]", "bytes", "bytearray"), _of_objects),
    "str": _of_text,
}
ASKED = frozenset({"vec", *(pattern.partition("[")[0] for pattern in SIZES)})

for _pattern, _size in SIZES.items():
    declare(_pattern, _size)


def _is_other(types: Types, constants: Constants) -> Folded | None:
    is_index = len(types) == 1 or types[1].name in ("int", "bool")
    return None if types[0].name in ASKED and is_index else Folded(True)


@primitive("index.exists", "(A, B) -> bool", rule=_is_other)
@primitive("index.exists", "(A) -> bool", rule=_is_other)
def other_exists(emit: Emitter, a: str, b: str = "") -> str:
    """Of others the operation itself finds out, and CPython's handler is where it goes on."""
    return "true"
