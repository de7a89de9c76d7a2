"""Where a node is in a tree."""

from __future__ import annotations

import ast

from pyvorin.compiler.hir.points import Path


def path_between(statement: ast.AST, node: ast.AST) -> Path:
    """How to come from the statement to the node."""
    if statement is node:
        return ()
    for name, value in ast.iter_fields(statement):
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if isinstance(child, ast.AST):
                found = () if child is node else path_between(child, node)
                if found or child is node:
                    return (name, *(() if index is None else (index,)), *found)
    return ()
