"""One call under the walker: its variables, where it stands, and what it says when it leaves."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from pyvorin.host.continuation.compiling import mangled

SCALARS = {int, float, complex, bool, str, bytes, type(None)}
PURE = SCALARS | {list, tuple, dict, set, frozenset, range}
"""Types whose operations call no code of the program, apart from what they hold."""

PACKAGE = __file__.rpartition("/")[0]


class Trip(BaseException):
    """Unwinds the walker; the activation has noted where it was."""


class Compiled:
    """A function that the walker can execute.  number: its number in the table."""

    def __init__(self, node: ast.FunctionDef, function: Any, number: int, scopes: list[tuple[str, str]]) -> None:
        self.node = node
        self.function = function
        self.number = number
        self.scopes = scopes
        self.parameters = [argument.arg for argument in node.args.args]
        names = set(function.__code__.co_varnames)
        self.locals = {name for name in _names(node) if mangled(name, scopes) in names}
        self.globals = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}


def _names(node: ast.FunctionDef) -> set[str]:
    stored = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    caught = {part.name for part in ast.walk(node) if isinstance(part, ast.ExceptHandler) and part.name}
    return stored | caught | {argument.arg for argument in node.args.args}


class Activation:
    """What native code would have in its registers.

    stack: what has been evaluated of the statement, (path, edit, values, effects before it), as CPython's stack has it.
    path, open: the way down to the statement, and what is open on it with a function that gives its values.
    effects: how many things have happened in this statement that must not be done again.
    """

    def __init__(self, compiled: Compiled, due: Callable[[], bool], roll_back: bool) -> None:
        self.compiled = compiled
        self.due = due
        self.roll_back = roll_back
        self.variables: dict[str, Any] = {}
        self.stack: list[tuple[tuple[Any, ...], list[Any], tuple[Any, ...], int]] = []
        self.path: list[tuple[str, int]] = []
        self.open: list[tuple[list[Any], Callable[[], list[Any]]]] = []
        self.effects = 0
        self.point: dict[str, Any] = {}
        self.values: list[Any] = []
        self.on_head: Callable[[dict[str, Any], list[Any]], None] = lambda point, values: None

    # Leaving

    def tick(self) -> None:
        """Leave here, if this is the operation at which to leave."""
        if self.due():
            self.leave()

    def leave(self, head: bool = False) -> Any:
        """Note the point and its values, and unwind."""
        self.note(head)
        raise Trip

    def note(self, head: bool = False) -> None:
        edits, operands = ([], []) if head else self._evaluated()
        self.point = {
            "function": self.compiled.number,
            "kind": "head" if head else "stmt",
            "path": [list(step) for step in self.path],
            "edits": edits,
            "locals": [*self.variables],
            "unbound": [name for name in sorted(self.compiled.locals) if name not in self.variables],
            "iterators": [spec for spec, _ in self.open],
        }
        self.values = [*operands, *(value for _, values in self.open for value in values()), *self.variables.values()]

    def _evaluated(self) -> tuple[list[Any], list[Any]]:
        edits, operands, last = [], [], []
        for path, edit, values, start in self.stack:
            if (
                self.roll_back
                and start == self.effects
                and edit[0] not in ("stores", "raise", "entered", "left", "targets")
            ):
                break  # from here on nothing has happened: it is done again
            edits.append([list(path), edit])
            if edit[0] == "stores":
                last = [*values[1:]]
                values = values[:1]
            operands += values
        return edits, operands + last

    def leave_raised(self, path: tuple[Any, ...], error: BaseException, base: int) -> Any:
        """The operation at `path` has raised; its operands, the stack from `base` on, are gone."""
        del self.stack[base:]
        self.stack.append((path, ["raise"], (error,), -1))
        return self.leave()

    @staticmethod
    def clean(error: BaseException) -> None:
        """Take our own frames out of the traceback of an operation's exception; they would also keep each other alive."""
        traceback = error.__traceback__
        while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(PACKAGE):
            traceback = traceback.tb_next
        error.__traceback__ = traceback

    def attempt(self, pure: bool, operation: Callable[..., Any], *operands: Any) -> tuple[Any, BaseException | None]:
        """The result of an operation, or its exception.  One that is not pure is an effect."""
        try:
            result = operation(*operands)
        except BaseException as error:
            if not pure:
                self.effects += 1
            self.clean(error)
            return None, error
        if not pure:
            self.effects += 1
        return result, None

    # Variables

    def read(self, name: str) -> Any:
        if name in self.compiled.locals and name not in self.compiled.globals:
            return self.variables[name] if name in self.variables else self.leave()
        names = self.compiled.function.__globals__
        if name in names:
            return names[name]
        return getattr(builtins, name) if hasattr(builtins, name) else self.leave()

    def write(self, name: str, value: Any) -> None:
        self.effects += 1
        if name in self.compiled.globals:
            self.compiled.function.__globals__[name] = value
        else:
            self.variables[name] = value
