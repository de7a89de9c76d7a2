"""Random programs with effects end as in CPython, wherever native code is made to leave them.

`FUZZ_EXITS`, `FUZZ_EXITS_SEED` and `FUZZ_JOBS` in the environment choose how many programs, which, and in how many processes.
"""

from __future__ import annotations

import os

from .harness import fuzz

PROGRAMS = int(os.environ.get("FUZZ_EXITS", "20"))
SEED = int(os.environ.get("FUZZ_EXITS_SEED", "1"))
JOBS = int(os.environ.get("FUZZ_JOBS", str(os.cpu_count() or 1)))
NATIVE_FLOOR = 0.85
"""The share of calls of which something must run natively."""
DISTURBED_FLOOR = 0.8
"""The share of calls that native code must really be made to leave."""


def test_random_trips() -> None:
    summary = fuzz(SEED, PROGRAMS, jobs=JOBS)
    print(summary.text())
    shown = "\n".join(str(failure) for failure in summary.failures[:10])
    assert not summary.failures, f"{shown}\n{summary.text()}"
    assert not summary.internal_errors, summary.text()
    # Three standard deviations of a sample of this size below the floor are no evidence.
    calls = max(1, summary.seen["calls"])
    assert summary.native_share >= NATIVE_FLOOR - 3 * (NATIVE_FLOOR * (1 - NATIVE_FLOOR) / calls) ** 0.5, summary.text()
    assert summary.disturbed_share >= DISTURBED_FLOOR - 3 * (DISTURBED_FLOOR * (1 - DISTURBED_FLOOR) / calls) ** 0.5, (
        summary.text()
    )
