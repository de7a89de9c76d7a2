"""Cache keys: ordered lists of named parts, and their digests.

Everything that native code depends on is a part by name, so that `cache list` can say why two keys differ, and a test can ask
whether something enters.  What is unknown enters as "unknown" and thereby differs from everything that is known.

    Environment.of_this_process(settings)        what all modules share: Pyvorin, Python, llvmlite, processor, settings
      .module_key("rows", source, flags)  ->     Key([("format", "1"), …, ("source", "9f…")])  ->  .digest, .parts

The path of a module does not enter: native code never shows it, so a copied or moved module finds its code.  Nor do time
stamps of the source: only its content counts.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b  # not hashlib, whose import loads OpenSSL

from pyvorin.core import cpu
from pyvorin.core.version import FORMAT, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIGEST_SIZE = 20
"""Bytes of a BLAKE2b digest; its hexadecimal form is a file's name."""


def digest(*pieces: bytes | memoryview) -> str:
    """The digest that names files and keys, in hexadecimal: of the pieces one after the other."""
    state = blake2b(digest_size=DIGEST_SIZE)
    for piece in pieces:
        state.update(piece)
    return state.hexdigest()


def decoded(source: bytes) -> str | None:
    """The text of a source file; None if it cannot be decoded, in which case CPython has not run it either."""
    head = source.split(b"\n", 2)[:2]
    try:
        if any(b"coding" in line for line in head):
            from importlib.util import decode_source

            return decode_source(source)
        return source.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except (UnicodeDecodeError, SyntaxError, LookupError):
        return None


def text_digest(text: str) -> str:
    """The digest by which the text of a module is known, in its key and to others that were compiled along with it."""
    return digest(text.encode("utf-8", "surrogatepass"))


class Key:
    """An ordered list of named parts, all text, and the digest of it."""

    __slots__ = ("digest", "parts")

    def __init__(self, parts: Iterable[tuple[str, str]]) -> None:
        self.parts: list[tuple[str, str]] = list(parts)
        pieces = []
        for name, text in self.parts:
            content = text.encode("utf-8", "surrogatepass")
            # The length comes first, so that no two different lists of parts are the same bytes.
            pieces.append(b"%s %d\n%s\n" % (name.encode(), len(content), content))
        self.digest = digest(b"".join(pieces))

    def __repr__(self) -> str:
        return f"<Key {self.digest[:12]}: {', '.join(f'{name}={text[:20]}' for name, text in self.parts)}>"


class Environment:
    """What the keys of all modules share in one process.

    level: what code is generated for, as `cpu.level` names it.  directory: where files of this environment lie in the cache.
    """

    __slots__ = ("directory", "level", "parts")

    def __init__(self, level: str, parts: Iterable[tuple[str, str]]) -> None:
        self.level = level
        self.parts: list[tuple[str, str]] = list(parts)
        self.directory = f"v{FORMAT}/{sys.implementation.cache_tag}{sys.abiflags}-{level}"

    @classmethod
    def of_this_process(cls, settings: Mapping[str, object]) -> Environment | None:
        """The environment under these `settings` (`Settings.key_data()`); None if no code can be generated for the processor.

        Equal in the application and in its compile worker, because both take everything from files and the running interpreter.
        """
        level = cpu.level(str(settings.get("cpu", "v3")))
        if level is None:
            return None
        parts = [
            ("format", str(FORMAT)),
            ("pyvorin", _pyvorin()),
            ("python", f"{sys.implementation.name} {sys.abiflags} {sys.version}"),
            ("objects", _sizes()),
            ("platform", sys.platform),
            ("llvmlite", _llvmlite()),
            ("cpu", level),
        ]
        # The processor's level stands for the setting `cpu`: "v3" on a processor that lacks it makes the same code as "v2".
        parts += [(f"setting {name}", repr(settings[name])) for name in sorted(settings) if name != "cpu"]
        return cls(level, parts)

    def module_key(self, module: str, source: str, flags: int) -> Key:
        """The key of a module's index: `source` is the text after decoding, `flags` as in CompileRequest."""
        return Key(
            [
                *self.parts,
                ("module", module),
                ("flags", str(flags)),
                ("source", text_digest(source)),
            ]
        )

    def group_key(self, parts: Iterable[tuple[str, str]]) -> Key:
        """The key of the object of one group: `parts` name the source and facts of its functions and of all they inline."""
        return Key([*self.parts, *parts])


_GENERATING = ("cache", "compiler", "core", "types")
"""The subpackages whose source decides what is generated."""


def _pyvorin() -> str:
    """The compiler's identity: the version, and in a source tree the state of its files, which change without the version.

    Installed files belong to a version and need no look; a source tree is known by the setup.cfg beside the package.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        if not os.path.exists(os.path.join(os.path.dirname(package), "setup.cfg")):
            return VERSION
        states = [state for part in _GENERATING for state in _states(os.path.join(package, part))]
        return f"{VERSION} {digest(repr(sorted(states)).encode())}"
    except Exception:  # an OSError, or whatever an audit hook of the program raises
        return "unknown"


def _sizes() -> str:
    """The sizes of the interpreter's objects: what tells builds apart that call themselves by the same version.

    The host relies on it where it takes an artifact for one of this very build (`host/session.py`).
    """
    kinds = (type(_sizes), type, object, int, float, str, bytes, list, tuple, dict)
    return " ".join([str(kind.__basicsize__) for kind in kinds])


def _states(directory: str) -> Iterable[tuple[str, int, int]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _states(entry.path)


def _llvmlite() -> str:
    """The version of llvmlite and the size of its library, without importing it (52 ms) or reading package metadata.

    What the worker imports is what the application would find: both look along the same path.
    """
    try:
        # A package in a directory is all that llvmlite can be, so this finds what an import would, for a fifth of the cost.
        places = [os.path.join(entry, "llvmlite") for entry in sys.path if type(entry) is str]
        directory = next((place for place in places if os.access(os.path.join(place, "__init__.py"), os.R_OK)), None)
        if directory is None:
            return "unknown"
        with open(os.path.join(directory, "_version.py"), "rb", buffering=0) as file:
            content = file.read(1 << 16) or b""
        size = os.stat(os.path.join(directory, "binding", "libllvmlite.so")).st_size
    except Exception:  # an OSError, or whatever an audit hook of the program raises
        return "unknown"
    for line in content.decode("utf-8", "replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == "version_version":
            return f"{value.strip().strip(chr(39) + chr(34))} {size}"
    return "unknown"
