"""The two messages: text and back, equal bytes for equal messages, and refusal of everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from pyvorin.messages import CompileRequest, CompileResult, MessageError
from tests.project.source_tree import ROOT

REQUEST = CompileRequest(
    7,
    "app.rows",
    "/src/rows.py",
    "x = '\n\t\\é\u2028\udc80'\n",
    flags=1 << 25,
    settings={"cpu": "v3", "a": 1.5, "include": ["x"]},
    signatures={"total": ["list[float]", ""], "C.f": []},
    static_only=True,
    others={"app.base": ["/src/base.py", "9f"], "b": ["", "-"]},
)
RESULT = CompileResult(
    7,
    True,
    artifact="ab",
    manifest="pyvorin\t1\n",
    code="AA==",
    diagnostics=[{"code": "ASYNC", "span": [1, 2, 3, 4]}],
    events=[["PARSE", 12, "func 'total'"]],
    compile_ms=1.25,
)


@pytest.mark.parametrize("message", [REQUEST, RESULT, CompileResult(0, False, error=["COMPILER_CRASHED", "signal 11"])])
def test_a_message_is_one_line_and_comes_back(message: CompileRequest | CompileResult) -> None:
    line = message.to_json()
    assert "\n" not in line
    assert line.isascii()
    assert type(message).from_json(line) == message
    assert type(message).from_json(line.encode()) == message
    assert type(message).from_json(line).to_json() == line


def test_the_fields_come_in_the_documented_order() -> None:
    assert list(json.loads(REQUEST.to_json())) == [
        "id",
        "module",
        "path",
        "source",
        "flags",
        "settings",
        "signatures",
        "static_only",
        "others",
    ]
    assert list(json.loads(RESULT.to_json())) == (
        ["id", "ok", "artifact", "manifest", "code", "diagnostics", "events", "compile_ms", "error", "lags"]
    )


def test_equal_requests_are_equal_bytes_in_every_process() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pyvorin.messages import CompileRequest\n"
        "names = {'b', 'a', 'c', 'd'}\n"
        "settings = {name: 1 for name in names}\n"
        "print(CompileRequest(1, 'm', 'p', 's', settings=settings, signatures={n: ['int'] for n in names}).to_json())\n"
    )
    lines = {
        subprocess.run(
            [sys.executable, "-c", program, str(ROOT)],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in range(4)
    }
    assert len(lines) == 1


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(REQUEST.to_json()), **fields})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        "{}",
        changed(extra=1),
        changed(id="7"),
        changed(id=True),
        changed(source=None),
        changed(settings=[]),
        changed(settings={"a": None}),
        changed(settings={"a": {}}),
        changed(signatures={"f": "int"}),
        changed(signatures={"f": [1]}),
        changed(static_only=0),
        changed(others={"b": ["x"]}),
        REQUEST.to_json()[:-1],
    ],
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(MessageError, match="CompileRequest: "):
        CompileRequest.from_json(line)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("ok", 1),
        ("artifact", 5),
        ("code", b"x"),
        ("diagnostics", ["x"]),
        ("events", [["PARSE", "12", "x"]]),
        ("events", [["PARSE", 12]]),
        ("compile_ms", "1"),
        ("error", ["COMPILER_CRASHED"]),
        ("error", "COMPILER_CRASHED"),
    ],
)
def test_a_wrong_message_is_not_sent(field: str, value: object) -> None:
    message = CompileResult(1, True)
    setattr(message, field, value)
    with pytest.raises(MessageError, match=f"CompileResult: {field} must be"):
        message.to_json()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_carry_is_not_sent(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        CompileResult(1, True, compile_ms=number).to_json()


def test_a_message_is_not_another_kind_of_message() -> None:
    parsers: list[tuple[Callable[[str], object], str]] = [
        (CompileRequest.from_json, RESULT.to_json()),
        (CompileResult.from_json, REQUEST.to_json()),
    ]
    for parse, line in parsers:
        with pytest.raises(MessageError):
            parse(line)
