"""The harness notices planted mistakes, finds nothing where there is none, and survives what it runs."""

from __future__ import annotations

import pytest

from .faults import FAULTS
from .harness import BATCH, fuzz, run_units

MOST_PROGRAMS = 1500


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    summary = fuzz(seed=1, programs=100, engine="plain")
    assert summary.failures == []
    assert summary.programs == 100
    assert summary.calls["returned"] > 500
    assert summary.calls["raised"] > 100


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_mistake_is_noticed(fault: str) -> None:
    for seed in range(1, MOST_PROGRAMS, 4 * BATCH):
        if fuzz(seed, 4 * BATCH, f"fault:{fault}").failures:
            return
    pytest.fail(f"{MOST_PROGRAMS} programs and none shows {fault}")


def test_a_crash_is_the_failure_of_one_call() -> None:
    # A file descriptor cannot be had from the subset; the sandbox of a crash is therefore a program that kills itself.
    killer = {"name": "p2", "source": "import os\ndef f2_0():\n    os.kill(os.getpid(), 9)\n", "calls": ["f2_0()"]}
    harmless = [
        {"name": name, "source": f"def f{name[1:]}_0():\n    return 1\n", "calls": [f"f{name[1:]}_0()"]}
        for name in ("p1", "p3")
    ]
    results = {unit["name"]: result for unit, result in run_units([harmless[0], killer, harmless[1]], "plain")}
    assert [failure["call"] for failure in results["p2"]["failures"]] == ["f2_0()"]
    assert "signal 9" in results["p2"]["failures"][0]["difference"]
    assert results["p1"]["failures"] == results["p3"]["failures"] == []
    assert results["p1"]["ends"] == results["p3"]["ends"] == {"returned": 1}


def test_a_program_that_cannot_be_imported_is_found_among_others() -> None:
    broken = {"name": "p2", "source": "raise SystemExit(3)\n", "calls": []}
    harmless = {"name": "p1", "source": "def f1_0():\n    return 1\n", "calls": ["f1_0()"]}
    results = {unit["name"]: result for unit, result in run_units([harmless, broken], "plain")}
    assert results["p2"]["failures"][0]["call"] == "import"
    assert results["p1"]["ends"] == {"returned": 1}
