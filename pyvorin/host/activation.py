"""Pyvorin at work in this process: ties the finder and the watch of the main script to the session they report to.

The session starts when there is something to tell it, so a process that runs no code of its user's pays nothing for it.
Whatever goes wrong in it stays here and the program runs on in CPython; only `StrictModeError`, which the user asked for, passes.
"""

from __future__ import annotations

import sys

from pyvorin import quickload
from pyvorin.host import loader, main_script, scope
from pyvorin.host.finder import Finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

    from pyvorin.core.config import Settings
    from pyvorin.host.session import Session

    Namespace = dict[str, object]

MODULES = (
    "cache.__init__",
    "cache.rows",
    "core.version",
    "cache.outline",
    "host.namespace",
    "host.assumptions",
    "host.literals",
    "core.layouts",
    "host._ffi",
    "host.memory",
    "host.function_type",
    "host.patch",
    "host.binding",
    "host.native",
    "host.module",
    "host.session",
    "core.cpu",
    "cache.key",
    "cache.files",
    "cache.location",
    "cache.artifact",
    "cache.image",
    "cache.index",
    "cache.store",
    "core.codedigest",
    "host.codes",
)
"""What a session loads that finds everything in the cache, in the order of their imports; a test compares."""

current: Activation | None = None
"""The one activation of this process."""


def activate(settings: Settings, *, running: bool) -> None:
    """Accelerate this process from now on; nothing happens if it is so already.

    running: the program itself asks for it, so its main script and some of its modules have begun to run.
    """
    global current
    if current is None:
        current = Activation(settings, running=running)
        current.begin(running=running)


def deactivate() -> None:
    """Undo `activate`: functions get back what they had, and nothing of ours stays on the import path."""
    global current
    if current is not None:
        current.end()
        current = None


class Activation:
    """See the module's description.  settings: those of this process; session: None until there was something to tell it."""

    __slots__ = ("_asked", "_finder", "_scope", "_watch", "session", "settings")

    def __init__(self, settings: Settings, *, running: bool) -> None:
        self.settings = settings
        self.session: Session | None = None
        self._asked = False
        self._scope = scope.Scope(settings)
        self._watch: main_script.Watch | None = None
        self._finder = Finder(self._scope.covers, self._tracing, None if running else self._watch_script)

    def begin(self, *, running: bool) -> None:
        """Watch imports and the main script."""
        if self.settings.log or self.settings.report:
            self._tell(lambda session: None)  # what it has to say by itself does not depend on there being a module
        loader.hooks.executed = self._module_executed
        self._finder.install()
        if running:
            self._add_imported()
            self._set_watch(main_script.join(self._script_found, self._sweep))
        elif "sitecustomize" in sys.modules:
            self._watch_script()

    def _watch_script(self) -> None:
        # Not earlier than `site` ends: on 3.10 and 3.11 all that runs while the watch waits is traced.
        self._set_watch(main_script.start(self._script_found, self._sweep))

    def _set_watch(self, watch: main_script.Watch | None) -> None:
        self._watch = watch
        if watch is not None:
            loader.hooks.before = watch.pause
            loader.hooks.after = watch.resume

    def end(self) -> None:
        """Take everything back."""
        if self._watch is not None:
            self._watch.stop()
        self._finder.remove()
        loader.hooks.reset()
        if self.session is not None:
            self.session.uninstall()

    def _started(self) -> Session | None:
        """The session, started at the first call; None if it cannot start, and while it starts."""
        if not self._asked:
            self._asked = True  # what its own start imports is not for it to hear of
            names = scope.NEEDED + (scope.NEEDED_BY_THE_LOG if self.settings.log else ())
            if scope.shadowed(names) is None:
                quickload.load(MODULES)
                from pyvorin.host.session import Session

                self.session = Session.start(self.settings)
        return self.session

    def _tracing(self) -> bool:
        return self._watch is not None and self._watch.tracing()

    def _add_imported(self) -> None:
        """Report the modules in scope that were imported before."""
        for name, module in list(sys.modules.items()):
            spec = getattr(module, "__spec__", None)
            found: Any = getattr(spec, "loader", None)
            if spec is None or spec.name != name or getattr(spec, "_initializing", False) or not loader.is_plain(found):
                continue
            if self._scope.covers(name, found.path):
                try:
                    code = found.get_code(name)
                except (ImportError, SyntaxError, OSError):  # the file has changed or gone since
                    continue
                self._module_executed(module, code)

    def _module_executed(self, module: ModuleType, code: CodeType) -> None:
        spec = module.__spec__
        if spec is None or spec.origin is None or not loader.defines(code):
            return
        if not self._scope.covers(spec.name, spec.origin):  # watched for another reason
            return
        source = _source(spec.loader, spec.origin)
        if source is not None:
            name, path = spec.name, spec.origin
            self._tell(lambda session: session.module_executed(name, vars(module), source, path, code))

    def _script_found(self, namespace: Namespace, code: CodeType) -> bool:
        """Report the main script, which is about to run; whether there is anything to watch for in it."""
        spec = namespace.get("__spec__")
        found = getattr(spec, "loader", None)
        loader.unwatch(found)  # `python -m` finds its module like an import, but runs it by itself
        path = code.co_filename
        if not self._scope.covers(getattr(spec, "name", "__main__"), path):
            return False
        source = _source(namespace.get("__loader__"), path)
        if source is None:
            return False
        return self._tell(lambda session: session.main_script(namespace, source, path, code))

    def _sweep(self, namespace: Namespace) -> bool:
        nothing_left = True

        def sweep(session: Session) -> None:
            nonlocal nothing_left
            nothing_left = session.sweep(namespace)

        self._tell(sweep)
        return nothing_left

    def _tell(self, what: Callable[[Session], None]) -> bool:
        """Tell the session something; False if there is none or it failed.  Raises StrictModeError; under `debug` anything."""
        try:
            session = self._started()
            if session is not None:
                what(session)
        except Exception as error:
            strict = sys.modules.get("pyvorin.host.strict")  # loaded by whoever raised its error
            if self.settings.debug:
                raise
            if strict is not None and isinstance(error, strict.StrictModeError):
                raise error.with_traceback(None) from None  # how we came to it is of no use to the user
            return False
        return session is not None


def _source(found: object, path: str) -> bytes | None:
    """The source of a module that `found` loaded from `path`; None if it is not in a file or an archive."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        pass
    try:
        content = found.get_data(path)  # type: ignore[attr-defined]
    except Exception:  # no loader, one without data, or one of the program's own that raises what it likes
        return None
    return content if type(content) is bytes else None
