"""Reaches the functions of the main script, which nothing imports.

The first module frame whose `__name__` is `__main__` (in a spawned child of `multiprocessing`: `__mp_main__`) is the main
script, however it was started: as a file, `-m`, a directory or a zip file.  The session hears of it before its first line,
and then again and again until nothing is left to patch, so that a function is native before the script first calls it.

Python 3.12+ reports the calls that this one code object makes through `sys.monitoring`, each place once, at no cost elsewhere.
(Events of its lines, or of its return, would serve as well, but on 3.13 they make `breakpoint()` stop one line late.)
Before that there is only `sys.settrace`, which reports lines and slows the whole thread down while it is on.  It is off
while imported modules run, and gives up after `_EVENTS` events: a script that works for long before its last `def` keeps its
later functions in CPython rather than wait.

A debugger, coverage tool or profiler that is there first wins; one that comes later takes over.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from pyvorin.host import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    Namespace = dict[str, object]
    Found = Callable[[Namespace, CodeType], bool]
    Sweep = Callable[[Namespace], bool]

MAIN = "__main__"
SPAWNED = "__mp_main__"

_EVENTS = 50_000  # some 4 ms of tracing, enough for a dozen dataclasses, command line parsers and patterns

_monitoring: Any = getattr(sys, "monitoring", None)  # 3.12+
_TOOLS = (4, 3)  # of sys.monitoring: the two ids that have no usual owner
_DEBUGGER, _COVERAGE = 0, 1

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


def _new(name: str, found: Found, sweep: Sweep) -> MonitoringWatch | TracingWatch | None:
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return None
    if _monitoring is None:
        return TracingWatch(name, found, sweep)
    get_tool = _monitoring.get_tool
    if get_tool(_DEBUGGER) is not None or get_tool(_COVERAGE) is not None:
        return None
    free = next((tool for tool in _TOOLS if get_tool(tool) is None), None)
    return None if free is None else MonitoringWatch(free, name, found, sweep)


class MonitoringWatch(Watch):
    """By events of `sys.monitoring`: module starts everywhere, then the calls made by one code object."""

    __slots__ = ("_tool",)

    def __init__(self, tool: int, name: str, found: Found, sweep: Sweep) -> None:
        super().__init__(name, found, sweep)
        self._tool = tool
        _monitoring.use_tool_id(tool, "pyvorin")

    def wait(self) -> None:
        """Watch for the start of the main script."""
        _monitoring.register_callback(self._tool, _monitoring.events.PY_START, self._on_start)
        _monitoring.set_events(self._tool, _monitoring.events.PY_START)

    def join(self, frame: FrameType) -> None:
        """Watch a main script that is running already."""
        if self._enter(frame.f_code, frame.f_globals):
            if self._sweep(frame.f_globals):
                self.stop()
            else:
                self._watch_calls(frame.f_code)

    def stop(self) -> None:
        if self.stopped:
            return
        super().stop()
        if _monitoring.get_tool(self._tool) != "pyvorin":
            return
        _monitoring.set_events(self._tool, 0)
        if self._code is not None:
            _monitoring.set_local_events(self._tool, self._code, 0)
        _monitoring.register_callback(self._tool, _monitoring.events.PY_START, None)
        _monitoring.register_callback(self._tool, _monitoring.events.CALL, None)
        _monitoring.register_callback(self._tool, _monitoring.events.PY_RETURN, None)
        _monitoring.free_tool_id(self._tool)

    def _on_start(self, code: CodeType, offset: int) -> object:
        if code.co_name == "<module>" and not self.stopped:
            namespace = sys._getframe(1).f_globals
            if self._starts(code, namespace) and self._enter(code, namespace):
                self._watch_calls(code)
        return _monitoring.DISABLE

    def _watch_calls(self, code: CodeType) -> None:
        _monitoring.set_events(self._tool, 0)
        _monitoring.register_callback(self._tool, _monitoring.events.CALL, self._on_call)
        events = _monitoring.events.CALL
        if self._name == SPAWNED:  # there the script ends after its definitions, often without a call
            _monitoring.register_callback(self._tool, _monitoring.events.PY_RETURN, self._on_return)
            events |= _monitoring.events.PY_RETURN
        _monitoring.set_local_events(self._tool, code, events)

    def _on_call(self, code: CodeType, offset: int, function: object, first: object) -> object:
        # Once for each place is enough: what is defined in a loop is known from its second round on, and a loop that calls
        # something costs nothing.
        if not self.stopped and self._line(_line_at(code, offset)):
            self.stop()
        return _monitoring.DISABLE

    def _on_return(self, code: CodeType, offset: int, value: object) -> None:
        if not self.stopped:
            self._sweep(self._namespace)
            self.stop()


def _line_at(code: CodeType, offset: int) -> int:
    return next((line for start, end, line in code.co_lines() if start <= offset < end and line), 0)


class TracingWatch(Watch):
    """By `sys.settrace`, on this thread: the cheapest that Python 3.10 and 3.11 offer."""

    __slots__ = ("_depth", "_left", "_thread", "_trace")

    def __init__(self, name: str, found: Found, sweep: Sweep) -> None:
        super().__init__(name, found, sweep)
        self._depth = 0
        self._left = _EVENTS
        self._thread = get_ident()
        self._trace = self._on_call  # one bound method, so that it can be known again by identity
        tracers.append(self._trace)

    def wait(self) -> None:
        """Watch for the start of the main script."""
        sys.settrace(self._trace)

    def join(self, frame: FrameType) -> None:
        """Watch a main script that is running already."""
        if self._enter(frame.f_code, frame.f_globals):
            if self._sweep(frame.f_globals):
                self.stop()
            else:
                frame.f_trace = self._on_script
                sys.settrace(self._trace)

    def stop(self) -> None:
        super().stop()
        if self.tracing():
            sys.settrace(None)

    def tracing(self) -> bool:
        return get_ident() == self._thread and sys.gettrace() is self._trace

    def pause(self) -> None:
        if get_ident() == self._thread:
            self._depth += 1
            if sys.gettrace() is self._trace:
                sys.settrace(None)

    def resume(self) -> None:
        if get_ident() == self._thread:
            self._depth -= 1
            if self._depth == 0 and not self.stopped and sys.gettrace() is None:
                sys.settrace(self._trace)

    def _on_call(self, frame: FrameType, event: str, argument: object) -> Any:
        """The trace function proper: of every frame that starts."""
        code = frame.f_code
        if code.co_name == "<module>" and self._starts(code, frame.f_globals):
            return self._on_script if self._enter(code, frame.f_globals) else None
        if self._code is None:  # the rest of `site` and the way to the script: its lines are worth no event
            if self._spent():
                self.stop()
            return None
        return self._on_other(frame, event, argument)

    def _on_script(self, frame: FrameType, event: str, argument: object) -> Any:
        """The trace function of the script's own frame."""
        if not self.stopped and sys.gettrace() is self._trace:
            done = self._line(frame.f_lineno) if event in ("line", "return") else False
            if not done and event != "return" and not self._spent():
                return self._on_script
            self.stop()
        frame.f_trace = None  # None as the result would not do: CPython then keeps the function
        return None

    def _on_other(self, frame: FrameType, event: str, argument: object) -> Any:
        """The trace function of every other frame: what runs for long under tracing must be noticed."""
        if self._spent():
            self.stop()
            return None
        return self._on_other

    def _spent(self) -> bool:
        self._left -= 1
        return self._left <= 0
