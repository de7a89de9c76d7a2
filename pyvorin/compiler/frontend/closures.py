"""Functions inside functions that are only called: each is lifted to one that takes the variables it captures as arguments.

    def outer(xs):                                  outer.<locals>.visit(seen, xs, i):
        seen = set()                                    …
        def visit(i):               =>                      outer.<locals>.visit(seen, xs, xs[i])
            … seen, xs … visit(xs[i])
        visit(0)                                    outer(xs): …  outer.<locals>.visit(seen, xs, 0)

T. Johnsson, "Lambda lifting: transforming programs to recursive equations" (1985).  A captured variable is read when the
call begins.  What a function changes of its outer function's (`nonlocal`), or another one that it calls, it gives back behind its
result, and the caller stores it.  The function object is never made, so no continuation could be given one: a function with
such functions has no snapshots.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pyvorin.compiler.frontend.eligibility import BY_FRAME, is_generator, own_nodes
from pyvorin.compiler.frontend.facts import fold
from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.compiler.frontend.scope import local_names

REFUSED = (ast.Global, ast.Try, ast.With, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""What keeps an inner function from being lifted where it stands in it."""
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(slots=True, eq=False)
class Lifted:
    """An inner function; `free` are the variables that it captures, which come first among its parameters, and `changed` those
    of them that it may assign."""

    name: str
    node: ast.FunctionDef | ast.Lambda
    free: list[str]
    changed: list[str]
    source: FunctionSource


def find(outer: FunctionSource) -> dict[str, Lifted]:
    """The inner functions of a function that can be lifted, by name."""
    node = outer.node
    candidates = dict(_candidates(node))
    if not candidates:
        return {}
    called = {call.func for call in ast.walk(node) if isinstance(call, ast.Call)}
    for name in {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in candidates and not _is_use(n, called)
    }:
        del candidates[name]
    names = local_names(node)
    free = {name: _free(inner) & names for name, inner in candidates.items()}
    changed = {name: _declared(inner) & names for name, inner in candidates.items()}
    for _ in candidates:
        for name, found in free.items():
            called_here = found & candidates.keys()
            free[name] = found.union(*(free[other] for other in called_here))
            changed[name] = changed[name].union(*(changed[other] for other in called_here))
    if any(found & candidates.keys() for found in changed.values()):
        return {}
    # Among them are the names of inner functions that it calls: whether these are bound yet is seen there.
    lifted: dict[str, Lifted] = {}
    for name, inner in candidates.items():
        captured, given = sorted(free[name] | changed[name]), sorted(changed[name])
        source = _source(outer, name, inner, captured, given, lifted)
        lifted[name] = Lifted(name, inner, captured, given, source)
    return lifted


def _is_use(name: ast.Name, called: set[ast.expr]) -> bool:
    """Whether the name stands where the function is called, or where it is bound to a lambda."""
    return name in called or isinstance(name.ctx, ast.Store)


def _candidates(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.FunctionDef | ast.Lambda]]:
    """The inner functions that are bound to a name of their own, once and for all."""
    bound: dict[str, list[ast.FunctionDef | ast.Lambda | None]] = {}
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            bound.setdefault(argument.arg, []).append(None)
    lambdas: dict[ast.expr, ast.Lambda] = {}
    for inner in own_nodes(node):
        if isinstance(inner, ast.FunctionDef):
            bound.setdefault(inner.name, []).append(inner)
        elif isinstance(inner, (ast.ClassDef, ast.AsyncFunctionDef)):
            bound.setdefault(inner.name, []).append(None)
        elif isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Lambda) and len(inner.targets) == 1:
            lambdas[inner.targets[0]] = inner.value
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            bound.setdefault(inner.id, []).append(lambdas.get(inner))
        elif isinstance(inner, (ast.Global, ast.Nonlocal)):
            for name in inner.names:
                bound.setdefault(name, []).append(None)
    # What binds in another way (an import, a handler's name, a pattern) is no name of a function that is bound once.
    others = {name for inner in ast.walk(node) for name in _bound_otherwise(inner)}
    for name, places in bound.items():
        found = places[0]
        if len(places) == 1 and found is not None and name not in others and _is_simple(found):
            yield name, found


def _bound_otherwise(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) or type(node).__name__ in ("MatchAs", "MatchStar"):
        return [node.name] if node.name else []  # type: ignore[attr-defined]
    return [node.rest] if type(node).__name__ == "MatchMapping" and node.rest else []  # type: ignore[attr-defined]


def _is_simple(node: ast.FunctionDef | ast.Lambda) -> bool:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return False
    if not all(fold(default, {})[0] for default in arguments.defaults):
        return False
    if isinstance(node, ast.FunctionDef):
        annotations = [node.returns, *(a.annotation for a in arguments.posonlyargs + arguments.args)]
        if node.decorator_list or is_generator(node) or not all(map(_is_plain_annotation, annotations)):
            return False
    parts = node.body if isinstance(node.body, list) else [node.body]
    for inner in (inner for part in parts for inner in ast.walk(part)):
        if isinstance(inner, (*REFUSED, ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)):
            return False
        if isinstance(inner, ast.Name) and inner.id in BY_FRAME:
            return False
    return True


def _is_plain_annotation(node: ast.expr | None) -> bool:
    """Whether evaluating it, when `def` runs, does nothing and cannot fail."""
    return node is None or isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in PLAIN)


PLAIN = frozenset({"int", "float", "bool", "str", "bytes", "list", "dict", "set", "tuple", "object"})


def _free(node: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that the function reads and does not bind."""
    if isinstance(node, ast.FunctionDef):
        own = local_names(node)
        return set().union(*(_read(part, frozenset(own)) for part in node.body))
    return _read(node.body, frozenset(a.arg for a in node.args.posonlyargs + node.args.args))


def _read(node: ast.AST, bound: frozenset[str]) -> set[str]:
    if isinstance(node, ast.Name):
        return set() if node.id in bound else {node.id}
    if isinstance(node, COMPREHENSIONS):
        first = node.generators[0]
        targets = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        inside = bound | targets
        parts = [child for child in ast.iter_child_nodes(node) if child is not first]
        parts += [first.target, *first.ifs]
        return _read(first.iter, bound).union(*(_read(part, inside) for part in parts))
    return set().union(*(_read(child, bound) for child in ast.iter_child_nodes(node)))


def _declared(node: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that the function says are its outer function's."""
    return {name for inner in ast.walk(node) if isinstance(inner, ast.Nonlocal) for name in inner.names}


def _source(
    outer: FunctionSource,
    name: str,
    node: ast.FunctionDef | ast.Lambda,
    free: list[str],
    changed: list[str],
    nested: dict[str, Lifted],
) -> FunctionSource:
    """The function with the captured variables as its first parameters."""
    arguments = node.args
    own = [ast.arg(a.arg) for a in arguments.posonlyargs + arguments.args]
    captured = [ast.arg(variable) for variable in free]
    count = len(arguments.posonlyargs)
    parameters = ast.arguments(
        posonlyargs=[*captured, *own[:count]],
        args=own[count:],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=arguments.defaults,
    )
    body = node.body
    if not isinstance(body, list):
        body = [ast.copy_location(ast.Return(body), body)]
    made = ast.FunctionDef(name=name, args=parameters, body=body, decorator_list=[])
    for inner in (made, *parameters.posonlyargs, *parameters.args):
        ast.copy_location(inner, node)
    return FunctionSource(f"{outer.qualname}.<locals>.{name}", made, outer.in_class, nested, tuple(changed))
