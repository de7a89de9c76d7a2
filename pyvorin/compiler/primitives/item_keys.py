"""Searching dicts and sets for a tuple of which there are only the items (`passes/replace_objects.py`).

    dict.find.items:is d, 3, "x"        as    dict.find d, (3, "x")

The letters say what the items are (`emit/runtime/item_keys.py`).  A tuple is made only where it is stored as a new key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives.dict_ import MISSED, PUTS, SEEN, fail_unless_done, put_object, store_number
from pyvorin.compiler.primitives.keys import Found, search_dict_by, search_set_by
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import KEY_ERROR

TYPES = {"i": "int", "s": "str", "b": "bytes", "o": "object"}
"""The static types by the letters of shapes."""
LETTERS = {"int": "i", "str": "s", "bytes": "b", "char": "o"}
"""What the items of a tuple may be that is searched for in this way, and how they are given; a char as its object."""
SUFFIX = ".items"
KEYS = {"contains": 0, "getitem": 1, "dict.find": 1, "setitem": 1, "dict.put": 1}
"""The operations on a dict that have such a form, and which of their operands is the key."""
STORES = ("setitem", "dict.put")
"""Those that may store the tuple."""


def is_search(name: str, index: int, container: str) -> bool:
    """Whether the operand of this index is a key for which there is such a form, in a container of this type."""
    if name == "contains" and container in ("set", "frozenset"):
        return index == 0
    return KEYS.get(name) == index and container == "dict"


@dataclass(frozen=True, slots=True)
class _Shape:
    """The items of a key."""

    letters: str

    @property
    def kind(self) -> str:
        return f"items_{self.letters}"

    def signature(self, container: str, *more: str) -> str:
        return ", ".join([container, *(TYPES[letter] for letter in self.letters), *more])

    def find(self, emit: Emitter, d: str, items: tuple[str, ...]) -> Found:
        return search_dict_by(emit, self.letters, d, items[: len(self.letters)])


@family("contains" + SUFFIX)
def _declare_contains(letters: str) -> None:
    name, shape = f"contains{SUFFIX}:{letters}", _Shape(letters)

    @primitive(name, f"({shape.signature('dict[K, V]')}) -> bool", effect=READ, exits=SEEN)
    def contains(emit: Emitter, d: str, *items: str) -> str:
        return emit.op(f"xor i1 {shape.find(emit, d, items).missing}, true")

    @primitive(name, f"({shape.signature('set[T]')}) -> bool", effect=READ, exits=SEEN)
    @primitive(name, f"({shape.signature('frozenset[T]')}) -> bool", effect=READ, exits=SEEN)
    def contained(emit: Emitter, s: str, *items: str) -> str:
        return emit.op(f"xor i1 {search_set_by(emit, letters, s, items).missing}, true")


@family("getitem" + SUFFIX)
def _declare_getitem(letters: str) -> None:
    name, shape = f"getitem{SUFFIX}:{letters}", _Shape(letters)

    @primitive(name, f"({shape.signature('dict[K, V]')}) -> boxed V", effect=READ, exits=MISSED, borrows=True)
    def getitem(emit: Emitter, d: str, *items: str) -> str:
        found = shape.find(emit, d, items)
        emit.exit_if(found.missing, KEY_ERROR)
        return emit.op(f"load ptr, ptr {found.address}")


@family("dict.find" + SUFFIX)
def _declare_find(letters: str) -> None:
    name, shape = f"dict.find{SUFFIX}:{letters}", _Shape(letters)

    @primitive(name, f"({shape.signature('dict[K, V]')}) -> int", effect=READ, exits=SEEN)
    def find(emit: Emitter, d: str, *items: str) -> str:
        return emit.op(f"ptrtoint ptr {shape.find(emit, d, items).address} to i64")


def _declare_store(name: str) -> None:
    @family(name + SUFFIX)
    def declare(letters: str) -> None:
        shape = _Shape(letters)
        stores = (*[0] * len(letters), 1)
        if name in ("setitem", "setitem.own"):
            _declare_numbers(name, shape, stores)
        if name not in STORES:
            return

        @primitive(
            f"{name}{SUFFIX}:{letters}",
            f"({shape.signature('dict[K, V]', 'boxed V')}) -> none",
            effect=MUTATE,
            exits=SEEN,
            stores=stores,
        )
        def store(emit: Emitter, d: str, *operands: str) -> str:
            found = shape.find(emit, d, operands)
            fail_unless_done(emit, put_object(emit, shape.kind, d, found, operands[-1]))
            return "false"


def _declare_numbers(name: str, shape: _Shape, stores: tuple[int, ...]) -> None:
    for number in PUTS:
        signature = f"({shape.signature('dict[K, V]', number)}) -> none"
        lower = _number_store(shape, number, own=name == "setitem.own")
        primitive(f"{name}{SUFFIX}:{shape.letters}", signature, effect=MUTATE, exits=SEEN, stores=stores)(lower)


def _number_store(shape: _Shape, number: str, own: bool) -> Callable[..., str]:
    def store(emit: Emitter, d: str, *operands: str) -> str:
        return store_number(emit, shape.kind, d, shape.find(emit, d, operands), operands[-1], number, own)

    return store


for _name in (*STORES, "setitem.own"):
    _declare_store(_name)
