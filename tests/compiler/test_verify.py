"""The verifier and the two judges refuse HIR that breaks a rule, and say where."""

from __future__ import annotations

import pytest

from pyvorin.compiler.hir import check_refcounts, check_restarts, ops, verify
from pyvorin.compiler.hir.ir import Function, Instr, Target, Value
from pyvorin.compiler.hir.verify import InvalidHIR
from pyvorin.types.spec import FLOAT, INT
from tests.compiler import corpus
from tests.support.hir_text import program

LOOP = """
func f(int) -> int
entry0(n: int):
    %0: bool = prim lt(int, int) -> bool: n, n
    branch %0, again1(n), done2(n)
again1(n: int):
    jump done2(n)
done2(n: int):
    return n
"""


def function(text: str) -> Function:
    found = program(text)[0].hir
    assert found is not None
    return found


def refused(text: str) -> str:
    with pytest.raises(InvalidHIR) as caught:
        verify.check(function(text))
    return str(caught.value)


def test_what_is_valid() -> None:
    verify.check(function(LOOP))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    return n\n", "    poll\n", "a terminator must come last"),
        (
            "    jump done2(n)\n",
            "    jump done2(n)\n    poll\n",
            "block again1 at jump None: a terminator must come last",
        ),
        ("jump done2(n)", "jump done2()", "0 arguments for 1 parameters"),
        ("again1(n: int):", "again1(n: float):", "int passed for float"),
        ("jump done2(n)", "jump entry0(n)", "a wrong target"),
        ("branch %0", "branch n", "a condition that is no bool"),
        ("-> bool: n, n", "-> bool: n", "1 operands"),
        ("%0: bool = prim lt(int, int)", "%0: bool = prim lt(float, float)", "an operand int where float is wanted"),
        ("%0: bool = prim lt(int, int)", "%0: int = prim lt(int, int)", "a result int"),
        ("-> int\nentry0", "-> float\nentry0", "a result that is not float"),
        ("    return n\n", "    return\n", "0 operands"),
        ("    jump done2(n)\n", "    incref n\n    jump done2(n)\n", "an operand that is no object"),
        ("    jump done2(n)\n", "    m = const 1\n    jump done2(n)\n", "a value without type"),
    ],
)
def test_what_is_not(old: str, new: str, message: str) -> None:
    assert old in LOOP
    assert message in refused(LOOP.replace(old, new))


def test_structure_that_no_text_can_have() -> None:
    other = function(LOOP)
    fn = function(LOOP)
    fn.blocks[1].instrs[0].args.append(fn.entry.params[0])
    with pytest.raises(InvalidHIR, match="a value of another block"):
        verify.check(fn)
    fn = function(LOOP)
    fn.blocks[1].targets[0] = Target(other.blocks[2], list(fn.blocks[1].params))
    with pytest.raises(InvalidHIR, match="a wrong target"):
        verify.check(fn)
    fn = function(LOOP)
    fn.blocks[1].label = fn.blocks[2].label
    with pytest.raises(InvalidHIR, match="a label used twice"):
        verify.check(fn)
    fn = function(LOOP)
    fn.blocks[1].params[0] = fn.entry.params[0]
    with pytest.raises(InvalidHIR, match="a value defined twice"):
        verify.check(fn)
    fn = function(LOOP)
    fn.blocks[1].instrs = []
    with pytest.raises(InvalidHIR, match="an empty block"):
        verify.check(fn)
    fn = function(LOOP)
    fn.blocks[1].instrs.insert(0, Instr(ops.POLL, [], Value(None, INT)))
    with pytest.raises(InvalidHIR, match="a result where none can be"):
        verify.check(fn)


def test_a_call_fits_its_callee() -> None:
    text = "func f(int) -> int\nentry0(n: int):\n    %0: int = call g(int): n\n    return %0\n\n"
    callee = "func g(int) -> int\nentry0(n: int):\n    return n"
    verify.check(function(text + callee))
    assert "float passed" in refused(text.replace("(n: int)", "(n: float)").replace("f(int)", "f(float)") + callee)
    assert "not the result of g(int)" in refused(text + callee.replace("-> int", "-> float"))


