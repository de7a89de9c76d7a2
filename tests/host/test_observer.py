"""When an observer looks at a call's arguments, looks for answers, and says that a function is hot."""

from __future__ import annotations

from typing import Any

import pytest

from pyvorin.host import observe
from pyvorin.host.observe import LAST, NEVER, Observer


def double(x: Any) -> Any:
    return x + x


class Watched:
    """An observer with what it does: the counts at which it looks, polls, asks and says that the function is hot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wished: list[str], **choices: Any) -> None:
        self.trigger = 0
        self.looked: list[int] = []
        self.polled: list[int] = []
        self.asked: list[str] = []
        self.hot: list[int] = []
        self.retired = False
        self.outstanding = choices.get("outstanding", False)
        seen = observe.signature_of

        def signature_of(*given: Any) -> str | None:
            self.looked.append(self.count)
            return seen(*given)

        monkeypatch.setattr(observe, "signature_of", signature_of)
        self.wished = wished
        self.count = 0
        self.observer = Observer(
            frozenset(choices.get("known", ())),
            wished,
            choices.get("triggers", (2, 16, 256)),
            self.wish,
            self.poll,
            self.set_trigger,
            self.retire,
            heat=self.heat if choices.get("is_part") else None,
        )
        self.trigger = 2

    def wish(self, function: Any, signature: str) -> None:
        self.asked.append(signature)
        self.wished.append(signature)

    def poll(self) -> bool:
        self.polled.append(self.count)
        return self.outstanding

    def set_trigger(self, count: int) -> None:
        self.trigger = count

    def retire(self) -> None:
        self.retired = True
        self.trigger = NEVER

    def heat(self, function: Any, count: int) -> bool:
        if count >= 16:
            self.hot.append(count)
        return count >= 16

    def call(self, times: int, argument: object = 1) -> None:
        for _ in range(times):
            self.count += 1
            if self.count >= self.trigger:
                self.observer(double, (argument,))


def test_calls_are_looked_at_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [])
    watched.call(1000)
    assert (watched.looked, watched.asked, watched.retired) == ([2, 16, 256], ["int"], True)


def test_answers_are_looked_for_more_often_than_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [], outstanding=True)
    watched.call(1000)
    assert watched.looked == [2, 16, 256]
    assert watched.polled[:8] == [2, 3, 4, 5, 6, 7, 8, 10]
    assert not watched.retired
    watched.outstanding = False
    watched.call(1000)
    assert watched.retired


def test_what_native_code_has_not_served_is_looked_at_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, ["int"], known=["int"])
    watched.call(5 * LAST, 1.5)
    assert watched.looked[:5] == [2, 16, 256, 1024, 4096]
    assert watched.asked == ["float", "number"]
    assert watched.retired


def test_a_part_of_others_whose_signature_is_known_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects lead to others: with dozens of such functions, looking would take seconds of each process."""
    watched = Watched(monkeypatch, ["int"], is_part=True)
    watched.call(1000)
    assert (watched.looked, watched.hot, watched.asked) == ([], [18], [])


def test_a_part_of_others_is_hot_once_its_signature_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [], is_part=True)
    watched.call(1000)
    assert watched.looked[0] == 2
    assert (watched.asked, len(watched.hot)) == (["int"], 1)
