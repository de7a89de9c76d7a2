"""Iterators from the form in which native code keeps them, and back."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from pyvorin.host.continuation.iterators import Unlike, decompose, rebuild

SEQUENCES: list[Any] = [
    [1, 2, 3],
    (1, 2, 3),
    "abc",
    "äbc",
    b"abc",
    bytearray(b"abc"),
    range(2, 8, 2),
    range(0, 2**70, 2**69),
    array("i", [1, 2, 3]),
    numpy.arange(3),
]

Case = tuple[list[Any], list[Any], Callable[[], Any]]


def cases(s: Any) -> list[Case]:
    n = len(s)
    return [
        (["seq"], [s], lambda: iter(s)),
        (["reversed"], [s, n], lambda: reversed(s)),
        (["enumerate", ["seq"]], [s], lambda: enumerate(s)),
        (["enumerate", ["seq"], "start"], [s, 7], lambda: enumerate(s, 7)),
        (["zip", ["seq"], ["range"]], [s, 5, -1, 9], lambda: zip(s, range(5, -4, -1))),
        (["range"], [10, -3, 3], lambda: iter(range(10, 1, -3))),
        (
            ["enumerate", ["zip", ["seq"], ["reversed"]], "start"],
            [s, s, n, 4],
            lambda: enumerate(zip(s, reversed(s)), 4),
        ),
    ]


def advanced(iterator: Any, count: int) -> Any:
    for _ in range(count):
        next(iterator)
    return iterator


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: type(sequence).__name__)
@pytest.mark.parametrize("index", range(4))
def test_a_rebuilt_iterator_gives_what_the_real_one_gives(sequence: Any, index: int) -> None:
    if index > len(sequence):
        return
    for spec, values, make in cases(sequence):
        want = [*map(str, advanced(make(), index))]
        assert [*map(str, rebuild(spec, index, iter(values)))] == want
        if index == len(sequence) and "reversed" in str(spec):
            continue  # at its end it has forgotten its sequence
        for iterator in (advanced(make(), index), rebuild(spec, index, iter(values))):
            found = decompose(spec, iterator)
            assert [*map(str, rebuild(spec, found[0], iter(found[1:])))] == want
            assert [*map(str, iterator)] == want  # which decomposing has not advanced


def test_the_sequence_itself_comes_back() -> None:
    xs = [1, 2, 3]
    index, found = decompose(["seq"], rebuild(["seq"], 2, iter([xs])))
    assert (index, found is xs) == (2, True)
    index, found, count = decompose(["reversed"], rebuild(["reversed"], 1, iter([xs, 3])))
    assert (count - 1 - index, found is xs) == (1, True)


@pytest.mark.parametrize("make", [list, lambda items: array("i", items), bytearray], ids=["list", "array", "bytearray"])
def test_a_sequence_that_has_shrunk_may_grow_again(make: Callable[[Any], Any]) -> None:
    xs = make([1])
    iterator = rebuild(["seq"], 3, iter([xs]))
    found = decompose(["seq"], iterator)
    assert found[0] == 3
    assert found[1] is xs
    xs.extend([2, 3, 4, 5])
    assert [*iterator] == [4, 5]
    backwards = rebuild(["reversed"], 1, iter([xs, 8]))
    assert decompose(["reversed"], backwards) == [0, xs, 7]
    xs.extend([6, 7, 8])
    assert [*backwards] == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("spec", "iterator"),
    [
        (["seq"], iter({1: 2})),
        (["seq"], (x for x in "ab")),
        (["seq"], reversed([1, 2])),
        (["reversed"], iter([1, 2])),
        (["range"], iter([1, 2])),
        (["enumerate", ["seq"]], enumerate([1, 2], 5)),
        (["enumerate", ["seq"]], iter([1])),
        (["zip", ["seq"]], zip([1], [2])),
        (["zip", ["seq"], ["seq"]], zip([1], [2], strict=True)),
        (["zip", ["seq"], ["seq"]], zip([1], advanced(iter([1, 2]), 1))),
        (["seq"], iter([])),
    ],
    ids=str,
)
def test_what_has_another_form_has_no_values(spec: list[Any], iterator: Any) -> None:
    if spec == ["seq"] and type(iterator) is type(iter([])):
        assert [*iterator] == []  # it has lost its list
    with pytest.raises(Unlike):
        decompose(spec, iterator)


TABLES: list[Any] = [{"a": 1, "b": 2, "c": 3}, {1: "x", 2.5: "y", None: "z"}, {5, 6, 7}, {"a", "b", "c"}]
VIEWS = ("each", "keys", "values", "items")


def table_iterators() -> list[tuple[Any, str]]:
    return [(table, view) for table in TABLES for view in VIEWS if view == "each" or isinstance(table, dict)]


def over(table: Any, view: str) -> Any:
    return iter(table if view == "each" else getattr(table, view)())


@pytest.mark.parametrize(("table", "view"), table_iterators())
@pytest.mark.parametrize("index", range(4))
def test_an_iterator_of_a_table_stands_where_the_real_one_does(table: Any, view: str, index: int) -> None:
    table = table.copy()
    real = advanced(over(table, view), index)
    parts = decompose([view], real)
    assert parts[:2] == [index, table]
    again = rebuild([view], parts[0], iter(parts[1:]))
    assert type(again) is type(real)
    assert decompose([view], again) == parts
    assert [*again] == [*real]


@pytest.mark.parametrize(("table", "view"), table_iterators())
def test_it_notices_that_the_table_has_changed(table: Any, view: str) -> None:
    table = table.copy()
    parts = decompose([view], advanced(over(table, view), 1))
    changed = table.pop(next(iter(table))) if isinstance(table, dict) else table.pop()
    again = rebuild([view], parts[0], iter(parts[1:]))
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        next(again)
    with pytest.raises(Unlike):
        decompose([view], again)
    assert changed is not None


def test_a_table_of_its_old_size_again_is_gone_on_with() -> None:
    table = {1: 1, 2: 2, 3: 3}
    parts = decompose(["each"], advanced(iter(table), 1))
    table[4] = 4
    again = rebuild(["each"], parts[0], iter(parts[1:]))
    del table[4]
    assert [*again] == [2, 3]


def test_keys_that_were_exchanged_are_noticed() -> None:
    table = {1: 1}
    parts = decompose(["keys"], advanced(iter(table.keys()), 1))
    del table[1]
    table[2] = 2
    with pytest.raises(RuntimeError, match="keys changed during iteration"):
        next(rebuild(["keys"], parts[0], iter(parts[1:])))


def test_a_sequence_has_no_place() -> None:
    assert decompose(["each"], advanced(iter([1, 2]), 1)) == [1, [1, 2], None]
    assert [*rebuild(["each"], 1, iter([[1, 2], None]))] == [2]


@pytest.mark.parametrize("iterator", [iter({1: 2}.values()), iter({1}), iter([1]), reversed({1: 2})])
def test_an_iterator_of_something_else_is_unlike(iterator: Any) -> None:
    with pytest.raises(Unlike):
        decompose(["items"], iterator)


@pytest.mark.parametrize("table", TABLES)
def test_an_exhausted_iterator_of_a_table_is_unlike(table: Any) -> None:
    real = advanced(iter(table), 3)
    assert [*real] == []
    with pytest.raises(Unlike):
        decompose(["each"], real)
