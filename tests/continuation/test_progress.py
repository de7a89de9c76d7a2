"""When continuations stop returning to native code, and when they begin again."""

from __future__ import annotations

import ast

import pytest

from pyvorin.host.continuation import progress
from pyvorin.host.continuation.progress import (
    BETWEEN_NS,
    CROSSING_NS,
    FIRST_PAUSE,
    MOST_LOST,
    NODE_NS,
    RETURN_NS,
    SELDOM_NS,
    SPEED,
    WINDOW,
    Losses,
    Progress,
    Stay,
    plain_size,
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


def test_what_the_host_does_is_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr(progress, "thread_time_ns", lambda: now[0])
    record = Progress(SIZE, lambda: now[0])
    for _ in range(WINDOW):
        stay = record.entered(0, 5)
        now[0] += LONG_ENOUGH
        stay.begins()
        now[0] += CROSSING_NS
        stay.ends()
        now[0] += LONG_ENOUGH
        record.exited(stay, 6)
        assert stay.saved < RETURN_NS
    assert not record.use()


class Leaving:
    """Calls that leave so many nanoseconds after the one before was seen to."""

    def __init__(self) -> None:
        self.now = self.native = 0
        self.losses = Losses(lambda: self.native, lambda: self.now)
        self.losses.seen_to()

    def leaves(self, gap: int, saved: int | None = None, times: int = 1) -> bool:
        for _ in range(times):
            self.now += gap
            too_many = self.losses.are_too_many(saved)
            self.losses.seen_to()
            if too_many:
                return True
        return False


def test_calls_that_leave_at_once_are_too_many() -> None:
    assert not Leaving().leaves(BETWEEN_NS, times=MOST_LOST)
    assert Leaving().leaves(BETWEEN_NS, times=MOST_LOST + 1)
    assert Leaving().leaves(BETWEEN_NS // 2, times=MOST_LOST + 1)


def test_what_a_loop_has_done_counts_if_it_is_known() -> None:
    assert not Leaving().leaves(BETWEEN_NS, RETURN_NS, times=10 * MOST_LOST)
    assert Leaving().leaves(BETWEEN_NS + LONG_ENOUGH, RETURN_NS - 1, times=MOST_LOST + 1)
    assert not Leaving().leaves(BETWEEN_NS + LONG_ENOUGH, times=10 * MOST_LOST)


def test_native_calls_make_up_for_exits_only_if_they_may_have_taken_their_time() -> None:
    slow, fast = Leaving(), Leaving()
    for calls, gap in ((slow, BETWEEN_NS + LONG_ENOUGH), (fast, BETWEEN_NS)):
        for _ in range(MOST_LOST):
            calls.native += 4
            assert not calls.leaves(gap, 0)
    assert not slow.leaves(BETWEEN_NS + LONG_ENOUGH, 0)
    assert fast.leaves(BETWEEN_NS, 0)


def test_what_leaves_seldom_loses_little() -> None:
    calls = Leaving()
    assert not calls.leaves(SELDOM_NS, 0, times=10 * MOST_LOST)
    assert not calls.leaves(BETWEEN_NS, 0, times=MOST_LOST)
    assert not calls.leaves(4 * SELDOM_NS, 0)
    assert not calls.leaves(BETWEEN_NS, 0, times=4)
    assert calls.leaves(BETWEEN_NS, 0)


def test_going_back_to_native_code_makes_up_only_if_it_may_have_paid() -> None:
    for gap, too_many in ((BETWEEN_NS, True), (BETWEEN_NS + LONG_ENOUGH, False)):
        calls = Leaving()
        found = False
        for _ in range(MOST_LOST + 1):
            calls.losses.seen_to(Stay(0, 0, 0))
            found = found or calls.leaves(gap, 0)
        assert found is too_many
    stay = Stay(0, 0, 0)
    stay.most = RETURN_NS - 1
    for _ in range(MOST_LOST):
        calls.losses.seen_to(stay)
        calls.leaves(BETWEEN_NS + LONG_ENOUGH, 0)
    assert calls.leaves(BETWEEN_NS, 0)


def test_a_turn_of_a_plain_loop_takes_what_its_text_tells() -> None:
    def loop(text: str) -> object:
        return ast.parse(text).body[0]

    assert plain_size(loop("for x in xs:\n    s += x * 2")) == size(loop("for x in xs:\n    s += x * 2"))
    assert plain_size(loop("for x in xs:\n    s += f(x)")) is None
    assert plain_size(loop("for x in xs:\n    ys.append(len(x))")) is not None
    assert plain_size(loop("while s < n:\n    for x in xs:\n        s += x")) is None
    assert plain_size(loop("for x in xs:\n    s += [y for y in x][0]")) is None
