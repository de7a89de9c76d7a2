"""What is known at the head of each block on all the ways that lead there: forward, and the intersection where ways meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pyvorin.compiler.hir.ir import Block, Function, Target

T = TypeVar("T")


def at_heads(
    fn: Function,
    order: list[Block],
    walk: Callable[[Block, set[T]], None],
    passed: Callable[[set[T], Target], frozenset[T]],
) -> dict[Block, frozenset[T]]:
    """What is known at the head of each block of *order*, the reverse postorder; nothing is at that of the function.

    walk: turns what is known at a block's head into what is known at its end.  passed: what of that is known behind the edge, in
    terms of the successor's parameters.
    """
    heads: dict[Block, frozenset[T]] = {fn.entry: frozenset()}
    moved = True
    while moved:
        moved = False
        for block in order:
            known = set(heads[block])
            walk(block, known)
            for target in block.targets:
                new = passed(known, target)
                old = heads.get(target.block)
                if old is not None:
                    new &= old
                if new != old:
                    heads[target.block], moved = new, True
    return heads
