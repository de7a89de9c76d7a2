"""What the generator knows while it writes a function: features, callable functions, variables and their types.

Types are text, as in `pyvorin.types.spec`, plus `num` (an int or a float, as an accumulator has it) and `opt[T]`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

FEATURES = (
    "alias", "annotations", "append", "array", "assert", "boolean_values", "calls", "chained", "comprehension", "constants",
    "dead_code", "defaults", "early_types", "explicit_conversions", "float", "genexp", "if", "for", "keywords", "list",
    "list_literals", "math", "mixed_int_float", "mutate", "nested", "none_first", "optional", "out_of_range", "pow", "raise",
    "range", "recursion", "reductions", "round", "shift", "slice", "str", "ternary", "tuple", "unbound", "unpack", "while",
    "wrong_hints",
)  # fmt: skip
"""Swarm testing: every program has a random half of these, so that no feature always hides behind the refusal of another."""

LATER_FEATURES = {"texts": 0.4, "fstring": 0.75, "dict": 0.3, "classes": 0.05, "pairs": 0.12}
"""Features with their likelihood that are drawn apart: a program without them is the one that its seed has always given."""

SCALARS = ("int", "float", "bool", "str")
ARRAY_ELEMENT = {"array[d]": "float", "array[q]": "int", "array[i]": "int", "array[B]": "int"}


def element_of(ty: str) -> str:
    """The type of what iterating over a value of type `ty` yields."""
    if ty == "str":
        return "str"
    if ty == "range":
        return "int"
    if ty.startswith("array"):
        return ARRAY_ELEMENT[ty]
    if ty.startswith("list["):
        return ty[5:-1]
    raise ValueError(ty)


def is_table(ty: str) -> bool:
    return ty.startswith(("dict[", "set["))


def table_parts(ty: str) -> list[str]:
    """Key and value of `dict[str, int]`, the element of `set[int]`."""
    return ty[ty.index("[") + 1 : -1].split(", ")


def tuple_items(ty: str) -> list[str]:
    """The item types of `tuple[int, float]`."""
    return ty[6:-1].split(", ")


class Callee:
    """A function written earlier, which later ones may call.  `cost` is the depth of its loops, callees' included."""

    def __init__(self, name: str, parameters: list[tuple[str, str]], defaults: int, returns: str, cost: int) -> None:
        self.name = name
        self.parameters = parameters
        self.defaults = defaults
        self.returns = returns
        self.cost = cost


class Scope:
    """The variables of one function and the place that is being written."""

    def __init__(self, rng: random.Random, features: frozenset[str], callees: Iterable[Callee] = ()) -> None:
        self.rng = rng
        self.features = features
        self.callees = list(callees)
        self.constants: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.unbound: dict[str, str] = {}
        """Variables that are assigned on some paths only."""
        self.loop_depth = 0
        self.cost = 0
        self.iterated: list[str] = []
        """Variables that an enclosing loop iterates over: appending to them could go on for ever."""
        self.parameters: frozenset[str] = frozenset()
        self.counter = 0

    def has(self, feature: str) -> bool:
        return feature in self.features

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def fresh(self, stem: str = "v") -> str:
        """A name that the function does not use yet."""
        self.counter += 1
        return f"{stem}{self.counter}"

    def of_type(self, *types: str) -> list[str]:
        """The readable names that have one of these types."""
        return [name for name, ty in [*self.variables.items(), *self.constants.items()] if ty in types]

    def iterables(self) -> list[tuple[str, str]]:
        """Variables that can be iterated over, with their types."""
        return [
            (n, ty)
            for n, ty in self.variables.items()
            if ty == "str" or ty == "range" or ty.startswith(("list[", "array["))
        ]
