"""The two ways to run a program: CPython alone, and CPython with Pyvorin.

Both load the same source under the same file name, so that tracebacks can be compared literally.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from .paths import Counts, Rejection, read_counts, read_rejections

if TYPE_CHECKING:
    from pyvorin.host.module import Module
    from pyvorin.host.session import Session

Namespace = dict[str, Any]


class Engine(Protocol):
    """Loads a program and answers how its functions were run."""

    compares_tracebacks: bool
    """Whether the tracebacks of its exceptions must be CPython's."""

    def load(self, name: str, path: Path) -> Namespace:
        """Execute the module in the file `path` under `name`; the module's globals."""

    def load_all(self, paths: Mapping[str, Path]) -> Namespace:
        """Execute several modules, of which later ones import earlier ones; the globals of the last."""

    def gathering(self) -> AbstractContextManager[None]:
        """What is seen within, at calls and in the midst of them, is compiled at the end, in one request for each module.

        Otherwise each signature is asked for and waited for by itself, and everything that is in one group with it compiled
        once more: several times the work for the same code.
        """

    def counts(self, name: str) -> Mapping[str, Counts]:
        """Of each function of the module: how its calls ran so far."""

    def rejections(self, name: str) -> list[Rejection]:
        """The refusals of functions of the module."""


class PlainEngine:
    """CPython alone: the oracle.  Never goes through the import system, so no hook can touch what it runs."""

    compares_tracebacks = True

    def load(self, name: str, path: Path) -> Namespace:
        return vars(self.executed(name, path))

    def executed(self, name: str, path: Path) -> ModuleType:
        """The module, which nothing else can import."""
        module = ModuleType(name)
        vars(module)["__file__"] = str(path)
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), vars(module))
        return module

    def load_all(self, paths: Mapping[str, Path]) -> Namespace:
        """Others that import them never see these, nor do these see what others import under their names."""
        kept = {name: sys.modules.get(name) for name in paths}
        namespace: Namespace = {}
        try:
            for name, path in paths.items():
                sys.modules[name] = self.executed(name, path)
                namespace = vars(sys.modules[name])
        finally:
            for name, module in kept.items():
                if module is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module
        return namespace

    def gathering(self) -> AbstractContextManager[None]:
        return nullcontext()

    def counts(self, name: str) -> Mapping[str, Counts]:
        return {}

    def rejections(self, name: str) -> list[Rejection]:
        return []


class NativeEngine:
    """Pyvorin, installed in this process.  `PYVORIN_WAIT=1` and a cache directory must be in the environment already.

    An import compiles everything that the source alone determines before it returns.  trips: the setting of this name.
    """

    compares_tracebacks = True

    def __init__(self, trips: str = "off") -> None:
        import pyvorin

        self._pyvorin = pyvorin
        # The tests themselves are no part of the program under test.
        pyvorin.install(exclude=("tests", "__main__"), trips=trips)

    def load(self, name: str, path: Path) -> Namespace:
        directory = str(path.parent)
        if directory not in sys.path:
            sys.path.insert(0, directory)
        importlib.invalidate_caches()
        # A byte-code file would be valid for a rewritten source of the same second and size.
        sys.dont_write_bytecode = True
        return vars(importlib.import_module(name))

    def load_all(self, paths: Mapping[str, Path]) -> Namespace:
        return self.load(*[*paths.items()][-1])

    @contextmanager
    def gathering(self) -> Iterator[None]:
        from pyvorin.host.session import Session

        asked: dict[int, tuple[Session, Module]] = {}
        request = Session.request
        Session.request = lambda session, module: asked.update({id(module): (session, module)})  # type: ignore[method-assign]
        try:
            yield
        finally:
            Session.request = request  # type: ignore[method-assign]
        for session, module in asked.values():
            assert module.namespace is not None
            session.ask(module, module.namespace)

    def counts(self, name: str) -> Mapping[str, Counts]:
        return read_counts(self._pyvorin.report(), name)

    def rejections(self, name: str) -> list[Rejection]:
        return read_rejections(self._pyvorin.report(), name)
