"""Which modules Pyvorin looks at: the program's own, plus those that are included, less those that are excluded.

"Own" is decided by place: not the standard library, and not a directory into which packages are installed.  A package that
is installed in editable mode lies elsewhere and counts as the program's own, since somebody is working on it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.core.config import Settings

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
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
        return not path.startswith(_STANDARD_LIBRARY) and not any(part in path for part in _INSTALLED)
