"""frozenset: how one is made; what it does is in `set_.py`."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives.keys import require_plain
from pyvorin.compiler.primitives.registry import Alias, Folded, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH


@primitive("frozenset.freeze", "(set[T]) -> frozenset[T]", effect=ALLOC)
def freeze(emit: Emitter, s: str) -> str:
    """The set, which `frozenset()` has made and nobody has seen, becomes one: both types have one layout and one allocator.

    Its table is what CPython's constructor gives, which fills it in the same way as that of a set (make_new_set).
    """
    emit.store("ptr", emit.unit.external("PyFrozenSet_Type"), s, emit.layout.type, "type")
    emit.incref(s)
    return s


@primitive(".copy", "(frozenset[T]) -> frozenset[T]", rule=lambda types, constants: Alias())
@primitive("frozenset.same", "(frozenset[T]) -> frozenset[T]", rule=lambda types, constants: Alias())
def same(emit: Emitter, s: str) -> str:
    return s


@primitive("frozenset.is", "(A) -> bool", rule=lambda types, constants: Folded(types[0].name == "frozenset"))
def is_frozen(emit: Emitter, s: str) -> str:
    """Whether frozenset() of it is itself."""
    return "false"


@primitive("hash", "(frozenset[T]) -> int", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
def hashed(emit: Emitter, s: str) -> str:
    """From the hashes of the elements, which the table keeps."""
    require_plain(emit, s)
    return emit.call("PyObject_Hash", "i64 (ptr)", s)
