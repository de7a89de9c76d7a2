"""Functions that are handed over to a builtin, applied in place: `key=lambda p: p[1]`, `map(f, xs)`, `key=itemgetter(1)`.

A lambda is never made: its body is an expression over a variable of its own, like that of a comprehension.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.library import library_path
from pyvorin.compiler.hir.ir import Value


def can_apply(ctx: Context, node: ast.expr) -> bool:
    """Whether `applied` knows the function: a lambda of one parameter, a function that is named and no variable, or what
    `operator.itemgetter` and `attrgetter` make of constants.
    """
    if isinstance(node, ast.Name):
        return ctx.variable(node.id) is None
    if isinstance(node, ast.Call):
        return is_getter(ctx, node)
    if isinstance(node, ast.Attribute):
        return library_path(ctx, node) is not None or _is_method(ctx, node)
    if not isinstance(node, ast.Lambda):
        return False
    found = node.args
    plain = not (found.vararg or found.kwarg or found.kwonlyargs or found.defaults)
    inner = (ast.NamedExpr, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await)
    return (
        plain
        and len(found.posonlyargs + found.args) == 1
        and not any(isinstance(n, inner) for n in ast.walk(node.body))
    )


def _is_method(ctx: Context, node: ast.Attribute) -> bool:
    """A method of a variable (`d.get`), which is the same for each item, or one of str (`str.lower`)."""
    if not isinstance(node.value, ast.Name) or ctx.module.has_method(ctx.mangled(node.attr)):
        return False
    if node.value.id == "str" and node.attr in STR_METHODS:
        return ctx.builtin("str")
    return ctx.variable(node.value.id) is not None and node.attr in BOUND_METHODS


def _owner(node: ast.Attribute) -> str:
    return node.value.id if isinstance(node.value, ast.Name) else ""


STR_METHODS = frozenset(
    {"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "capitalize", "split", "swapcase"}
)
BOUND_METHODS = frozenset({"get", "index", "count", "find", "startswith", "endswith"})
"""Methods of builtin types that change nothing."""
EXACT_STR = ".str"
"""The name of a function that gives the str that it is given: no program can spell it."""


def is_getter(ctx: Context, node: ast.Call) -> bool:
    """Whether it makes a getter of `operator` of constants."""
    module, _, name = (library_path(ctx, node.func) or "").rpartition(".")
    if module != "operator" or name not in GETTERS or node.keywords or not node.args:
        return False
    if not all(map(GETTERS[name], node.args)):
        return False
    ctx.uses.attributes.add((module, name))
    return True


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant))


def _is_path(node: ast.expr) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and all(part.isidentifier() and part[:2] != "__" for part in text.split("."))


GETTERS = {"itemgetter": _is_constant, "attrgetter": _is_path}
"""The functions of `operator` whose results are applied in place, and what their arguments have to be."""


def _got(ctx: Context, getter: ast.Call, argument: str) -> ast.expr:
    """What a getter gives for the variable, as an expression."""
    found: list[ast.expr] = []
    for wanted in getter.args:
        value: ast.expr = ast.Name(argument, ast.Load())
        if library_path(ctx, getter.func) == "operator.attrgetter":
            assert isinstance(wanted, ast.Constant)
            assert isinstance(wanted.value, str)
            for part in wanted.value.split("."):
                value = ast.Attribute(value, part, ast.Load())
        else:
            value = ast.Subscript(value, wanted, ast.Load())
        found.append(value)
    return found[0] if len(found) == 1 else ast.Tuple(found, ast.Load())


def parameter(node: ast.Lambda) -> str:
    return (node.args.posonlyargs + node.args.args)[0].arg


def call_of(ctx: Context, node: ast.expr, argument: str) -> ast.expr:
    """What the function gives for the variable, as an expression in which that is bound."""
    if isinstance(node, ast.Lambda):
        return node.body
    made: ast.expr
    item: ast.expr = ast.Name(argument, ast.Load())
    if isinstance(node, ast.Call):
        made = _got(ctx, node, argument)
    elif isinstance(node, ast.Attribute) and _is_method(ctx, node) and ctx.variable(_owner(node)) is None:
        item = ast.Call(ast.Name(EXACT_STR, ast.Load()), [item], [])
        made = ast.Call(ast.Attribute(item, node.attr, ast.Load()), [], [])
    else:
        made = ast.Call(node, [item], [])
    ast.copy_location(made, node)
    for inner in ast.walk(made):
        if isinstance(inner, ast.expr) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, node)
    return made


def variable_of(node: ast.expr) -> str:
    """The name that `call_of` wants to be bound to the item."""
    return parameter(node) if isinstance(node, ast.Lambda) else MAPPED


MAPPED = ".mapped"
"""The item that a named function is applied to: no program can spell it."""


def applied(ctx: Context, node: ast.expr, item: Value) -> Value:
    """What the function gives for the item."""
    name = variable_of(node)
    variable = ctx.b.temp(name.lstrip("."))
    ctx.b.store(variable, item)
    ctx.renamed.append({name: variable})
    value = ctx.expr(call_of(ctx, node, name))
    ctx.renamed.pop()
    return value


def parameters(ctx: Context, function: ast.expr, count: int) -> tuple[str, ...]:
    """The names to which a function's arguments are bound for `called_with`.

    Raises:
        Reject: it is neither a lambda of so many parameters nor named.
    """
    named = isinstance(function, ast.Name) and ctx.variable(function.id) is None
    if named or (isinstance(function, ast.Attribute) and library_path(ctx, function) is not None):
        return tuple(f"{MAPPED}.{number}" for number in range(count))
    found = function.args if isinstance(function, ast.Lambda) else None
    names = [] if found is None else [a.arg for a in found.posonlyargs + found.args]
    inner = (ast.NamedExpr, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await)
    if found is None or len(names) != count or found.vararg or found.kwarg or found.kwonlyargs or found.defaults:
        raise ctx.unsupported(function, f"a function that is neither a lambda of {count} parameters nor named")
    assert isinstance(function, ast.Lambda)
    if any(isinstance(part, inner) for part in ast.walk(function.body)):
        raise ctx.unsupported(function, "a lambda that binds names")
    return tuple(names)


def called_with(function: ast.expr, names: tuple[str, ...]) -> ast.expr:
    """What the function gives for its arguments, as an expression in which these names are bound to them."""
    if isinstance(function, ast.Lambda):
        return function.body
    made = ast.Call(function, [ast.Name(name, ast.Load()) for name in names], [])
    for part in (made, *made.args):
        ast.copy_location(part, function)
    return made


def applied_to(ctx: Context, function: ast.expr, names: tuple[str, ...], variables: list[str]) -> Value:
    """What the function with these `parameters` gives for what the variables hold."""
    ctx.renamed.append(dict(zip(names, variables)))
    value = ctx.expr(called_with(function, names))
    ctx.renamed.pop()
    return value
