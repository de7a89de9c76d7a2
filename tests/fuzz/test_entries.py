"""Every entry of the tables of primitives is called by programs that are written from the tables, as random programs do.

`FUZZ_ENTRIES=80` in the environment calls all of them; without it each Python calls a few portions of its own.
"""

from __future__ import annotations

import os
import sys

import pytest

from . import entries
from .generate import generate_entries
from .harness import fuzz

COUNT = int(os.environ.get("FUZZ_ENTRIES", "5"))
STEP = entries.PORTIONS // COUNT


def test_something_can_be_written_for_each_entry() -> None:
    """Whoever adds an entry whose operands are of a type that is not known here says how they are made, or why they are not."""
    written = {entry.overload.text for entry in entries.entries()}
    missing = [overload.text for overload in entries.visible() if entries.apart(overload) is None]
    assert [text for text in missing if text not in written] == []


def test_what_is_apart_occurs() -> None:
    names = {part.name for overload in entries.visible() for ty in overload.params for part in entries.parts(ty)}
    assert sorted(entries.APART.keys() - names) == []


@pytest.mark.parametrize("number", range(sys.version_info[1] % STEP, entries.PORTIONS, STEP))
def test_entries(number: int) -> None:
    summary = fuzz(number, 1, make=generate_entries)
    shown = "\n".join(str(failure) for failure in summary.failures)
    assert not summary.failures, f"{shown}\n{summary.text()}"
    assert not summary.internal_errors, summary.text()
    assert summary.functions["native"] == summary.functions["all"], summary.text()
