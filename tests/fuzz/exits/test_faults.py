"""Random trips notice what they are there to notice."""

from __future__ import annotations

from .faults import FAULTS
from .harness import BATCH, noticed

MOST_PROGRAMS = 250


def test_planted_mistakes_are_noticed() -> None:
    hidden = set(FAULTS)
    for seed in range(1, MOST_PROGRAMS, BATCH):
        hidden -= noticed(hidden, seed, BATCH)
        if not hidden:
            return
    assert not hidden
