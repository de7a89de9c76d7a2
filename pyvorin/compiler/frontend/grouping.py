"""Whether the groups of `itertools.groupby` may be collected before the loop's body has them.

CPython asks for the next item, and for its key, while the body goes over the group.  That it was done before cannot be told if
asking changes nothing, and if nothing that the body changes can be what is asked.

    for key, group in groupby(rows, key=lambda row: row[0]):        asks rows and their items
        sums[key] = sum(row[1] for row in group)                    changes `sums`, which was made here and is nothing else
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.applying import is_getter, parameter
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.operators import METHODS

QUIET = frozenset(
    {"len", "abs", "min", "max", "sum", "int", "float", "str", "bool", "round", "ord", "chr", "repr", "sorted", "list"}
    | {
        "tuple",
        "set",
        "frozenset",
        "dict",
        "range",
        "enumerate",
        "zip",
        "any",
        "all",
        "reversed",
        "isinstance",
        "divmod",
    }
)
"""Builtins that change nothing but what they make."""
MAKERS = frozenset({"list", "dict", "set", "defaultdict", "Counter", "deque"})
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
ASKING = (
    ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.Tuple, ast.Starred, ast.JoinedStr, ast.FormattedValue, ast.Call, ast.keyword, ast.Lambda, ast.arguments,
    ast.arg, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.List, ast.Set, ast.Dict,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
DOING = (
    ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Pass, ast.Return,
)  # fmt: skip


def may_be_collected(ctx: Context, loop: ast.For, source: ast.expr, key: ast.expr | None) -> bool:
    """Whether nobody can tell that a group is there as a whole when the body of the loop begins."""
    if any(map(ctx.module.has_operator, METHODS)):
        # Of operands nothing is known here: an operator may do anything.
        return False
    asked = [source] if key is None else [source, key]
    names = {inner.id for part in asked for inner in ast.walk(part) if isinstance(inner, ast.Name)}
    found = _Body(ctx, names - ({parameter(key)} if isinstance(key, ast.Lambda) else set()))
    if found.makes_list(source):
        # All that it asks has been asked when the loop begins.
        asked.remove(source)
    return all(map(found.only_asks, asked)) and all(map(found.does_no_harm, loop.body))


class _Body:
    """The body of the loop; `asked` are the names in what it goes over."""

    def __init__(self, ctx: Context, asked: set[str]):
        self.ctx = ctx
        self.asked = asked
        self.function = ctx.module.function(ctx.qualname).node

    def only_asks(self, node: ast.expr) -> bool:
        return all(self.is_quiet(inner) for inner in ast.walk(node))

    def makes_list(self, node: ast.expr) -> bool:
        """Whether the value is a list that is made there, so that its items are known before they are iterated."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "sorted"):
            return self.ctx.builtin(node.func.id)
        return isinstance(node, ast.ListComp)

    def is_quiet(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            is_builtin = name in QUIET and self.ctx.module.is_builtin(name) and self.ctx.variable(name) is None
            return is_builtin or is_getter(self.ctx, node)
        # A variable may hold an iterator, which asking changes.
        held = isinstance(node, ast.Name) and node.id in self.ctx.held
        return isinstance(node, ASKING) and not held

    def does_no_harm(self, statement: ast.stmt) -> bool:
        methods: set[ast.AST] = set()
        inner = {name for n in ast.walk(statement) if isinstance(n, ast.comprehension) for name in ast.walk(n.target)}
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and self.is_own(node.func.value):
                methods.add(node)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                if not self.is_number(node.target.id):
                    return False
            elif isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                if isinstance(node, ast.Attribute) or not self.is_own(node.value):
                    return False
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not self.is_free(node, inner):
                return False
        return all(node in methods or isinstance(node, DOING) or self.is_quiet(node) for node in ast.walk(statement))

    def is_free(self, node: ast.Name, inner: set[ast.AST]) -> bool:
        """Whether it is a variable that says nothing of what the loop goes over, or one of a comprehension's own."""
        return node in inner or (node.id not in self.asked and self.ctx.variable(node.id) is not None)

    def is_own(self, node: ast.expr) -> bool:
        """Whether it is a variable with a container that the function has made, and that nothing else leads to."""
        if not isinstance(node, ast.Name) or node.id in self.asked or node.id in self._parameters():
            return False
        values = self._values(node.id)
        return bool(values) and all(map(self._is_made, values)) and self._is_only_used(node.id)

    def is_number(self, name: str) -> bool:
        """Whether the variable begins as a number or text, which `+=` does not change."""
        values = self._values(name)
        return name not in self._parameters() and bool(values) and all(isinstance(v, ast.Constant) for v in values)

    def _parameters(self) -> set[str]:
        return {inner.arg for inner in ast.walk(self.function.args) if isinstance(inner, ast.arg)}

    def _values(self, name: str) -> list[ast.expr | None]:
        """What the function assigns to the variable; None for what it gets in another way."""
        plain: dict[ast.AST, ast.expr] = {}
        augmented: set[ast.AST] = set()
        for node in ast.walk(self.function):
            if isinstance(node, ast.Assign):
                plain.update((target, node.value) for target in node.targets)
            elif isinstance(node, ast.AugAssign):
                augmented.add(node.target)
        return [
            plain.get(node)
            for node in ast.walk(self.function)
            if isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Store)
            and node not in augmented
        ]

    def _is_made(self, value: ast.expr | None) -> bool:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return value.func.id in MAKERS
        return isinstance(value, DISPLAYS)

    def _is_only_used(self, name: str) -> bool:
        """Whether the variable's value is not handed on before the function returns it."""
        uses = {node for node in ast.walk(self.function) if isinstance(node, ast.Name) and node.id == name}
        for node in ast.walk(self.function):
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                uses.discard(node.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in QUIET:
                uses.difference_update(node.args)
            elif isinstance(node, ast.Return) and node.value is not None:
                uses.difference_update(ast.walk(node.value))
        return all(isinstance(node.ctx, ast.Store) for node in uses)
