"""Outcalls: expressions, and steps of statements, that native code leaves to CPython without being left itself.

What has no native form, a call of an unknown function or an operation on objects of unknown types, is executed by a small Python
function that the host makes from the source (`host/continuation/outcalls.py`): its only statement is the expression, its
parameters are the local variables that this reads.  Its frame has the name, file and globals of the function that native code
executes, and the expression's line and columns, so whoever looks at frames sees what CPython shows.

The steps of a `for` over an unknown iterable, and of a `with`, call what is no expression of the source: they are functions of
the same kind (`kind`), whose one argument is the object in question.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pyvorin.compiler.hir.points import Path
from pyvorin.types.spec import OBJECT, Type

VALUE, ITEMS, ITER, NEXT, ENTER, LEAVE, BIND = "value", "items", "iter", "next", "enter", "leave", "bind"
"""Kinds of outcalls: the value of an expression; the same, to see the items of a comprehension that it is or that its call
consumes; `iter(it)` and `next(it, end)` of a `for` or a comprehension, whose path it has; `it()`, the bound `__enter__`, and
`it(None, None, None)`, the bound `__exit__`, of an item of a `with`; what an import or a definition has bound, a tuple if these
are several names."""
OPERAND = ".it"
"""The variable that the others read."""
OBSERVED = frozenset({VALUE, ITEMS, ITER, NEXT, ENTER})
"""Those whose results (or items) the host looks at, as native code does with them what their type allows; of an ITER, whether it
takes a call to ask it."""
GIVEN = "iter.given:"
"""The primitive for the item that a NEXT has given; its key follows (`infer/specialise.py`)."""
RESULT = "result "
"""In front of `Outcall.key` among what the host has seen (`frontend/seen.py`)."""


@dataclass(slots=True, eq=False)
class Outcall:
    """One of them.  It is what a `call` names, in place of an instance: a callee that may do anything.

    path: from the function's definition to the node.  names: the variables that it reads, which are the arguments.
    """

    function: str
    path: Path
    names: tuple[str, ...]
    line: int
    result: Type = OBJECT
    """What it is expected to give."""
    kind: str = VALUE
    items_of: Path = ()
    """Of ITEMS: from the expression to the first loop of the comprehension."""
    types: tuple[Type, ...] = field(init=False)
    callees: tuple[()] = ()
    has_effect: bool = True
    may_exit: bool = True
    """It never does, but what leaves in front of it begins it again."""
    may_resume: bool = True
    """It comes back from CPython, as a call does that CPython has finished."""

    def __post_init__(self) -> None:
        self.types = (OBJECT,) * len(self.names)

    @property
    def qualname(self) -> str:
        return f"{self.function}:{self.line}"

    def giving(self, ty: Type) -> Outcall:
        """The same, where it is expected to give this."""
        return self if ty == self.result else replace(self, result=ty)

    @property
    def key(self) -> str:
        """What the type of its results is known by."""
        if self.kind == ITEMS:
            return key_of(self.function, self.path + self.items_of, NEXT)
        return key_of(self.function, self.path, self.kind)


def key_of(function: str, path: Path, kind: str) -> str:
    """`Outcall.key` of one that may not have been made."""
    return f"{RESULT}{function} {'.'.join(map(str, path))}/{kind}"


Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef"
Import: TypeAlias = "ast.Import | ast.ImportFrom"


def bound_names(node: Definition | Import) -> list[str]:
    """The names that an import or a definition binds, in order."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.name]


def free_names(node: ast.AST) -> list[str]:
    """The names that the expression reads from the scope around it, in order of appearance."""
    found: dict[str, None] = {}
    _visit(node, frozenset(), found)
    return list(found)


def _visit(node: ast.AST, bound: frozenset[str], found: dict[str, None]) -> None:
    if isinstance(node, ast.Name):
        if node.id not in bound:
            found[node.id] = None
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        first = node.generators[0].iter
        _visit(first, bound, found)
        targets = {
            inner.id for made in node.generators for inner in ast.walk(made.target) if isinstance(inner, ast.Name)
        }
        for child in ast.iter_child_nodes(node):
            for part in [child] if not isinstance(child, ast.comprehension) else [*ast.iter_child_nodes(child)]:
                if part is not first:
                    _visit(part, bound | targets, found)
    elif isinstance(node, ast.Lambda):
        arguments = node.args
        for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)):
            _visit(default, bound, found)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        _visit(node.body, bound | {argument.arg for argument in every if argument is not None}, found)
    else:
        for child in ast.iter_child_nodes(node):
            _visit(child, bound, found)
