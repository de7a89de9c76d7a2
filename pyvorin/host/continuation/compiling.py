"""A block of statements as the code of a continuation: an ordinary function with the identity of the original.

The function has one parameter, the state. It takes its locals from there, and goes on with the block:

    def name(.s):
        if 0: a = b = c = 0                 # all locals, in their order, so that the unbound ones are locals, too
        a = .s.pop(); c = .s.pop(); .s      # those that are bound
        <block>

It is compiled inside empty definitions of the scopes around it, for qualified names and the mangling of private ones.
"""

from __future__ import annotations

import _ast as ast
from types import CodeType

from pyvorin.host.continuation import syntax
from pyvorin.host.continuation.points import Function
from pyvorin.host.continuation.positions import VERSION
from pyvorin.host.continuation.quiet import quiet
from pyvorin.host.continuation.source import Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GENERIC: dict[str, Any] = {"type_params": []} if VERSION >= (3, 12) else {}


def compile_block(
    function: Function, parsed: Parsed, order: tuple[str, ...], bound: tuple[str, ...], block: list[Any]
) -> CodeType:
    """The code that executes `block`.

    order: the names of the original's variables as its code has them, mangled.  bound: the locals that the state has, in
    the order in which they are taken.
    """
    definition = parsed.definition
    body = [*_prologue(function, parsed, order, bound), *block]
    state = syntax.at(definition, ast.arg(arg=syntax.STATE, annotation=None, type_comment=None))
    arguments = syntax.unbound_arguments()
    arguments.args.append(state)
    return compile_definition(function, definition, arguments, body)


def compile_definition(
    function: Function, definition: ast.FunctionDef, arguments: ast.arguments, body: list[Any]
) -> CodeType:
    """The code of a function like the original, with other parameters and another body."""
    new = syntax.changed(definition, args=arguments, body=body, returns=None, **_GENERIC)
    names = [name for _, name in function.scopes] + [definition.name]
    tree = ast.Module(body=[_inside(function, new)], type_ignores=[])
    with quiet(function.file):
        code: Any = compile(tree, function.file, "exec", function.flags, True, function.optimise)
    for name in names:
        code = next(part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name)
    return code  # type: ignore[no-any-return]


def _prologue(function: Function, parsed: Parsed, order: tuple[str, ...], bound: tuple[str, ...]) -> list[ast.stmt]:
    place = syntax.first_line(parsed.definition)
    statements: list[ast.stmt] = []
    if parsed.globals:
        statements.append(syntax.at(place, ast.Global(names=parsed.globals)))
    if parsed.locals:
        rank = {name: number for number, name in enumerate(order)}
        names = sorted(parsed.locals, key=lambda name: rank.get(mangled(name, function.scopes), len(rank)))
        targets: list[ast.expr] = [syntax.store(place, name) for name in names]
        unused = syntax.at(place, ast.Assign(targets=targets, value=syntax.constant(place, 0)))
        never = syntax.constant(place, 0)
        statements.append(syntax.at(place, ast.If(test=never, body=[unused], orelse=[])))
    statements += [syntax.assign(place, syntax.store(place, name), syntax.pop(place)) for name in bound]
    if bound:
        # 3.11 joins a store and a load that are neighbours, once code is warm, and locates what the load raises at the store.
        statements.append(syntax.expression(place, syntax.load(place, syntax.STATE)))
    return statements


def _inside(function: Function, definition: ast.FunctionDef) -> Any:
    inner: Any = definition
    for kind, name in reversed(function.scopes):
        if kind == "class":
            scope: Any = ast.ClassDef(name=name, bases=[], keywords=[], body=[inner], decorator_list=[], **_GENERIC)
        else:
            arguments = syntax.unbound_arguments()
            scope = ast.FunctionDef(
                name=name, args=arguments, body=[inner], decorator_list=[], returns=None, type_comment=None, **_GENERIC
            )
        inner = syntax.at(definition, scope)
    return inner


def mangled(name: str, scopes: list[tuple[str, str]]) -> str:
    """The name under which code has a variable: private ones of a class's functions get the class's name (`_Py_Mangle`)."""
    owner = next((scope.lstrip("_") for kind, scope in reversed(scopes) if kind == "class"), "")
    if not owner or not name.startswith("__") or name.endswith("__"):
        return name
    return f"_{owner}{name}"
