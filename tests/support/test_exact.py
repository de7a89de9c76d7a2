"""Snapshots are equal exactly when the behaviour is."""

from __future__ import annotations

import math
import struct
from array import array
from typing import Any

import pytest

from .calls import IntSub, ListSub
from .exact import Snapshotter, first_difference, without


def snap(*values: object) -> Any:
    snapshotter = Snapshotter()
    return tuple(snapshotter.snapshot(value) for value in values)


SHARED = [1.0]
OTHER_NAN = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0001))[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (0, False),
        (None, 0),
        (3, IntSub(3)),
        ([1], ListSub([1])),
        ([1], (1,)),
        ("a", b"a"),
        (1e16, math.nextafter(1e16, math.inf)),
        ([SHARED, SHARED], [[1.0], [1.0]]),
        ([1, [2, [3]]], [1, [2, [4]]]),
        (range(3), range(0, 3, 2)),
        (range(0), range(5, 2)),
        (array("d", [1.0]), array("f", [1.0])),
        (array("q", [1]), array("q", [2])),
        ((-0.0,), (0.0,)),
        (complex(0.0, -0.0), complex(0.0, 0.0)),
        (2**200, 2**200 + 1),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        (ValueError("a"), ValueError("b")),
        ("\ud800", "\udc00"),
    ],
)
def test_different(one: object, other: object) -> None:
    assert snap(one) != snap(other)
    assert first_difference(snap(one), snap(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (math.nan, -math.nan),
        (math.nan, OTHER_NAN),
        ([1.5, None, "x"], [1.5, None, "x"]),
        ([SHARED, SHARED], [SHARED, SHARED]),
        (2**200, 2**200),
        ([10**5000], [10**5000]),
        (array("d", [math.nan]), array("d", [math.nan])),
    ],
)
def test_same(one: object, other: object) -> None:
    assert snap(one) == snap(other)
    assert first_difference(snap(one), snap(other)) == ""


def test_sharing_between_values_counts() -> None:
    xs: list[float] = [1.0]
    assert snap(xs, xs) != snap(xs, [1.0])


def test_a_list_may_contain_itself() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert snap(loop) != snap([[]])


def test_the_difference_names_the_place() -> None:
    assert "[2]" in first_difference(snap([1, 2, 3]), snap([1, 7, 3]))


def test_parts_can_be_left_out() -> None:
    assert without((("traceback", 1), ("a", ("columns", 2), 3)), "columns") == (("traceback", 1), ("a", 3))
