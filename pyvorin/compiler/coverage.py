"""How much of a source has a native form: shares of functions, of functions with loops, and of innermost loops.

`native`: every statement has one, if its types are such.  `boxed`: it has one for whatever types, with operations on objects and
calls of CPython where there is no other; of a loop this means that native code goes round in it without being left.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from pyvorin.compiler.compilation import Compilation
from pyvorin.compiler.frontend.function import Form
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.group import Specialisation
from pyvorin.compiler.infer.annotations import static_signature
from pyvorin.compiler.infer.instances import InferenceError
from pyvorin.types.spec import OBJECT

LOOPS = (ast.For, ast.While)


@dataclass(slots=True)
class Share:
    """How many there are, and how many of these have a native form."""

    total: int = 0
    native: int = 0
    boxed: int = 0

    def add(self, native: bool, boxed: bool) -> None:
        self.total += 1
        self.native += native
        self.boxed += native or boxed

    def to_data(self) -> dict[str, int]:
        return {"total": self.total, "native": self.native, "boxed": self.boxed}


@dataclass(slots=True)
class Coverage:
    """The shares of one or several sources."""

    functions: Share = field(default_factory=Share)
    loop_functions: Share = field(default_factory=Share)
    innermost_loops: Share = field(default_factory=Share)

    def include(self, compilation: Compilation) -> None:
        """Count the functions of a module."""
        for qualname, source in compilation.module.functions.items():
            native, found = _is_native(compilation, qualname), _boxed(compilation, qualname)
            loops = [node for node in ast.walk(source.node) if isinstance(node, LOOPS)]
            self.functions.add(native, found is not None)
            if not loops:
                continue
            self.loop_functions.add(native, found is not None)
            left = _lines_left(found) if found is not None else []
            for loop in loops:
                if any(isinstance(inner, LOOPS) for inner in ast.walk(loop) if inner is not loop):
                    continue
                last = loop.end_lineno or loop.lineno
                stays = found is not None and not any(loop.lineno <= line <= last for line in left)
                self.innermost_loops.add(native, stays)

    def to_data(self) -> dict[str, dict[str, int]]:
        return {
            "functions": self.functions.to_data(),
            "loop_functions": self.loop_functions.to_data(),
            "innermost_loops": self.innermost_loops.to_data(),
        }


def _is_native(compilation: Compilation, qualname: str) -> bool:
    try:
        compilation.lookup(qualname)
    except Reject:
        return False
    return True


def _boxed(compilation: Compilation, qualname: str) -> Specialisation | None:
    """The function for its annotated types, or for any objects; None if there is nothing native about it."""
    node = compilation.module.functions[qualname].node
    types = static_signature(node) if isinstance(node, ast.FunctionDef) else None
    if types is None:
        types = (OBJECT,) * len(parameters_of(node).names)
    try:
        root = compilation.lookup(qualname, Form.DETOURING)
        return compilation.specialise_as(Form.DETOURING, root, types)
    except (InferenceError, Reject):
        return None


def _lines_left(found: Specialisation) -> list[int]:
    """The lines at which native code of the function is left for CPython."""
    lines = [refusal.node.lineno for refusal in found.root.untyped.detours or ()]
    return lines + [refusal.span.line for refusal in found.root.detours if refusal.span is not None]
