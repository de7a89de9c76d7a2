"""A digest of what a program's module leads to: its globals, and through them the instances of its own classes."""

from __future__ import annotations

import hashlib
import random
from array import array
from collections import OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

_PLAIN = (int, float, complex, str, bytes, bool, type(None), range, Decimal, Fraction)
_SEQUENCES = (list, tuple, deque)
_MAPPINGS = (dict, defaultdict, OrderedDict)


class State:
    """The globals of *module* that are data.

    Objects are told apart by the order in which they are met, so shared and cyclic structures count as such, addresses do not.
    Elements of a set enter without order, and only those that are plain or tuples.  Of an object of a foreign class, only
    that it is there enters (its class has different names on different interpreters).
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._hash = hashlib.blake2b(digest_size=16)
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []
        self._open: list[Any] = []

    def digest(self, more: list[Any]) -> str:
        """Of the state and of what else is given, as hex."""
        self._walk(more)
        for name, value in self._module.__dict__.items():
            if not name.startswith("__"):
                self._token(name)
                self._walk(value)
        return self._hash.hexdigest()

    def _walk(self, value: Any) -> None:
        # An explicit stack, since linked structures are deeper than the interpreter's own allows.
        self._open.append(value)
        while self._open:
            self._visit(self._open.pop())

    def _visit(self, value: Any) -> None:
        kind = type(value)
        if kind in _PLAIN:
            self._token(f"{kind.__name__} {value!r}")
        elif id(value) in self._met:
            self._token(f"again {self._met[id(value)]}")
        else:
            self._met[id(value)] = len(self._met)
            self._kept.append(value)  # so that no other object gets its id
            self._visit_new(kind, value)

    def _visit_new(self, kind: type, value: Any) -> None:
        if kind in _SEQUENCES:
            self._token(kind.__name__)
            self._push(list(value))
        elif kind in _MAPPINGS:
            self._token(kind.__name__)
            self._push([part for item in value.items() for part in item])
        elif kind in (set, frozenset):
            self._token(str(sorted(repr(element) for element in value if type(element) in (*_PLAIN, tuple))))
        elif kind is array:
            self._token(value.typecode + value.tobytes().hex())
        elif isinstance(value, random.Random):
            self._token(repr(value.getstate()))
        elif kind.__module__ == self._module.__name__:
            self._token(kind.__name__)
            for cls in kind.__mro__:
                slots = cls.__dict__.get("__slots__", ())
                names = [slots] if isinstance(slots, str) else list(slots)
                self._push([getattr(value, name) for name in names if hasattr(value, name)])
            self._push([part for item in getattr(value, "__dict__", {}).items() for part in item])

    def _push(self, values: list[Any]) -> None:
        self._token(str(len(values)))
        self._open.extend(reversed(values))

    def _token(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self._hash.update(b"%d " % len(data))
        self._hash.update(data)
