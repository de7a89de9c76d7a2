"""What is known of an int: an interval, and other values that it is not above or not below.

for i in range(len(a)):         i: 0 .. 2**60 - 1, and i <= Length(a) - 1
    j = i + 1                   j: 1 .. 2**60, and j <= Length(a)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyvorin.compiler.passes.analysis.roots import Root

LEAST, GREATEST = -(2**63), 2**63 - 1
MOST_ITEMS = 2**60
"""More items than any buffer or container has: an address space has 2**47 bytes."""
FAR = 2**62
"""Distances to other values are kept up to here, so that sums of a few of them stay exact and meaningful."""

Bounds = dict[Root, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """low <= value <= high; value <= root + distance for each of `above`; value >= root + distance for each of `below`."""

    low: int = LEAST
    high: int = GREATEST
    above: Bounds = field(default_factory=dict)
    below: Bounds = field(default_factory=dict)

    def shifted(self, least: int, most: int) -> Fact:
        """Of value + d for a d from *least* to *most*, computed without overflow."""
        above = {root: at + most for root, at in self.above.items() if abs(at + most) < FAR}
        below = {root: at + least for root, at in self.below.items() if abs(at + least) < FAR}
        return Fact(max(LEAST, self.low + least), min(GREATEST, self.high + most), above, below)

    def at_most(self, root: Root, distance: int) -> Fact:
        """Of a value that is also known to be <= root + distance."""
        if abs(distance) >= FAR:
            return self
        if self.above.get(root, FAR) <= distance:
            return self
        return Fact(self.low, self.high, {**self.above, root: distance}, self.below)

    def at_least(self, root: Root, distance: int) -> Fact:
        if abs(distance) >= FAR:
            return self
        if self.below.get(root, -FAR) >= distance:
            return self
        return Fact(self.low, self.high, self.above, {**self.below, root: distance})

    def only_above(self) -> Fact:
        """What is known of every value that is not above this one."""
        return Fact(LEAST, self.high, self.above)

    def only_below(self) -> Fact:
        """What is known of every value that is not below this one."""
        return Fact(self.low, GREATEST, {}, self.below)

    def both(self, other: Fact) -> Fact:
        """What holds when both facts are about the same value."""
        if other is ANY or other is self:
            return self
        if self is ANY:
            return other
        return Fact(
            max(self.low, other.low),
            min(self.high, other.high),
            _merge(self.above, other.above, min),
            _merge(self.below, other.below, max),
        )

    def either(self, other: Fact) -> Fact:
        """What holds when one of the two facts does, and nobody knows which."""
        if other is self:
            return self
        return Fact(
            min(self.low, other.low),
            max(self.high, other.high),
            _common(self.above, other.above, max),
            _common(self.below, other.below, min),
        )

    def widened(self, old: Fact) -> Fact:
        """This fact with all that has moved since *old* given up, so that repetition ends."""
        return Fact(
            self.low if self.low >= old.low else LEAST,
            self.high if self.high <= old.high else GREATEST,
            {root: at for root, at in self.above.items() if at <= old.above.get(root, -FAR)},
            {root: at for root, at in self.below.items() if at >= old.below.get(root, FAR)},
        )


ANY = Fact()


def exactly(value: int) -> Fact:
    return Fact(value, value)


def between(low: int, high: int) -> Fact:
    return Fact(low, high)


def _common(a: Bounds, b: Bounds, weaker: Callable[[int, int], int]) -> Bounds:
    if not a or a is b:
        return a
    return {root: weaker(at, b[root]) for root, at in a.items() if root in b}


def _merge(a: Bounds, b: Bounds, better: Callable[[int, int], int]) -> Bounds:
    if not b or a is b:
        return a
    if not a:
        return b
    merged = dict(a)
    for root, at in b.items():
        merged[root] = better(merged[root], at) if root in merged else at
    return merged
