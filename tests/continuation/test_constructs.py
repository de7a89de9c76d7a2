"""Each construct, left at every operation, with and without repeating what had no effect, and with returns to native code."""

from __future__ import annotations

import collections

import pytest

from tests.continuation.constructs import CONSTRUCTS
from tests.continuation.harness import Differential
from tests.continuation.programs import HELPERS

EVERY = 10_000
WAYS = {"exact": 0, "exact, entered again": 1, "rolled back": 2, "rolled back, entered again": 3}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_exit_of_a_construct(name: str) -> None:
    statistics: collections.Counter[str] = collections.Counter()
    source = f"{HELPERS}# walked\n{CONSTRUCTS[name]}"
    for way, seed in WAYS.items():
        for lifetimes in (False, True):
            assert (way, Differential(seed, statistics, lifetimes, source).difference(EVERY)) == (way, "")
    assert statistics["skipped"] == 0
    assert statistics["trips"] > 50
