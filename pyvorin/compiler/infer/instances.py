"""Instances: functions of a module for given argument types, and the program that they form.

A function is generalised by its source and instantiated per call: each combination of argument types that a caller has is an
instance of its own.  Result types start from ``never`` and rise; when one does, the callers are inferred again, until nothing
moves, so recursion and mutual recursion need no declared types.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.infer.solver import Solver
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.core import reasons
from pyvorin.core.source import Span
from pyvorin.types.spec import CHAR, NEVER, NONE, OBJECT, UNBOUND, Type, as_element, join, list_of, signature_text

INSTANCES = 500
"""More than this a root does not need, unless its calls have ever other argument types: ``def f(x): return f([x])``."""
INSTRUCTIONS = 20000
"""And more than these in all of them together take minutes to compile: what they are the parts of is compiled by itself."""
LARGE = 4
"""A callee that has, with all that it calls, more than this part of what a root may have is the first to be called by way of
CPython, where a root has more."""
RUNS = 50
"""How often one instance is inferred at most: more than any lattice is high and a function has callees of that kind."""


class InferenceError(Exception):
    """No types fit.  `code` and `fields` are of `core/reasons.py`; `qualname` is the function in which it happened."""

    def __init__(self, code: str, qualname: str, span: Span | None, hint: str = "", **fields: Any):
        super().__init__(code, qualname, fields)
        self.code = code
        self.qualname = qualname
        self.span = span
        self.hint = hint
        self.fields = fields
        self.iterates = ""
        """Of a loop over an object of one of the module's classes, the method that says what its items are."""
        self.node: ast.AST | None = None
        """The expression in which it happened, as `Instr.node`."""


LeftOut = dict[str, dict[ast.AST, InferenceError]]
"""Of each function, expressions that have no native form for their types, and why."""
Asked = dict[tuple[str, str], Type]
"""The attributes, by class and name, of which inference has asked what they are expected to be, with the answers: as long as
these are the same, so is what was inferred."""
Called = tuple[str, tuple[Type, ...]]
"""A function, and the types of the arguments with which it is called."""


@dataclass(slots=True)
class Attempt:
    """One of several attempts to find types for a function and all that it calls, which adds to these for the next one.

    left_out: of each function, expressions that have no native form for the types with which they were met at last: CPython will
    be called for them.  asked: what was asked for, of attributes.  apart: the callees that the function will call by way of
    CPython, as it would be too large together with them.
    """

    left_out: LeftOut = field(default_factory=dict)
    asked: Asked = field(default_factory=dict)
    apart: set[Called] = field(default_factory=set)


NO_ARGUMENT = -1
BOOLS = frozenset({False, True})
INFERRED = ("result", "constants", "hir", "callees", "returns", "detours", "left_out")


