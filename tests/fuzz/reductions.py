"""Smaller programs: everything that one step of the shrinker may try.

In: the source of a program and its calls, of which the last one fails.  Out: candidates, each smaller by one deletion or
replacement.  Nothing here knows whether a candidate still fails; candidates may even be nonsense, which is found out by
running them.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Iterator

Candidate = tuple[str, tuple[str, ...]]
"""Source of the program (without the header) and the texts of the calls, in order."""


def size(candidate: Candidate) -> tuple[int, int]:
    """What every step must reduce: syntax nodes first, then characters."""
    source, calls = candidate
    nodes = sum(1 for text in (source, *calls) for _ in ast.walk(ast.parse(text)))
    return nodes, len(source) + sum(map(len, calls))


def candidates(candidate: Candidate) -> Iterator[Candidate]:
    """All candidates one step smaller, those that remove most first."""
    source, calls = candidate
    tree = ast.parse(source)
    smaller: list[Candidate] = [(source, calls[-1:]), (source, calls[len(calls) // 2 :])]
    smaller += [(source, (*calls[:index], *calls[index + 1 :])) for index in range(len(calls) - 1)]
    smaller += [(text, calls) for text in _without_statements(tree)]
    smaller += _without_parameters(tree, calls)
    smaller += [(text, calls) for text in _without_annotations(tree)]
    smaller += [(text, calls) for text in _simpler_expressions(tree)]
    for index, call in enumerate(calls):
        for text in _simpler_expressions(ast.parse(call), arguments_only=True):
            smaller.append((source, (*calls[:index], text, *calls[index + 1 :])))
    limit = size(candidate)
    sized = [(size(option), option) for option in dict.fromkeys(smaller) if _compiles(option)]
    for measure, option in sorted(sized, key=lambda pair: pair[0]):
        if measure < limit:
            yield option


def _compiles(candidate: Candidate) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # candidates index constants and call numbers
        try:
            compile(candidate[0], "<candidate>", "exec")
            for call in candidate[1]:
                compile(call, "<candidate>", "eval")
        except (SyntaxError, ValueError):
            return False
    return True


class _Edit:
    """A copy of a tree in which the node at a place (its rank in `ast.walk`) can be changed."""

    def __init__(self, tree: ast.Module, rank: int) -> None:
        self.tree = copy.deepcopy(tree)
        self.node = list(ast.walk(self.tree))[rank]

    def text(self) -> str:
        return ast.unparse(ast.fix_missing_locations(self.tree))


def _without_statements(tree: ast.Module) -> Iterator[str]:
    """Each statement deleted, and each compound statement replaced by one of its blocks."""
    for rank, node in enumerate(ast.walk(tree)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for index, statement in enumerate(block):
                replacements: list[list[ast.stmt]] = [[]]
                if isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.With)):
                    replacements += [statement.body, getattr(statement, "orelse", [])]
                for replacement in replacements:
                    edit = _Edit(tree, rank)
                    kept = getattr(edit.node, field)
                    kept[index : index + 1] = replacement
                    if not kept and field == "body" and not isinstance(node, ast.Module):
                        kept.append(ast.Pass())
                    yield edit.text()


def _without_parameters(tree: ast.Module, calls: tuple[str, ...]) -> Iterator[Candidate]:
    """The function of the last call without one of its parameters, with the calls adapted."""
    trees = [ast.parse(call) for call in calls]
    target = _call_of(trees[-1])
    if target.keywords:
        return
    for rank, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef) and isinstance(target.func, ast.Name) and node.name == target.func.id:
            for index in range(len(node.args.args)):
                edit = _Edit(tree, rank)
                arguments = edit.node.args  # type: ignore[attr-defined]
                required = len(arguments.args) - len(arguments.defaults)
                del arguments.args[index]
                if index >= required:
                    del arguments.defaults[index - required]
                changed = copy.deepcopy(trees)
                for call in map(_call_of, changed):
                    if isinstance(call.func, ast.Name) and call.func.id == node.name:
                        del call.args[index : index + 1]
                yield edit.text(), tuple(map(ast.unparse, changed))


def _without_annotations(tree: ast.Module) -> Iterator[str]:
    for rank, node in enumerate(ast.walk(tree)):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None and not isinstance(node, ast.AnnAssign):
                edit = _Edit(tree, rank)
                setattr(edit.node, field, None)
                yield edit.text()


def _simpler_expressions(tree: ast.Module, arguments_only: bool = False) -> Iterator[str]:
    """Each expression replaced by one of its operands or by a constant, and each element of a display left out."""
    for rank, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            continue
        for field, value in ast.iter_fields(node):
            if field in ("target", "targets", "func", "annotation", "ctx") or (
                arguments_only and isinstance(node, ast.Module)
            ):
                continue
            if isinstance(value, ast.expr):
                if arguments_only and isinstance(node, ast.Expr):
                    continue
                for replacement in _replacements(value):
                    edit = _Edit(tree, rank)
                    setattr(edit.node, field, copy.deepcopy(replacement))
                    yield edit.text()
            elif isinstance(value, list) and value and all(isinstance(item, ast.expr) for item in value):
                for index, item in enumerate(value):
                    if isinstance(node, (ast.List, ast.Tuple, ast.Call, ast.BoolOp)) and len(value) > 1:
                        edit = _Edit(tree, rank)
                        del getattr(edit.node, field)[index]
                        yield edit.text()
                    for replacement in _replacements(item):
                        edit = _Edit(tree, rank)
                        getattr(edit.node, field)[index] = copy.deepcopy(replacement)
                        yield edit.text()


def _replacements(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
    if not isinstance(node, (ast.Constant, ast.Name)):
        for constant in (0, 1, 0.5, True, None, "a"):
            yield ast.Constant(constant)
        yield ast.List([], ast.Load())
    elif isinstance(node, ast.Constant) and node.value not in (0, 1, "a", None):
        yield ast.Constant(0)
        yield ast.Constant(1)


def _call_of(tree: ast.Module) -> ast.Call:
    statement = tree.body[0]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    return statement.value
