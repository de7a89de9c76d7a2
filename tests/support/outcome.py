"""Make one call and record everything about it that a program could observe.

In: a namespace with the function, a `Call`.  Out: an `Outcome`, whose `snapshot` is plain data: the result or the exception
with its traceback, the arguments as the call left them, what was printed, and the warnings.  The outcomes of two engines are
compared with `first_difference`.
"""

from __future__ import annotations

import contextlib
import io
import signal
import threading
import warnings
from collections.abc import Mapping
from types import FrameType

from .calls import Call
from .exact import Snapshot, Snapshotter, TooLarge, exception_snapshot, type_name


class CallTimeout(BaseException):
    """The call took longer than it was given.  Not an Exception: a handler in the program must not swallow it."""


class Outcome:
    """What a call did.  `kind` is `returned`, `raised`, `timeout` or `memory`; only the first two can be compared."""

    __slots__ = ("kind", "snapshot")

    def __init__(self, kind: str, snapshot: Snapshot) -> None:
        self.kind = kind
        self.snapshot = snapshot

    @property
    def comparable(self) -> bool:
        return self.kind in ("returned", "raised")


def observe_call(call: Call, names: Mapping[str, object], seconds: float = 5.0) -> Outcome:
    """Evaluate the arguments, call, and record.  Raises nothing that the called function raises.

    What needs too much memory, in the call or as a snapshot, is a `memory` outcome.
    """
    try:
        return _observe(call, names, seconds)
    except (MemoryError, TooLarge):
        return Outcome("memory", None)


def _observe(call: Call, names: Mapping[str, object], seconds: float) -> Outcome:
    function = call.target(names)
    positional, keywords = call.arguments(names)
    snapshotter = Snapshotter()
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            with _TimeLimit(seconds):
                result = function(*positional, **keywords)
        except CallTimeout:
            return Outcome("timeout", None)
        except MemoryError:
            raise
        except BaseException as error:
            kind, end = "raised", exception_snapshot(error, snapshotter)
        else:
            kind, end = "returned", snapshotter.snapshot(result)
    return Outcome(
        kind,
        (
            (kind, end),
            ("arguments", *(snapshotter.snapshot(argument) for argument in positional)),
            ("keywords", *((name, snapshotter.snapshot(argument)) for name, argument in keywords.items())),
            ("output", printed.getvalue()),
            ("warnings", *((type_name(w.category), str(w.message), w.filename, w.lineno) for w in warned)),
        ),
    )


class _TimeLimit:
    """Raise CallTimeout in the block after `seconds` of wall time; no limit outside the main thread, where signals are not.

    A class rather than a generator: a generator's frame would enter the traceback that is being compared.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._active = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        if self._active:
            self._previous = signal.signal(signal.SIGALRM, _expire)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *raised: object) -> None:
        if self._active:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._previous)


def _expire(number: int, frame: FrameType | None) -> None:
    raise CallTimeout
