"""The two calls that native code makes, on hand-written points."""

from __future__ import annotations

import json
import sys
import traceback
import types
import warnings
from typing import Any

import pytest

from pyvorin.host.continuation import points, resume
from pyvorin.host.continuation.progress import FIRST_PAUSE, WINDOW

TOTAL = """\
def total(xs, out):
    s = 0
    for i, x in enumerate(xs):
        if x < 0:
            continue
        s = s + g(x) * 2
        out.append(s)
    else:
        out.append("else")
    return s
"""
ENUMERATED = [["enumerate", ["seq"]]]
AFTER_CALL = {"path": [["body", 1], ["body", 1]], "edits": [[["value", "right", "left"], ["value"]]]}
BOUND = ["xs", "out", "s", "i", "x"]


def make_table(text: str, *where: dict[str, Any], entries: Any = (), line: int = 1, **more: Any) -> points.Table:
    function = {"qualname": "f", "scopes": [], "name": text.split("def ")[1].partition("(")[0], "file": "source.py"}
    function |= {"line": line, "text": text, "flags": 0, "optimise": -1, **more}
    default = {"function": 0, "kind": "stmt", "edits": [], "locals": [], "iterators": [], "span": [0, 0, 0, 0]}
    data = {"functions": [function], "points": [default | point for point in where], "entries": [*entries]}
    return points.read(json.dumps(data))


def execute(text: str, **names: Any) -> dict[str, Any]:
    exec(compile(text, "source.py", "exec", dont_inherit=True), names)
    return names


def make_total(types_: list[str]) -> tuple[points.Table, types.FunctionType]:
    after_call = {**AFTER_CALL, "locals": BOUND, "iterators": ENUMERATED}
    head = {"kind": "head", "path": [["body", 1]], "locals": BOUND, "iterators": ENUMERATED}
    table = make_table(TOTAL, after_call, head, entries=[{"point": 1, "types": types_}])
    return table, execute(TOTAL, g=lambda x: x)["total"]


FITTING = ["list", "object", "int", "int", "int"]


def test_the_rest_of_a_call() -> None:
    table, function = make_total(FITTING)
    xs, out = [1, 2, -1, 3], [5]
    values = [2, 2, xs, xs, out, 5, 1, 2]
    continuation, state = resume.prepare(table, function, 0, values, may_enter=False)
    assert values == []
    assert continuation(state) == 15
    assert (out, state) == ([5, 9, 15, "else"], [])
    code = continuation.__code__
    assert (code.co_name, code.co_filename, code.co_firstlineno) == ("total", "source.py", 1)
    assert code.co_varnames[1:] == function.__code__.co_varnames
    assert resume.prepare(table, function, 0, [0, 0, xs, xs, out, 5, 1, 2], may_enter=False)[0].__code__ is code


def test_the_next_iteration_can_be_native() -> None:
    table, function = make_total(FITTING)
    xs, out = [1, 2, -1, 3], [5]
    continuation, state = resume.prepare(table, function, 0, [2, 2, xs, xs, out, 5, 1, 2])
    token = continuation(state)
    assert type(token) is resume.LoopHead
    entry, values, _ = resume.enter(table, function, token)
    assert (entry, values) == (0, [2, xs, xs, out, 9, 1, 2])
    assert values[1] is xs


@pytest.mark.parametrize("reason", ["types", "may_enter"])
def test_the_next_iteration_is_not_native(reason: str) -> None:
    table, function = make_total(["list", "list", "str", "int", "int"] if reason == "types" else FITTING)
    xs, out = [1, 2, -1, 3], [5]
    continuation, state = resume.prepare(table, function, 0, [2, 2, xs, xs, out, 5, 1, 2])
    continuation, state = resume.enter(table, function, continuation(state), reason != "may_enter")
    result = continuation(state)
    if reason == "types":
        assert type(result) is resume.LoopHead  # after one iteration in CPython, the next may be
        for _ in range(2):  # the last item, and the end
            continuation, state = resume.enter(table, function, result)
            result = continuation(state)
    assert (result, out) == (15, [5, 9, 15, "else"])


def test_a_continuation_from_a_head_makes_one_iteration() -> None:
    table, function = make_total(FITTING)
    xs, out = [1, 2], []
    token: Any = None
    for index, want in enumerate([[2], [2, 4]]):
        continuation, state = resume.prepare(table, function, 1, [index, xs, xs, out, 0, 0, 0])
        token = continuation(state)
        assert (type(token), out) == (resume.LoopHead, want)
        out[:] = want
    continuation, state = resume.prepare(table, function, 1, [2, xs, xs, out, 7, 0, 0])
    assert continuation(state) == 7
    assert out == [2, 4, "else"]


def test_returns_that_are_not_worth_it_end() -> None:
    table, function = make_total(FITTING)
    xs, out = [1] * 10, []
    stay = None
    for _ in range(WINDOW):
        continuation, state = resume.prepare(table, function, 0, [2, 2, xs, xs, out, 5, 1, 2], stay=stay)
        entry, _, stay = resume.enter(table, function, continuation(state))
        assert entry == 0
    results = []
    for _ in range(FIRST_PAUSE + 1):
        continuation, state = resume.prepare(table, function, 0, [2, 2, xs, xs, out, 5, 1, 2], stay=stay)
        stay = None
        results.append(type(continuation(state)))
    assert results == [int] * FIRST_PAUSE + [resume.LoopHead]


