"""The comparison notices mistakes: what it would not notice it does not test."""

from __future__ import annotations

import collections

import pytest

from tests.continuation.constructs import CONSTRUCTS
from tests.continuation.faults import FAULTS
from tests.continuation.harness import EVERY, Differential
from tests.continuation.programs import HELPERS


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    construct, plant = FAULTS[name]
    source = f"{HELPERS}# walked\n{CONSTRUCTS[construct]}"
    plant(monkeypatch)
    for seed in range(4):  # the ways of leaving, see test_constructs
        try:
            if Differential(seed, collections.Counter(), seed % 2 == 0, source).difference(EVERY):
                return
        except Exception:
            return  # a continuation that cannot be made is noticed, too
    pytest.fail(f"{name} was not noticed")
