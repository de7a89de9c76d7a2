"""The form of a cache file: two parts and a last line that says what they are.

    <binary part> <text part> newline "pyvorin" <format> <kind> <key> <binary length> <text length> <digest> newline

The binary part comes first, so that the file of an artifact is itself an ELF image, which ignores what follows it: what is
checked and what is loaded is one file.  The digest covers the kind, the key and both parts, so a file that is cut, mixed, flipped
anywhere or under another's name is refused.
"""

from __future__ import annotations

from pyvorin.cache.key import digest
from pyvorin.core.version import FORMAT

ARTIFACT = "artifact"
INDEX = "index"
OBJECT = "object"
KINDS = (ARTIFACT, INDEX, OBJECT)

_FOOTER_LIMIT = 400


class Corrupt(Exception):
    """The bytes are not a whole file of this kind and key."""


def pack(kind: str, key: str, binary: bytes, text: str) -> tuple[bytes, ...]:
    """The pieces of the file, to be written one after the other."""
    encoded = text.encode("utf-8", "surrogatepass")
    total = content_digest(kind, key, binary, encoded)
    footer = f"\npyvorin {FORMAT} {kind} {key} {len(binary)} {len(encoded)} {total}\n"
    return binary, encoded, footer.encode("ascii")


def content_digest(kind: str, key: str, binary: bytes | memoryview, text: bytes | memoryview) -> str:
    """The digest of a file's content.  An artifact has no key ("-"): its digest is its name."""
    return digest(f"{kind} {key} {len(binary)} {len(text)}\n".encode("ascii"), binary, text)


def unpack(content: bytes, kind: str, key: str) -> tuple[memoryview, str, str]:
    """The binary part (not copied), the text and the digest of the file.  Raises Corrupt."""
    cut = content.rfind(b"\n", max(0, len(content) - _FOOTER_LIMIT), len(content) - 1)
    if cut < 0 or content[-1:] != b"\n":
        raise Corrupt("no last line")
    try:
        name, version, found_kind, found_key, binary_size, text_size, total = content[cut + 1 : -1].decode().split(" ")
        start, size = int(binary_size), int(text_size)
    except ValueError:
        raise Corrupt("bad last line") from None
    if name != "pyvorin" or version != str(FORMAT) or found_kind != kind or found_key != key:
        raise Corrupt(f"not the {kind} {key}")
    if start < 0 or size < 0 or start + size != cut:
        raise Corrupt("wrong length")
    binary, text = memoryview(content)[:start], content[start:cut]
    if content_digest(kind, key, binary, text) != total:
        raise Corrupt("wrong digest")
    try:
        return binary, text.decode("utf-8", "surrogatepass"), total
    except UnicodeDecodeError:
        raise Corrupt("not text") from None
