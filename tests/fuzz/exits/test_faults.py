"""Random trips notice what they are there to notice."""

from __future__ import annotations

import pytest

from .faults import FAULTS
from .harness import BATCH, noticed
from .test_programs import PROGRAMS

KNOWN = (1, 2, 3, 6, 7, 21, 38, 41, 43, 49, 73, 90, 120)
"""Programs that have noticed something, to begin with; when programs change, others do."""
MOST_PROGRAMS = 250
ENOUGH = 50
"""With fewer programs asked for, mistakes are not planted: that is tested where more are."""


@pytest.mark.skipif(PROGRAMS < ENOUGH, reason="a short run of random exits")
def test_planted_mistakes_are_noticed() -> None:
    hidden = set(FAULTS)
    hidden -= noticed(hidden, KNOWN)
    for seed in range(1, MOST_PROGRAMS, BATCH):
        if not hidden:
            return
        hidden -= noticed(hidden, range(seed, seed + BATCH))
    assert not hidden
