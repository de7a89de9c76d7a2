"""Where Pyvorin works: which modules it looks at, and in which programs it does nothing at all.

It looks at the program's own modules, plus those that are included, less those that are excluded.  "Own" is decided by place: not
the standard library, and not a directory into which packages are installed.  A package that is installed in editable mode
lies elsewhere and counts as the program's own, since somebody is working on it.

It does nothing in a program with a file that has the name of a standard module which Pyvorin itself needs while the program runs.
With a `types.py` beside the script, an `import types` of ours would run the program's file, at a time when plain Python would
not; and once we had the standard module, the program's own `import types` would get that.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.core.config import Settings

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
_PYVORIN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class Scope:
    """The choice that one process's settings make."""

    __slots__ = ("_exclude", "_include")

    def __init__(self, settings: Settings) -> None:
        self._include = settings.include
        self._exclude = settings.exclude

    def covers(self, name: str, path: str) -> bool:
        """Whether the module of this dotted name, whose source is the file `path`, is to be accelerated."""
        if path.startswith(_PYVORIN):
            return False
        if self._exclude or self._include:
            from pyvorin.core import patterns  # not on the way of every start

            if patterns.matches(self._exclude, name):
                return False
            if patterns.matches(self._include, name):
                return True
        return not path.startswith(_STANDARD_LIBRARY + os.sep) and not any(part in path for part in _INSTALLED)


def shadowed(names: tuple[str, ...]) -> str | None:
    """The file that is, or would be, imported under one of `names` and is not the standard library's; None if there is none."""
    ahead = _ahead_of_the_standard_library()
    found = _file_names(ahead)
    for name in names:
        module = sys.modules.get(name)
        if module is not None:
            spec = getattr(module, "__spec__", None)
        elif found is None or name in found:
            spec = PathFinder.find_spec(name, ahead)
        else:
            continue
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


def _file_names(directories: list[str]) -> set[str] | None:
    """The names, up to their first dot, of all files there; None if one of these is an archive or cannot be read.

    One look at each directory instead of a search for each name.
    """
    names: set[str] = set()
    for directory in directories:
        try:
            names.update([file.partition(".")[0] for file in os.listdir(directory or ".")])
        except FileNotFoundError:
            continue
        except Exception:  # an OSError, or whatever an audit hook of the program raises
            return None
    return names
