"""Comprehensions that have effects, which CPython evaluates as a whole."""

from __future__ import annotations

from tests.compiler.corpus import compilation

SOURCE = """
class Table:
    def __init__(self, n: int):
        self.count = 0

    def fits(self, at: int):
        self.count += 1
        return at % 3 != self.count % 2

def fitting(n: int, rounds: int):
    table = Table(n)
    total = 0
    for i in range(rounds):
        free = list(range(n))
        for at in [at for at in free if table.fits(at)]:
            total += at
    return total
"""


def test_a_comprehension_that_cannot_be_gone_on_with_keeps_nobody_from_being_native() -> None:
    made = compilation(SOURCE, signatures={"class Table": ["count=int"]})
    verdict = next(verdict for verdict in made.analyse() if verdict.source.qualname == "fitting")
    assert verdict.status == "native"
    assert verdict.group is not None
    left = [refusal.code for untyped in verdict.group.closure for refusal in untyped.outcalls.values()]
    assert "EFFECT_BEFORE_EXIT" in left
