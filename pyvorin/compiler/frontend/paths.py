"""Where a node is in a tree."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from pyvorin.compiler.hir.points import Path

KEPT = 16
"""Of how many trees it is known where their nodes are: few functions are worked on at a time."""


def path_between(statement: ast.AST, node: ast.AST) -> Path:
    """How to come from the statement to the node; nothing if the node is not in it.

    A node that is in the tree several times, as its contexts are, is where it comes first.
    """
    if statement is node:
        return ()
    known = _paths(statement).get(id(node))
    if known is not None and _at(statement, known) is node:
        return known
    # The tree has been changed since.
    _paths.cache_clear()
    return _paths(statement).get(id(node), ())


@lru_cache(KEPT)
def _paths(tree: ast.AST) -> dict[int, Path]:
    """The path of each node, by identity; of those that have gone there is nothing left but the number."""
    found: dict[int, Path] = {}
    waiting: list[tuple[ast.AST, Path]] = [(tree, ())]
    while waiting:
        parent, path = waiting.pop()
        if id(parent) in found:
            continue
        found[id(parent)] = path
        below: list[tuple[ast.AST, Path]] = []
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST):
                below.append((value, (*path, name)))
            elif isinstance(value, list):
                below += [(child, (*path, name, at)) for at, child in enumerate(value) if isinstance(child, ast.AST)]
        waiting += reversed(below)
    return found


def _at(tree: ast.AST, path: Path) -> object:
    """What is there now; None if the path leads nowhere."""
    place: Any = tree
    for step in path:
        if isinstance(step, str):
            place = getattr(place, step, None)
        elif isinstance(place, list) and step < len(place):
            place = place[step]
        else:
            return None
    return place
