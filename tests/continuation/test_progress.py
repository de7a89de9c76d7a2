"""When continuations stop returning to native code, and when they begin again."""

from __future__ import annotations

import ast

import pytest

from pyvorin.host.continuation import progress
from pyvorin.host.continuation.progress import (
    CROSSING_NS,
    FIRST_PAUSE,
    NODE_NS,
    RETURN_NS,
    SPEED,
    WINDOW,
    Progress,
    size,
)

SIZE = 20
ENOUGH = RETURN_NS // (NODE_NS * SIZE)
"""Iterations of such a loop that make a return worth while."""
LONG_ENOUGH = RETURN_NS // (SPEED - 1) + 1


def rounds(record: Progress, iterations: int, count: int = WINDOW) -> None:
    for _ in range(count):
        record.exited(record.entered(0, 10), 10 + iterations)


def used(record: Progress, count: int) -> int:
    return sum(record.use() for _ in range(count))


def test_many_iterations_keep_it_going() -> None:
    record = Progress(SIZE, lambda: 0)
    for _ in range(10):
        rounds(record, ENOUGH)
        assert used(record, 100) == 100


def test_few_iterations_make_a_pause_that_doubles() -> None:
    record = Progress(SIZE, lambda: 0)
    rounds(record, ENOUGH - 1, WINDOW - 1)
    assert used(record, 5) == 5
    rounds(record, ENOUGH - 1, 1)
    assert used(record, FIRST_PAUSE + 5) == 5
    rounds(record, 0)
    assert used(record, 2 * FIRST_PAUSE + 5) == 5
    rounds(record, ENOUGH)
    rounds(record, 0)
    assert used(record, FIRST_PAUSE + 5) == 5


def test_pauses_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LONGEST_PAUSE", FIRST_PAUSE)
    record = Progress(SIZE, lambda: 0)
    for _ in range(3):
        rounds(record, 0)
        assert used(record, FIRST_PAUSE + 1) == 1


def test_what_native_code_refuses_counts() -> None:
    record = Progress(SIZE, lambda: 0)
    for _ in range(WINDOW):
        record.refused()
    assert not record.use()


def test_crossing_the_border_is_no_work() -> None:
    now = [0]
    record = Progress(SIZE, lambda: now[0])
    for _ in range(WINDOW):
        stay = record.entered(0, 5)
        now[0] += CROSSING_NS
        record.exited(stay, 5)
    assert not record.use()


def test_calls_inside_have_stays_of_their_own() -> None:
    now = [0]
    record = Progress(SIZE, lambda: now[0])
    for _ in range(WINDOW):
        outer = record.entered(0, None)
        now[0] += LONG_ENOUGH
        record.exited(record.entered(0, None), None)
        now[0] += LONG_ENOUGH + CROSSING_NS
        record.exited(outer, None)
    assert record.use()


@pytest.mark.parametrize(("duration", "goes_on"), [(LONG_ENOUGH, True), (LONG_ENOUGH - 2, False)])
def test_a_while_is_judged_by_time(duration: int, goes_on: bool) -> None:
    now = [0]
    record = Progress(SIZE, lambda: now[0])
    for _ in range(WINDOW):
        stay = record.entered(0, None)
        now[0] += CROSSING_NS + duration
        record.exited(stay, None)
    assert record.use() is goes_on


def test_few_iterations_that_take_long_keep_it_going() -> None:
    now = [0]
    record = Progress(SIZE, lambda: now[0])
    for _ in range(WINDOW):
        stay = record.entered(0, 5)
        now[0] += CROSSING_NS + LONG_ENOUGH
        record.exited(stay, 6)
    assert record.use()


def test_the_size_of_a_loop() -> None:
    loop = ast.parse("for x in xs:\n    if x:\n        s += f(x, 1)\n").body[0]
    # for, x, xs; if, x; s += …, s, the call, f, x, 1
    assert size(loop) == 11
