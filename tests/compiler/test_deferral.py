"""Functions that wait for an entry of their own because those that call them have them inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvorin.cache import manifest
from pyvorin.cache.key import Environment
from pyvorin.cache.location import Location
from pyvorin.cache.outline import PART
from pyvorin.cache.store import Store
from pyvorin.compiler import deferral, pipeline
from pyvorin.compiler.deferral import callers_first
from pyvorin.compiler.frontend.module import ModuleSource
from pyvorin.messages import ALL, HEADS, HOT, NATIVE, CompileRequest

SOURCE = """
def leaf(x: int) -> int:
    return x * 3 + 1

def middle(n: int) -> int:
    s = 0
    for i in range(n):
        s += leaf(i)
    return s

def other(x: float) -> float:
    return x * 2.0

def top(n: int) -> int:
    return middle(n) + middle(n + 1)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    environment = Environment.of_this_process({})
    assert environment is not None
    return Store(Location.of_settings(str(tmp_path)), environment.directory)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferral, "EVERYTHING", 1)
    monkeypatch.setattr(pipeline, "_recent", [])


def compiled(store: Store, **signatures: list[str]) -> dict[str, str]:
    """For each function what its entries are: `native`, `part` or `observe`."""
    named = {
        {"hot": HOT, "native": NATIVE, "middle_heads": "middle" + HEADS}.get(name, name): found
        for name, found in signatures.items()
    }
    request = CompileRequest(0, "m", "m.py", SOURCE, settings={"debug": True}, signatures=named)
    text = pipeline.compile_module(request, store).manifest
    assert text is not None
    entries = [entry for group in manifest.parse(text).groups for entry in group.entries if entry.qualname]
    kinds = {
        entry.qualname: PART if entry.signature == PART else entry.kind for entry in entries if entry.kind != "native"
    }
    return {**kinds, **{entry.qualname: "native" for entry in entries if entry.kind == "native"}}


def test_callers_come_first() -> None:
    order = callers_first(ModuleSource("m", "m.py", SOURCE).functions)
    assert order[:2] == ["top", "middle"]
    assert set(order[2:]) == {"leaf", "other"}


def test_constructors_are_called_by_the_names_of_their_classes() -> None:
    source = "class A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        pass\ndef f():\n    return A()\n"
    assert callers_first(ModuleSource("m", "m.py", source).functions) == ["f", "A.__init__", "A.go"]


def test_what_others_have_inside_waits(store: Store) -> None:
    assert compiled(store) == {"top": "native", "other": "native", "middle": PART, "leaf": PART}


def test_a_hot_function_is_compiled_and_what_it_calls_waits_for_it(store: Store) -> None:
    """`leaf` is hot, too, but may have been called by the `middle` that was not native."""
    found = compiled(store, hot=["middle", "leaf"], native=["top", "other"])
    assert (found["middle"], found["leaf"]) == ("native", PART)
    found = compiled(store, hot=["middle", "leaf"], native=["top", "other", "middle"])
    assert (found["middle"], found["leaf"]) == ("native", "native")


def test_a_hot_function_waits_for_a_caller_that_is_new(store: Store) -> None:
    assert compiled(store, hot=["leaf"])["leaf"] == PART


def test_what_has_an_entry_keeps_it(store: Store) -> None:
    assert compiled(store, native=["leaf"])["leaf"] == "native"


def test_a_loop_that_cpython_was_seen_at_is_not_kept_waiting(store: Store) -> None:
    assert compiled(store, middle_heads=["0 int, int"])["middle"] == "native"


def test_everything_can_be_asked_for(store: Store) -> None:
    assert set(compiled(store, hot=[ALL]).values()) == {"native"}


def test_nothing_waits_in_a_small_module(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferral, "EVERYTHING", 3000)
    assert set(compiled(store).values()) == {"native"}
