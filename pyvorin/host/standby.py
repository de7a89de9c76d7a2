"""Observers for the functions of a module that waits for its first answer.

Answers are taken in where the program comes by: at calls of observers, at garbage collections.  A program that collects nothing
and whose module is not compiled yet would never come by; and what its functions are called with would be seen only once there is
a first answer.  So there is one artifact with nothing but observers, which fits any module: that of a small source with open
functions, compiled and cached like every other.  A copy of it, with the names of the module's own functions in it, serves until
the answer is there.

    def f0(x): …  def f1(x): …       one copy:  f0 -> "total", f1 -> "A.area"
"""

from __future__ import annotations

from pyvorin.cache import outline
from pyvorin.cache.outline import KIND, QUALNAME
from pyvorin.core.codedigest import code_digest
from pyvorin.host import native
from pyvorin.host.codes import Codes
from pyvorin.host.module import Loaded, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from pyvorin.cache.artifact import Artifact
    from pyvorin.cache.key import Environment
    from pyvorin.cache.outline import Outline
    from pyvorin.cache.store import Store
    from pyvorin.host.binding import Binding

    Bind = Callable[[Module, native.Group, Outline, Codes], Binding]

OBSERVERS = 16
"""In one copy."""
MOST_COPIES = 64
"""For one module."""
FIRST_SECONDS = 2.0
"""So long the first program of all waits for the artifact, where there is none in the cache; no program does if nothing can be
kept there, as each one would be the first."""

_FUNCTION = 0x1
"""CO_OPTIMIZED: of the code of functions, not of classes."""
_SUSPENDED = 0x20 | 0x80 | 0x200
"""Generators, coroutines, asynchronous generators: their calls run nothing."""

NAME = "pyvorin.standby"
SOURCE = "".join([f"def f{index}(x):\n    return x * 2.0\n" for index in range(OBSERVERS)])


class Standby:
    """The artifact, and who waits for it.

    module: that of the source.  bind: makes the binding of a group of a module of the program.
    request: asks the compiler for a module.  wait: waits so many seconds for the answer.
    """

    __slots__ = ("_bind", "_content", "_request", "_store", "_wait", "_waiting", "module")

    def __init__(
        self,
        environment: Environment,
        store: Store,
        bind: Bind,
        request: Callable[[Module], object],
        wait: Callable[[Module, float], None],
    ) -> None:
        self.module = Module(NAME, "", SOURCE, environment.module_key(NAME, SOURCE, 0))
        self._store = store
        self._bind = bind
        self._request = request
        self._wait = wait
        self._content: tuple[str, bytes] | None = None
        self._waiting: list[tuple[Module, CodeType]] | None = None

    def serve(self, module: Module, code: CodeType) -> None:
        """Put observers in front of the functions of `code`, which has made the module, or is about to."""
        if self._waiting is None:
            self._waiting = []
            index = self._store.get_index(self.module.key)
            artifact = self._store.get_artifact(index.artifact) if index is not None and index.artifact else None
            if artifact is not None:
                self._take(artifact)
            else:
                self._request(self.module)
                if self._store.keeps:
                    self._wait(self.module, FIRST_SECONDS)
        if self._content is not None:
            self._install(module, code, *self._content)
        elif self.module.request is not None:
            self._waiting.append((module, code))

    def received(self, artifact: Artifact | None) -> None:
        """The compiler has made the artifact, or could not."""
        if artifact is not None:
            self._take(artifact)
        waiting, self._waiting = self._waiting or [], []
        for module, code in waiting:
            if self._content is not None and module.loaded is None and module.request is not None:
                self._install(module, code, *self._content)

    def _take(self, artifact: Artifact) -> None:
        with artifact:
            if artifact.path is not None:
                with open(artifact.path, "rb") as file:
                    self._content = artifact.manifest_text, file.read()

    def _install(self, module: Module, code: CodeType, text: str, library: bytes) -> None:
        functions = list(_functions(code, ""))
        names = list(dict.fromkeys([qualname for qualname, _ in functions]))
        codes = Codes({code_digest(inner): qualname for qualname, inner in functions})
        bindings: list[Binding] = []
        for _ in range(MOST_COPIES):
            if not names:
                break
            copy = self._store.adopt(text, library)
            if copy is None or copy.path is None:
                break
            with copy:
                groups = native.load(copy.path)[1]
            for group, rows in zip(groups, outline.read(text).groups):
                for entry in rows.entries:
                    entry[QUALNAME] = names.pop() if names and entry[KIND] == "observe" else ""
                bindings.append(self._bind(module, group, rows, codes))
        module.standby = Loaded("", text, codes, bindings)
        if module.namespace is not None:
            module.bind(module.namespace)


def _functions(code: CodeType, prefix: str) -> Iterator[tuple[str, CodeType]]:
    """The functions that a module's or class's code makes, by qualified name: of a property's, the first."""
    found = set()
    for inner in code.co_consts:
        if type(inner) is not type(code) or inner.co_name.startswith("<"):
            continue
        if not inner.co_flags & _FUNCTION:
            yield from _functions(inner, f"{prefix}{inner.co_name}.")
        elif not inner.co_flags & _SUSPENDED and not (prefix and inner.co_name in found):
            found.add(inner.co_name)
            yield prefix + inner.co_name, inner
