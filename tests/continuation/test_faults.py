"""The comparison notices mistakes: what it would not notice it does not test."""

from __future__ import annotations

import collections
from collections.abc import Iterator

import pytest

from tests.continuation.constructs import CONSTRUCTS
from tests.continuation.faults import FAULTS
from tests.continuation.harness import EVERY, Differential
from tests.continuation.programs import HELPERS


def comparisons() -> Iterator[tuple[Differential, int]]:
    statistics: collections.Counter[str] = collections.Counter()
    for seed in range(1, 25):
        yield Differential(seed, statistics, lifetimes=seed % 3 == 0), 6
    for lifetimes in (False, True):
        for construct in CONSTRUCTS.values():
            yield Differential(1, statistics, lifetimes, f"{HELPERS}# walked\n{construct}"), EVERY


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    for differential, runs in comparisons():
        try:
            if differential.difference(runs):
                return
        except Exception:
            return  # a continuation that cannot be made is noticed, too
    pytest.fail(f"{name} was not noticed")
