"""bytes' methods: CPython's own C functions, listed; and the way from str to bytes and back.

Only encodings that CPython itself knows are compiled: for another one it asks the program's codecs.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.bytes_ import data_of, size_of
from pyvorin.compiler.primitives.c_methods import FAST, FAST_KEYWORDS, KEYWORDS, NOARGS, ONE, c_method
from pyvorin.compiler.primitives.object_calls import object_call
from pyvorin.compiler.primitives.registry import Constants, Rule, Types, primitive
from pyvorin.core.reasons import VALUE_ERROR
from pyvorin.types.spec import BYTES, STR, Type

for _name in ("upper", "lower", "title", "capitalize", "swapcase"):
    c_method(f"bytes.{_name}", NOARGS, "(bytes) -> bytes")
for _name in ("alnum", "alpha", "ascii", "digit", "lower", "space", "title", "upper"):
    c_method(f"bytes.is{_name}", NOARGS, "(bytes) -> bool")
for _name in ("strip", "lstrip", "rstrip"):
    c_method(f"bytes.{_name}", FAST, "(bytes) -> bytes", "(bytes, bytes) -> bytes", "(bytes, boxed none) -> bytes")
for _name in ("removeprefix", "removesuffix"):
    c_method(f"bytes.{_name}", ONE, "(bytes, bytes) -> bytes")
for _name in ("center", "ljust", "rjust"):
    c_method(
        f"bytes.{_name}",
        FAST,
        "(bytes, boxed int) -> bytes",
        "(bytes, boxed int, bytes) -> bytes",
        exits=[VALUE_ERROR],
    )
c_method("bytes.zfill", ONE, "(bytes, boxed int) -> bytes", exits=[VALUE_ERROR])
c_method("bytes.hex", FAST_KEYWORDS, "(bytes) -> str")
for _name in ("split", "rsplit"):
    c_method(
        f"bytes.{_name}",
        FAST_KEYWORDS,
        "(bytes) -> list[bytes]",
        "(bytes, boxed none) -> list[bytes]",
        "(bytes, boxed none, boxed int) -> list[bytes]",
    )
    # An empty separator raises.
    c_method(
        f"bytes.{_name}",
        FAST_KEYWORDS,
        "(bytes, bytes) -> list[bytes]",
        "(bytes, bytes, boxed int) -> list[bytes]",
        exits=[VALUE_ERROR],
    )
c_method("bytes.splitlines", FAST_KEYWORDS, "(bytes) -> list[bytes]", "(bytes, boxed bool) -> list[bytes]")
for _name in ("partition", "rpartition"):
    c_method(f"bytes.{_name}", ONE, "(bytes, bytes) -> tuple[bytes, bytes, bytes]", exits=[VALUE_ERROR])
c_method(
    "bytes.replace",
    FAST,
    "(bytes, bytes, bytes) -> bytes",
    "(bytes, bytes, bytes, boxed int) -> bytes",
    exits=[VALUE_ERROR],
)

CODECS = {
    "UTF8": ("utf-8", "utf8", "UTF-8"),
    "ASCII": ("ascii", "us-ascii"),
    "Latin1": ("latin-1", "latin1", "iso-8859-1"),
}
"""Names that CPython looks up nowhere (PyUnicode_Decode and PyUnicode_AsEncodedString, unicodeobject.c)."""


def _named(names: tuple[str, ...], result: Type) -> Rule:
    def rule(types: Types, constants: Constants) -> Type | None:
        return result if len(types) == 1 or constants[1] in names else None

    return rule


def _declare_codec(codec: str, operands: str) -> None:
    @primitive(
        ".encode", f"(str{operands}) -> bytes", effect=ALLOC, exits=[VALUE_ERROR], rule=_named(CODECS[codec], BYTES)
    )
    def encode(emit: Emitter, s: str, *name: str) -> str:
        """What the encoding has no bytes for exits: CPython raises the UnicodeEncodeError."""
        return emit.exit_if_null(emit.call(f"PyUnicode_As{codec}String", "ptr (ptr)", s), VALUE_ERROR)

    @primitive(
        ".decode", f"(bytes{operands}) -> str", effect=ALLOC, exits=[VALUE_ERROR], rule=_named(CODECS[codec], STR)
    )
    def decode(emit: Emitter, b: str, *name: str) -> str:
        """What is no text in the encoding exits: CPython raises the UnicodeDecodeError."""
        operands = data_of(emit, b), size_of(emit, b), "null"
        return emit.exit_if_null(emit.call(f"PyUnicode_Decode{codec}", "ptr (ptr, i64, ptr)", *operands), VALUE_ERROR)


_declare_codec("UTF8", "")
for _codec in CODECS:
    _declare_codec(_codec, ", str")

HANDLERS = ("strict", "ignore", "replace")
"""Ways to handle errors that the codecs above know by name, and ask no registered function for."""
_NAMES = {name for names in CODECS.values() for name in names}


def _handled(result: Type) -> Rule:
    return lambda types, constants: result if constants[1] in _NAMES and constants[2] in HANDLERS else None


object_call(".encode", "str.encode", "(str, str, str) -> bytes", exits=[VALUE_ERROR], rule=_handled(BYTES))
for _of in ("bytes", "bytearray"):
    object_call(".decode", f"{_of}.decode", f"({_of}, str, str) -> str", exits=[VALUE_ERROR], rule=_handled(STR))
KEYWORDS[".encode"] = KEYWORDS[".decode"] = ("encoding", "errors")
