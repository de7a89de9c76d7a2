"""What types the values of a function get, seen in `explain(stage="types")`."""

from __future__ import annotations

import re

import pytest

from pyvorin.compiler.infer import specialise
from pyvorin.compiler.infer.instances import InferenceError
from pyvorin.compiler.pipeline import explain


def types(source: str, *signatures: str) -> str:
    return explain(source, "m.py", "m", "f", "types", {"f": list(signatures)})


def result(source: str, *signatures: str) -> list[str]:
    """The result types of the instances of `f`."""
    return re.findall(r"^func f\(.*\) -> (.*)$", types(source, *signatures), re.MULTILINE)


SUM = "def f(xs: list[float]):\n    s = 0\n    for x in xs:\n        s += x\n    return s\n"


def test_an_accumulator_is_an_int_until_it_is_a_float() -> None:
    text = types(SUM)
    heads = re.findall(r"^for\d+\(.*\bs: (\w+).*\):", text, re.MULTILINE)
    assert sorted(heads) == ["float", "int"]
    assert result(SUM) == ["number"]


def test_each_signature_is_a_specialisation_of_its_own() -> None:
    source = "def f(a, b):\n    return a + b\n"
    assert result(source, "int, int", "float, int", "str, str") == ["int", "float", "str"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return [x]", "list[int]"),
        ("ys = []\n    ys.append(x)\n    ys.append(2.5)\n    return ys", "list[number]"),
        ("ys = []\n    ys.append([x])\n    return ys", "list[list[int]]"),
        ("return []", "list[never]"),
        ("return x, str(x)[0], None", "tuple[int, str, none]"),
        ("return x / x", "float"),
        ("return x if x else None", "union[none, int]"),
        ("y = None\n    if y is None:\n        y = 1.5\n    return y", "float"),
        ("return x == 'a'", "bool"),
        ("return 'ab'[0]", "char"),
    ],
)
def test_results(body: str, expected: str) -> None:
    assert result(f"def f(x: int):\n    {body}\n") == [expected]


def test_a_character_in_a_tuple_is_a_str() -> None:
    """The object in the tuple is a str; a char could not be read from it again."""
    source = "def g(x: int):\n    return x, str(x)[0]\n\ndef f(x: int):\n    a, b = g(x)\n    return b\n"
    assert result(source) == ["str"]


def test_what_is_known_at_compile_time_is_decided_there() -> None:
    text = types("def f(x: int):\n    y = None\n    if y is None:\n        y = x\n    return y\n")
    assert "branch" not in text


def test_an_unbound_local_leaves_only_on_the_way_on_which_it_is_unbound() -> None:
    text = types("def f(c: bool):\n    if c:\n        y = 1\n    return y\n")
    assert text.count("exit UNBOUND_VARIABLE") == 1
    assert text.count("return") == 1


def test_callees_are_specialised_for_their_arguments() -> None:
    source = "def f(x: int, y: float):\n    return g(x), g(y)\n\ndef g(a):\n    return a + a\n"
    assert re.findall(r"^func (.*)$", types(source), re.MULTILINE) == [
        "f(int, float) -> tuple[int, float]",
        "g(int) -> int",
        "g(float) -> float",
    ]


def test_recursion_needs_no_declared_result() -> None:
    assert result("def f(n: int):\n    return 1 if n < 1 else n * f(n - 1)\n") == ["int"]
    mutual = "def f(n: int):\n    return g(n) * 0.5\n\ndef g(n: int):\n    return 0.0 if n < 1 else f(n - 1)\n"
    assert result(mutual) == ["float"]


def test_a_result_that_rises_reaches_all_callers() -> None:
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n\n" for n in range(30))
    source = "def f(x: int):\n    return f0(x)\n\n" + chain + "def f30(x):\n    return x if x > 3 else 1.5\n"
    assert result(source) == ["number"]


def test_a_type_that_keeps_changing_is_an_object_in_the_end() -> None:
    source = "def f(n: int):\n    x = n\n    while n > 0:\n        x = (x, x)\n        n -= 1\n    return {}\n"
    assert "return x" in types(source.format("x"))
    assert "x: object" in types(source.format("x"))
    with pytest.raises(InferenceError) as caught:
        # Whoever compares objects could see that an int is made into another one.
        types(source.format("x is n"))
    assert caught.value.code == "TYPE_INFERENCE_FAILED"
    assert specialise.VERSIONS < 100


def test_a_conflict_names_the_operation_and_its_operands() -> None:
    with pytest.raises(InferenceError) as caught:
        types("def f(n: int, s: str):\n    return n * 2 - s\n")
    assert caught.value.fields["what"] == "'sub'"
    assert "(int, str)" in str(caught.value.fields["conflict"])
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 11)
