"""The walker's statements, and how it goes on where it was entered."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from tests.continuation.walker.assignments import Assignments
from tests.continuation.walker.iteration import Iteration, specify

BREAK, CONTINUE = ("break",), ("continue",)

Signal = Any
"""How a block ended: None, BREAK, CONTINUE or ("return", value)."""


class Walk(Assignments):
    def call_with(self, arguments: list[tuple[Any, ...]]) -> Signal:
        self.variables = dict(zip(self.compiled.parameters, arguments.pop()))
        return self.block(self.compiled.node, "body")

    def block(self, owner: Any, field: str, first: int = 0) -> Signal:
        """Execute a block.  field: as in a path, with what is pending after a `finally`."""
        statements = getattr(owner, field.partition(":")[0])
        for index in range(first, len(statements)):
            self.path.append((field, index))
            signal = self.statement(statements[index])
            self.path.pop()
            if signal is not None:
                return signal
        return None

    def statement(self, node: Any) -> Signal:
        self.stack.clear()
        self.effects = 0
        self.tick()
        method = getattr(self, f"do_{type(node).__name__}", None)
        signal = method(node) if method else self.leave()
        self.stack.clear()
        return signal

    def do_Expr(self, node: ast.Expr) -> None:
        self.push(node.value, ("value",))

    def do_Pass(self, node: ast.Pass) -> None:
        pass

    do_Global = do_Pass

    def do_Break(self, node: ast.Break) -> Signal:
        return BREAK

    def do_Continue(self, node: ast.Continue) -> Signal:
        return CONTINUE

    def do_Return(self, node: ast.Return) -> Signal:
        if node.value is None:
            return ("return", None)
        value = self.push(node.value, ("value",))
        self.tick()
        return ("return", value)

    def do_Assert(self, node: ast.Assert) -> None:
        base, start = len(self.stack), self.effects
        if not self.truth(node.test, ("test",)):
            self.stack[base:] = [(("test",), ["load"], (False,), start)]
            self.leave()

    def do_If(self, node: ast.If) -> Signal:
        branch = "body" if self.truth(node.test, ("test",)) else "orelse"
        self.stack.clear()
        return self.block(node, branch)

    # Loops

    def head(self) -> None:
        """At a loop's head: tell where native code could be entered, and maybe leave."""
        self.stack.clear()
        self.effects = 0
        self.note(head=True)
        self.on_head(self.point, self.values)
        if self.due():
            self.leave(head=True)

    def do_While(self, node: ast.While) -> Signal:
        while True:
            self.head()
            if not self.truth(node.test, ("test",)):
                break
            self.stack.clear()
            signal = self.block(node, "body")
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        self.stack.clear()
        return self.block(node, "orelse")

    def do_For(self, node: ast.For) -> Signal:
        made = self.iteration_of_call(node.iter) if isinstance(node.iter, ast.Call) else None
        if made is None:
            value = self.push(node.iter, ("iter",))
            self.tick()
            made = specify(None, [value])
        if made is None:
            self.leave()
        self.stack.clear()
        return self.loop(node, Iteration(*made))  # type: ignore[misc]

    def iteration_of_call(self, node: ast.Call) -> Any:
        """`enumerate(xs)`, `range(3)`: iterated without the object, if its arguments allow it."""
        if (
            not isinstance(node.func, ast.Name)
            or node.func.id not in ("range", "reversed", "enumerate", "zip")
            or node.keywords
        ):
            return None
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return None
        function = self.push(node.func, ("iter", "func"))
        arguments = [self.push(argument, ("iter", "args", number)) for number, argument in enumerate(node.args)]
        self.tick()
        return specify(function, arguments) or self.leave()

    def loop(self, node: ast.For, iteration: Iteration) -> Signal:
        self.open.append((iteration.spec, iteration.state))
        while True:
            self.head()
            try:
                item = iteration.next()
            except StopIteration:
                break
            self.path.append(("body", -1))
            self.assign([(node.target, ("target",), item)])
            self.path.pop()
            signal = self.block(node, "body")
            if signal is not None and signal is not CONTINUE:
                self.open.pop()
                return None if signal is BREAK else signal
        self.open.pop()
        return self.block(node, "orelse")

    # Statements that are open while a block runs

    def do_Try(self, node: ast.Try) -> Signal:
        return self.after(node, "body", self.block(node, "body"))

    def after(self, node: ast.Try, field: str, signal: Signal) -> Signal:
        """What follows a block of a `try` that ended without an exception."""
        field = field.partition(":")[0]
        if field == "body" and signal is None:
            signal = self.block(node, "orelse")
        if field == "finalbody" or not node.finalbody:
            return signal
        if signal is None:
            return self.block(node, "finalbody")
        if signal[0] == "return":
            self.open.append((["return"], lambda: [signal[1]]))
        ended = self.block(node, f"finalbody:{signal[0]}")
        if signal[0] == "return":
            self.open.pop()
        return signal if ended is None else ended

    def do_With(self, node: ast.With) -> Signal:
        leaves: list[Any] = []
        for number, item in enumerate(node.items):
            self.stack[:] = [((), ["entered", number], tuple(leaves), -1)] if leaves else []
            manager = self.push(item.context_expr, ("items", number, "context_expr"))
            self.tick()
            kind: Any = type(manager)
            if not hasattr(kind, "__enter__") or not hasattr(kind, "__exit__"):
                self.leave()
            leave = kind.__exit__.__get__(manager)
            value, error = self.attempt(False, kind.__enter__, manager)
            if error is not None:
                self.leave_raised(("items", number), error, 1 if leaves else 0)
            leaves.append(leave)
            if item.optional_vars is not None:
                if not isinstance(item.optional_vars, ast.Name):
                    path = ["items", number, "optional_vars"]
                    self.stack[:] = [((), ["entered", number + 1, [path]], (*leaves, value), -1)]
                    self.leave()
                self.write(item.optional_vars.id, value)
        self.stack.clear()
        self.open.append((["with", len(leaves)], lambda: leaves))
        signal = self.block(node, "body")
        self.open.pop()
        while leaves:
            _, error = self.attempt(False, leaves.pop(), None, None, None)
            if error is not None:
                self.leave_left(leaves, error)
        return signal

    def leave_left(self, leaves: list[Any], error: BaseException) -> None:
        """Leave because a manager's `__exit__` has raised; `leaves` are those of the managers that are still entered."""
        self.stack[:] = [((), ["left", len(leaves), "raise"], (*leaves, error), -1)]
        self.leave()

    # Being entered

    def enter(self, point: dict[str, Any], values: list[Any], opened: list[tuple[list[Any], list[Any]]]) -> Signal:
        """Go on at the head of a loop.  opened: the specification and the values of each `for` on the way."""
        self.variables = dict(zip(point["locals"], values))
        return self.descend(self.compiled.node, [tuple(step) for step in point["path"]], opened)

    def descend(self, owner: Any, steps: list[tuple[str, int]], opened: list[tuple[list[Any], list[Any]]]) -> Signal:
        """Continue inside a block of `owner`, then with what comes after that."""
        (field, index), *deeper = steps
        iteration = None
        if field == "body" and isinstance(owner, ast.For):
            spec, values = opened.pop(0)
            iteration = Iteration(spec, values[1:], values[0])
            self.open.append((iteration.spec, iteration.state))
        self.path.append((field, index))
        node = getattr(owner, field)[index]
        if deeper:
            signal = self.descend(node, deeper, opened)
        elif isinstance(node, ast.For):
            spec, values = opened.pop(0)
            signal = self.loop(node, Iteration(spec, values[1:], values[0]))
        else:
            signal = self.do_While(node)
        self.path.pop()
        if signal is None:
            signal = self.block(owner, field, index + 1)
        if iteration is not None:
            self.open.pop()
        return self.finish(owner, field, signal, lambda: self.loop(owner, iteration))  # type: ignore[arg-type]

    def finish(self, owner: Any, field: str, signal: Signal, loop: Callable[[], Signal]) -> Signal:
        if isinstance(owner, (ast.For, ast.While)) and field == "body":
            if signal is BREAK:
                return None
            if signal is None or signal is CONTINUE:
                return loop() if isinstance(owner, ast.For) else self.do_While(owner)
        if isinstance(owner, ast.Try):
            return self.after(owner, field, signal)
        return signal
