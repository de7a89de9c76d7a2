"""What the session knows about one module of the program: its key, its artifact, and what of it is bound.

A module that is executed again (reloaded, or dropped and imported anew) keeps its Module as long as its source is the same, so
its library is loaded once and its counters go on.
"""

from __future__ import annotations

import sys
from time import monotonic

from pyvorin.cache.outline import COUNTER, KIND, OTHER, PART, QUALNAME, SIGNATURE
from pyvorin.host import namespace as namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType

    from pyvorin.cache.key import Key
    from pyvorin.cache.manifest import FunctionRow, Manifest
    from pyvorin.host.binding import Binding
    from pyvorin.host.codes import Codes

    Namespace = dict[str, object]

MAIN = "__main__"
"""The main script's name."""
HOT = "@hot"
"""As in `messages`, which a warm start does not load; a test compares them."""
FRUITLESS_SWEEPS = 10_000
"""Sweeps in a row that found nothing, after which what is still missing is taken for never coming."""


SETTLED_SECONDS = 1.0
"""After which most calls that had begun before new code was there are over, and what that code was not compiled for has been seen
and asked for."""


class Loaded:
    """One artifact of a module, loaded: the text of its manifest, the codes of its functions, the bindings of its groups."""

    __slots__ = ("_manifest", "_text", "bindings", "codes", "digest", "others")

    def __init__(
        self, digest: str, text: str, codes: Codes, bindings: list[Binding], others: dict[str, str] | None = None
    ) -> None:
        """others: the other modules that it was compiled along with, as in `outline.Contents`."""
        self.digest = digest
        self.others = others or {}
        self._text = text
        self._manifest: Manifest | None = None
        self.codes = codes
        self.bindings = bindings

    def uses_others(self, known: dict[str, Module]) -> bool:
        """Whether another module that is loaded may not be the one that the code was made along with."""
        for name, text_digest in self.others.items():
            if name in sys.modules and (name not in known or known[name].text_digest != text_digest):
                return True
        return False

    @property
    def manifest(self) -> Manifest:
        """All of the manifest, for those who tell about it: a start has read what it needs (`cache/outline.py`)."""
        if self._manifest is None:
            from pyvorin.cache import manifest

            self._manifest = manifest.parse(self._text)
        return self._manifest

    def is_native(self, qualname: str) -> bool:
        """Whether the artifact has a specialisation of the function."""
        entries = (entry for group in self.manifest.groups for entry in group.entries)
        return any(entry.qualname == qualname and entry.kind == "native" for entry in entries)


