"""How much of a source has a native form: shares of functions, of functions with loops, and of innermost loops; why not the rest.

`native`: every statement has one, if its types are such.  `boxed`: it has one for whatever types, with operations on objects and
calls of CPython where there is no other; of a loop this means that native code goes round in it without being left.  Nothing is
run, so a value that only a running program can show (a global name, a default) is taken to be any object.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyvorin.compiler.compilation import Compilation
from pyvorin.compiler.frontend.function import Form
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.group import Specialisation
from pyvorin.compiler.infer.annotations import static_signature
from pyvorin.compiler.infer.instances import InferenceError
from pyvorin.core import reasons
from pyvorin.types.spec import OBJECT

LOOPS = (ast.For, ast.While)
SHOWN = 40
"""How many different reasons are listed; of all of them there are the sums by code."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something has no native form, or is left for CPython: a reason, in words that name no function, and where."""

    code: str
    words: str
    first: int
    last: int
    """The lines that are concerned."""

    @classmethod
    def of(cls, refusal: Reject | InferenceError) -> Obstacle:
        words = reasons.message(refusal.code, function="it", **refusal.fields).replace("'it'", "it")
        if isinstance(refusal, Reject):
            node = refusal.statement or refusal.node
            return cls(refusal.code, words, node.lineno, node.end_lineno or node.lineno)
        line = refusal.span.line if refusal.span is not None else 0
        return cls(refusal.code, words, line, line)


@dataclass(slots=True)
class Share:
    """How many there are, how many of these have a native form, and what keeps the others from it.

    Of functions with loops, the form counts if native code goes round in one of the innermost.
    """

    total: int = 0
    native: int = 0
    boxed: int = 0
    obstacles: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many each code, with its words, keeps from a native form; the first obstacle of each counts."""

    def add(self, native: bool, boxed: bool, obstacle: Obstacle | None = None) -> None:
        self.total += 1
        self.native += native
        self.boxed += native or boxed
        if obstacle is not None and not (native or boxed):
            self.obstacles[obstacle.code, obstacle.words] += 1

    def include(self, other: Share) -> None:
        """Count what another one has counted."""
        self.total += other.total
        self.native += other.native
        self.boxed += other.boxed
        self.obstacles += other.obstacles

    def by_code(self) -> dict[str, int]:
        """How many each code keeps from a native form, the commonest first."""
        found: Counter[str] = Counter()
        for (code, _), count in self.obstacles.items():
            found[code] += count
        return dict(found.most_common())

    def to_data(self) -> dict[str, object]:
        words = [
            {"code": code, "words": words, "count": count} for (code, words), count in self.obstacles.most_common(SHOWN)
        ]
        return {
            "total": self.total,
            "native": self.native,
            "boxed": self.boxed,
            "reasons": self.by_code(),
            "obstacles": words,
        }


@dataclass(slots=True)
class Coverage:
    """The shares of one or several sources."""

    functions: Share = field(default_factory=Share)
    loop_functions: Share = field(default_factory=Share)
    innermost_loops: Share = field(default_factory=Share)

    def include(self, compilation: Compilation) -> None:
        """Count the functions of a module."""
        compilation.module.seen.presumes = True
        for qualname, source in compilation.module.functions.items():
            native, found = _is_native(compilation, qualname), _boxed(compilation, qualname)
            refusal = found if isinstance(found, Obstacle) else None
            self.functions.add(native, refusal is None, refusal)
            judged = [
                (loop, found if isinstance(found, Obstacle) else _obstacle_of(loop, found))
                for loop in _innermost_loops(source.node)
            ]
            if not judged:
                continue
            first = next((obstacle for _, obstacle in judged if obstacle is not None), None)
            self.loop_functions.add(native, any(obstacle is None for _, obstacle in judged), first)
            for _, obstacle in judged:
                self.innermost_loops.add(native, obstacle is None, obstacle)

    def shares(self) -> dict[str, Share]:
        """By what they are of."""
        return {
            "functions": self.functions,
            "loop_functions": self.loop_functions,
            "innermost_loops": self.innermost_loops,
        }

    def to_data(self) -> dict[str, dict[str, object]]:
        return {name: share.to_data() for name, share in self.shares().items()}

    def table(self) -> str:
        """The shares in percent, and the codes of what is left."""
        lines = []
        for name, share in self.shares().items():
            of = max(share.total, 1)
            lines.append(
                f"{name.replace('_', ' '):16}{share.total:6}  native {share.native / of:6.1%}  "
                f"with boxed operations {share.boxed / of:6.1%}"
            )
            rest = ", ".join(f"{code} {count}" for code, count in share.by_code().items())
            lines += [f"{'':16}rest: {rest}"] if rest else []
        return "\n".join(lines)


def total(coverages: Iterable[Coverage]) -> Coverage:
    """All of them together."""
    whole = Coverage()
    for coverage in coverages:
        for name, share in coverage.shares().items():
            whole.shares()[name].include(share)
    return whole


def _is_native(compilation: Compilation, qualname: str) -> bool:
    try:
        compilation.lookup(qualname)
    except Reject:
        return False
    return True


def _boxed(compilation: Compilation, qualname: str) -> Specialisation | Obstacle:
    """The function for its annotated types, or for any objects; why not, if there is nothing native about it."""
    node = compilation.module.functions[qualname].node
    types = static_signature(node) if isinstance(node, ast.FunctionDef) else None
    if types is None:
        types = (OBJECT,) * len(parameters_of(node).names)
    try:
        root = compilation.lookup(qualname, Form.DETOURING)
        return compilation.specialise_as(Form.DETOURING, root, types)
    except (InferenceError, Reject) as refusal:
        return Obstacle.of(refusal)


def _innermost_loops(function: ast.AST) -> list[ast.For | ast.While]:
    loops = [node for node in ast.walk(function) if isinstance(node, LOOPS)]
    return [
        loop for loop in loops if not any(isinstance(inner, LOOPS) for inner in ast.walk(loop) if inner is not loop)
    ]


def _obstacle_of(loop: ast.For | ast.While, found: Specialisation) -> Obstacle | None:
    """Why native code does not go round in the loop without being left; None if it does."""
    untyped = found.root.untyped
    left = [Obstacle.of(refusal) for refusal in untyped.detours or ()]
    left += [Obstacle.of(refusal) for refusal in found.root.detours if refusal.span is not None]
    for obstacle in left:
        if obstacle.first <= (loop.end_lineno or loop.lineno) and loop.lineno <= obstacle.last:
            return obstacle
    own = [instance for instance in found.instances if instance.untyped.source.outer == untyped.source.qualname]
    reached = {
        instr.span.line
        for instance in own
        for block in instance.hir.blocks
        for instr in block.instrs
        if instr.span is not None
    }
    if not reached.isdisjoint(range(loop.body[0].lineno, (loop.body[-1].end_lineno or loop.lineno) + 1)):
        return None
    behind = [obstacle for obstacle in left if obstacle.first < loop.lineno]
    # What stands behind something that is left to CPython is only compiled for what is seen there.
    return behind[-1] if behind else Obstacle(reasons.UNPROFITABLE, "native code does not come to it", 0, 0)