def test_no_frame_of_ours_is_seen() -> None:
    text = "def f(a):\n    x = look(a)\n    return (x,\n            fail(a))\n"

    def fail(a: object) -> None:
        raise LookupError(names_of_frames())

    def names_of_frames() -> list[str]:
        frame, names = sys._getframe(1), []
        while frame is not None and frame.f_code.co_name != "test_no_frame_of_ours_is_seen":
            names.append(frame.f_code.co_name)
            frame = frame.f_back  # type: ignore[assignment]
        return names

    function = execute(text, fail=fail, look=None)["f"]
    table = make_table(text, {"path": [["body", 1]], "locals": ["a", "x"]})
    continuation, state = resume.prepare(table, function, 0, [1, 2])
    with pytest.raises(LookupError) as caught:
        continuation(state)
    assert caught.value.args == (["fail", "f"],)
    assert [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)][1:] == ["f", "fail"]
    assert [entry.lineno for entry in traceback.extract_tb(caught.value.__traceback__)][1] == 4


def test_definitions_inside_others_keep_names_and_columns() -> None:
    text = (
        "class A:\n    @staticmethod\n    def m(__q):\n        __q = g()\n"
        "        def inner(): pass\n        return __q + inner.__qualname__ + __absent\n"
    )
    names = execute(f"{text}\nclass B:\n    A = A\n")
    function = names["A"].m
    table = make_table(
        text.removeprefix("class A:\n"),
        {"path": [["body", 0]], "edits": [[["value"], ["load"]]], "locals": ["__q"]},
        line=2,
        scopes=[["class", "A"]],
    )
    continuation, state = resume.prepare(table, function, 0, ["q", 1])
    assert continuation.__code__.co_firstlineno == function.__code__.co_firstlineno == 2
    with pytest.raises(NameError, match="_A__absent") as caught:
        continuation(state)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.lineno, last.name) == (6, "m")
    if sys.version_info >= (3, 11):
        column = text.splitlines()[5].index("__absent")
        assert (last.colno, last.end_colno) == (column, column + len("__absent"))
        assert continuation.__code__.co_qualname == "A.m"
        assert "A.m.<locals>.inner" in [getattr(c, "co_qualname", None) for c in continuation.__code__.co_consts]


def test_the_compiler_does_not_warn_again() -> None:
    text = 'def f(a):\n    a = a is 1, "\\d"\n    return a\n'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = execute(text)["f"]
    table = make_table(text, {"path": [["body", 0]], "locals": ["a"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = [*warnings.filters]
        continuation, state = resume.prepare(table, function, 0, [5])
        assert warnings.filters == before
    assert continuation(state) == (False, "\\d")


def test_future_statements_and_optimisation_are_those_of_the_module() -> None:
    text = "def f(a):\n    assert a\n    def g(x: absent): pass\n    return g.__annotations__\n"
    flags = 0x1000000  # annotations
    function = execute("from __future__ import annotations\n" + text)["f"]
    table = make_table(text, {"path": [["body", 0]], "locals": ["a"]}, line=2, flags=flags, optimise=1)
    continuation, state = resume.prepare(table, function, 0, [0])
    assert continuation(state) == {"x": "absent"}


INTERRUPTED = """\
def f(xs):
    try:
        for x in xs:
            with m:
                x = g(
                    x)
    finally:
        return ("finally", x, done)
"""


class Manager:
    def __init__(self) -> None:
        self.seen: list[object] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.seen.append((kind, trace.tb_lineno, trace.tb_next))


@pytest.mark.parametrize("kind", ["stmt", "head"])
def test_an_interruption_is_raised_at_the_point(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = Manager()
    function = execute(INTERRUPTED, m=manager, g=None, done=7)["f"]
    path: list[Any] = [["body", 0], ["body", 0]]
    if kind == "stmt":
        path += [["body", 0], ["body", 0]]
    where = {
        "path": path,
        "kind": kind,
        "locals": ["xs", "x"],
        "iterators": [["seq"], ["with", 1]][: 2 if kind == "stmt" else 1],
    }
    if kind == "stmt":
        where["edits"] = [[["value", "args", 0], ["load"]]]
    table = make_table(INTERRUPTED, where)

    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(resume, "_continue", interrupt)
    values = [5, 1, [1, 2], manager.__exit__, [1, 2], 3] if kind == "stmt" else [1, [1, 2], [1, 2], 3]
    continuation, state = resume.prepare(table, function, 0, values)
    assert values == []
    assert continuation(state) == ("finally", 3, 7)
    if kind == "stmt":
        ((seen, line, rest),) = manager.seen  # type: ignore[misc]
        assert (seen, line) == (KeyboardInterrupt, 5)
        assert rest.tb_frame.f_code.co_name == "interrupt"


UNBOUND = """\
def late(xs, flag):
    xs.append(0)
    if flag:
        y = 1
    xs.append(1)
    return (
        y
        + 1
    )
"""


def test_what_is_raised_first_is_where_it_was_however_often_a_continuation_has_run() -> None:
    # 3.11 joins two neighbouring instructions of code that is warm, and locates the second at the first.
    table = make_table(UNBOUND, {"path": [["body", 3]], "locals": ["xs", "flag"], "unbound": ["y"]})
    function = execute(UNBOUND)["late"]

    def place(call: Any, *args: Any) -> Any:
        with pytest.raises(UnboundLocalError) as raised:
            call(*args)
        last = raised.tb.tb_next
        assert last is not None
        code = last.tb_frame.f_code
        positions = [*code.co_positions()][last.tb_lasti // 2] if sys.version_info >= (3, 11) else ()
        return last.tb_lineno, positions

    want = place(function, [], False)
    for _ in range(60):
        continuation, state = resume.prepare(table, function, 0, [[], False], may_enter=False)
        assert place(continuation, state) == want
