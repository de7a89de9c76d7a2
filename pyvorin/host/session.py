"""One process's state: which modules of the program are known, and what of them is native.

In: what the activation side reports, namely modules that have been executed and lines of the main script.  A module whose
artifact is in the cache is loaded, bound and patched at once; for any other a request goes to the compile worker, and its
result is picked up without waiting: at later imports, at lines of the main script, when an observer calls, and at garbage
collections.  With the setting `wait`, and for modules in strict mode, the result is waited for.

Whatever fails here leaves functions in CPython.  Only StrictModeError leaves this module.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock

from pyvorin.cache.key import decoded
from pyvorin.host import binding, native, patch
from pyvorin.host.module import MAIN, Loaded, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType

    from pyvorin.cache.artifact import Artifact
    from pyvorin.cache.key import Environment
    from pyvorin.cache.outline import Outline
    from pyvorin.cache.store import Store
    from pyvorin.core.config import Settings
    from pyvorin.host.codes import Codes
    from pyvorin.host.intake import Intake
    from pyvorin.host.log import Log
    from pyvorin.host.standby import Standby

    Namespace = dict[str, object]

HOT_CALLS = 16
"""Calls by CPython since there is code for it, after which a function gets an entry that is compiled as a part of others only."""
OPTIMISE_SHIFT = 32
"""As in `messages`, which a warm start does not load; a test compares them."""

_current: Session | None = None


class Session:
    """The state of this process.

    settings: what decides.  modules: what was reported, by name; constants: what is known of those without functions.
    problems: (reason code, detail) of what went wrong.  _users: by the name of a module, of those compiled along with it.
    """

    __slots__ = (
        "_active",
        "_deferred",
        "_intake",
        "_libraries",
        "_lock",
        "_main",
        "_owner",
        "_pid",
        "_registry",
        "_standby",
        "_users",
        "constants",
        "environment",
        "log",
        "modules",
        "problems",
        "settings",
        "store",
    )

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.modules: dict[str, Module] = {}
        self.problems: list[tuple[str, str]] = []
        self.constants: dict[str, tuple[int, tuple[str, str] | None]] = {}
        self._users: dict[str, set[str]] = {}
        self._active = False
        self.environment: Environment | None = None
        self.store: Store | None = None
        self._intake: Intake | None = None
        self._standby: Standby | None = None
        self._registry = patch.Registry()
        self._libraries: dict[int, str] = {}
        self._main: Module | None = None
        self._lock = RLock()
        self.log: Log | None = None
        self._owner = False
        self._deferred: list[Callable[[], None]] = []
        self._pid = os.getpid()

    @classmethod
    def start(cls, settings: Settings) -> Session:
        """The session of this process, ready to be told about modules."""
        global _current
        session = cls(settings)
        _current = session
        if settings.log:
            from pyvorin.host.log import Log

            session.log = Log(settings)
        if settings.report:
            import atexit

            atexit.register(session._report_at_exit)
        if not _fork_hook:
            os.register_at_fork(after_in_child=_after_fork)
            _fork_hook.append(True)
        session._begin()
        return session

    def module_executed(self, name: str, namespace: Namespace, source: bytes, path: str, code: CodeType) -> None:
        """A module of the program has run.  Raises StrictModeError if it has to be native and is not."""
        if self._active:
            self._locked(lambda: self._executed(name, namespace, source, path, code))
        self._enforce(name, path)

    def main_script(self, namespace: Namespace, source: bytes, path: str, code: CodeType) -> None:
        """The main script is about to run: its functions will appear in `namespace`.  Raises StrictModeError."""
        if self._active:
            self._locked(lambda: self._executed(MAIN, namespace, source, path, code))
            self._main = self.modules.get(MAIN)
        self._enforce(MAIN, path)

    def sweep(self, namespace: Namespace) -> bool:
        """Patch what the main script has defined since the last call; whether nothing more is to come."""
        module = self._main
        if not self._active or module is None or module.namespace is not namespace:
            return True
        nothing_left = False

        def sweep() -> None:
            nonlocal nothing_left
            self._collect()
            nothing_left, patched = module.sweep(namespace)
            if self.log is not None:
                self.log.native(module, patched)
            nothing_left = nothing_left and module.request is None
            if nothing_left:
                self._look_at_others(module)
                module.namespace = None

        self._locked(sweep)
        return nothing_left

    def uninstall(self) -> None:
        """Give every function back to CPython, and let the worker go."""
        global _current
        self._active = False
        self._registry.undo_all()
        if self._intake is not None:
            self._intake.close()
        if _current is self:
            _current = None

    def report(self) -> dict[str, object]:
        """What is native, what is not and why: see report.py."""
        from pyvorin.host import report

        return report.data(self)

    # Start.

    def _begin(self) -> None:
        from pyvorin.cache.key import Environment
        from pyvorin.cache.location import Location
        from pyvorin.cache.store import Store

        self.environment = Environment.of_this_process(self.settings.key_data())
        if self.environment is None:
            from pyvorin.core import reasons

            self.problem(reasons.UNSUPPORTED_CPU, "")
            return
        location = Location.of_settings(self.settings.cache_dir, self.settings.trusted)
        self.store = Store(location, self.environment.directory)
        self._active = True

    def problem(self, code: str, detail: str) -> None:
        if (code, detail) not in self.problems:
            self.problems.append((code, detail))
            if self.log is not None:
                self.log.problem(code, detail)

    def store_problems(self) -> None:
        if self.store is not None:
            for code, detail in self.store.new_problems():
                self.problem(code, detail)

    # One thing at a time.

    def _locked(self, work: Callable[[], None]) -> None:
        """Do `work` while no other thread is in here.

        If this very thread is in here already (a signal handler or a garbage collection may run in the midst of anything,
        and import), the work is done when that is finished.
        """
        lock = self._lock
        with lock:
            if self._owner:
                self._deferred.append(work)
                return
            self._owner = True
            try:
                self._guarded(work)
                while self._deferred:
                    self._guarded(self._deferred.pop(0))
            finally:
                self._owner = False

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            if self.settings.debug:
                raise
            if self.log is not None:
                self.log.internal_error(error)

    # Modules.

    def _executed(self, name: str, namespace: Namespace, source: bytes, path: str, code: CodeType) -> None:
        assert self.environment is not None
        self._collect()
        text = decoded(source)
        if text is None:
            return
        key = self.environment.module_key(name, text, sys.flags.optimize << OPTIMISE_SHIFT)
        module = self.modules.get(name)
        if module is None or module.key.digest != key.digest:
            module = self.modules[name] = Module(name, path, text, key, code.co_names)
        module.restart(namespace)
        if module.loaded is not None:
            self._bind(module)
            return
        if module.request is None and not self._load_known(module):
            if module.loaded is None and not self._waits(name) and self._has_compiler() and self._standby is not None:
                self._standby.serve(module, code)
            self.request(module)
        self._wait(module)
        self._look_at_others(*[self.modules[user] for user in self._users.get(name, ())])
        self.store_problems()

    def _load_known(self, module: Module) -> bool:
        """Load the module's artifact from the cache; False if the compiler has to be asked."""
        assert self.store is not None
        index = self.store.get_index(module.key)
        if index is None:
            return False
        module.signatures = {name: list(found) for name, found in index.signatures.items()}
        module.lags = index.lags
        if index.artifact is not None:
            artifact = self.store.get_artifact(index.artifact)
            return artifact is not None and self.load(module, artifact, "cache") and not index.lags
        import time

        if index.failed_recently(time.time()) and index.failure is not None:
            if self.log is not None:
                self.log.failed(module, *index.failure[:2])
            return True
        return False

    def load(self, module: Module, artifact: Artifact, origin: str) -> bool:
        """Load an artifact, bind it and patch.  False if it cannot be used."""
        if module.loaded is not None and module.loaded.digest == artifact.digest:
            artifact.close()
            return True
        from time import perf_counter

        from pyvorin.cache import outline
        from pyvorin.host.codes import Codes

        start = perf_counter()
        with artifact:
            try:
                found = outline.read(artifact.manifest_text)
                codes = Codes(found.functions, found.inside)
                bindings = self._bindings(module, artifact, found.groups, codes)
            except (native.LoadError, ValueError) as error:
                from pyvorin.core import reasons

                self.problem(reasons.LOAD_FAILED, str(error))
                return False
        module.add(Loaded(artifact.digest, artifact.manifest_text, codes, bindings, found.others))
        module.origin = origin
        module.load_ms = (perf_counter() - start) * 1000
        if self.log is not None:
            self.log.loaded(module, artifact.digest)
        self._bind(module)
        for other in found.others:
            self._users.setdefault(other, set()).add(module.name)
        self._look_at_others(module)
        return True

    def _look_at_others(self, *modules: Module) -> None:
        """Ask once more for those that were compiled along with other modules as these are not, or not yet."""
        if any(module.loaded is not None and module.loaded.uses_others(self.modules) for module in modules):
            from pyvorin.host import others

            others.look(self, *modules)

    def ask_again(self, module: Module) -> None:
        """Ask for the module as soon as it has no request, and wait for the answer where the program waits."""
        module.stale = module.request is not None
        if not module.stale:
            self.request(module)
        self._wait(module)

    def _bindings(
        self, module: Module, artifact: Artifact, groups: list[Outline], codes: Codes
    ) -> list[binding.Binding]:
        if artifact.path is None:
            return []
        assert self.store is not None
        loaded = native.load_for(module.name, artifact, self.store, self._libraries)
        if len(loaded) != len(groups):
            raise ValueError("the manifest does not describe the artifact's groups")
        return [self._binding(module, group, rows, codes) for group, rows in zip(loaded, groups)]

    def _binding(self, module: Module, group: native.Group, rows: Outline, codes: Codes) -> binding.Binding:
        return binding.Binding(
            group,
            rows,
            codes,
            self._registry,
            module.signatures,
            self._waits(module.name),
            lambda qualname, function, signature: self._wish(module, qualname, function, signature),
            lambda: self._poll(module),
            lambda qualname, function, count: self._heat(module, qualname, function, count),
        )

    def _bind(self, module: Module) -> None:
        """Bind and patch everything in the module's namespace; the main script's goes on being swept."""
        if module.namespace is None:
            return
        patched = module.bind(module.namespace)
        if self.log is not None:
            self.log.native(module, patched)
        if module.name != MAIN and module.request is None and not module.lags:
            module.namespace = None

    # Requests and answers.

    def _has_compiler(self) -> bool:
        """Whether there is one to ask; the first call finds out."""
        if self._intake is None and self._active:
            # The key of everything in the cache names the interpreter's build and the sizes of its objects: what is found there
            # was asked for by a process of the same build, which came by here.
            from pyvorin.host import probe

            refusal = probe.refusal()
            if refusal is not None:
                self._active = False
                self.problem(*refusal)
                return False
            from pyvorin.host.answers import Answers
            from pyvorin.host.intake import Intake
            from pyvorin.host.standby import Standby

            assert self.environment is not None
            assert self.store is not None
            self._standby = Standby(self.environment, self.store, self._binding, self.request, self._wait_for)
            self._intake = Intake(self.settings, Answers(self, self._standby).received, self._occasion)
        return self._intake is not None

    def request(self, module: Module) -> None:
        """Ask the compiler for the module, with all that was seen."""
        if not self._has_compiler():
            return
        assert self._intake is not None
        if self._is_strict(module.name):
            from pyvorin.messages import ALL, HOT

            module.signatures[HOT] = [ALL]
        if module.namespace:
            from pyvorin.host import names, observe

            observe.note(module.signatures, names.seen(module.namespace))
        from pyvorin.host import others

        problem = self._intake.request(module, others.named(self, module))
        if problem is not None:
            self.problem(*problem)

    def _wish(self, module: Module, qualname: str, function: FunctionType, signature: str) -> None:
        """An observer has seen a call that no specialisation serves, or what that does not expect of objects."""
        wished = module.signatures.setdefault(qualname, [])
        if signature not in wished:
            wished.append(signature)
        if not self._active or self.modules.get(module.name) is not module:
            return

        self.ask(module, function.__globals__)

    def ask(self, module: Module, namespace: Namespace) -> None:
        """Ask for the module as soon as it has no request, and wait for the answer where the program waits."""

        def ask() -> None:
            self._collect()
            if module.namespace is None:
                module.namespace = namespace
            self.ask_again(module)

        self._locked(ask)

    def _heat(self, module: Module, qualname: str, function: FunctionType, count: int) -> bool:
        """CPython has called a function that is compiled as a part of others, so often; False if that says nothing yet."""
        if not self._waits(module.name) and (count < HOT_CALLS or not module.is_settled):
            return False
        from pyvorin.messages import HOT

        # With all that have become so meanwhile: each answer takes as long as settles the module anew.
        wished = module.signatures.setdefault(HOT, [])
        wished += [other for other in module.hot(HOT_CALLS) if other != qualname and other not in wished]
        self._wish(module, HOT, function, qualname)
        return True

    def _waits(self, name: str) -> bool:
        return self.settings.wait or self._is_strict(name)

    def _is_strict(self, name: str) -> bool:
        if not self.settings.strict:
            return False
        from pyvorin.core import patterns

        return patterns.matches(self.settings.strict, name)

    def _wait(self, module: Module) -> None:
        if self._intake is not None and self._waits(module.name):
            self._intake.wait(module)

    def _wait_for(self, module: Module, seconds: float) -> None:
        if self._intake is not None:
            self._intake.wait(module, seconds)

    def _collect(self) -> None:
        if self._intake is not None:
            self._intake.collect()

    def _catch_up(self) -> None:
        """Take answers in, and ask once more for what was not compiled for all that was seen."""
        self._collect()
        for module in self._intake.due() if self._intake is not None else ():
            module.drop_idle()
            self.request(module)
            self._wait(module)

    def _occasion(self) -> None:
        """Take answers in if this is a moment for it: neither another thread nor this one is in here."""
        if self._active and self._lock.acquire(blocking=False):
            try:
                if not self._owner:
                    self._locked(self._catch_up)
            finally:
                self._lock.release()

    def _poll(self, module: Module) -> bool:
        """Take answers in; whether one is outstanding for the module, or to be asked for."""
        if module.request is not None or module.lags:
            self._occasion()
        return module.request is not None or module.lags

    def _enforce(self, name: str, path: str) -> None:
        if not self._is_strict(name):
            return
        from pyvorin.host import strict

        strict.enforce(self, name, path)

    # Exit and fork.

    def _report_at_exit(self) -> None:
        from pyvorin.host import report

        if os.getpid() == self._pid:
            self._guarded(lambda: report.write(self, self.settings.report))

    def _forked(self) -> None:
        self._lock = RLock()
        self._owner = False
        self._deferred = []
        if self._intake is not None:
            self._intake.after_fork()


def known_modules() -> dict[str, Module]:
    """The modules of the program, by name."""
    return {} if _current is None else _current.modules


_fork_hook: list[bool] = []


def _after_fork() -> None:
    if _current is not None:
        _current._forked()
