"""The walker's targets: of `=`, `+=`, `del`, `for`, `with`."""

from __future__ import annotations

import ast
import operator
from typing import Any

from pyvorin.host.continuation.compiling import mangled
from tests.continuation.walker.activation import PURE, SCALARS
from tests.continuation.walker.expressions import Expressions, Path

IN_PLACE: dict[type, Any] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.FloorDiv: operator.ifloordiv,
    ast.Mod: operator.imod,
}

Stores = list[tuple[Any, Path, Any]]
"""Targets that still get a value: node, path, value."""


class Assignments(Expressions):
    def assign(self, stores: Stores) -> None:
        """Store all, in order."""
        base = len(self.stack)
        while stores:
            (target, path, value), *rest = stores
            values = (value, *(other for _, _, other in rest))
            paths = [list(path), *(list(other) for _, other, _ in rest)]
            self.stack.append(((), ["stores", paths], values, -1))
            if isinstance(target, (ast.Tuple, ast.List)):
                self.tick()
                rest = [*self.unpacked(target, path, value), *rest]
            elif isinstance(target, ast.Name):
                self.tick()
                self.write(target.id, value)
            else:
                self.put(target, path, value)
            del self.stack[base:]
            stores = rest

    def unpacked(self, target: Any, path: Path, value: Any) -> Stores:
        targets = target.elts
        if type(value) not in (list, tuple):
            self.leave()
        items: list[Any] = [*value]
        star = next((number for number, part in enumerate(targets) if isinstance(part, ast.Starred)), None)
        if star is not None and len(items) >= len(targets) - 1:
            after = len(items) - (len(targets) - 1 - star)
            items[star:after] = [items[star:after]]
        if len(items) != len(targets):
            self.leave()
        return [
            (part.value, (*path, "elts", number, "value"), item)
            if number == star
            else (part, (*path, "elts", number), item)
            for number, (part, item) in enumerate(zip(targets, items))
        ]

    def put(self, target: Any, path: Path, value: Any) -> None:
        """Store into an item or attribute, whose container and index are evaluated first."""
        operands = self.container(target, path)
        self.tick()
        self.put_evaluated(target, path, operands, value)

    def container(self, target: Any, path: Path) -> list[Any]:
        operands = [self.push(target.value, (*path, "value"))]
        if isinstance(target, ast.Subscript):
            operands.append(self.push(target.slice, (*path, "slice")))
        return operands

    def put_evaluated(self, target: Any, path: Path, operands: list[Any], value: Any) -> None:
        pure = self.is_pure(target, operands)
        if isinstance(target, ast.Subscript):
            _, error = self.attempt(pure, operator.setitem, *operands, value)
        else:
            _, error = self.attempt(pure, setattr, operands[0], self.attribute(target), value)
        self.failed(pure, error, path)
        self.effects += 1

    def is_pure(self, target: Any, operands: list[Any]) -> bool:
        if isinstance(target, ast.Subscript):
            return type(operands[0]) in PURE and type(operands[1]) in SCALARS | {slice}
        return type(operands[0]) in PURE

    def attribute(self, target: ast.Attribute) -> str:
        return mangled(target.attr, self.compiled.scopes)

    def failed(self, pure: bool, error: BaseException | None, path: Path) -> None:
        """Leave if an operation of a statement has failed: before it if it can be repeated, else with its exception."""
        if error is not None:
            if pure:
                self.leave()
            self.leave_raised(path, error, 0)

    def do_Assign(self, node: ast.Assign) -> None:
        value = self.push(node.value, ("value",))
        self.tick()
        self.stack.clear()
        self.assign([(target, ("targets", number), value) for number, target in enumerate(node.targets)])

    def do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None or not isinstance(node.target, ast.Name):
            self.leave()
        value = self.push(node.value, ("value",))
        self.tick()
        self.stack.clear()
        self.assign([(node.target, ("target",), value)])

    def do_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        operands: list[Any] = []
        if isinstance(target, ast.Name):
            if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node.value)):
                self.leave()  # the old value could not be read again
            old = self.read(target.id)
        else:
            operands = self.container(target, ("target",))
            self.tick()
            pure = self.is_pure(target, operands)
            if isinstance(target, ast.Subscript):
                old, error = self.attempt(pure, operator.getitem, *operands)
            else:
                old, error = self.attempt(pure, getattr, operands[0], self.attribute(target))
            self.failed(pure, error, ("target",))
            self.stack.clear()
            self.stack.append(((), ["augmented"], (*operands, old), 0))
        value = self.push(node.value, ("value",))
        self.tick()
        pure = type(old) in SCALARS and type(value) in SCALARS
        result, error = self.attempt(pure, IN_PLACE[type(node.op)], old, value)
        self.failed(pure, error, ())
        self.stack.clear()
        self.stack.append(((), ["stores", [["target"]]], (result,), -1))
        if isinstance(target, ast.Name):
            self.tick()
            self.write(target.id, result)
            return
        self.stack.append((("target", "value"), ["load"], operands[:1], -1))
        if isinstance(target, ast.Subscript):
            self.stack.append((("target", "slice"), ["load"], operands[1:], -1))
        self.tick()
        self.put_evaluated(target, ("target",), operands, result)

    def do_Delete(self, node: ast.Delete) -> None:
        for number, target in enumerate(node.targets):
            path = ("targets", number)
            self.stack.clear()
            if number:
                self.stack.append(((), ["targets", number], (), -1))
            self.tick()
            if isinstance(target, ast.Name):
                if target.id not in self.variables or target.id in self.compiled.globals:
                    self.leave()
                del self.variables[target.id]
                self.effects += 1
                continue
            if not isinstance(target, (ast.Subscript, ast.Attribute)):
                self.leave()
            operands = self.container(target, path)
            self.tick()
            pure = self.is_pure(target, operands)
            if isinstance(target, ast.Subscript):
                _, error = self.attempt(pure, operator.delitem, *operands)
            else:
                _, error = self.attempt(pure, delattr, operands[0], self.attribute(target))
            self.failed(pure, error, path)
            self.effects += 1
