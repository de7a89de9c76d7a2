"""Natural loops: a header, and the blocks from which it is reached again without leaving them."""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir.ir import Block, Function, Target
from pyvorin.compiler.passes.analysis.dominance import dominators


@dataclass(slots=True)
class Loop:
    """`entering`: the edges into the header from outside, each with its block."""

    header: Block
    blocks: set[Block]
    entering: list[tuple[Block, Target]]


def outermost_loops(fn: Function) -> list[Loop]:
    """The loops that are in no other loop."""
    above = dominators(fn)
    bodies = loop_bodies(above)
    loops = []
    for header, body in bodies.items():
        if not any(header in other for outer, other in bodies.items() if outer is not header):
            entering = [
                (block, target) for block in above for target in block.targets
                if target.block is header and block not in body
            ]  # fmt: skip
            loops.append(Loop(header, body, entering))
    return loops


def loop_bodies(above: dict[Block, list[Block]]) -> dict[Block, set[Block]]:
    """The blocks of each loop, those of loops inside it among them, by its header; *above*: the dominators of each block."""
    predecessors: dict[Block, list[Block]] = {block: [] for block in above}
    for block in above:
        for target in block.targets:
            predecessors[target.block].append(block)
    bodies: dict[Block, set[Block]] = {}
    for block in above:
        for target in block.targets:
            header = target.block
            if header is block or header in above[block]:
                body = bodies.setdefault(header, {header})
                work = [block]
                while work:
                    inner = work.pop()
                    if inner not in body:
                        body.add(inner)
                        work.extend(predecessors[inner])
    return bodies
