"""Type variables rise in the lattice, and nothing else."""

from __future__ import annotations

import itertools

from pyvorin.compiler.infer.solver import Solver
from pyvorin.types.spec import (
    BOOL,
    CHAR,
    FLOAT,
    INT,
    NEVER,
    NUMBER,
    OBJECT,
    STR,
    join,
    list_of,
    parse_type,
    tuple_of,
    tuples_of,
)

SOME = [
    NEVER,
    INT,
    FLOAT,
    STR,
    CHAR,
    OBJECT,
    list_of(INT),
    list_of(FLOAT),
    list_of(NEVER),
    tuple_of(INT, STR),
    tuple_of(INT),
    tuples_of(INT),
]


def test_a_site_has_one_variable() -> None:
    solver = Solver()
    first = solver.variable("a")
    assert first.is_variable
    assert solver.variable("a") == first
    assert solver.variable("b") != first
    assert solver.resolve(first) == NEVER
    assert not solver.moved


def test_a_variable_rises_until_it_stands_for_everything() -> None:
    solver = Solver()
    element = solver.variable("a")
    for given, now in [(INT, INT), (INT, INT), (FLOAT, NUMBER), (STR, OBJECT)]:
        solver.unify(element, given)
        assert solver.resolve(element) == now
    solver.moved = False
    solver.unify(element, INT)
    assert not solver.moved


def test_variables_within_types_are_resolved() -> None:
    solver = Solver()
    inner, outer = solver.variable("inner"), solver.variable("outer")
    solver.unify(inner, CHAR)
    solver.unify(outer, list_of(inner))
    assert solver.resolve(tuple_of(list_of(outer), INT)) == parse_type("tuple[list[list[str]], int]")


def test_join_is_that_of_a_lattice() -> None:
    for a, b in itertools.product(SOME, repeat=2):
        assert join(a, b) == join(b, a)
        assert join(a, join(a, b)) == join(a, b)
        assert join(a, a) == a
        assert join(NEVER, a) == a
        assert join(OBJECT, a) == OBJECT
    for a, b, c in itertools.product(SOME, repeat=3):
        assert join(a, join(b, c)) == join(join(a, b), c)


def test_int_and_float_are_numbers() -> None:
    assert join(INT, FLOAT) == join(NUMBER, INT) == join(FLOAT, NUMBER) == NUMBER
    assert join(list_of(INT), list_of(FLOAT)) == list_of(NUMBER)
    assert join(NUMBER, BOOL) == join(STR, NUMBER) == OBJECT
    assert join(tuple_of(INT), tuple_of(INT, INT)) == tuples_of(INT)
    assert join(tuple_of(INT), tuple_of(INT, FLOAT)) == tuples_of(NUMBER)