class Module:
    """See above.

    name, path, text, key: what was executed.  imports: the names in its code, those of what it imports among them.
    signatures: those observed, by qualified name.
    namespace: kept while something is still to be bound in it, so that a module that is dropped can go.
    request: the id of the request under way, None if there is none; stale: signatures were added after it was sent.
    lags: not all is compiled for what was seen: it is to be asked for once more, some time later.
    history: all artifacts loaded, the current one last: the counters of earlier ones still count.
    standby: observers until there is the first (`standby.py`).
    loaded_at: when, on the monotonic clock, the current artifact was.
    told: the events about it that are in the log already.
    """

    __slots__ = (
        "_fruitless",
        "_idle",
        "_seen",
        "compile_ms",
        "history",
        "imports",
        "key",
        "lags",
        "load_ms",
        "loaded_at",
        "name",
        "namespace",
        "origin",
        "path",
        "request",
        "signatures",
        "stale",
        "standby",
        "text",
        "told",
    )

    def __init__(self, name: str, path: str, text: str, key: Key, imports: tuple[str, ...] = ()) -> None:
        self.imports = imports
        self.name = name
        self.path = path
        self.text = text
        self.key = key
        self.signatures: dict[str, list[str]] = {}
        self.namespace: Namespace | None = None
        self.request: int | None = None
        self.stale = False
        self.lags = False
        self.history: list[Loaded] = []
        self.standby: Loaded | None = None
        self.compile_ms = 0.0
        self.load_ms = 0.0
        self.loaded_at = 0.0
        self.origin = ""
        self.told: set[tuple[str, int, str]] = set()
        self._seen: dict[str, int] = {}
        self._fruitless = 0
        self._idle: set[str] = set()

    @property
    def text_digest(self) -> str:
        """The digest of its text, the last part of its key."""
        return self.key.parts[-1][1]

    @property
    def loaded(self) -> Loaded | None:
        """The current artifact."""
        return self.history[-1] if self.history else None

    @property
    def _current(self) -> Loaded | None:
        return self.loaded or self.standby

    @property
    def rows(self) -> list[FunctionRow]:
        """The functions of the source, compiled or not."""
        return self.loaded.manifest.functions if self.loaded else []

    def add(self, loaded: Loaded) -> None:
        """The artifact is the current one from now on."""
        for older in self.loaded.bindings if self.loaded is not None else ():
            older.is_current = False
        self.history.append(loaded)
        self.loaded_at = monotonic()
        self._idle = set()

    @property
    def is_settled(self) -> bool:
        """Whether calls come from code that is the newest there is."""
        return self.loaded is not None and self.request is None and monotonic() - self.loaded_at > SETTLED_SECONDS

    def natives(self) -> list[str]:
        """The functions that have native entries, by qualified name, without those that have been dropped."""
        return sorted(self._entered().keys() - self._idle)

    def drop_idle(self) -> None:
        """Nothing new is seen any more: leave the functions out whose entries nobody has come to, as others have them inside."""
        self._idle = {qualname for qualname, count in self._entered().items() if not count}
        hot = self.signatures.get(HOT, [])
        hot[:] = [qualname for qualname in hot if qualname not in self._idle]

    def hot(self, calls: int) -> list[str]:
        """The functions that are compiled as a part of others only, and that CPython has called so often all the same."""
        return [row[QUALNAME] for row, count in self._counted() if row[SIGNATURE] == PART and count >= calls]

    def _entered(self) -> dict[str, int]:
        """How often the native entries of the functions have been entered."""
        found: dict[str, int] = {}
        for row, count in self._counted():
            if row[KIND] == "native":
                found[row[QUALNAME]] = found.get(row[QUALNAME], 0) + count
        return found

    def _counted(self) -> list[tuple[list[str], int]]:
        """The entries of the current artifact, with what their counters say."""
        found = []
        for binding in self.loaded.bindings if self.loaded is not None else ():
            counters = binding.group.read_counters()
            found += [(row, counters[int(row[COUNTER])]) for row in binding.rows.entries]
        return found

    def relieve(self) -> None:
        """Take the observers away that stood by, from those functions that have nothing else by now."""
        if self.standby is not None:
            for binding in self.standby.bindings:
                binding.release()
            self.standby = None

    def restart(self, namespace: Namespace) -> None:
        """The module is executed (again) in this namespace."""
        self.namespace = namespace
        self._seen.clear()
        self._fruitless = 0

    def bind(self, namespace: Namespace, roots: dict[str, object] | None = None) -> list[tuple[str, FunctionType]]:
        """Bind and patch what is found in the namespace; returns the functions that have an entry of ours from now on.

        roots: the names, with their values, that have changed; None: everything may have.
        """
        current = self._current
        if current is None or not current.bindings:
            return []
        found: dict[str, list[FunctionType]] = {}
        for function in namespaces.functions(namespace, None if roots is None else list(roots.values())):
            qualname = current.codes.qualname(function)
            if qualname is not None:
                found.setdefault(qualname, []).append(function)
        patched = []
        for binding in current.bindings:
            if roots is None or binding.concerns(found, roots):
                patched += binding.bind(found, namespace)
        return patched

    def sweep(self, namespace: Namespace) -> tuple[bool, list[tuple[str, FunctionType]]]:
        """Bind what has been bound to names since the last sweep: (whether nothing is missing any more, what is new)."""
        if self._current is None:
            return self.request is None, []
        changed: dict[str, object] = {}
        missing = False
        for name in self._watched():
            value = namespace.get(name, self)
            if value is self:
                missing = True
            elif self._seen.get(name) != id(value):
                self._seen[name] = id(value)
                changed[name] = value
        if not changed:
            self._fruitless += 1
            return not missing or self._fruitless > FRUITLESS_SWEEPS, []
        self._fruitless = 0
        return not missing, self.bind(namespace, changed)

    def _watched(self) -> set[str]:
        """The global names on which something depends: of functions, their classes, and facts."""
        names: set[str] = set()
        for binding in self._current.bindings if self._current else ():
            names.update(qualname.partition(".")[0] for qualname in binding.qualnames)
            names.update([name for name in binding.rows.facts if OTHER not in name])
        return names
