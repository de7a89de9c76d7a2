"""The checksum of results sees every bit, type and order."""

import math
import struct
from array import array

import pytest
from harness.checksum import checksum

DIFFERENT = [
    (0.0, -0.0),
    (1.0, math.nextafter(1.0, 2.0)),
    (1, 1.0),
    (1, True),
    (0, False),
    (None, 0),
    (None, "None"),
    (math.nan, -math.nan),
    (math.nan, struct.unpack("<d", struct.pack("<q", 0x7FF8000000000001))[0]),
    ([1.0, 2.0], (1.0, 2.0)),
    ([1.0, 2.0], [2.0, 1.0]),
    ([1.0], [1.0, 0.0]),
    ([1.0, 2], [1.0, 2.0]),
    ([], ()),
    ([[1], [2]], [[1, 2]]),
    ([[], [1]], [[1], []]),
    (["ab", "c"], ["a", "bc"]),
    ("1", 1),
    ("a", b"a"),
    ("\ud800", "?"),
    (array("d", [1.0]), [1.0]),
    (array("q", [1]), array("Q", [1])),
    (array("d", [0.0]), array("d", [-0.0])),
    (2**64, 0),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({1: 2.0}, [1, 2.0]),
    ({1: 2.0}, {True: 2.0}),
]


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different(a, b):
    assert checksum(a) != checksum(b)


@pytest.mark.parametrize(
    "value", [None, True, -1, 2**200, math.nan, -0.0, "text", b"bytes", [1, [2.0, ("x", None)]], array("d", [1.5])]
)
def test_equal_values_have_equal_checksums(value):
    copy = value[:] if isinstance(value, (list, array)) else value
    assert checksum(value) == checksum(copy)


@pytest.mark.parametrize("value", [{1}, object(), [1, {"a": set()}]])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match="no checksum"):
        checksum(value)
