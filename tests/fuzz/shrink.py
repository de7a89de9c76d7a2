"""Reduce a failing program and call to the smallest that still fails in the same way, and print it as a case.

Greedy: of all candidates one step smaller (reductions.py) the smallest that fails becomes the next program, until none does.
Candidates run in child processes, many in each, because each may crash.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator

from .differential import Unit, UnitResult
from .generate import HEADER
from .harness import Failure, run_units
from .reductions import Candidate, candidates

GROUP = 40
"""Candidates per child process."""


Run = Callable[[list[Unit], str, str], list[tuple[Unit, UnitResult]]]


def shrink(
    failure: Failure, engine: str, python: str = sys.executable, seconds: float = 180.0, run: Run = run_units
) -> Failure:
    """A failure of the same kind with a smaller program; the same failure when it cannot be reproduced.

    run: runs candidates, as `run_units` does.
    """
    deadline = time.monotonic() + seconds
    calls = list(failure.unit["calls"])
    if failure.call not in calls:
        return failure
    kind = _kind(failure.difference)
    # Earlier calls may matter: they decide which specialisations exist.
    alone = (failure.unit["source"], (failure.call,))
    whole = (failure.unit["source"], tuple(calls[: calls.index(failure.call) + 1]))
    found = _failing([alone, whole], kind, engine, python, run)
    if not found:
        return failure
    best = alone if alone in found else whole
    words = found[best]
    while time.monotonic() < deadline:
        for group in _groups(candidates(best)):
            found = _failing(group, kind, engine, python, run)
            if found:
                best = next(candidate for candidate in group if candidate in found)
                words = found[best]
                break
        else:
            break
    return Failure({"name": failure.unit["name"], "source": best[0], "calls": list(best[1])}, best[1][-1], words)


def _groups(options: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    while group := list(itertools.islice(options, GROUP)):
        yield group


def _failing(group: list[Candidate], kind: str, engine: str, python: str, run: Run) -> dict[Candidate, str]:
    """Those of the candidates whose last call fails in this way, with the words of the failure."""
    units: list[Unit] = [
        {"name": f"s{index}", "source": source, "calls": calls} for index, (source, calls) in enumerate(group)
    ]
    found: dict[Candidate, str] = {}
    for unit, result in run(units, engine, python):
        for difference in result["failures"]:
            if _kind(difference["difference"]) == kind and difference["call"] == unit["calls"][-1]:
                found[unit["source"], unit["calls"]] = difference["difference"]
    return found


def _kind(difference: str) -> str:
    """What must stay the same while shrinking: the place of the difference (result, arguments, traceback), or the crash."""
    place, colon, _ = difference.partition(":")
    return place if colon and place.startswith("at ") else difference.split(":")[0]


def as_case(failure: Failure) -> str:
    """The failure as a section for a case file; its heading wants to be written by whoever understands it."""
    source = (
        HEADER
        if any(
            text in failure.unit["source"]
            for text in ("math.", "dataclass", "Enum", "Flag", "namedtuple", "NamedTuple", "cached_property")
        )
        else ""
    ) + failure.unit["source"].strip("\n")
    calls = "\n".join(f"{call}  any" for call in failure.unit["calls"])
    return f"## {failure.unit['name']}\n\n{failure.difference}\n\n```python\n{source}\n```\n\n```calls\n{calls}\n```"
