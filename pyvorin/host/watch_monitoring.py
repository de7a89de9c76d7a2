"""The watch of the main script on Python 3.12 and later: by events of `sys.monitoring`.

It reports the calls that one code object makes, each place once, at no cost elsewhere.  (Events of its lines, or of its
return, would serve as well, but on 3.13 they make `breakpoint()` stop one line late.)
"""

from __future__ import annotations

import sys

from pyvorin.host.main_script import SPAWNED, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from pyvorin.host.main_script import Found, Sweep

_monitoring: Any = sys.monitoring  # type: ignore[attr-defined]  # 3.12
_TOOLS = (4, 3)
"""The two ids that have no usual owner."""
_DEBUGGER, _COVERAGE = 0, 1


def new(name: str, found: Found, sweep: Sweep) -> MonitoringWatch | None:
    """The watch; None if somebody watches already, or no id is left."""
    get_tool = _monitoring.get_tool
    if get_tool(_DEBUGGER) is not None or get_tool(_COVERAGE) is not None:
        return None
    free = next((tool for tool in _TOOLS if get_tool(tool) is None), None)
    return None if free is None else MonitoringWatch(free, name, found, sweep)


class MonitoringWatch(Watch):
    """Module starts everywhere, then the calls made by one code object."""

    __slots__ = ("_tool",)

    def __init__(self, tool: int, name: str, found: Found, sweep: Sweep) -> None:
        super().__init__(name, found, sweep)
        self._tool = tool
        _monitoring.use_tool_id(tool, "pyvorin")

    def wait(self) -> None:
        _monitoring.register_callback(self._tool, _monitoring.events.PY_START, self._on_start)
        _monitoring.set_events(self._tool, _monitoring.events.PY_START)

    def join(self, frame: FrameType) -> None:
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