OWNED = """
func f(list[float], int) -> list[float]
entry0(xs: borrowed list[float], i: int):
    ys: list[float] = prim add(list[A], list[B]) -> list: xs, xs
    %0: object = prim getitem(list[T], int) -> boxed T: ys, i  restart {BOUNDS_CHECK_FAILURE: 0}  release ys
    incref %0
    poll  release ys, %0
    x: float = unbox %0  restart {RUNTIME_TYPE_MISMATCH: 0}  release ys, %0
    decref %0
    %1: bool = prim lt(float, float) -> bool: x, x
    branch %1, incref xs; next1(ys, xs, xs), decref ys; other2(xs)
next1(a: list[float], b: list[float], c: borrowed list[float]):
    decref a
    %0: int = prim len(list[T]) -> int: c
    return b
other2(xs: borrowed list[float]):
    incref xs
    return xs
"""


def test_ownership_that_is_balanced() -> None:
    fn = function(OWNED)
    verify.check(fn)
    check_refcounts.check(fn)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    decref a\n", "", "block next1 at return: references are left at the end of the function"),
        ("    decref a\n", "    decref a\n    decref a\n", "may be dead"),
        ("    incref xs\n    return xs", "    return xs", "is given away, but not owned"),
        (
            "  release ys, %0\n    x:",
            "  release ys\n    x:",
            "block entry0 at poll: what is released is not what is owned",
        ),
        ("  release ys, %0\n    x:", "  release ys, ys, %0\n    x:", "what is released is not what is owned"),
        ("    incref %0\n", "", "what is released is not what is owned"),
        ("incref xs; next1", "next1", "is given away, but not owned"),
        ("decref ys; other2", "other2", "references are left on the way to other2"),
        ("next1(ys, xs, xs)", "incref ys; next1(ys, xs, ys)", "may not live as long as c borrows it"),
        ("    decref %0\n", "", "references are left on the way to next1"),
        ("    decref %0\n", "    decref %0\n    decref i\n", "i is given away, but not owned"),
        ("(xs: borrowed list[float], i", "(xs: list[float], i", "the argument xs belongs to the caller"),
        ("    %0: int = prim len", "    decref b\n    %0: int = prim len", "may be dead"),
        (
            "%1: bool = prim lt(float, float) -> bool: x, x",
            "\\g<0>  release ys",
            "releases references, but never leaves",
        ),
    ],
)
def test_ownership_that_is_not(old: str, new: str, message: str) -> None:
    assert old in OWNED
    with pytest.raises(InvalidHIR) as caught:
        check_refcounts.check(function(OWNED.replace(old, new.replace("\\g<0>", old))))
    assert message in str(caught.value)


def test_a_borrowed_element_after_code_that_may_change_its_container() -> None:
    text = """
func f(list[float], int) -> float
entry0(xs: borrowed list[float], i: int):
    %0: object = prim getitem(list[T], int) -> boxed T: xs, i
    poll
    x: float = unbox %0
    return x
"""
    with pytest.raises(InvalidHIR, match="an operand may be dead"):
        check_refcounts.check(function(text))
    check_refcounts.check(function(text.replace("    poll\n", "")))


EFFECT = """
func f(list[float], int) -> int
entry0(xs: list[float], i: int):
    j: int = prim add(int, int) -> int: i, i  restart {INTEGER_OVERFLOW: 0}
    %0: float = const 1.0
    %1: object = box %0
    %2: none = prim .append(list[T], boxed T) -> none: xs, %1
    %3: int = call g(int): j
    return %3

func g(int) -> int
entry0(i: int):
    poll
    return i
"""


def judge(text: str) -> None:
    check_restarts.check({instance: function_of(instance.hir) for instance in program(text)})


def function_of(hir: Function | None) -> Function:
    assert hir is not None
    return hir


def test_restarts_before_the_effect() -> None:
    judge(EFFECT)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  restart {INTEGER_OVERFLOW: 0}", "", "f, block entry0 at prim: has no frame state for INTEGER_OVERFLOW"),
        ("{INTEGER_OVERFLOW: 0}", "{VALUE_ERROR: 0}", "has no frame state for INTEGER_OVERFLOW"),
        (
            "    return %3",
            "    poll  restart {ASSUMPTION_INVALIDATED: 1}\n    return %3",
            "may restart the call after an effect",
        ),
        ("    poll\n", "    poll  restart {ASSUMPTION_INVALIDATED: 1}\n", "calls what may restart the call"),
        ("    poll\n", "    k: int = call g(int): i\n", "calls what may restart the call"),
        ("  restart {INTEGER_OVERFLOW: 0}", "  after {INTEGER_OVERFLOW: 0}", "may leave before it is done"),
    ],
)
def test_restarts_after_it(old: str, new: str, message: str) -> None:
    assert old in EFFECT
    with pytest.raises(InvalidHIR) as caught:
        judge(EFFECT.replace(old, new))
    assert message in str(caught.value)


