"""The walker's expressions.  After each operand its value is on the stack, as a hidden load in its place would find it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator
from typing import Any

from pyvorin.host.continuation.compiling import mangled
from tests.continuation.walker.activation import PURE, SCALARS, Activation

Path = tuple[Any, ...]

BINARY: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARISONS: dict[type, Any] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
UNARY: dict[type, Any] = {ast.USub: operator.neg, ast.Not: operator.not_, ast.Invert: operator.invert}
PURE_CALLS = (len, abs, min, max, range, enumerate, zip, reversed)


class Expressions(Activation):
    def value(self, node: Any, path: Path) -> Any:
        """The value of an expression."""
        method = getattr(self, f"value_{type(node).__name__}", None)
        return method(node, path) if method else self.leave()

    def push(self, node: Any, path: Path) -> Any:
        """Evaluate an operand; its value stays on the stack."""
        start = self.effects
        value = self.value(node, path)
        self.stack.append((path, ["load"], (value,), start))
        return value

    def value_Constant(self, node: ast.Constant, path: Path) -> Any:
        return node.value

    def value_Name(self, node: ast.Name, path: Path) -> Any:
        self.tick()
        return self.read(node.id)

    def strict(self, node: Any, path: Path) -> Any:
        """An operation of which all operands are evaluated, in order."""
        base = len(self.stack)
        operands = [self.push(kid, (*path, *step)) for kid, step in operands_of(node)]
        self.tick()
        pure, operation = self.operation(node, operands)
        result, error = self.attempt(pure, operation, *operands)
        if error is not None:
            if pure:
                self.leave()  # nothing has happened: CPython raises it
            self.leave_raised(path, error, base)
        del self.stack[base:]
        if isinstance(node, ast.Call) and self.due():
            self.stack.append((path, ["value"], (result,), -1))
            self.leave()
        return result

    value_BinOp = value_UnaryOp = value_Subscript = value_Attribute = value_Call = value_Tuple = value_List = strict
    value_Set = value_Dict = value_Slice = value_JoinedStr = strict

    def operation(self, node: Any, operands: list[Any]) -> tuple[bool, Any]:
        """Whether nothing but its result can be seen of the operation, and what it does."""
        kinds = [type(operand) for operand in operands]
        if isinstance(node, ast.BinOp):
            pure = all(kind in SCALARS for kind in kinds) or (
                set(kinds) <= {list, tuple, int} and isinstance(node.op, ast.Add)
            )
            return pure, BINARY[type(node.op)]
        if isinstance(node, ast.UnaryOp):
            return kinds[0] in PURE, UNARY[type(node.op)]
        if isinstance(node, ast.Subscript):
            return kinds[0] in PURE and kinds[1] in SCALARS | {slice}, operator.getitem
        if isinstance(node, ast.Attribute):
            name = mangled(node.attr, self.compiled.scopes)
            return kinds[0] in PURE, lambda value: getattr(value, name)
        if isinstance(node, ast.Call):
            pure = any(operands[0] is function for function in PURE_CALLS) and all(
                kind in SCALARS for kind in kinds[1:]
            )
            return pure, lambda function, *arguments: self.call(node, function, arguments)
        if isinstance(node, ast.Dict):
            return False, lambda *items: dict(zip(items[::2], items[1::2]))
        if isinstance(node, ast.Slice):
            parts = [getattr(node, field) is not None for field in ("lower", "upper", "step")]
            return True, lambda *bounds: _slice(parts, iter(bounds))
        if isinstance(node, ast.JoinedStr):
            return True, lambda *parts: "".join(parts)
        return True, {ast.Tuple: _tuple, ast.List: _list, ast.Set: _set}[type(node)]

    @staticmethod
    def call(node: ast.Call, function: Any, arguments: tuple[Any, ...]) -> Any:
        positional: list[Any] = []
        for argument, value in zip(node.args, arguments):
            positional += value if isinstance(argument, ast.Starred) else [value]
        names = [keyword.arg for keyword in node.keywords]
        return function(*positional, **dict(zip(names, arguments[len(node.args) :])))

    def value_Starred(self, node: ast.Starred, path: Path) -> Any:
        base = len(self.stack)
        value = self.push(node.value, (*path, "value"))
        if type(value) not in (list, tuple):
            self.leave()
        del self.stack[base:]
        return tuple(value)

    def value_FormattedValue(self, node: ast.FormattedValue, path: Path) -> Any:
        base = len(self.stack)
        if node.format_spec is not None:
            self.leave()
        value = self.push(node.value, (*path, "value"))
        self.tick()
        if type(value) not in SCALARS:
            self.leave()
        del self.stack[base:]
        return repr(value) if node.conversion == 114 else str(value)

    # What is evaluated in part

    def truth(self, node: Any, path: Path) -> bool:
        """A test: each operand of `and`, `or`, `not` is tested once."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.truth(node.operand, (*path, "operand"))
        base, start = len(self.stack), self.effects
        if isinstance(node, ast.BoolOp):
            result = False
            for number, part in enumerate(node.values):
                if number:
                    self.stack.append((path, ["operands", number], (), start))
                result = self.truth(part, (*path, "values", number))
                del self.stack[base:]
                if result == isinstance(node.op, ast.Or):
                    break
            return result
        if isinstance(node, ast.IfExp):
            branch = self.choose(node, path, start)
            result = self.truth(getattr(node, branch), (*path, branch))
        else:
            result = self.tested(self.push(node, path))
        del self.stack[base:]
        return result

    def tested(self, value: Any) -> bool:
        """The truth of what is on top of the stack."""
        self.tick()
        return bool(value) if type(value) in PURE else bool(self.leave())

    def choose(self, node: ast.IfExp, path: Path, start: int) -> str:
        branch = "body" if self.truth(node.test, (*path, "test")) else "orelse"
        self.stack.append((path, ["branch", branch], (), start))
        return branch

    def value_IfExp(self, node: ast.IfExp, path: Path) -> Any:
        base = len(self.stack)
        branch = self.choose(node, path, self.effects)
        value = self.value(getattr(node, branch), (*path, branch))
        del self.stack[base:]
        return value

    def value_BoolOp(self, node: ast.BoolOp, path: Path) -> Any:
        base, start = len(self.stack), self.effects
        for number, part in enumerate(node.values):
            if number:
                self.stack.append((path, ["operands", number], (), start))
            if number == len(node.values) - 1:
                value = self.value(part, (*path, "values", number))
            else:
                value = self.push(part, (*path, "values", number))
                decided = self.tested(value) == isinstance(node.op, ast.Or)
            del self.stack[base:]
            if number < len(node.values) - 1 and decided:
                break
        return value

    def value_Compare(self, node: ast.Compare, path: Path) -> Any:
        base, start = len(self.stack), self.effects
        left = self.push(node.left, (*path, "left"))
        for number, (comparison, part) in enumerate(zip(node.ops, node.comparators)):
            right = self.push(part, (*path, "comparators", number))
            self.tick()
            pure = {type(left), type(right)} <= SCALARS or isinstance(comparison, (ast.Is, ast.IsNot))
            result, error = self.attempt(pure, COMPARISONS[type(comparison)], left, right)
            if error is not None:
                if pure:
                    self.leave()
                self.leave_raised(path, error, base)
            if number == len(node.ops) - 1 or not result:
                break
            del self.stack[base:]
            left = right
            self.stack.append((path, ["comparison", number + 1], (left,), start))
        del self.stack[base:]
        return result

    def value_NamedExpr(self, node: ast.NamedExpr, path: Path) -> Any:
        value = self.push(node.value, (*path, "value"))
        self.tick()
        self.write(node.target.id, value)
        self.stack.pop()
        return value


def operands_of(node: Any) -> Iterator[tuple[Any, Path]]:
    """The operands of an operation, with the steps to them, in the order of their evaluation."""
    if isinstance(node, ast.Dict):
        for number, (key, value) in enumerate(zip(node.keys, node.values)):
            yield key, ("keys", number)
            yield value, ("values", number)
        return
    for field in node._fields:
        part = getattr(node, field)
        for number, kid in enumerate(part) if isinstance(part, list) else [(None, part)]:
            step = (field,) if number is None else (field, number)
            if isinstance(kid, ast.keyword):
                yield kid.value, (*step, "value")
            elif isinstance(kid, ast.expr):
                yield kid, step


def _slice(given: list[bool], bounds: Iterator[Any]) -> slice:
    return slice(*[next(bounds) if there else None for there in given])


def _tuple(*values: Any) -> tuple[Any, ...]:
    return values


def _list(*values: Any) -> list[Any]:
    return [*values]


def _set(*values: Any) -> set[Any]:
    return {*values}
