"""When continuations stop returning to native code, and when they begin again."""

from __future__ import annotations

import pytest

from pyvorin.host.continuation import progress
from pyvorin.host.continuation.progress import ENOUGH, FIRST_PAUSE, LONG_ENOUGH, WINDOW, Progress


def rounds(record: Progress, iterations: int, count: int = WINDOW) -> None:
    for _ in range(count):
        record.entered(10)
        record.exited(10 + iterations)


def used(record: Progress, count: int) -> int:
    return sum(record.use() for _ in range(count))


def test_many_iterations_keep_it_going() -> None:
    record = Progress()
    for _ in range(10):
        rounds(record, ENOUGH)
        assert used(record, 100) == 100


def test_few_iterations_make_a_pause_that_doubles() -> None:
    record = Progress()
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
    record = Progress()
    for _ in range(3):
        rounds(record, 0)
        assert used(record, FIRST_PAUSE + 1) == 1


def test_what_native_code_refuses_counts() -> None:
    record = Progress()
    for _ in range(WINDOW):
        record.refused()
    assert not record.use()


def test_exits_of_calls_that_were_not_entered_do_not_count() -> None:
    record = Progress()
    for _ in range(WINDOW):
        record.exited(0)
    assert record.use()


@pytest.mark.parametrize(("duration", "goes_on"), [(LONG_ENOUGH, True), (LONG_ENOUGH - 1, False)])
def test_a_while_is_judged_by_time(duration: int, goes_on: bool) -> None:
    now = [0]
    record = Progress(lambda: now[0])
    for _ in range(WINDOW):
        record.entered(None)
        now[0] += duration
        record.exited(None)
    assert record.use() is goes_on
