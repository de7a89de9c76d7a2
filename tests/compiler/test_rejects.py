"""Every refusal that can be decided from source alone: code, place, node and hint."""

from __future__ import annotations

import ast
import re

import pytest

from pyvorin.compiler.pipeline import check_source
from pyvorin.core import reasons
from pyvorin.core.diagnostics import Diagnostic
from tests.project.source_tree import ROOT

REFUSED = [
    ("UNSUPPORTED_AST_NODE", "Lambda", "def f(x: int) -> int:\n    return len(<lambda: x>)"),
    ("UNSUPPORTED_AST_NODE", "With", "def f(x: int) -> int:\n    <with x:\n        return x>"),
    ("TYPE_INFERENCE_FAILED", "", "def f(x: int) -> int:\n    return <x.real>"),
    ("UNSUPPORTED_CALL", "Call", "def f(x: int) -> int:\n    return <unknown(x)>"),
    ("UNSUPPORTED_CALL", "Call", "def f(x: int) -> int:\n    return <open(x)>"),
    ("UNSUPPORTED_CALL", "Call", "def f(x: str) -> str:\n    return <x.unheard_of(x)>"),
    ("TYPE_INFERENCE_FAILED", "", "def f(g: int) -> int:\n    return <g(1)>"),
    ("UNSUPPORTED_CALL", "Call", "def f(x: int) -> int:\n    return <round(x, ndigits=1)>"),
    ("UNSUPPORTED_OPERATION", "Name", "def f(x: int) -> int:\n    return x + <len>"),
    ("GENERATOR", "Yield", "def f(x: int):\n    <yield x>"),
    ("GENERATOR", "YieldFrom", "def f(x: int):\n    <yield from x>"),
    ("ASYNC", "AsyncFunctionDef", "<async def f(x: int):\n    return x>"),
    ("DYNAMIC_SCOPE", "Call", "def f(x: int) -> int:\n    return len(<locals()>)"),
    ("VARARGS", "FunctionDef", "<def f(*xs: int) -> int:\n    return 1>"),
    ("VARARGS", "FunctionDef", "<def f(x: int, **rest: int) -> int:\n    return 1>"),
    ("VARARGS", "Call", "def f(xs: list[int]) -> int:\n    return <max(*xs)>"),
    ("VARARGS", "Call", "def g(x: int) -> int:\n    return x\ndef f(x: int) -> int:\n    return <g(**{'x': x})>"),
    ("DECORATED", "FunctionDef", "import numba\n@numba.njit(cache=True)\n<def f(x: int) -> int:\n    return x>"),
    (
        "TOO_LARGE",
        "FunctionDef",
        "<def f(x: int) -> int:\n" + "".join(f"    x = x + {i}\n" for i in range(5000)) + "    return x>",
    ),
    ("TOO_LARGE", "FunctionDef", "<def f(x: int) -> int:\n    return " + "+".join(["x"] * 300) + ">"),
    ("NETWORK_DEPENDENCY", "Call", "import socket\ndef f(x: int) -> int:\n    return <socket.socket(x)>"),
    ("EXTERNAL_C_EXTENSION", "Call", "import numpy as np\ndef f(x: int) -> int:\n    return <np.sum(x)>"),
    ("TYPE_INFERENCE_FAILED", "", "def f(x: int, s: str) -> int:\n    return <x + s>"),
    ("TYPE_INFERENCE_FAILED", "", "def f(x: int) -> int:\n    return <x[0]>"),
    (
        "EFFECT_BEFORE_EXIT",
        "",
        "def g(xs: list[int], i: int) -> int:\n    xs.append(i)\n    return i\n"
        "def f(xs: list[int], i: int) -> list[int]:\n    return [<g(xs, i) + 1> for _ in range(i)]",
    ),
    ("UNPROFITABLE", "", "<def f(x: int) -> int:\n    raise ValueError(x)>"),
]
"""Code, node type (empty where types decide), source with the refused node between < and >."""


def marked(text: str) -> tuple[str, tuple[int, int, int, int]]:
    """The source without its marks, and the span that they enclose."""
    start = re.search(r"<(?=[\w.'\[(])", text)
    assert start is not None
    text = text[: start.start()] + text[start.end() :]
    end = text.rindex(">")
    text = text[:end] + text[end + 1 :]
    return text, (*place(text, start.start()), *place(text, end))


