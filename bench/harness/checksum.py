"""A digest of a result that differs if any bit, type or order in it does."""

from __future__ import annotations

import hashlib
import struct
from array import array
from typing import Any


def checksum(value: Any) -> str:
    """BLAKE2b digest, as hex, of a value made of None, bool, int, float, str, bytes, tuple, list, dict and array.

    Floats enter with all 64 bits, so 0.0 and -0.0 differ, and NaNs of different payload; True and 1 differ, a list and
    a tuple of the same elements differ, and so do dicts of another order.

    Raises:
        TypeError: another type occurs in the value.
    """
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: hashlib.blake2b, value: Any) -> None:
    kind = type(value)
    if kind is float:
        digest.update(b"f" + struct.pack("<d", value))
    elif kind is int or kind is bool or value is None:
        digest.update(f"{kind.__name__} {value!r};".encode())
    elif kind is str:
        _feed_bytes(digest, b"s", value.encode("utf-8", "surrogatepass"))
    elif kind is bytes:
        _feed_bytes(digest, b"b", value)
    elif kind is list or kind is tuple:
        digest.update(f"{kind.__name__} {len(value)};".encode())
        if all(type(item) is float for item in value):
            digest.update(struct.pack(f"<{len(value)}d", *value))
        else:
            for item in value:
                _feed(digest, item)
    elif kind is dict:
        digest.update(b"d")
        _feed(digest, [part for item in value.items() for part in item])
    elif kind is array:
        _feed_bytes(digest, b"a" + value.typecode.encode(), value.tobytes())
    else:
        raise TypeError(f"no checksum for {kind.__name__}")


def _feed_bytes(digest: hashlib.blake2b, tag: bytes, data: bytes) -> None:
    digest.update(tag + str(len(data)).encode() + b";")
    digest.update(data)
