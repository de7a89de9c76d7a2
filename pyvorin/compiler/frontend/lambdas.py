"""Properties that are lambdas: functions that have no statement in which CPython could go on.

    class Reading:
        celsius = property(lambda self: self.kelvin - 273.15)

They are written down as functions here, and known by the digest of their code, like what `dataclasses` makes.
"""

from __future__ import annotations

import ast
import copy
from types import CodeType, FunctionType

from pyvorin.compiler.frontend.dataclasses_ import Made
from pyvorin.core.codedigest import made_digest


def getters(tree: ast.Module, node: ast.ClassDef) -> dict[str, Made]:
    """The functions that read properties of the class and are lambdas, by the names of the properties."""
    found = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, getter = statement.targets[0], given_to_property(statement.value).get("fget")
            if isinstance(target, ast.Name) and isinstance(getter, ast.Lambda):
                made = _made(tree, node, target.id, getter)
                found.update({target.id: made} if made is not None else {})
    return found


def given_to_property(node: ast.expr) -> dict[str, ast.expr]:
    """What is given to `property`, by the names of its parameters; nothing if the expression is no call of it."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "property"):
        return {}
    named = {str(keyword.arg): keyword.value for keyword in node.keywords}
    return dict(zip(("fget", "fset", "fdel", "doc"), node.args)) | named


def _made(tree: ast.Module, owner: ast.ClassDef, name: str, node: ast.Lambda) -> Made | None:
    """None for a lambda that has something from around it."""
    if any(isinstance(inner, (ast.Lambda, ast.NamedExpr, ast.GeneratorExp)) for inner in ast.walk(node.body)):
        return None
    code = _code(tree, owner, node)
    if code is None or code.co_freevars or len(node.args.args) != 1:
        return None
    function = ast.parse(f"def {name}(): return None").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args, function.body = node.args, [ast.copy_location(ast.Return(node.body), node.body)]
    return Made(ast.copy_location(function, node), made_digest(FunctionType(code, {})), {})


def _code(tree: ast.Module, owner: ast.ClassDef, node: ast.Lambda) -> CodeType | None:
    """The lambda's code, as CPython makes it in the class's body."""
    futures = [part for part in tree.body if isinstance(part, ast.ImportFrom) and part.module == "__future__"]
    around = copy.copy(owner)
    around.bases, around.keywords, around.decorator_list = [], [], []
    around.body = [ast.copy_location(ast.Expr(node), node)]
    whole = compile(ast.Module([*futures, around], []), "", "exec", dont_inherit=True)
    inner = next((part for part in whole.co_consts if isinstance(part, CodeType)), None)
    parts = inner.co_consts if inner is not None else ()
    return next((part for part in parts if isinstance(part, CodeType)), None)
