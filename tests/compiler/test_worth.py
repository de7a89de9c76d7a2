"""Which loops over what CPython gives are worth being native: what the host has seen of their iterators decides."""

from __future__ import annotations

import pytest

from tests.compiler.corpus import compilation

SOURCE = """
def added(source):
    total = 0
    for x in source():
        total += x
    return total

def counted(source):
    total = 0
    for i, x in enumerate(source(), 1):
        total += i * x
    return total

def measured(source):
    total = 0
    for word in source():
        total += len(word) + ord(word[0]) + len(word.strip())
    return total
"""


@pytest.mark.parametrize(
    ("function", "path", "item", "iterator", "status"),
    [
        ("added", "body.1", "int", "iterator", "native"),
        ("added", "body.1", "int", "object", "rejected"),
        ("counted", "body.1.iter", "int", "iterator", "native"),
        ("counted", "body.1.iter", "int", "object", "rejected"),
        ("measured", "body.1", "str", "object", "native"),
    ],
)
def test_that_a_loop_pays_depends_on_how_its_iterator_is_asked(
    function: str, path: str, item: str, iterator: str, status: str
) -> None:
    seen = {
        function: ["object"],
        f"result {function} {path}/iter": [iterator],
        f"result {function} body.1/next": [item],
        f"result {function} body.1.iter/value": ["object"],
        f"result {function} body.1.iter.args.0/value": ["object"],
    }
    made = compilation(SOURCE, signatures=seen)
    verdict = next(verdict for verdict in made.analyse() if verdict.source.qualname == function)
    assert verdict.status == status
