"""`struct.pack`, `unpack`, `unpack_from` and `calcsize` with a format that is a constant of the program: CPython's own functions.

The format says how many items there are, and of which types.
"""

from __future__ import annotations

import re
import struct

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.c_objects import with_objects
from pyvorin.compiler.primitives.registry import Constants, Folded, Types, primitive
from pyvorin.core.reasons import VALUE_ERROR
from pyvorin.types.spec import BOOL, BYTES, FLOAT, INT, Type, tuple_of

_CODE = re.compile(r"(\d*)([a-zA-Z?])")
_TYPES = {**dict.fromkeys("bBhHiIlLqQnNP", INT), **dict.fromkeys("efd", FLOAT), "?": BOOL, "c": BYTES}
MOST_ITEMS = 64


def items_of(form: object) -> tuple[Type, ...] | None:
    """The types of what a format stands for; None if it is none, or stands for very many."""
    if not isinstance(form, str):
        return None
    try:
        struct.calcsize(form)
    except struct.error:
        return None
    found: list[Type] = []
    for count, code in _CODE.findall(form):
        if code in "sp":
            found.append(BYTES)
        elif code != "x":
            if int(count or 1) > MOST_ITEMS:
                return None
            found += [_TYPES[code]] * int(count or 1)
    return tuple(found) if len(found) <= MOST_ITEMS else None


def _unpacked(types: Types, constants: Constants) -> Type | None:
    items = items_of(constants[0])
    return None if items is None else tuple_of(*items)


def _packed(types: Types, constants: Constants) -> Type | None:
    """Of values that need not be asked what number they are."""
    items = items_of(constants[0])
    fit = items is not None and all(ty in (INT, FLOAT, BOOL, BYTES) for ty in types[1:])
    return BYTES if fit else None


def _size(types: Types, constants: Constants) -> Folded | None:
    return None if items_of(constants[0]) is None else Folded(struct.calcsize(str(constants[0])))


def _call(emit: Emitter, name: str, args: tuple[str, ...]) -> str:
    """What does not fit exits, and CPython raises the error."""
    function = emit.slot("imported", f"struct:{name}")
    found = with_objects(emit, args, lambda given: c_calls.call_object(emit, function, given))
    return emit.exit_if_null(found, VALUE_ERROR)


for _buffer in ("bytes", "bytearray"):

    @primitive("struct.unpack", f"(str, {_buffer}) -> tuple", effect=ALLOC, exits=[VALUE_ERROR], rule=_unpacked)
    def unpack(emit: Emitter, *args: str) -> str:
        return _call(emit, "unpack", args)

    for _offset in ("", ", int"):
        _signature = f"(str, {_buffer}{_offset}) -> tuple"

        @primitive("struct.unpack_from", _signature, effect=ALLOC, exits=[VALUE_ERROR], rule=_unpacked)
        def unpack_from(emit: Emitter, *args: str) -> str:
            return _call(emit, "unpack_from", args)


@primitive("struct.pack", "(str, boxed A...) -> bytes", effect=ALLOC, exits=[VALUE_ERROR], rule=_packed)
def pack(emit: Emitter, *args: str) -> str:
    return _call(emit, "pack", args)


@primitive("struct.calcsize", "(str) -> int", rule=_size)
def calcsize(emit: Emitter, form: str) -> str:
    """It is known when this is compiled, for this machine, on which it runs."""
    return "0"
