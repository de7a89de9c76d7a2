"""Reads and writes words of this process's memory, for the few fields of CPython's objects that have no Python interface.

Every access runs with the global interpreter lock held: cffi gives it up around calls of C functions, never around reads and
writes through a pointer.  Whoever calls answers for the address: it comes from `id()` of a live object plus an offset
of `core/layouts.py`, or from the tables of a loaded artifact.
"""

from __future__ import annotations

from pyvorin.core import layouts
from pyvorin.host._ffi import ffi

_WORD = ffi.typeof("uintptr_t *")
_HALF = ffi.typeof("uint32_t *")
_DOUBLE = ffi.typeof("double *")
_BYTES = ffi.typeof("char *")

_cast = ffi.cast


def word(address: int) -> int:
    """The pointer-sized unsigned word at `address`."""
    return _cast(_WORD, address)[0]  # type: ignore[no-any-return]


def set_word(address: int, value: int) -> None:
    """Store a pointer-sized unsigned word."""
    _cast(_WORD, address)[0] = value


def half(address: int) -> int:
    """The unsigned 32-bit number at `address`."""
    return _cast(_HALF, address)[0]  # type: ignore[no-any-return]


def set_half(address: int, value: int) -> None:
    """Store an unsigned 32-bit number."""
    _cast(_HALF, address)[0] = value


def double(address: int) -> float:
    """The double at `address`."""
    return _cast(_DOUBLE, address)[0]  # type: ignore[no-any-return]


def content(address: int, size: int) -> bytes:
    """A copy of `size` bytes from `address` on."""
    return bytes(ffi.buffer(_cast(_BYTES, address), size))


def text(address: int) -> str:
    """The str object at `address`, which the caller knows to be alive; of letters that are ASCII only, else an empty one."""
    layout = layouts.running()
    assert layout is not None
    # Bits of the state: "compact" and "ascii".
    if half(address + layout.str_state) >> 5 & 3 != 3:
        return ""
    return content(address + layout.sizeof_ascii, word(address + layout.str_length)).decode("ascii")


def allocate_for_ever(content: bytes) -> int:
    """The address of a copy of `content` that is never freed, not even when the interpreter shuts down.

    For what CPython's objects point to: they are destroyed after every module has been cleared.
    """
    block = ffi.new("uintptr_t[]", (len(content) + 7) // 8)
    ffi.memmove(block, content, len(content))
    keep_for_ever(block)
    return int(_cast("uintptr_t", block))


def keep_for_ever(value: object) -> None:
    """Add a reference to `value` that nobody gives back."""
    # An immortal object (3.12 and later) has all it needs, and its count must not be touched: small ints, True, None.
    if half(id(value)) < 0x80000000:
        set_half(id(value), half(id(value)) + 1)
