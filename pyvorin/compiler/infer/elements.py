"""What is stored into containers that lie in others.

groups = defaultdict(list)          defaultdict[?0, ?1]
groups[k].append(1.5)               the list is one of ?1, so ?1 := list[float]
"""

from __future__ import annotations

from typing import Protocol

from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.hir.ir import Value
from pyvorin.compiler.infer.solver import Solver
from pyvorin.compiler.primitives.registry import Primitive
from pyvorin.types.spec import CONTAINER_NAMES, Type, as_element, item_of, join


class Places(Protocol):
    """What knows from where values were read."""

    solver: Solver
    lies_in: dict[Value, tuple[Value, int]]

    def type_of(self, value: Value) -> Type: ...


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


def learn_stored(places: Places, primitive: Primitive, args: list[Value]) -> None:
    """What the primitive stores into a container that this program makes joins that container's element variables."""
    pattern = primitive.params[0] if primitive.params else None
    if pattern is None or pattern.name not in CONTAINER_NAMES:
        return
    elements = args[0].ty.args

    def learn(index: int, ty: Type) -> None:
        learn_inside(places, args[0], index, ty)

    for at, (param, boxed, arg) in enumerate(list(zip(primitive.params, primitive.boxed, args))[1:]):
        if primitive.stores:
            learn(primitive.stores[at], places.type_of(arg))
        elif primitive.stores_items:
            learn(0, item_of(places.solver.resolve(arg.ty)))
        elif boxed and param in pattern.args:
            learn(pattern.args.index(param), places.type_of(arg))
        elif primitive.effect == MUTATE and param.name in CONTAINER_NAMES and len(param.args) <= len(elements):
            for index, part in enumerate(places.solver.resolve(arg.ty).args):
                learn(index, part)
