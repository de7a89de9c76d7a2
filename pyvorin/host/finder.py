"""Picks the modules to watch, on `sys.meta_path`.

The finder stands first, asks the finders behind it exactly as CPython would, and hands on the very spec they give.  It imports
nothing and reads nothing.  If a finder behind it raises, it steps aside: CPython then asks that finder itself and
the program sees its error without a frame of ours.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from pyvorin.host import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Finder:
    """A meta path finder that finds nothing by itself.

    covers: whether a module, given by name and source file, is in scope.
    watches_all: asked before each search; True has any module run between `hooks.before` and `hooks.after` too.
    site_ends: called when `site` has looked for `sitecustomize`, which it does last, just before the main script.

    Each search is between `hooks.before` and `hooks.after` as well.
    """

    __slots__ = ("_covers", "_searching", "_site_ends", "_watches_all")

    def __init__(
        self,
        covers: Callable[[str, str], bool],
        watches_all: Callable[[], bool],
        site_ends: Callable[[], None] | None = None,
    ) -> None:
        self._covers = covers
        self._watches_all = watches_all
        self._site_ends = site_ends
        self._searching: set[tuple[int, str]] = set()

    def install(self) -> None:
        """Become the first finder."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Leave `sys.meta_path`; nothing happens if somebody else has already removed the finder."""
        # By identity: list.remove() would compare with finders of others, whose __eq__ may do anything.
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the finders behind this one give, its loader watched if the module is in scope.

        Raises ModuleNotFoundError, as importlib would, to `site` alone: see below.
        """
        # A finder behind this one may ask all the others in its turn, this one included.
        search = (get_ident(), name)
        if search in self._searching:
            return None
        site_ends = None
        if name == "sitecustomize":
            site_ends, self._site_ends = self._site_ends, None
        self._searching.add(search)
        watches_all = self._watches_all()  # before the search, during which nothing is traced
        loader.hooks.before()
        spec = None
        is_missing = False
        try:
            spec = self._search(name, path, target)
            is_missing = spec is None
            found = spec.loader if spec is not None else None
            source = getattr(found, "path", None)
            if type(source) is str and (watches_all or self._covers(name, source)):
                loader.watch(found)
        except Exception:
            return None
        finally:
            loader.hooks.after()
            self._searching.discard(search)
            if site_ends is not None:
                site_ends()
        if is_missing and site_ends is not None and _is_imported_by_site():
            # Else importlib would ask all finders again and raise the same: under the watch that has just begun, which on
            # 3.10 and 3.11 makes that the longest search of all.  `site` drops the error; nobody sees where it was raised.
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return spec

    def _search(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        behind = False
        for finder in tuple(sys.meta_path):
            if not behind:
                behind = finder is self
                continue
            find_spec = getattr(finder, "find_spec", None)
            if find_spec is None:  # the old protocol, which CPython knows how to speak up to 3.11
                raise LookupError(finder)
            spec: ModuleSpec | None = find_spec(name, path, target)
            if spec is not None:
                return spec
        return None


def _is_imported_by_site() -> bool:
    """Whether the search under way is that of an import statement in `site`."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame.f_globals.get("__name__") == "site"
