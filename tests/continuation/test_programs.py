"""Random programs end in continuations as they do in CPython.  More of them: `python -m tests.continuation.harness 1 1000`."""

from __future__ import annotations

import collections
import os

import pytest

from tests.continuation.harness import Differential

PROGRAMS = int(os.environ.get("CONTINUATION_PROGRAMS", "60"))
SEED = int(os.environ.get("CONTINUATION_SEED", "1"))
SHARDS = 2


@pytest.mark.parametrize("lifetimes", [False, True], ids=["results", "lifetimes"])
@pytest.mark.parametrize("shard", range(SHARDS))
def test_continuations_do_what_cpython_does(shard: int, lifetimes: bool) -> None:
    statistics: collections.Counter[str] = collections.Counter()
    for seed in range(SEED + shard, SEED + PROGRAMS, SHARDS):
        assert Differential(seed, statistics, lifetimes).difference(4) == ""
    assert statistics["trips"] > statistics["programs"]
    assert lifetimes or PROGRAMS < 50 or statistics["entered"] > 0
