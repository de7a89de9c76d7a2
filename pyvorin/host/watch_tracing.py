"""The watch of the main script on Python 3.10 and 3.11: by `sys.settrace`, on this thread.

That is the cheapest that they offer; it reports lines, and slows the whole thread down while it is on.  It is off while
imported modules are searched for and run, and gives up after `_EVENTS` events: a script that works for long before its last
`def` keeps its later functions in CPython rather than wait.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from pyvorin.host.main_script import Watch, tracers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from pyvorin.host.main_script import Found, Sweep

_EVENTS = 50_000
"""Some 4 ms of tracing, enough for a dozen dataclasses, command line parsers and patterns."""


class TracingWatch(Watch):
    """Module starts everywhere, then the lines of one frame."""

    __slots__ = ("_depth", "_left", "_thread", "_trace")

    def __init__(self, name: str, found: Found, sweep: Sweep) -> None:
        super().__init__(name, found, sweep)
        self._depth = 0
        self._left = _EVENTS
        self._thread = get_ident()
        self._trace = self._on_call  # one bound method, so that it can be known again by identity
        tracers.append(self._trace)

    def wait(self) -> None:
        sys.settrace(self._trace)

    def join(self, frame: FrameType) -> None:
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
