"""HIR can be written down and read back, and a text that is not HIR is refused with its line."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import pytest

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.hir.parser import HIRSyntaxError, parse
from pyvorin.compiler.hir.printer import print_function
from pyvorin.types.spec import Type
from tests.compiler import corpus
from tests.support.hir_text import program, program_text


@pytest.mark.parametrize("name", corpus.sources())
def test_printing_and_parsing_is_the_identity(name: str) -> None:
    text = corpus.sources()[name]
    for untyped in corpus.untyped(text):
        written = print_function(untyped.hir, spans=True)
        assert print_function(parse(written)[0], spans=True) == written
    for stage in (corpus.specialised, corpus.prepared):
        for instances in stage(text):
            written = program_text(instances, spans=True)
            assert program_text(program(written), spans=True) == written


def test_the_corpus_is_not_empty() -> None:
    instances = (i for text in corpus.sources().values() for group in corpus.prepared(text) for i in group)
    assert next(islice(instances, 300, None), None) is not None


@pytest.mark.parametrize(
    "value",
    [0, -(2**63), True, None, -0.0, 1e300, 1e-7, math.inf, -math.inf, math.nan, -math.nan, "", "a'b\"c;  = \n\u1234",
     (), (1,), (1, ("x", -2.5), None), b"\x00'"],
)  # fmt: skip
def test_constants(value: Any) -> None:
    block = Block("entry0", [], [Instr(ops.CONST, [], Value(None, Type("object")), value), Instr(ops.POLL, [])])
    text = print_function(Function("f", [], [block]))
    read = parse(text)[0].entry.instrs[0].payload
    assert type(read) is type(value)
    assert repr(read) == repr(value)
    if isinstance(value, float):
        assert math.copysign(1, read) == math.copysign(1, value)


def test_names_that_could_be_taken_for_others() -> None:
    entry = Block("f.g")
    entry.params = [
        Value("v0", Type("int")),
        Value(".v0", Type("int")),
        Value("v0", Type("int")),
        Value(None, Type("int")),
    ]
    text = print_function(Function("f", ["v0"], [entry]))
    assert text.splitlines()[1] == "f.g(v0: int, .v0: int, v0.1: int, %0: int):"


def test_comments_and_blank_lines() -> None:
    text = """
    ; a comment
func f(int) -> int   ; one more
entry0(n: int):

    %0: str = const '; not one'   ; but this
    return n
"""
    written = "func f(int) -> int\nentry0(n: int):\n    %0: str = const '; not one'\n    return n"
    assert print_function(parse(text)[0]) == written


HEAD = "func f(int) -> int\nentry0(n: int):\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("entry0():", 1, "expected 'func', found 'entry0():'"),
        ("func f(int -> int", 1, "expected ')', found the end of the line"),
        ("func f(int) -> ", 1, "expected the end of the line, found ' ->'"),
        ("func f() -> int", 1, "a function needs a block"),
        ("func f(float) -> int\nentry0(n: int):\n    return n", 1, "the entry has the parameters (int)"),
        (HEAD + "    return m", 3, "m is not defined before in this block"),
        (HEAD + "    jump next1(n)", 3, "there is no block next1"),
        (HEAD + "    n: int = const 1", 3, "n is defined a second time"),
        (HEAD + "    m: int = const", 3, "expected ' ', found the end of the line"),
        (HEAD + "    m: int = const one", 3, "expected a constant, found 'one'"),
        (HEAD + "    m: int const 1", 3, "expected ' = ', found ' const 1'"),
        (HEAD + "    m: = const 1", 3, "expected a type, found '"),
        (HEAD + "    fetch n", 3, "expected an instruction, found 'fetch'"),
        (HEAD + "    m: int = return n", 3, "return has no result"),
        (HEAD + "    const 1", 3, "const has a result"),
        (HEAD + "    m: int = prim add(int) -> int: n", 3, "expected a signature of the primitive add (it has "),
        (HEAD + "    m: int = prim adds(int) -> int: n", 3, "expected a signature of the primitive adds (it has none)"),
        (HEAD + "    m: int = call g(int): n", 3, "the callee g is not known here"),
        (HEAD + "    exit NO_REASON", 3, "there is no reason code NO_REASON"),
        (HEAD + "    exit EXPLICIT_RAISE  restart {EXPLICIT_RAISE}", 3, "expected ': ', found '}'"),
        (HEAD + "    poll  release m", 3, "m is not defined before in this block"),
        (HEAD + "    poll  at 3", 3, "expected a place such as 4:8-4:13, found '3'"),
        (HEAD + "    return n n", 3, "expected the end of the line, found ' n'"),
        (HEAD + "    branch n, next1(n)", 3, "expected ', ', found the end of the line"),
        (HEAD + "    return n\nentry0(m: int):\n    return m", 4, "block entry0 is defined a second time"),
    ],
)
def test_what_is_no_hir(text: str, line: int, message: str) -> None:
    with pytest.raises(HIRSyntaxError) as caught:
        parse(text)
    assert caught.value.line == line
    assert message in str(caught.value)
