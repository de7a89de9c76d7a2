"""Turn anything that a call can leave behind into plain data that is equal exactly when the behaviour is the same.

`==` is too weak to judge a compiler: `1 == True`, `0.0 == -0.0`, `nan != nan`, and `[x, x] == [x, y]`.  A snapshot is
a nested tuple of strings in which type, value and sharing are all spelt out, so that `==` on two snapshots is exact.

* A float is written with `float.hex`, so the sign of zero counts; every NaN is `nan`, whatever its payload and sign.
* A container, or an instance of a class defined in Python, is numbered when it is first met; a second meeting gives its
  number only.  One `Snapshotter` used for the result and then for the arguments therefore also compares which of them
  are the same object.  Exact scalars are not numbered: CPython promises nothing about their identity.
* A traceback is the chain of (file, function, line and, from 3.11 on, columns).
"""

from __future__ import annotations

import itertools
import sys
from array import array
from types import TracebackType
from typing import Any

Snapshot = Any
"""Nested tuples of str: comparable with `==`, printable, without reference to a live object."""

LARGEST = 1_000_000
"""Objects in one snapshotter: a random program can double a list for ever, and comparing it would take all memory."""

_SCALARS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis))


class TooLarge(Exception):
    """More than LARGEST objects."""


class Snapshotter:
    """Snapshots of several values in which sharing between them is visible.  Raises TooLarge."""

    def __init__(self) -> None:
        self._left = LARGEST
        self._numbers: dict[int, int] = {}
        self._alive: list[object] = []  # an id is only meaningful while the object lives

    def snapshot(self, value: object) -> Snapshot:
        """The plain data that stands for `value`; equal for two values exactly when no program could tell them apart."""
        kind = type(value)
        self._left -= 1
        if self._left < 0:
            raise TooLarge
        if kind in _SCALARS:
            return (kind.__name__, scalar_text(value))
        number = self._numbers.get(id(value))
        if number is not None:
            return ("same as", str(number))
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        return (type_name(kind), *self._parts(value))

    def _parts(self, value: object) -> tuple[Snapshot, ...]:
        if isinstance(value, BaseException):
            return tuple(self.snapshot(argument) for argument in value.args)
        parts: list[Snapshot] = []
        if isinstance(value, (list, tuple)):
            base = list if isinstance(value, list) else tuple
            parts += [self.snapshot(item) for item in base.__iter__(value)]
        elif isinstance(value, dict):
            parts += [(self.snapshot(key), self.snapshot(item)) for key, item in dict.items(value)]
        elif isinstance(value, (set, frozenset)):
            parts += sorted((self.snapshot(item) for item in value), key=repr)
        elif isinstance(value, range):
            parts += [scalar_text(bound) for bound in (value.start, value.stop, value.step)]
        elif isinstance(value, array):
            parts += [value.typecode, *(self.snapshot(item) for item in value)]
        elif isinstance(value, bytearray):
            parts.append(bytes(value).hex())
        elif isinstance(value, (int, float, str, bytes)):
            parts.append(scalar_text(value))
        elif hasattr(value, "dtype") and hasattr(value, "tolist"):
            parts += [str(value.dtype), str(getattr(value, "shape", ())), self.snapshot(value.tolist())]
        elif callable(value):
            parts.append(getattr(value, "__qualname__", "?"))
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict) and not callable(value):
            parts += [(name, self.snapshot(item)) for name, item in attributes.items()]
        return tuple(parts)


def scalar_text(value: object) -> str:
    """The value of a scalar, or of an instance of a subclass of one, bit for bit (but one text for all NaNs)."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        plain = int.__add__(value, 0)
        return str(plain) if -(1 << 128) < plain < 1 << 128 else hex(plain)  # decimal is limited to 4300 digits
    if isinstance(value, float):
        plain_float = float.__add__(value, -0.0)  # adding -0.0 changes nothing, not even the sign of a zero
        return "nan" if plain_float != plain_float else plain_float.hex()
    if isinstance(value, complex):
        return f"{scalar_text(value.real)} {scalar_text(value.imag)}"
    if isinstance(value, str):
        return str.__repr__(value)
    if isinstance(value, bytes):
        return bytes.__repr__(value)
    return repr(value)


def type_name(kind: type) -> str:
    """The name of a type, with its module unless it is a builtin."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def exception_snapshot(error: BaseException, snapshotter: Snapshotter, skip_frames: int = 1) -> Snapshot:
    """Type, arguments, message, traceback, cause and context of an exception.

    `skip_frames` frames at the top of the first traceback belong to the caller, which knows the two engines apart.  A
    RecursionError is only its type: where the limit strikes, and with which words, depends on the depth of the caller.
    """
    if isinstance(error, RecursionError):
        return ("RecursionError",)
    cause, context = error.__cause__, error.__context__
    return (
        snapshotter.snapshot(error),
        ("message", _message(error)),
        ("traceback", *traceback_entries(error.__traceback__)[skip_frames:]),
        ("cause", None if cause is None else exception_snapshot(cause, snapshotter, 0)),
        ("context", None if context is None else exception_snapshot(context, snapshotter, 0)),
        ("suppress context", str(error.__suppress_context__)),
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # a str() that raises is the program's own doing, and must be the same on both sides
        return f"<{type_name(type(failure))}>"


def traceback_entries(traceback: TracebackType | None) -> list[Snapshot]:
    """One (file, function, line, columns) per frame, outermost first; no columns before 3.11."""
    entries: list[Snapshot] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        entry: list[Snapshot] = [code.co_filename, code.co_name, traceback.tb_lineno]
        if sys.version_info >= (3, 11):
            position = next(itertools.islice(code.co_positions(), traceback.tb_lasti // 2, None))
            entry.append(("columns", *position[1:]))
        entries.append(tuple(entry))
        traceback = traceback.tb_next
    return entries


def without(snapshot: Snapshot, label: str) -> Snapshot:
    """The snapshot less the parts of it that begin with `label`: `traceback` or `columns`."""
    if not isinstance(snapshot, tuple):
        return snapshot
    return tuple(without(part, label) for part in snapshot if not (isinstance(part, tuple) and part[:1] == (label,)))


def first_difference(want: Snapshot, got: Snapshot, path: str = "") -> str:
    """Where two snapshots part and what stands there, as text; empty when they are equal."""
    if want == got:
        return ""
    if isinstance(want, tuple) and isinstance(got, tuple) and len(want) == len(got):
        for index, (one, other) in enumerate(zip(want, got)):
            if one != other:
                step = want[0] if index and isinstance(want[0], str) else ""
                return first_difference(one, other, f"{path}/{step}[{index}]")
    return f"at {path or '/'}: CPython {_shorten(want)}, native {_shorten(got)}"


def _shorten(snapshot: Snapshot, limit: int = 160) -> str:
    text = repr(snapshot)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
