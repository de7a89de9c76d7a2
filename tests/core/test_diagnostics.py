"""Spans, the text under them, and how a diagnostic reads."""

from __future__ import annotations

import ast
import json

import pytest

from pyvorin.core import reasons
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import SourceFile, Span

TEXT = "async def fetch_all(session):\n    async with session.get(url) as reply:\n        return reply\n"


def diagnostic(**changes: object) -> Diagnostic:
    fields = {
        "function": "fetch_all",
        "path": "report.py",
        "node_type": "AsyncWith",
        "node": "'async with'",
        **changes,
    }
    return Diagnostic.of(reasons.UNSUPPORTED_AST_NODE, Span(2, 4, 2, 14), **fields)  # type: ignore[arg-type]


def test_the_full_rendering() -> None:
    assert diagnostic().full(SourceFile("report.py", TEXT)) == (
        "report.py:2:5: UNSUPPORTED_AST_NODE: 'async with' in 'fetch_all' is not compiled\n"
        "     2 |     async with session.get(url) as reply:\n"
        "       |     ^^^^^^^^^^\n"
        "  = 'fetch_all' runs in CPython; its results are unchanged\n"
        "  = hint: move the loop over the data into a plain function and call it from here"
    )


def test_the_concise_rendering_is_its_first_line() -> None:
    source = SourceFile("report.py", TEXT)
    found = diagnostic()
    assert found.full(source).splitlines()[0] == found.concise(source) == found.concise()


def test_both_origins_of_a_conflict_are_shown() -> None:
    source = SourceFile("m.py", "x = 1.5\nx = 'a'\n")
    found = Diagnostic.of(
        reasons.TYPE_INFERENCE_FAILED,
        Span(2, 0, 2, 1),
        function="f",
        path="m.py",
        what="x",
        conflict="float and str",
        notes=((Span(1, 4, 1, 7), "float here"), (Span(2, 4, 2, 7), "str here")),
    )
    assert found.full(source).splitlines()[1:7] == [
        "     2 | x = 'a'",
        "       | ^",
        "     1 | x = 1.5",
        "       |     ^^^ float here",
        "     2 | x = 'a'",
        "       |     ^^^ str here",
    ]


def test_a_diagnostic_survives_the_way_to_another_process() -> None:
    found = diagnostic(notes=((Span(1, 0, 1, 5), "here"),))
    again = Diagnostic.from_data(json.loads(json.dumps(found.to_data())))
    assert again == found
    assert again != diagnostic()
    assert again.notes == found.notes


@pytest.mark.parametrize(
    "change",
    [
        {"code": "UNHEARD_OF"},
        {"span": [1, 2, 3]},
        {"span": "1234"},
        {"span": [1, 2, 3, True]},
        {"notes": [[1, 2]]},
        {"notes": None},
    ],
)
def test_other_data_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a diagnostic"):
        Diagnostic.from_data({**diagnostic().to_data(), **change})
    data = diagnostic().to_data()
    del data["path"]
    with pytest.raises(ValueError, match="not a diagnostic"):
        Diagnostic.from_data(data)


def test_the_caret_stands_under_its_character() -> None:
    text = "if x:\n\té = 'ü' + call(π)\n"
    source = SourceFile("m.py", text)
    call = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    found = Diagnostic.of(reasons.UNSUPPORTED_CALL, Span.of(call), function="f", path="m.py", callee="'call'").full(
        source
    )
    first, shown, carets = found.splitlines()[:3]
    assert first.startswith("m.py:2:12: ")
    start = shown.index("call(π)")
    assert carets[start:] == "^^^^^^^"
    assert carets[:start].expandtabs() == " " * 7 + "|" + " " * (len(shown[:start].expandtabs()) - 8)


def test_a_span_over_several_lines_ends_with_its_first() -> None:
    text = "f(1,\n  2)\n"
    node = ast.parse(text).body[0]
    source = SourceFile("m.py", text)
    span = Span.of(node)
    assert source.text_of(span) == "f(1,\n  2)"
    found = Diagnostic.of(reasons.UNSUPPORTED_CALL, span, function="f", path="m.py", callee="'f'").full(source)
    assert found.splitlines()[1:3] == ["     1 | f(1,", "       | ^^^^"]


def test_a_span_outside_of_the_source_shows_no_line() -> None:
    source = SourceFile("m.py", "")
    assert len(diagnostic().full(source).splitlines()) == 3


@pytest.mark.parametrize("text", ["a = 1\nbb = 2", "a = 1\r\nbb = 2\r\n", "a = 1\rbb = 2\r", "a = '\x0c\x85'\nbb = 2"])
def test_lines_are_those_that_the_compiler_counts(text: str) -> None:
    source = SourceFile("m.py", text)
    for node in ast.parse(text).body:
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        assert isinstance(target, ast.Name)
        assert source.text_of(Span.of(target)) == target.id


def test_text_under_every_node_is_that_of_ast() -> None:
    text = "def f(é, *, k=2):\n    return [é + '日本' for _ in range(k)\n            if k]\n"
    source = SourceFile("m.py", text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.expr, ast.stmt, ast.arg)):
            assert source.text_of(Span.of(node)) == ast.get_source_segment(text, node)


def test_spans_are_values() -> None:
    assert Span(1, 2, 3, 4) == Span(1, 2, 3, 4)
    assert len({Span(1, 2, 3, 4), Span(1, 2, 3, 4), Span(1, 2, 3, 5)}) == 2
    assert Span(1, 2, 3, 4) != (1, 2, 3, 4)
