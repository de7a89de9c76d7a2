"""Whether a file of the program has the name of a standard module that Pyvorin itself needs while the program runs.

With a `types.py` beside the script, an `import types` of ours would run the program's file, at a time when plain Python would
not; and once we had the standard module, the program's own `import types` would get that.  In such a program Pyvorin does
nothing.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import PathFinder

NEEDED = (
    "binascii",
    "collections",
    "contextlib",
    "copyreg",
    "enum",
    "fcntl",
    "functools",
    "importlib",
    "json",
    "keyword",
    "operator",
    "re",
    "reprlib",
    "select",
    "signal",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "struct",
    "types",
    "warnings",
    "weakref",
)
"""All that `host`, `messages` and `cache` import of the standard library, directly or not, beyond what every start imports."""

NEEDED_BY_THE_LOG = ("linecache", "logging", "string", "textwrap", "threading", "token", "tokenize", "traceback")

_STANDARD_LIBRARY = os.path.dirname(os.__file__)


def shadowed(names: tuple[str, ...]) -> str | None:
    """The file that is, or would be, imported under one of `names` and is not the standard library's; None if there is none."""
    ahead = _ahead_of_the_standard_library()
    for name in names:
        module = sys.modules.get(name)
        spec = PathFinder.find_spec(name, ahead) if module is None else getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)  # None too for a directory that is no package: the standard module wins
        if (
            origin is not None
            and origin not in ("built-in", "frozen")
            and not origin.startswith(_STANDARD_LIBRARY + os.sep)
        ):
            return str(origin)
    return None


def _ahead_of_the_standard_library() -> list[str]:
    for position, entry in enumerate(sys.path):
        if entry == _STANDARD_LIBRARY:
            return sys.path[:position]
    return list(sys.path)
