"""What a module's source says of its global names: the facts.

A fact is something that the compiler may rely on because the source binds the name exactly once, at module level, and no
function rebinds it: a literal constant, a function, a class, an imported module or an attribute of one.  Native code checks every
fact that it used when it is entered (`lower/entry.py`); the host checks them when it binds (`host`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from pyvorin.compiler.frontend import named

UNKNOWN = "unknown"
BUILTINS = "builtins."
"""In front of a builtin's name, in the detail of a global that is bound to one: ``xrange = range``."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a global is: `kind` literal | function | class | module | attribute | unknown; `detail` as in the manifest."""

    kind: str
    detail: str = ""
    value: object = None


Absolute = Callable[[ast.ImportFrom], str]
"""Gives the full name of the module that the statement imports from; empty if that cannot be told."""


def facts_of(binder: Binder, functions: Container[str], absolute: Absolute) -> dict[str, Fact]:
    """The facts about all names that the module binds."""
    facts: dict[str, Fact] = {name: Fact(UNKNOWN) for name in binder.rebound}
    for name, bindings in binder.bound.items():
        bindings = [node for node in bindings if not _names_nothing(node, binder)]
        if not bindings and name not in binder.rebound:
            continue
        if (len(bindings) != 1 and not all(map(_is_of_package, bindings))) or name in binder.rebound:
            facts[name] = Fact(UNKNOWN)
            continue
        facts[name] = _fact_of(name, bindings[0], facts, functions, absolute)
    return facts


def _is_of_package(node: ast.AST | None) -> bool:
    """Whether it is ``import a``, or ``import a.b``: any number of them bind the same module."""
    return isinstance(node, ast.alias) and not node.asname


def _names_nothing(node: ast.AST | None, binder: Binder) -> bool:
    """Whether a value is a name that is not bound to anything, so that binding it to another one only raises NameError."""
    if not isinstance(node, ast.Name) or "*" in binder.bound:
        return False
    return node.id not in binder.bound and node.id not in binder.rebound and not hasattr(builtins, node.id)


def _fact_of(
    name: str, node: ast.AST | None, facts: dict[str, Fact], functions: Container[str], absolute: Absolute
) -> Fact:
    if isinstance(node, ast.FunctionDef):
        # A decorated function's global is what the decorators returned.
        return Fact("function", name) if not node.decorator_list and name in functions else Fact(UNKNOWN)
    if isinstance(node, (ast.ClassDef, ast.Call)):
        record = _record_of(name, node, facts)
        if record is not None:
            return Fact("named", " ".join(record.fields), record)
        return Fact("class", name) if isinstance(node, ast.ClassDef) else Fact(UNKNOWN)
    if isinstance(node, ast.alias):
        return Fact("module", node.name if node.asname else node.name.partition(".")[0])
    if isinstance(node, ast.ImportFrom):
        origin = next(a.name for a in node.names if (a.asname or a.name) == name)
        module = absolute(node)
        return Fact("attribute", f"{module}.{origin}") if module else Fact(UNKNOWN)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        of = facts.get(node.value.id)
        return (
            Fact("attribute", f"{of.detail}.{node.attr}") if of is not None and of.kind == "module" else Fact(UNKNOWN)
        )
    if isinstance(node, ast.Name) and node.id not in facts and hasattr(builtins, node.id):
        return Fact("attribute", BUILTINS + node.id)
    if isinstance(node, ast.expr):
        known, value = fold(node, facts)
        if known:
            return Fact("literal", repr(value), value)
    return Fact(UNKNOWN)


def _record_of(name: str, node: ast.Call | ast.ClassDef, facts: dict[str, Fact]) -> named.Record | None:
    """The class of named tuples that is made under this name; None if it is none."""

    def known(value: ast.expr) -> tuple[bool, Any]:
        return fold(value, facts)

    if isinstance(node, ast.ClassDef):
        is_one = [origin_of(base, facts) for base in node.bases] == [named.BASE]
        return named.of_class(node, known) if is_one else None
    return named.of_call(name, node, known) if origin_of(node.func, facts) == named.MADE_BY else None


def origin_of(node: ast.expr, facts: dict[str, Fact]) -> str:
    """The attribute of an imported module that the expression stands for; empty if it is none."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        fact = facts.get(node.value.id)
        return f"{fact.detail}.{node.attr}" if fact is not None and fact.kind == "module" else ""
    fact = facts.get(node.id) if isinstance(node, ast.Name) else None
    return fact.detail if fact is not None and fact.kind == "attribute" else ""


_UNARY: dict[type[ast.unaryop], Callable[[Any], object]] = {
    ast.USub: lambda a: -a,
    ast.UAdd: lambda a: +a,
    ast.Invert: lambda a: ~a,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}


def fold(node: ast.expr, facts: dict[str, Fact]) -> tuple[bool, object]:
    """(True, value) when the expression is a constant of immutable builtin type, computed as CPython would."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bytes, bool, type(None))):
        return True, node.value
    if isinstance(node, ast.Name):
        fact = facts.get(node.id)
        if fact is not None and fact.kind == "literal":
            return True, fact.value
    if isinstance(node, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in node.elts):
        parts = [fold(e, facts) for e in node.elts]
        return all(known for known, _ in parts), tuple(value for _, value in parts)
    operands: list[ast.expr] = []
    operate: Callable[..., object]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        operands, operate = [node.operand], _UNARY[type(node.op)]
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        operands, operate = [node.left, node.right], _BINARY[type(node.op)]
    if operands:
        folded = [fold(operand, facts) for operand in operands]
        if all(known and isinstance(value, (int, float)) for known, value in folded):
            try:
                return True, operate(*(value for _, value in folded))
            except (ArithmeticError, ValueError):
                return False, None
    return False, None


class Binder(ast.NodeVisitor):
    """Every binding of a global name: at module level in `bound`, by a function's `global` or a `del` in `rebound`."""

    def __init__(self) -> None:
        self.bound: dict[str, list[ast.AST | None]] = {}
        self.rebound: set[str] = set()
        self._conditional = 0

    def bind(self, name: str, node: ast.AST | None) -> None:
        self.bound.setdefault(name, []).append(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bind(node.name, node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                self.rebound.update(inner.names)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bind(node.name, node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                self.rebound.update(inner.names)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, node.value)
            else:
                self.visit(target)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self.bind(node.target.id, node.value)
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self.bind(node.id, None)
            if isinstance(node.ctx, ast.Del):
                self.rebound.add(node.id)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name.split(".")[0], alias)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name, node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name, None)
        self.generic_visit(node)

    def _comprehension(self, node: ast.AST) -> None:
        return

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
