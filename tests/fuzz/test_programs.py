"""The gate: a fixed set of random programs behaves under Pyvorin exactly as under CPython, and most of it runs natively.

`FUZZ_PROGRAMS`, `FUZZ_SEED` and `FUZZ_JOBS` in the environment choose how many programs, which, and in how many processes.
"""

from __future__ import annotations

import os

import pytest

from .harness import fuzz

PROGRAMS = int(os.environ.get("FUZZ_PROGRAMS", "300"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
JOBS = int(os.environ.get("FUZZ_JOBS", str(os.cpu_count() or 1)))
SHARDS = 8
NATIVE_FLOOR = 0.85
"""The share of programs of which something must run natively.  Raise it as the compiler learns more; never lower it."""


_ran: list[tuple[int, float]] = []
"""For each shard that has run: how many programs, and the share of which something ran natively."""


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_programs(shard: int) -> None:
    first, last = shard * PROGRAMS // SHARDS, (shard + 1) * PROGRAMS // SHARDS
    summary = fuzz(SEED + first, last - first, jobs=JOBS)
    print(summary.text())
    _ran.append((last - first, summary.native_share))
    shown = "\n".join(str(failure) for failure in summary.failures[:10])
    assert not summary.failures, f"{shown}\n{summary.text()}"
    assert not summary.internal_errors, summary.text()


def test_most_programs_run_natively() -> None:
    if not _ran:
        pytest.skip("counts what the shards have run")
    programs = sum(count for count, _ in _ran)
    native = sum(count * share for count, share in _ran)
    # Three standard deviations of a sample of this size below the floor are no evidence.
    allowance = 3 * (NATIVE_FLOOR * (1 - NATIVE_FLOOR) / programs) ** 0.5
    assert native / programs >= NATIVE_FLOOR - allowance
