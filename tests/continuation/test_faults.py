"""The comparison notices mistakes: what it would not notice it does not test."""

from __future__ import annotations

import collections

import pytest

from tests.continuation.faults import FAULTS
from tests.continuation.harness import Differential

ENOUGH_PROGRAMS = 400


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    for seed in range(1, ENOUGH_PROGRAMS):
        try:
            if Differential(seed, collections.Counter(), lifetimes=seed % 3 == 0).difference(6):
                return
        except Exception:
            return  # a continuation that cannot be made is noticed, too
    pytest.fail(f"{name} was not noticed")
