"""Reaches the functions of the main script, which nothing imports.

The first module frame whose `__name__` is `__main__` (in a spawned child of `multiprocessing`: `__mp_main__`) is the main
script, however it was started: as a file, `-m`, a directory or a zip file.  The session hears of it before its first line,
and then again and again until nothing is left to patch, so that a function is native before the script first calls it.

How CPython can be made to report that differs: `watch_monitoring.py` from 3.12 on, `watch_tracing.py` before.

A debugger, coverage tool or profiler that is there first wins; one that comes later takes over.
"""

from __future__ import annotations

import sys

from pyvorin.host import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    Namespace = dict[str, object]
    Found = Callable[[Namespace, CodeType], bool]
    Sweep = Callable[[Namespace], bool]

MAIN = "__main__"
SPAWNED = "__mp_main__"

tracers: list[object] = []
"""The trace functions that are ours: native code runs under them, as no tool of the user's is watching."""


def module_name() -> str:
    """The `__name__` by which to know the main script of a process: what multiprocessing has started runs it under another."""
    code = sys.orig_argv[sys.orig_argv.index("-c") + 1 :][:1] if "-c" in sys.orig_argv else []
    child = code and code[0].startswith(("from multiprocessing.spawn ", "from multiprocessing.forkserver "))
    return SPAWNED if child else MAIN


class Watch:
    """One process's wait for its main script, and then for what the script defines.

    found: called once, before the first line of a script that defines anything; answers whether it is worth
    watching.  It may raise StrictModeError.
    sweep: called with the script's namespace; answers whether nothing is left to patch.
    """

    __slots__ = ("_code", "_found", "_last", "_name", "_namespace", "_sweep", "stopped")

    def __init__(self, name: str, found: Found, sweep: Sweep) -> None:
        self._name = name
        self._found = found
        self._sweep = sweep
        self._code: CodeType | None = None
        self._namespace: Namespace = {}
        self._last = 0
        self.stopped = False

    def wait(self) -> None:
        """Watch for the start of the main script."""

    def join(self, frame: FrameType) -> None:
        """Watch a main script that is running already."""

    def pause(self) -> None:
        """Cost nothing until `resume`; both are called around each module that is imported."""

    def resume(self) -> None:
        """Go on from `pause`."""

    def tracing(self) -> bool:
        """Whether this thread is being slowed down."""
        return False

    def _starts(self, code: CodeType, namespace: Namespace) -> bool:
        """Whether a module that is about to run is the main script."""
        return self._code is None and namespace.get("__name__") == self._name

    def _enter(self, code: CodeType, namespace: Namespace) -> bool:
        """Take a module for the main script; True if it is to be watched further.  Otherwise the watch is over."""
        self._code = code
        self._namespace = namespace
        self._last = loader.last_definition(code)
        watched = False
        try:
            watched = self._last > 0 and self._found(namespace, code)
        finally:
            if not watched:
                self.stop()
        return watched

    def stop(self) -> None:
        """End the watch; a second call does nothing, and what others have set in the meantime stays."""
        self.stopped = True

    def _line(self, line: int) -> bool:
        """Before something on `line` of the script runs: patch what has been defined; True if that was all."""
        return self._sweep(self._namespace) or line > self._last


def start(found: Found, sweep: Sweep) -> Watch | None:
    """Wait for the main script to start.  None if somebody traces already, or if there is no script in a file."""
    watch = _new(module_name(), found, sweep)
    if watch is not None:
        watch.wait()
    return watch


def join(found: Found, sweep: Sweep) -> Watch | None:
    """The same when the main script is running already, from its next line on; None also if it is not on this thread's stack."""
    watch = _new(MAIN, found, sweep)
    frame: FrameType | None = sys._getframe(1)
    while watch is not None and frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") == MAIN:
            watch.join(frame)
            return watch
        frame = frame.f_back
    return None


def _new(name: str, found: Found, sweep: Sweep) -> Watch | None:
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return None
    if sys.version_info >= (3, 12):
        from pyvorin.host import watch_monitoring

        return watch_monitoring.new(name, found, sweep)
    from pyvorin.host.watch_tracing import TracingWatch

    return TracingWatch(name, found, sweep)
