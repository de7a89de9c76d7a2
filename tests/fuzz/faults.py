"""A third engine: CPython running a program in which one construct has been given a plausible mistake.

It answers whether the harness would notice: each fault is what a careless native implementation does.  A fault rewrites the
syntax tree and keeps positions, so that only the behaviour differs.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from tests.support.engines import Namespace, PlainEngine

Rewrite = Callable[[ast.expr], ast.expr]
_WRAP = 1 << 64


def _truncating_modulo(a: object, b: object) -> object:
    """`%` with the sign of the dividend, as in C."""
    if type(a) is int and type(b) is int and b:
        result = abs(a) % abs(b)
        return -result if a < 0 else result
    return a % b  # type: ignore[operator]


def _truncating_division(a: object, b: object) -> object:
    """`//` towards zero, as in C."""
    if type(a) is int and type(b) is int and b:
        result = abs(a) // abs(b)
        return -result if (a < 0) != (b < 0) else result
    return a // b  # type: ignore[operator]


def _wrapped_sum(a: object, b: object) -> object:
    """`+` that wraps at 64 bits."""
    if type(a) is int and type(b) is int:
        return (a + b + (1 << 63)) % _WRAP - (1 << 63)
    return a + b  # type: ignore[operator]


def _rounded_quotient(a: object, b: object) -> object:
    """int / int by way of two floats: infinite instead of ZeroDivisionError."""
    if type(a) in (int, float) and b == 0:
        return math.inf
    return a / b  # type: ignore[operator]


def _signless_product(a: object, b: object) -> object:
    """`*` that loses the sign of a zero."""
    result = a * b  # type: ignore[operator]
    return result + 0.0 if type(result) is float else result


def _clamped_item(container: object, index: object) -> object:
    """Reading out of range gives the last item rather than IndexError."""
    if type(container) is list and type(index) is int and container:
        return container[max(-len(container), min(index, len(container) - 1))]
    return container[index]  # type: ignore[index]


def _int_comparison(a: object, b: object) -> object:
    """`<` whose result is an int."""
    result = a < b  # type: ignore[operator]
    return int(result) if type(result) is bool else result


def _zero_is_float(value: object) -> object:
    """An accumulator that was given the type float although it started as int 0."""
    return 0.0 if type(value) is int and value == 0 else value


def _rounded_away(value: object, *digits: object) -> object:
    """round() half away from zero."""
    if type(value) is float and not digits and math.isfinite(value):
        return int(math.copysign(math.floor(abs(value) + 0.5), value))
    return round(value, *digits)  # type: ignore[call-overload]


def _lenient_int(value: object = 0, *rest: object) -> object:
    """int() that saturates instead of failing on nan, inf and what exceeds 64 bits."""
    if type(value) is float and not abs(value) < 2.0**63:
        return -(1 << 63)
    return int(value, *rest)  # type: ignore[call-overload]


def _sorting_max(*values: object) -> object:
    """max() that returns the last of equal values, and skips NaN, as fmax does."""
    items = list(values[0]) if len(values) == 1 else list(values)  # type: ignore[call-overload]
    best = max(items)
    for item in items:
        if item == best or best != best:
            best = item
    return best


def _copied(value: object) -> object:
    """A list argument that is converted at the border: the caller's own list is not mutated."""
    return list(value) if type(value) is list else value


def _found(text: object, *arguments: object) -> object:
    """find() that gives 0 for what is not there."""
    place = text.find(*arguments)  # type: ignore[attr-defined]
    return max(0, place) if type(text) is str else place


def _split_at_blanks(text: object) -> object:
    """split() that cuts at each blank, and nowhere else."""
    return text.split(" ") if type(text) is str else text.split()  # type: ignore[attr-defined]


