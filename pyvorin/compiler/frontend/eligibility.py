"""What is seen of a function before it is lowered: whether it can be compiled at all, and whether parts of it may be left to
CPython."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyvorin.compiler.frontend.captured import Scope, unsettled
from pyvorin.compiler.frontend.foreign import COMPILERS
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.scope import local_names
from pyvorin.core import reasons

if TYPE_CHECKING:
    from pyvorin.compiler.frontend.module import ModuleSource

NODE_LIMIT = 20_000
"""Functions of more ast nodes than this are left to CPython: compile time grows faster than what is gained."""

NESTING_LIMIT = 200
"""So that the handlers, which call each other some four deep for each level, stay within Python's recursion limit of 1000."""


BY_FRAME = frozenset({"locals", "vars", "dir", "eval", "exec", "super", "breakpoint"})
"""Builtins that see or change the variables of the function that calls them."""
CONSUMERS = frozenset(
    {"sum", "any", "all", "min", "max", "list", "tuple", "set", "frozenset", "dict", "sorted", "join"}
)
"""Functions and methods that are done with a generator when they return; so is `next`, which need not exhaust it."""
KEYED = frozenset({"sort", "sorted", "min", "max"})
"""Functions and methods that are done with their `key` when they return."""


def check(node: ast.FunctionDef | ast.AsyncFunctionDef, module: ModuleSource) -> None:
    """Refuse at once what can never be compiled in this form.

    A function with decorators is compiled as it is without them: native code takes its place inside whatever they make of it.

    Raises:
        Reject: with the reason.
    """
    if isinstance(node, ast.AsyncFunctionDef):
        raise Reject(reasons.ASYNC, node)
    for decorator in node.decorator_list:
        if _origin(decorator, module).partition(".")[0] in COMPILERS:
            raise Reject(reasons.DECORATED, node, decorator=ast.unparse(decorator))
    if is_generator(node):
        raise Reject(
            reasons.GENERATOR, next(inner for inner in own_nodes(node) if isinstance(inner, (ast.Yield, ast.YieldFrom)))
        )
    size = depth = 0
    level: list[ast.AST] = [node]
    while level:
        size, depth = size + len(level), depth + 1
        for inner in level:
            if isinstance(inner, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
                raise Reject(reasons.ASYNC, inner)
        level = [child for inner in level for child in ast.iter_child_nodes(inner)]
    if size > NODE_LIMIT:
        raise Reject(reasons.TOO_LARGE, node, size=size, unit="ast nodes", limit=NODE_LIMIT)
    if depth > NESTING_LIMIT:
        raise Reject(reasons.TOO_LARGE, node, size=depth, unit="levels of nesting", limit=NESTING_LIMIT)


def _origin(decorator: ast.expr, module: ModuleSource) -> str:
    """The name of the module, or of its attribute, that the decorator begins with; empty if it is none."""
    while isinstance(decorator, (ast.Call, ast.Attribute)):
        decorator = decorator.func if isinstance(decorator, ast.Call) else decorator.value
    fact = module.fact(decorator.id) if isinstance(decorator, ast.Name) else None
    return fact.detail if fact is not None and fact.kind in ("module", "attribute") else ""


def own_nodes(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of the function's body, those of functions and classes inside it left out."""
    work: list[ast.AST] = [*reversed(node.body)]
    while work:
        inner = work.pop()
        yield inner
        if not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            work.extend(reversed([*ast.iter_child_nodes(inner)]))


def _yields(node: ast.AST) -> bool:
    return isinstance(node, (ast.Yield, ast.YieldFrom))


def is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a call of the function makes a generator."""
    return isinstance(node, ast.FunctionDef) and any(map(_yields, own_nodes(node)))


def check_inlined(call: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Refuse a call whose function cannot be lowered in its place.

    Raises:
        Reject: UNSUPPORTED_CALL, at the call.
    """
    for inner in own_nodes(node):
        if isinstance(inner, (ast.Try, ast.With, ast.Nonlocal)) or type(inner).__name__ == "TryStar":
            what = (
                f"'{node.name}' (with '{type(inner).__name__.lower()}' at line {getattr(inner, 'lineno', node.lineno)})"
            )
            raise Reject(reasons.UNSUPPORTED_CALL, call, callee=what)


def check_detours(node: ast.FunctionDef | ast.AsyncFunctionDef, module: ModuleSource) -> None:
    """Refuse a function whose variables something else can see or change, once a statement of it has run in CPython.

    The continuation that executes such a statement has variables of its own.  Who has got hold of them would not see what native
    code does later; so nobody may, but of variables that do not change any more.

    Raises:
        Reject: DYNAMIC_SCOPE or CLOSURE.
    """
    names = local_names(node)
    passing = _passing(node, module)
    supers = {call.func for call in supers_of(node)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in BY_FRAME and inner.id not in names and inner not in supers:
            raise Reject(reasons.DYNAMIC_SCOPE, inner, name=f"{inner.id}()")
        if isinstance(inner, ast.Nonlocal):
            raise Reject(reasons.CLOSURE, inner, name=f"'{inner.names[0]}'")
        if isinstance(inner, Scope) and inner is not node and inner not in passing:
            changing = unsettled(node, inner)
            if changing:
                raise Reject(reasons.CLOSURE, inner, name=f"'{min(changing)}'")


def supers_of(node: ast.AST) -> list[ast.Call]:
    """The calls ``super()`` and ``super(C, self)`` of the function itself, which a continuation can make as well."""
    found, work = [], [*ast.iter_child_nodes(node)]
    while work:
        inner = work.pop()
        if isinstance(inner, (*Scope, ast.ListComp, ast.SetComp, ast.DictComp)):
            continue
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super":
            found += [inner] if len(inner.args) in (0, 2) and not inner.keywords else []
        work.extend(ast.iter_child_nodes(inner))
    return found


def _passing(node: ast.FunctionDef | ast.AsyncFunctionDef, module: ModuleSource) -> set[ast.AST]:
    """The generator expressions and lambdas that are dead when the call ends that they are an argument of."""
    names = local_names(node)
    found: set[ast.AST] = set()
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        func = call.func
        name = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
        if isinstance(func, ast.Name) and (name in names or not module.is_builtin(name)):
            continue
        items = call.args[:1] if (name in CONSUMERS and len(call.args) == 1) or name == "next" else []
        found.update(item for item in items if isinstance(item, ast.GeneratorExp))
        if name in KEYED:
            found.update(k.value for k in call.keywords if k.arg == "key" and isinstance(k.value, ast.Lambda))
    return found
