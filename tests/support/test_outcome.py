"""An outcome holds everything about a call that a program could observe."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from .calls import Call
from .outcome import observe_call


def outcome(call: str, source: str, seconds: float = 5.0) -> Any:
    names: dict[str, object] = {}
    exec(compile(source, "program.py", "exec"), names)
    return observe_call(Call(call), names, seconds)


SAME = "def f(xs):\n    return xs[0]\n"


@pytest.mark.parametrize(
    ("call", "other"),
    [
        ("f([1])", "def f(xs):\n    return 1.0\n"),
        ("f([1])", "def f(xs):\n    xs.append(2)\n    return 1\n"),
        ("f([1])", "def f(xs):\n    print('noise')\n    return 1\n"),
        ("f([])", "def f(xs):\n    return xs.pop()\n"),
        ("f([])", "def f(xs):\n    raise IndexError('list index out of range', 1)\n"),
        ("f([])", "\ndef f(xs):\n    return xs[0]\n"),
        ("f([])", "def g(xs):\n    return xs[0]\ndef f(xs):\n    return g(xs)\n"),
        ("f([])", "def f(xs):\n    try:\n        1 / 0\n    except ZeroDivisionError:\n        return xs[0]\n"),
        ("f([1])", "import warnings\ndef f(xs):\n    warnings.warn('odd')\n    return 1\n"),
        ("f(same := [[1]])", "def f(xs):\n    return [1]\n"),
    ],
)
def test_every_effect_counts(call: str, other: str) -> None:
    assert outcome(call, SAME).snapshot != outcome(call, other).snapshot


def test_the_same_behaviour_is_the_same_outcome() -> None:
    for call in ("f([1])", "f([])", "f(5)", "f()", "f([1], 2)", "f(same := [[1]])"):
        assert outcome(call, SAME).snapshot == outcome(call, SAME).snapshot


def test_a_call_that_takes_too_long_cannot_be_compared() -> None:
    endless = outcome("f([1])", "def f(xs):\n    while True:\n        pass\n", 0.05)
    assert endless.kind == "timeout"
    assert not endless.comparable


@pytest.mark.parametrize(
    "source",
    [
        "def f(xs):\n    return xs * 2_000_000\n",
        "def f(xs):\n    xs *= 2_000_000\n",
        "def f(xs):\n    raise ValueError(xs * 2_000_000)\n",
        "def f(xs):\n    return xs * 2**60\n",
    ],
)
def test_what_is_too_large_cannot_be_compared(source: str) -> None:
    assert outcome("f([1])", source).kind == "memory"


def test_filters_of_warnings_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    outcome("f([1])", SAME)
    assert list(warnings.filters) == before


@pytest.mark.parametrize("text", ["f", "f(", "1 + 1", "x.f(1)", "f(1); f(2)", ""])
def test_only_calls_by_name_are_calls(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        Call(text)
