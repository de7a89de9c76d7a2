"""Each construct, left at every operation, with and without repeating what had no effect, and with returns to native code."""

from __future__ import annotations

import collections

import pytest

from tests.continuation.constructs import CONSTRUCTS
from tests.continuation.harness import EVERY, Differential
from tests.continuation.programs import HELPERS

WARM_WAY = 2
"""Rolled back, not entered again: as native code leaves, and all of the rest runs in the continuation."""
WAYS = {
    "exact": (0, False),
    "exact, lifetimes": (0, True),
    "exact, entered again": (1, False),
    "rolled back, lifetimes": (2, True),
    "rolled back, entered again": (3, False),
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_exit_of_a_construct(name: str) -> None:
    statistics: collections.Counter[str] = collections.Counter()
    source = f"{HELPERS}# walked\n{CONSTRUCTS[name]}"
    for way, (seed, lifetimes) in WAYS.items():
        assert (way, Differential(seed, statistics, lifetimes, source).difference(EVERY)) == (way, "")
    assert statistics["skipped"] == 0
    assert statistics["trips"] > 50


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_exit_of_a_construct_time_after_time(name: str) -> None:
    statistics: collections.Counter[str] = collections.Counter()
    source = f"{HELPERS}# walked\n{CONSTRUCTS[name]}"
    assert Differential(WARM_WAY, statistics, False, source).warm_difference() == ""
    assert statistics["trips"]