@dataclass(frozen=True, slots=True)
class Head:
    """A typed snapshot at a loop's head.

    point: what it says.  types: of its operands.  arguments: for each argument of the instance that begins there, the index of
    the operand, or NO_ARGUMENT for a variable that is unbound.
    """

    point: Point
    types: tuple[Type, ...]
    arguments: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Instance:
    """One function for one list of argument types.

    root: if it is not the function from its beginning, but from the head of a loop on, the index of that place; its arguments
    are then what the block there takes, and `head` is the snapshot that they come from.
    """

    untyped: Untyped
    types: tuple[Type, ...]
    number: int
    result: Type = NEVER
    constants: frozenset[bool] = frozenset()
    """The bools that it returns, if it returns nothing else and each of them is written in the source."""
    root: int | None = None
    head: Head | None = None
    iterates: bool = False
    """Whether it is a `__next__` that a loop asks: where that raises StopIteration it gives None."""
    initialises: bool = False
    """Whether it is an `__init__` that is called with an object just made: what it does to that is no effect."""
    entered: bool = False
    """Whether CPython enters it; others are only called by native code."""
    hir: Function = field(init=False)
    """Set by the first inference."""
    callees: list[Instance] = field(default_factory=list)
    heads: list[tuple[int, Head]] = field(default_factory=list)
    """The loops' heads at which it could be entered again: the root of each, and the snapshot there."""
    returns: bool = True
    """Whether a result may still be found for it; if not, calls of it are left to CPython where they may be."""
    detours: list[InferenceError] = field(default_factory=list)
    """Why native code is left for CPython at operations that have no native form for their types."""
    left_out: dict[ast.AST, InferenceError] = field(default_factory=dict)
    """The expressions that have no native form for their types, for which CPython is to be called in the next attempt."""
    may_exit: bool = True
    has_effect: bool = False
    may_resume: bool = False
    """Whether a call may end in CPython, after effects: its result is then an object, or an exception is set."""

    @property
    def qualname(self) -> str:
        return self.untyped.source.qualname

    @property
    def constant(self) -> bool | None:
        """The bool that every native return gives; None if it may give anything else."""
        return next(iter(self.constants)) if len(self.constants) == 1 else None

    @property
    def size(self) -> int:
        """How many instructions it has."""
        return sum(len(block.instrs) for block in self.hir.blocks)

    @property
    def symbol(self) -> str:
        """The LLVM name, quoted: qualified names may hold any letter."""
        return f'"{self.qualname}.{self.number}"'

    def __str__(self) -> str:
        return f"{self.qualname}({signature_text(self.types)})"

    def state(self) -> dict[str, Any]:
        """What another inference sets."""
        return {name: getattr(self, name) for name in INFERRED} | {"heads": list(self.heads)}

    def restore(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


class Program:
    """The instances that one root needs."""

    def __init__(self, lookup: Callable[[str], Untyped], attempt: Attempt | None = None) -> None:
        attempt = attempt or Attempt()
        self.lookup = lookup
        self.left_out, self.asked, self.apart = attempt.left_out, attempt.asked, attempt.apart
        self.root = ""
        """The function that is compiled, with all that it calls."""
        self.solver = Solver()
        self.has_alternatives = False
        """Whether an object of several types was told apart: not all of what follows then comes to pass."""
        self.stored: dict[tuple[Type, str], Type] = {}
        """What is first stored into each attribute of instances: what is expected there if none was seen."""
        self.held: dict[Type, Type] = {}
        """What is appended to instances that derive from `list`, by class."""
        self._instances: dict[tuple[str, tuple[Type, ...], int | None, bool, bool], Instance] = {}
        self._sizes: dict[Instance, int] = {}
        self._size = 0
        """How many instructions the instances have together."""
        self._work: list[Instance] = []
        """To be inferred, the next one last: callees before the callers that wait for their results."""

    def instance(
        self,
        qualname: str,
        types: tuple[Type, ...],
        root: int | None = None,
        initialises: bool = False,
        iterates: bool = False,
    ) -> Instance:
        """The instance for these argument types, of the function or of one of its roots; if it is new, it is inferred next."""
        key = (qualname, types, root, initialises, iterates)
        if key not in self._instances:
            found = Instance(self.lookup(qualname), types, len(self._instances), root=root)
            found.initialises, found.iterates = initialises, iterates
            self._instances[key] = found
            self._work.append(found)
        return self._instances[key]

    def raise_result(self, instance: Instance, ty: Type, constant: object = None) -> None:
        instance.result = join(instance.result, ty)
        instance.constants |= {constant} if isinstance(constant, bool) else BOOLS

    def note_stored(self, owner: Type, name: str, ty: Type) -> None:
        """A value of this type is stored into the attribute."""
        if ty.name == "list" and ty.args[0] == NEVER:
            ty = list_of(OBJECT)
        if (ty.name in UNBOXABLE or ty == CHAR) and self.stored.get((owner, name), NONE) == NONE:
            self.stored[owner, name] = as_element(ty)

    def note_held(self, owner: Type, ty: Type) -> None:
        """An object of this type is appended to one that derives from `list`."""
        whole = join(self.held.get(owner, NEVER), as_element(ty))
        if whole != self.held.get(owner, NEVER):
            # What was read from such lists before may be of this type, too.
            self.held[owner], self.solver.moved = whole, True

    def infer(self, qualname: str, types: tuple[Type, ...], run: Run) -> list[Instance]:
        """The instances reachable from this root, root first, callees before nothing in particular.

        Raises:
            InferenceError: some instance has no types.
        """
        self.root = qualname
        root = self.instance(qualname, types)
        root.entered = True
        self._settle(root, run)
        return reachable(root)

    def infer_observed(self, qualname: str, root: int, operands: tuple[Type, ...], run: Run) -> list[Instance]:
        """The instances reachable from a root at which CPython was seen to come with operands of these types, its own first.

        Raises:
            InferenceError: some instance has no types, or the root does not take such operands.
        """
        places = self.lookup(qualname).hir.roots
        place = places[root] if root < len(places) else None
        if place is None or place.point is None or len(operands) != len(place.variables):
            raise InferenceError(
                reasons.TYPE_INFERENCE_FAILED, qualname, None, what="a loop", conflict="it is another one"
            )
        if not set(place.params) <= set(place.variables) or UNBOUND in operands[: place.point.first_local]:
            raise InferenceError(
                reasons.TYPE_INFERENCE_FAILED, qualname, None, what="a loop", conflict="it cannot be entered"
            )
        types = dict(zip(place.variables, operands))
        bound = [name for name in place.variables if types[name] != UNBOUND]
        first = place.point.first_local
        point = place.point.where_bound(tuple(name for name in place.variables[first:] if name in bound))
        arguments = tuple(bound.index(name) if name in bound else NO_ARGUMENT for name in place.params)
        self.root = qualname
        entered = self.instance(qualname, tuple(types[name] for name in place.params), root)
        entered.entered = True
        entered.head = Head(point, tuple(types[name] for name in bound), arguments)
        self._settle(entered, run)
        return reachable(entered)

    def infer_from(self, instance: Instance, root: int, head: Head, run: Run) -> Instance | None:
        """The instance that begins at a root of another one, where that has the snapshot *head*; None if it has no types."""
        resolved = tuple(map(self.solver.resolve, head.types))
        types = tuple(UNBOUND if index == NO_ARGUMENT else resolved[index] for index in head.arguments)
        head = Head(head.point, resolved, head.arguments)
        before = {known: known.state() for known in self._instances.values() if hasattr(known, "hir")}
        found = self.instance(instance.qualname, types, root)
        found.head, found.entered = head, True
        try:
            self._settle(found, run)
        except InferenceError:
            self._work.clear()
            # What was inferred once more may call what has not been come to.
            for known, state in before.items():
                known.restore(state)
            # What is new may, too; it is inferred when it is asked for again.
            self._instances = {key: known for key, known in self._instances.items() if known in before}
            return None
        return found

    def _settle(self, root: Instance, run: Run) -> None:
        callers: defaultdict[Instance, list[Instance]] = defaultdict(list)
        runs: Counter[Instance] = Counter()
        try:
            self._infer_all(root.qualname, run, callers, runs)
            while without := _without_result(root):
                for instance in without:
                    instance.returns = False
                    self._work += [caller for caller in callers[instance] if caller not in self._work]
                self._infer_all(root.qualname, run, callers, runs)
        finally:
            # What is not called any more, now that more is known, was met with types that do not come to pass.
            for instance in reachable(root):
                if instance.left_out:
                    self.left_out.setdefault(instance.qualname, {}).update(instance.left_out)

    def _infer_all(
        self,
        qualname: str,
        run: Run,
        callers: defaultdict[Instance, list[Instance]],
        runs: Counter[Instance],
    ) -> None:
        sizes = self._sizes
        while self._work:
            current = self._work.pop()
            runs[current] += 1
            if len(self._instances) > INSTANCES:
                unit = "functions to be compiled with it, counted once for each list of argument types"
                self._set_apart()
                raise InferenceError(
                    reasons.TOO_LARGE, qualname, None, size=len(self._instances), unit=unit, limit=INSTANCES
                )
            if runs[current] > RUNS:
                raise InferenceError(
                    reasons.TYPE_INFERENCE_FAILED, qualname, None, what="the results", conflict="they do not settle"
                )
            self.solver.moved, result = False, (current.result, current.constants)
            current.callees, current.detours, current.left_out = [], [], {}
            waiting = len(self._work)
            try:
                run(self, current)
            except InferenceError:
                if current.untyped.module is None or current.qualname not in current.untyped.module.made:
                    raise
                # It has no source in which an operation could be left to CPython, so the call of it is.
                current.returns, current.hir = False, _leaving(current)
                self._work += [caller for caller in callers[current] if caller not in self._work]
            self._size += current.size - sizes.get(current, 0)
            sizes[current] = current.size
            if self._size > INSTRUCTIONS:
                unit = "instructions together with those of the functions that it calls"
                self._set_apart()
                raise InferenceError(reasons.TOO_LARGE, qualname, None, size=self._size, unit=unit, limit=INSTRUCTIONS)
            for callee in current.callees:
                if current not in callers[callee]:
                    callers[callee].append(current)
            again = callers[current] if (current.result, current.constants) != result else []
            if self.solver.moved:
                again = [*again, current]
            # Below the callees that are new, which are inferred first.
            self._work[waiting:waiting] = [instance for instance in again if instance not in self._work]

    def _set_apart(self) -> None:
        """Find out which callees are so large that the root had better not be compiled with them."""
        sizes = {
            (instance.qualname, instance.types): sum(self._sizes.get(one, 0) for one in reachable(instance))
            for instance in self._instances.values()
            if instance.qualname != self.root and instance.callees
        }
        for part in (LARGE, 2 * LARGE, 4 * LARGE):
            found = {called for called, size in sizes.items() if size > self._size // part} - self.apart
            if found:
                self.apart |= found
                return


def _leaving(instance: Instance) -> Function:
    """A function that always leaves native code."""
    source = instance.untyped.hir
    params = [Value(name, ty) for name, ty in zip(source.params, instance.types)]
    exit_ = Instr(ops.EXIT, [], None, reasons.RUNTIME_TYPE_MISMATCH, source.span)
    return Function(source.qualname, list(source.params), [Block("entry0", params, [exit_])], NEVER, source.span)


Run = Callable[[Program, Instance], None]
"""Infers one instance (`specialise.run`)."""


def reachable(root: Instance) -> list[Instance]:
    """The instance and all that it calls, directly or not."""
    order = dict.fromkeys([root])
    work = [root]
    for instance in work:
        work.extend(callee for callee in instance.callees if callee not in order)
        order.update(dict.fromkeys(instance.callees))
    return list(order)


def _without_result(root: Instance) -> list[Instance]:
    """Those of which it is not known yet that no native call of them returns: first such as only depend on themselves."""
    open_ = [instance for instance in reachable(root) if instance.result == NEVER and instance.returns]
    last = [instance for instance in open_ if not set(instance.callees) & set(open_) - {instance}]
    return last or open_
