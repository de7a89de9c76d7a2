"""Instances: functions of a module for given argument types, and the program that they form.

A function is generalised by its source and instantiated per call: each combination of argument types that a caller has is an
instance of its own.  Result types start from ``never`` and rise; the whole program is inferred again until nothing moves, so
recursion and mutual recursion need no declared types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.hir.ir import Function
from pyvorin.compiler.infer.solver import Solver
from pyvorin.core.source import Span
from pyvorin.types.spec import NEVER, Type, join, signature_text

ROUNDS = 12
"""More rounds than any lattice height needs; reaching it means that inference does not converge."""


class InferenceError(Exception):
    """No types fit.  `code` and `fields` are of `core/reasons.py`; `qualname` is the function in which it happened."""

    def __init__(self, code: str, qualname: str, span: Span | None, hint: str = "", **fields: object):
        super().__init__(code, qualname, fields)
        self.code = code
        self.qualname = qualname
        self.span = span
        self.hint = hint
        self.fields = fields


@dataclass(slots=True, eq=False)
class Instance:
    """One function for one list of argument types."""

    untyped: Untyped
    types: tuple[Type, ...]
    number: int
    result: Type = NEVER
    hir: Function | None = None
    callees: list[Instance] = field(default_factory=list)
    may_exit: bool = True
    has_effect: bool = False

    @property
    def qualname(self) -> str:
        return self.untyped.source.qualname

    @property
    def symbol(self) -> str:
        """The LLVM name, quoted: qualified names may hold any letter."""
        return f'"{self.qualname}.{self.number}"'

    def __str__(self) -> str:
        return f"{self.qualname}({signature_text(self.types)})"


class Program:
    """The instances that one root needs."""

    def __init__(self, lookup: Callable[[str], Untyped]):
        self.lookup = lookup
        self.solver = Solver()
        self._instances: dict[tuple[str, tuple[Type, ...]], Instance] = {}
        self._pending: list[Instance] = []
        self.moved = False

    def instance(self, qualname: str, types: tuple[Type, ...]) -> Instance:
        """The instance for these argument types; it is inferred in this round if it was not yet."""
        key = (qualname, types)
        if key not in self._instances:
            found = Instance(self.lookup(qualname), types, len(self._instances))
            self._instances[key] = found
            self._pending.append(found)
        return self._instances[key]

    def raise_result(self, instance: Instance, ty: Type) -> None:
        joined = join(instance.result, ty)
        if joined != instance.result:
            instance.result = joined
            self.moved = True

    def infer(self, qualname: str, types: tuple[Type, ...], run: Callable[[Program, Instance], None]) -> list[Instance]:
        """The instances reachable from this root, root first, callees before nothing in particular.

        Raises:
            InferenceError: some instance has no types.
        """
        root = self.instance(qualname, types)
        for _ in range(ROUNDS):
            self.moved = self.solver.moved = False
            done: set[Instance] = set()
            self._pending = [root]
            while self._pending:
                current = self._pending.pop()
                if current in done:
                    continue
                done.add(current)
                current.callees = []
                run(self, current)
                self._pending.extend(c for c in current.callees if c not in done)
            if not (self.moved or self.solver.moved):
                return _reachable(root)
        from pyvorin.core import reasons

        raise InferenceError(
            reasons.TYPE_INFERENCE_FAILED, qualname, None, what="the results", conflict="they do not settle"
        )


def _reachable(root: Instance) -> list[Instance]:
    order = [root]
    for instance in order:
        order.extend(c for c in instance.callees if c not in order)
    return order
