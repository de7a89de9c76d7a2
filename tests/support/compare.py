"""Make one call under both engines and say whether they agree.

CPython itself is not quite deterministic: once 3.11 has run a function eight times, it joins pairs of instructions, and an
exception in the second of a pair is located at the first, which may stand on another line.  Where only tracebacks differ,
a fresh copy of the program is therefore asked until it is warm; agreeing with CPython cold or warm is agreeing.  A call that
recurses is warm before its first exception, so another copy is asked under a trace function: while one is set, 3.11
executes the instructions as the compiler wrote them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType

from .calls import Call
from .engines import Engine
from .exact import first_difference, without
from .outcome import Outcome, observe_call

PLAIN_SECONDS = 1.0
NATIVE_SECONDS = 90.0
"""Much more than CPython is given: a call under `PYVORIN_WAIT=1` may wait for the compiler."""
TIMES = 2
"""Each call is made twice natively: a function with open parameter types is observed the first time, native the second."""
WARM_CALLS = 24


class Verdict:
    """`end` is how the call ended under CPython (see `Outcome.kind`); `difference` is empty when the other engine agrees."""

    __slots__ = ("difference", "end")

    def __init__(self, end: str, difference: str = "") -> None:
        self.end = end
        self.difference = difference


def show_calls(engine: Engine, calls: Iterable[Call], plain: Mapping[str, object], other: Mapping[str, object]) -> None:
    """Make each call that can be compared once, in the globals `other`, and have what the engine sees compiled together."""
    with engine.gathering():
        for call in calls:
            if observe_call(call, plain, PLAIN_SECONDS).comparable:
                observe_call(call, other, NATIVE_SECONDS)


def compare_call(
    call: Call,
    plain: Mapping[str, object],
    other: Mapping[str, object],
    cold: Callable[[], Mapping[str, object]],
    tracebacks: bool = True,
    before_last: Callable[[], None] = lambda: None,
) -> Verdict:
    """Call once in the globals `plain` and TIMES times in `other`; what takes CPython too long or too much is not compared.

    `cold` executes the program once more and returns its globals; `before_last` is called before the last of the calls.
    """
    want = observe_call(call, plain, PLAIN_SECONDS)
    if not want.comparable:
        return Verdict(want.kind)
    for attempt in range(TIMES):
        if attempt == TIMES - 1:
            before_last()
        difference = difference_of(call, want, observe_call(call, other, NATIVE_SECONDS), cold, tracebacks)
        if difference:
            return Verdict(want.kind, difference)
    return Verdict(want.kind)


def difference_of(
    call: Call, want: Outcome, got: Outcome, cold: Callable[[], Mapping[str, object]], tracebacks: bool = True
) -> str:
    """In what the outcome `got` differs from CPython's, in words; empty if it is one that CPython can have, too."""
    difference = _difference(want, got, tracebacks)
    return "" if difference and _depends_on_warmth(call, cold, want, got) else difference


def _difference(want: Outcome, got: Outcome, tracebacks: bool) -> str:
    if not got.comparable:
        return f"CPython {want.kind}, native ended with {got.kind}"
    if not tracebacks:
        return first_difference(without(want.snapshot, "traceback"), without(got.snapshot, "traceback"))
    return first_difference(want.snapshot, got.snapshot)


def _depends_on_warmth(call: Call, cold: Callable[[], Mapping[str, object]], want: Outcome, got: Outcome) -> bool:
    if without(want.snapshot, "traceback") != without(got.snapshot, "traceback"):
        return False
    names = cold()
    if any(observe_call(call, names, PLAIN_SECONDS).snapshot == got.snapshot for _ in range(WARM_CALLS)):
        return True
    return sys.version_info[:2] == (3, 11) and _traced(call, cold()).snapshot == got.snapshot


def _traced(call: Call, names: Mapping[str, object]) -> Outcome:
    before = sys.gettrace()
    sys.settrace(_trace_nothing)
    try:
        return observe_call(call, names, PLAIN_SECONDS)
    finally:
        sys.settrace(before)


def _trace_nothing(frame: FrameType, event: str, argument: object) -> None:
    """Ask for no line events: that a trace function is set is enough (`DO_TRACING` in CPython 3.11's ceval.c)."""
