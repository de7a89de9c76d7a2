"""What is stored into containers that lie in others.

groups = defaultdict(list)          defaultdict[?0, ?1]
groups[k].append(1.5)               the list is one of ?1, so ?1 := list[float]
"""

from __future__ import annotations

from typing import Protocol

from pyvorin.compiler.hir.ir import Value
from pyvorin.compiler.infer.solver import Solver
from pyvorin.types.spec import CONTAINER_NAMES, Type, as_element, join


class Places(Protocol):
    """What knows from where values were read."""

    solver: Solver
    lies_in: dict[Value, tuple[Value, int]]


def learn_inside(places: Places, container: Value, index: int, ty: Type) -> None:
    """The element type of this index of the container takes in *ty*, if the program has made it or what it lies in."""
    if container.ty.name not in CONTAINER_NAMES or index >= len(container.ty.args):
        return
    element = container.ty.args[index]
    if element.is_variable:
        places.solver.unify(element, ty)
    elif container in places.lies_in:
        args = list(container.ty.args)
        args[index] = join(args[index], as_element(places.solver.resolve(ty)))
        owner, at = places.lies_in[container]
        learn_inside(places, owner, at, Type(container.ty.name, tuple(args)))
