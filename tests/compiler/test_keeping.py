"""Large groups: compiled fast first, kept as they are while more is seen, and compiled anew when they are asked for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvorin.cache.key import Environment
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store
from pyvorin.compiler import generate, keeping, pipeline
from pyvorin.compiler.codegen import group, partition
from pyvorin.core import events
from pyvorin.messages import CompileRequest, CompileResult

SOURCE = """
class Box:
    def __init__(self, value):
        self.value = value

def total(boxes):
    found = 0
    for box in boxes:
        found += box.value
    return found

def double(n):
    return n + n
"""
TOTAL = {"total": ["list[instance[Box]]"], "class Box": ["value=int"]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    environment = Environment.of_this_process({})
    assert environment is not None
    return Store(Location.of_settings(str(tmp_path)), environment.directory)


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_recent", [])
    monkeypatch.setattr(keeping, "LARGE", 0)
    monkeypatch.setattr(generate, "DRAFTED", 0)
    monkeypatch.setattr(group, "UNDIVIDED", 0)
    monkeypatch.setattr(group, "DRAFTED", 0)
    monkeypatch.setattr(partition, "LARGE", 4)


def compiled(store: Store, signatures: dict[str, list[str]], anew: bool = False) -> CompileResult:
    request = CompileRequest(0, "m", "m.py", SOURCE, settings={"debug": True}, signatures=signatures)
    return pipeline.compile_module(request, store, anew)


def lowered(result: CompileResult) -> list[str]:
    return [str(text).split("'")[1] for stage, _, text in result.events if stage == events.LOWER]


@pytest.mark.usefixtures("everything_is_large")
def test_a_draft_is_compiled_anew_when_everything_is_asked_for(store: Store) -> None:
    first = compiled(store, TOTAL)
    assert (lowered(first), first.lags) == (["total"], True)
    same = compiled(store, TOTAL)
    assert (lowered(same), same.lags, same.artifact) == ([], True, first.artifact)
    anew = compiled(store, TOTAL, anew=True)
    assert (lowered(anew), anew.lags) == (["total"], False)
    assert anew.artifact != first.artifact
    again = compiled(store, TOTAL)
    assert (lowered(again), again.lags, again.artifact) == ([], False, anew.artifact)


@pytest.mark.usefixtures("everything_is_large")
def test_what_concerns_other_functions_or_what_objects_hold_waits(store: Store) -> None:
    compiled(store, TOTAL, anew=True)
    other = compiled(store, {**TOTAL, "double": ["int"]})
    assert (lowered(other), other.lags) == (["double"], True)
    more = {**TOTAL, "double": ["int"], "class Box": ["value=int", "value=float; value=int"]}
    assert lowered(compiled(store, more)) == []
    last = compiled(store, more, anew=True)
    assert (sorted(lowered(last)), last.lags) == (["double", "total"], False)


@pytest.mark.usefixtures("everything_is_large")
def test_a_signature_of_its_own_does_not_wait(store: Store) -> None:
    compiled(store, TOTAL, anew=True)
    assert lowered(compiled(store, {**TOTAL, "total": ["list[instance[Box]]", "tuples[instance[Box]]"]})) == ["total"]


def test_small_groups_are_compiled_for_what_is_known(store: Store) -> None:
    first = compiled(store, TOTAL)
    assert (lowered(first), first.lags) == (["total"], False)
    more = compiled(store, {**TOTAL, "class Box": ["value=int", "value=float; value=int"]})
    assert (lowered(more), more.lags) == (["total"], False)
