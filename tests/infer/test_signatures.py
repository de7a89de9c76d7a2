"""Signatures that one entry serves are one."""

from __future__ import annotations

import pytest

from pyvorin.compiler.infer.signatures import added
from pyvorin.types.spec import parse_signature, signature_text


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["int", "float"], ["int", "float"]),
        (["list[int]", "list[float]"], ["list[int]", "list[float]"]),
        (["list[int]", "list[str]"], ["list[int]", "list[str]"]),
        (["list[instance[A]]", "list[instance[B]]"], ["list[union[instance[A], instance[B]]]"]),
        (["tuple[int, str]", "tuple[float, str]"], ["tuple[number, str]"]),
        (["tuple[int]", "tuple[int, int]"], ["tuple[int]", "tuple[int, int]"]),
        (["tuple[int], float", "tuple[int], int"], ["tuple[int], float", "tuple[int], int"]),
        (["tuple[int], float", "int, int", "tuple[number], number"], ["int, int", "tuple[number], number"]),
        (["tuple[number], number", "tuple[int], float"], ["tuple[number], number"]),
        (["list[?]", "list[int]"], ["list[?]", "list[int]"]),
        (["instance[A]", "instance[B]"], ["instance[A]", "instance[B]"]),
    ],
)
def test_joining(texts: list[str], expected: list[str]) -> None:
    found = []
    for text in texts:
        found = added(found, parse_signature(text))
    assert [signature_text(types) for types in found] == expected