def place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1)


def findings(text: str) -> dict[str, Diagnostic]:
    return {d.function: d for d in check_source(text, "m.py", "m")}


@pytest.mark.parametrize(("code", "node_type", "text"), REFUSED)
def test_refusal(code: str, node_type: str, text: str) -> None:
    source, span = marked(text)
    ast.parse(source)
    found = findings(source)["f"]
    assert (found.code, found.node_type) == (code, node_type)
    assert tuple(found.span.to_data()) == span
    assert found.message
    assert found.hint


def test_every_reason_of_the_front_end_is_shown() -> None:
    """What `Reject` and `InferenceError` are raised with, as the source says it."""
    raised: set[str] = set()
    for part in ("frontend", "infer", "passes"):
        for path in (ROOT / "pyvorin" / "compiler" / part).rglob("*.py"):
            raised |= set(re.findall(r"(?:Reject|InferenceError)\(\s*reasons\.([A-Z_]+)", path.read_text("utf-8")))
    raised |= {"NETWORK_DEPENDENCY", "EXTERNAL_C_EXTENSION"}
    # It only keeps statements from being left to CPython; the function is refused for what those contain.
    raised.remove("CLOSURE")
    # It only says that a compilation must wait: the function is observed.
    raised.remove("UNSEEN_VALUE")
    assert raised <= {code for code, _, _ in REFUSED}
    assert all(reasons.TABLE[code].scope == reasons.FUNCTION for code in raised)


def test_a_refused_callee_is_named_with_its_place() -> None:
    found = findings("def g(x: int) -> int:\n    return unknown(x)\n\ndef f(x: int) -> int:\n    return g(x)\n")
    assert found["g"].code == "UNSUPPORTED_CALL"
    assert found["f"].code == "UNSUPPORTED_CALL"
    assert "'g' (UNSUPPORTED_CALL at line 2)" in found["f"].message


@pytest.mark.parametrize(
    "text",
    [
        "import sys\n\ndef f(x: int) -> int:\n    return sys.maxsize",
        "N = [1]\ndef f(x: int) -> int:\n    return x + N[0]",
        "def g(x: int, y=[]) -> int:\n    return x\ndef f(x: int) -> int:\n    return g(x)",
    ],
)
def test_what_only_a_run_can_show_is_not_refused(text: str) -> None:
    assert "f" not in findings(text)


def test_what_cannot_be_reached_is_not_judged() -> None:
    assert findings("def f(x: int) -> int:\n    return x\n    unknown(x)\n") == {}


def test_one_refusal_leaves_the_others_alone() -> None:
    found = findings("def f(x: int) -> int:\n    return unknown(x)\n\ndef g(x: int) -> int:\n    return x + 1\n")
    assert list(found) == ["f"]


def test_what_is_not_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError) as caught:
        check_source("def f(:\n", "m.py", "m")
    assert (caught.value.filename, caught.value.lineno) == ("m.py", 1)


@pytest.mark.parametrize("depth", [150, 190])
def test_nesting_within_the_limit_is_no_recursion_of_ours(depth: int) -> None:
    """One handler after the other for each level, and none of them beyond Python's recursion limit."""
    for text in ("-" * depth + "x", "+".join(["x"] * depth), "(1 if x else " * (depth // 2) + "x" + ")" * (depth // 2)):
        found = findings(f"def f(x: int) -> int:\n    return {text}\n")
        assert all(d.code != reasons.INTERNAL_COMPILER_ERROR for d in found.values())
    ifs = "".join(f"{'    ' * level}if x > {level}:\n" for level in range(1, 95))
    assert findings(f"def f(x: int) -> int:\n{ifs}{'    ' * 95}x = 1\n    return x\n") == {}


def test_a_chain_of_calls_is_inferred_to_its_end() -> None:
    chain = "".join(f"def f{n}(x: float) -> float:\n    return f{n + 1}(x)\n\n" for n in range(40))
    assert findings(chain + "def f40(x: float) -> float:\n    return x\n") == {}


def test_types_that_grow_with_every_call_are_refused() -> None:
    found = findings("def f(x: int, n: int) -> int:\n    return 0 if n < 1 else f([x], n - 1)\n")
    assert found["f"].code == "TOO_LARGE"