def test_a_change_of_what_the_call_has_made_is_no_effect() -> None:
    text = EFFECT.replace("    return %3", "    poll  restart {ASSUMPTION_INVALIDATED: 1}\n    return %3")
    text = text.replace("    %1: object", "    ys: list[float] = prim list.make(boxed A...) -> list\n    %1: object")
    judge(text.replace(": xs, %1", ": ys, %1"))
    with pytest.raises(InvalidHIR, match="may restart the call after an effect"):
        judge(text)
    # Unless it holds what was there before.
    rows = """
func f(list[list[float]], float) -> float
entry0(rows: list[list[float]], x: float):
    mine: list[?0] = prim add(list[A], list[B]) -> list: rows, rows
    %0: int = const 0
    %1: object = prim getitem(list[T], int) -> boxed T: mine, %0  restart {BOUNDS_CHECK_FAILURE: 0}
    row: list[float] = unbox %1  restart {RUNTIME_TYPE_MISMATCH: 1}
    %2: object = box x
    %3: none = prim .append(list[T], boxed T) -> none: row, %2
    poll  restart {ASSUMPTION_INVALIDATED: 2}
    return x
"""
    with pytest.raises(InvalidHIR, match="may restart the call after an effect"):
        judge(rows)
    judge(rows.replace("row, %2", "mine, %2"))


COLLECTED = """
func f(list[list[float]], float) -> float
entry0(rows: list[list[float]], x: float):
    %0: list[float] = prim list.make(boxed A...) -> list
    %1: none = prim .append(list[T], boxed T) -> none: rows, %0
    %2: list[float] = prim list.make(boxed A...) -> list
    jump turn1(rows, %2, x)
turn1(rows: list[list[float]], mine: list[float], x: float):
    snapshot {"kind": "stmt", "path": [], "locals": ["rows", "x"], "region": 1} @0 with rows, x
    %0: object = box x
    %1: none = prim list.add(list[T], boxed T) -> none: mine, %0
    poll  resume {ASSUMPTION_INVALIDATED: 0} at @0 with rows, x
    %2: bool = prim lt(float, float) -> bool: x, x
    branch %2, turn1(rows, mine, x), done2(rows, mine, x)
done2(rows: list[list[float]], mine: list[float], x: float):
    %0: none = prim .append(list[T], boxed T) -> none: rows, mine
    return x
"""


def test_what_a_comprehension_collects_is_not_seen_before_it_is_stored() -> None:
    judge(COLLECTED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # It is stored already, before or while it is filled,
        (
            "    jump turn1(rows, %2",
            "    %3: none = prim .append(list[T], boxed T) -> none: rows, %2\n    jump turn1(rows, %2",
        ),
        ("    branch %2", "    %3: none = prim .append(list[T], boxed T) -> none: rows, mine\n    branch %2"),
        # or in a list that is stored; or something else is changed; or the continuation begins with it.
        (
            "    jump turn1(rows, %2",
            "    %3: list[list[float]] = prim list.make(boxed A...) -> list: %2\n    jump turn1(%3, %2",
        ),
        ("jump turn1(rows, %2, x)", "jump turn1(rows, %0, x)"),
        ("rows, x\n", "rows, x, mine\n"),
    ],
)
def test_what_it_collects_is_seen_once_it_is_stored(old: str, new: str) -> None:
    assert old in COLLECTED
    with pytest.raises(InvalidHIR, match="of a snapshot that still holds"):
        judge(COLLECTED.replace(old, new))


@pytest.mark.parametrize("drop", ["incref", "decref", "edge"])
def test_a_missing_count_is_always_noticed(drop: str) -> None:
    """Every single reference count that the pass has written is needed."""
    noticed = 0
    for name in ("quickselect", "types_list", "types_str", "types_dict"):
        for instances in corpus.prepared(corpus.sources()[name]):
            for fn in (function_of(instance.hir) for instance in instances):
                places = [(b.instrs, n) for b in fn.blocks for n, i in enumerate(b.instrs) if i.op.name == drop]
                if drop == "edge":
                    places = [(t.before, n) for b in fn.blocks for t in b.targets for n in range(len(t.before))]
                for instrs, index in places:
                    instr = instrs.pop(index)
                    with pytest.raises(InvalidHIR):
                        check_refcounts.check(fn)
                    instrs.insert(index, instr)
                    noticed += 1
    assert noticed > 5


def test_a_value_of_the_wrong_representation_in_a_parameter() -> None:
    fn = function(LOOP)
    fn.blocks[2].params[0].ty = FLOAT
    with pytest.raises(InvalidHIR, match="int passed for float"):
        verify.check(fn)
