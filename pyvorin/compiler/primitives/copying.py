"""copy.copy of exact builtin containers: what their own methods give (`_copy_dispatch` in Lib/copy.py)."""

from __future__ import annotations

from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives import dict_whole, frozenset_, list_methods, set_
from pyvorin.compiler.primitives.registry import Alias, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

primitive("copy.copy", "(list[T]) -> list[T]", effect=ALLOC)(list_methods.copy)
primitive("copy.copy", "(dict[K, V]) -> dict[K, V]", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])(dict_whole.copy)
primitive("copy.copy", "(set[T]) -> set[T]", effect=ALLOC)(set_.copy)
primitive("copy.copy", "(frozenset[T]) -> frozenset[T]", rule=lambda types, constants: Alias())(frozenset_.same)
