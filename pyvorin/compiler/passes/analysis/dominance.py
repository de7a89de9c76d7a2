"""Dominators: the blocks that control has passed through whenever it is in a block."""

from __future__ import annotations

from pyvorin.compiler.hir.ir import Block, Function


def dominators(fn: Function) -> dict[Block, list[Block]]:
    """For each block its strict dominators, nearest first (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm")."""
    order = reverse_postorder(fn)
    number = {block: index for index, block in enumerate(order)}
    predecessors: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        for target in block.targets:
            predecessors[target.block].append(block)
    nearest: dict[Block, Block] = {fn.entry: fn.entry}
    moved = True
    while moved:
        moved = False
        for block in order[1:]:
            known = [pred for pred in predecessors[block] if pred in nearest]
            common = known[0]
            for pred in known[1:]:
                common = _common(common, pred, nearest, number)
            if nearest.get(block) is not common:
                nearest[block] = common
                moved = True
    return {block: _chain(block, nearest, fn.entry) for block in order}


def _common(a: Block, b: Block, nearest: dict[Block, Block], number: dict[Block, int]) -> Block:
    while a is not b:
        while number[a] > number[b]:
            a = nearest[a]
        while number[b] > number[a]:
            b = nearest[b]
    return a


def _chain(block: Block, nearest: dict[Block, Block], entry: Block) -> list[Block]:
    chain = []
    while block is not entry:
        block = nearest[block]
        chain.append(block)
    return chain


def reverse_postorder(fn: Function) -> list[Block]:
    """The blocks that can be reached, each before its successors but for those that loops go back to."""
    order: list[Block] = []
    seen = {fn.entry}
    stack = [(fn.entry, iter(fn.entry.targets))]
    while stack:
        block, targets = stack[-1]
        for target in targets:
            if target.block not in seen:
                seen.add(target.block)
                stack.append((target.block, iter(target.block.targets)))
                break
        else:
            order.append(block)
            stack.pop()
    return order[::-1]