def _method(name: str, replacement: str, with_arguments: bool) -> Rewrite:
    """Calls of the method with arguments, or without any."""

    def rewrite(node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != name:
            return node
        fits = bool(node.args) == with_arguments and not node.keywords
        return _call(replacement, node.func.value, *node.args) if fits else node

    return rewrite


def _shown_as_str(node: ast.expr) -> ast.expr:
    """`!r` in an f-string that does what `!s` does."""
    if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
        return ast.FormattedValue(node.value, ord("s"), node.format_spec)
    return node


def _operator(kind: type[ast.operator], replacement: str) -> Rewrite:
    def rewrite(node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BinOp) and isinstance(node.op, kind):
            return _call(replacement, node.left, node.right)
        return node

    return rewrite


def _builtin(name: str, replacement: str) -> Rewrite:
    def rewrite(node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            return ast.Call(ast.Name(replacement, ast.Load()), node.args, node.keywords)
        return node

    return rewrite


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _subscript(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
        return _call("_clamped_item", node.value, node.slice)
    return node


def _less(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Lt):
        return _call("_int_comparison", node.left, node.comparators[0])
    return node


def _integer_sum(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum":
        return _call("_zero_is_float", node)
    return node


def _eager_or(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:
        return _call("bool", node)
    return node


def _unchained(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Compare) and len(node.ops) == 2:
        return ast.Compare(node.left, node.ops[:1], node.comparators[:1])
    return node


FAULTS: Mapping[str, Rewrite] = {
    "c-modulo": _operator(ast.Mod, "_truncating_modulo"),
    "c-division": _operator(ast.FloorDiv, "_truncating_division"),
    "wrapping-sum": _operator(ast.Add, "_wrapped_sum"),
    "lost-zero-division": _operator(ast.Div, "_rounded_quotient"),
    "lost-negative-zero": _operator(ast.Mult, "_signless_product"),
    "lost-index-error": _subscript,
    "bool-becomes-int": _less,
    "empty-sum-is-float": _integer_sum,
    "or-returns-bool": _eager_or,
    "chain-cut-short": _unchained,
    "round-half-away": _builtin("round", "_rounded_away"),
    "saturating-int": _builtin("int", "_lenient_int"),
    "max-of-equals": _builtin("max", "_sorting_max"),
    "found-at-zero": _method("find", "_found", True),
    "split-at-blanks": _method("split", "_split_at_blanks", False),
    "lost-repr": _shown_as_str,
    "copied-list": lambda node: node,
    "wrong-line": lambda node: node,
}
"""Each mistake by name.  The last two are no rewriting of expressions: `copied-list` converts the parameters of every function,
`wrong-line` moves the last statement of every function down by a line."""


class FaultyEngine(PlainEngine):
    """CPython with the named mistake.  Raises KeyError for an unknown name.

    A replacement is one more frame wherever it passes an exception on; that alone must not count as noticing the mistake, so
    only `wrong-line` has its tracebacks compared.
    """

    def __init__(self, fault: str) -> None:
        self._rewrite = FAULTS[fault]
        self._fault = fault
        self.compares_tracebacks = fault == "wrong-line"

    def executed(self, name: str, path: Path) -> ModuleType:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tree = _Rewriter(self._rewrite, self._fault).visit(tree)
        module = ModuleType(name)
        vars(module).update(_REPLACEMENTS)
        exec(compile(tree, str(path), "exec", dont_inherit=True), vars(module))
        return module


class _Rewriter(ast.NodeTransformer):
    def __init__(self, rewrite: Rewrite, fault: str) -> None:
        self._rewrite = rewrite
        self._fault = fault

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        if isinstance(node, ast.expr):
            changed = self._rewrite(node)
            if changed is not node:
                ast.copy_location(changed, node)
                for child in ast.walk(changed):
                    if isinstance(child, ast.expr) and not hasattr(child, "lineno"):
                        ast.copy_location(child, node)
                return changed
        if isinstance(node, ast.FunctionDef) and self._fault == "wrong-line":
            ast.increment_lineno(node.body[-1])
        if isinstance(node, ast.FunctionDef) and self._fault == "copied-list":
            for argument in reversed(node.args.args):
                name = argument.arg
                copy = ast.Assign([ast.Name(name, ast.Store())], _call("_copied", ast.Name(name, ast.Load())))
                node.body.insert(0, ast.fix_missing_locations(ast.copy_location(copy, node)))
        return node


_REPLACEMENTS: Namespace = {
    function.__name__: function
    for function in (
        _truncating_modulo, _truncating_division, _wrapped_sum, _rounded_quotient, _signless_product, _clamped_item,
        _int_comparison, _zero_is_float, _rounded_away, _lenient_int, _sorting_max, _copied, _found,
        _split_at_blanks,
    )
}  # fmt: skip
