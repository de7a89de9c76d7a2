"""Random programs of the subset that is compiled, from a seed: the same seed gives the same program for ever.

A program is a few functions, constants beside them, and the calls to make.  Names carry the seed, so that many programs fit
into one module.  Types are the generator's own guide to programs that mostly work; nothing relies on them, CPython is the oracle.
"""

from __future__ import annotations

import random

from . import classes, entries, inner, kinds, modules, names, objects
from .arguments import Arguments
from .mappings import TABLES
from .scope import FEATURES, LATER_FEATURES, SCALARS, Callee
from .statements import Statements

HEADER = (
    "import math\nfrom collections import namedtuple\nfrom dataclasses import KW_ONLY, InitVar, dataclass, field, replace\n"
    "from enum import Enum, Flag, IntEnum, IntFlag, auto\nfrom functools import cached_property\n"
    "from typing import NamedTuple\n\n"
)
"""The first lines of every module made of programs."""

CALLS_PER_FUNCTION = 8
LIKELIHOOD = {"annotations": 0.75, "wrong_hints": 0.25, "mutate": 0.35, "array": 0.3}
"""How probable a feature is in a program where it is not one half.  Annotated functions are compiled at import, all at once;
the others cost a request for every signature that is seen."""
NAMES = 0.15
"""How many programs use what lies outside of their functions."""
OBJECTS = 0.15
"""How many programs have classes of many kinds that change."""
ENTRIES = 0.3
"""How many programs have functions that use entries of the tables of primitives, drawn from all of them."""
SPECIAL = 0.1
"""How many programs have enumerations and named tuples that change."""
INNER = 0.15
"""How probable generators and functions inside functions are in a program."""
PARTS = (
    ("names", NAMES, names.chunk),
    ("objects", OBJECTS, objects.chunk),
    ("kinds", SPECIAL, kinds.chunk),
    ("inner", INNER, inner.chunk),
    ("entries", ENTRIES, entries.chunk),
)
"""What else may be in a program, in this order; each is drawn by itself."""
MODULES = 0.1
"""How many programs are of two modules."""
HINTS = {"num": "float", "none": "None", "opt[int]": "int | None", "opt[float]": "float | None", "range": "range"}
WRONG_HINTS = ("int", "float", "str", "bool", "list[int]", "list[float]", "list[str]", "tuple[int, float]", "range")


class Program:
    """`source` without the header, and the text of the calls to make after its execution."""

    def __init__(self, name: str, source: str, calls: list[str]) -> None:
        self.name = name
        self.source = source
        self.calls = calls


def generate(seed: int) -> Program:
    """The program of a seed."""
    return generate_modules(seed) if random.Random(f"parts {seed}").random() < MODULES else _whole(seed)


def generate_modules(seed: int) -> Program:
    """A program of two modules."""
    whole = _whole(seed)
    whole.source = modules.split(whole.source, whole.calls, random.Random(f"modules {seed}"))
    return whole


def _whole(seed: int) -> Program:
    rng = random.Random(seed)
    features = frozenset(name for name in FEATURES if rng.random() < LIKELIHOOD.get(name, 0.5))
    apart = random.Random(f"later {seed}")
    features |= {name for name, likelihood in LATER_FEATURES.items() if apart.random() < likelihood}
    if "texts" in features:
        features |= {"str"}
    arguments = Arguments(rng)
    callees: list[Callee] = []
    constants: dict[str, str] = {}
    chunks: list[str] = []
    calls: list[str] = []
    if "constants" in features:
        for index in range(rng.randint(1, 3)):
            ty = rng.choice(SCALARS)
            name = f"C{seed}_{index}"
            constants[name] = ty
            chunks.append(f"{name} = {Statements(rng, frozenset()).literal(ty)}\n")
    for index in range(rng.choice((1, 2, 2, 3))):
        writer = _FunctionWriter(rng, features, callees, constants)
        source, callee = writer.function(f"f{seed}_{index}")
        chunks.append(source)
        callees.append(callee)
        calls += _calls(rng, arguments, callee, "alias" in features)
    if "classes" in features:
        source, more = classes.chunk(apart, str(seed))
        chunks.append(source)
        calls += more
    for name, likelihood, chunk in PARTS:
        drawn = random.Random(f"{name} {seed}")
        if drawn.random() < likelihood:
            source, more = chunk(drawn, str(seed))
            chunks.append(source)
            calls += more
    return Program(f"p{seed}", "\n\n".join(chunks) + "\n", calls)


def generate_entries(number: int) -> Program:
    """A program of a portion of the entries of the tables, by its number; together the portions have all."""
    source, calls = entries.portion(number)
    return Program(f"p{number}", source + "\n", calls)


def generate_objects(seed: int) -> Program:
    """A program that is nothing but classes that change (`objects.py`)."""
    source, calls = objects.chunk(random.Random(f"objects alone {seed}"), str(seed))
    return Program(f"p{seed}", source + "\n", calls)


def generate_kinds(seed: int) -> Program:
    """A program that is nothing but classes of special kinds (`kinds.py`)."""
    source, calls = kinds.chunk(random.Random(f"kinds alone {seed}"), str(seed))
    return Program(f"p{seed}", source + "\n", calls)


KINDS = {
    "all": generate,
    "objects": generate_objects,
    "kinds": generate_kinds,
    "entries": generate_entries,
    "modules": generate_modules,
}
"""What makes the program of a seed, by the kind of programs."""


def module_source(programs: list[Program]) -> str:
    """One module that holds all the programs."""
    return HEADER + "\n\n".join(program.source for program in programs)


class _FunctionWriter(Statements):
    """Writes one function."""

    def __init__(
        self, rng: random.Random, features: frozenset[str], callees: list[Callee], constants: dict[str, str]
    ) -> None:
        super().__init__(rng, features, callees)
        self.constants = constants

    def function(self, name: str) -> tuple[str, Callee]:
        recursive = self.has("recursion") and self.chance(0.4)
        self.returns = self.return_type()
        parameters = [(f"a{index}", self.parameter_type()) for index in range(self.rng.randint(1, 4))]
        if recursive:
            parameters.insert(0, ("depth", "int"))
        self.variables = dict(parameters)
        self.parameters = frozenset(self.variables)
        scalars = [index for index, (_, ty) in enumerate(parameters) if ty in SCALARS or ty.startswith("opt[")]
        last = len(parameters) - 1
        defaults = (
            1 if self.has("defaults") and last in scalars and parameters[last][0] != "depth" and self.chance(0.6) else 0
        )
        callee = Callee(name, parameters, defaults, self.returns, 1)
        lines = [self.signature(name, parameters, defaults)]
        body: list[str] = []
        if self.chance(0.1):
            body.append('"""A docstring."""')
        if recursive:
            body += ["if depth <= 0:", f"    return {self.expr(self.returns, 2)}"]
        for _ in range(self.rng.randint(1, 5)):
            body += self.statement(3)
        if recursive:
            body += self.recursive_call(callee)
        if not self.chance(0.04):
            body.append(f"return {self.expr(self.returns)}")
        lines += ["    " + line for line in body]
        callee.cost = max(1, self.cost) + (1 if recursive else 0)
        return "\n".join(lines), callee

    def return_type(self) -> str:
        options = ["int"] * 4 + ["float"] * 4 + ["bool", "num"] + ["str"] * self.has("str")
        options += ["list[int]", "list[float]"] * self.has("list") + ["tuple[int, float]"] * self.has("tuple")
        options += ["opt[int]"] * self.has("optional") + ["dict[str, int]", "set[int]"] * self.has("dict")
        return self.rng.choice(options)

    def parameter_type(self) -> str:
        options = ["int"] * 4 + ["float"] * 4 + ["bool"] + ["str"] * 2 * self.has("str")
        options += (
            ["list[float]"] * 4 * self.has("list")
            + ["list[int]"] * 3 * self.has("list")
            + ["list[bool]"] * self.has("list")
        )
        options += ["list[str]"] * (self.has("list") and self.has("str")) + ["list[list[float]]"] * self.has("nested")
        options += ["tuple[int, float]", "tuple[float, float, int]"] * self.has("tuple") + ["range"] * 2 * self.has(
            "range"
        )
        options += ["array[d]", "array[d]", "array[q]", "array[i]", "array[B]"] * self.has("array")
        options += ["opt[int]", "opt[float]"] * self.has("optional") + [*TABLES] * self.has("dict")
        return self.rng.choice(options)

    def signature(self, name: str, parameters: list[tuple[str, str]], defaults: int) -> str:
        annotated = self.has("annotations") and self.chance(0.85)
        texts = []
        for index, (parameter, ty) in enumerate(parameters):
            text = parameter
            if annotated and not ty.startswith("array[") and self.chance(0.95):
                hint = HINTS.get(ty, ty)
                if self.has("wrong_hints") and self.chance(0.15):
                    hint = self.rng.choice(WRONG_HINTS)
                text += f": {hint}"
            if index >= len(parameters) - defaults:
                text += f"{' = ' if ':' in text else '='}{self.literal(ty)}"
            texts.append(text)
        returns = f" -> {HINTS.get(self.returns, self.returns)}" if annotated and self.chance(0.8) else ""
        return f"def {name}({', '.join(texts)}){returns}:"

    def recursive_call(self, callee: Callee) -> list[str]:
        arguments = []
        for name, ty in callee.parameters:
            if name == "depth":
                arguments.append(f"depth - {self.rng.choice((1, 1, 2))}")
            elif ty in ("int", "num"):
                arguments.append(f"({self.expr('int', 2)}) % {self.rng.choice((100, 65537))}")
            else:
                arguments.append(self.leaf(ty) if ty in self.variables.values() else self.expr(ty, 1))
        call = f"{callee.name}({', '.join(arguments)})"
        result = self.fresh("r")
        self.variables[result] = self.returns
        lines = [f"{result} = {call}"]
        if self.returns in ("int", "float", "num") and self.chance(0.3):
            lines.append(f"{result} += {call.replace('depth - 1', 'depth - 2')}")
        return lines


def _calls(rng: random.Random, arguments: Arguments, callee: Callee, aliases: bool) -> list[str]:
    """Ordinary calls first, as a program would make them; then extreme ones, those of a wrong type, and ill-formed ones."""
    calls = []
    for number in range(CALLS_PER_FUNCTION):
        makers = [arguments.ordinary]
        if number >= 2:
            makers = [arguments.ordinary, arguments.extreme, arguments.extreme]
        texts = [rng.choice(makers)(ty, name) for name, ty in callee.parameters]
        if number == CALLS_PER_FUNCTION - 1 and rng.random() < 0.6:
            index = rng.randrange(len(texts))
            name, ty = callee.parameters[index]
            texts[index] = arguments.wrong(ty, name)
        if callee.defaults and rng.random() < 0.4:
            texts.pop()
        if aliases:
            _share(rng, callee, texts)
        if number > 3 and rng.random() < 0.1:
            _spoil(rng, callee, texts)
        calls.append(f"{callee.name}({', '.join(texts)})")
    return calls


def _share(rng: random.Random, callee: Callee, texts: list[str]) -> None:
    """Pass one object for two parameters of the same container type."""
    containers = [
        i
        for i, (_, ty) in enumerate(callee.parameters[: len(texts)])
        if ty.startswith(("list[", "array[", "dict[", "set["))
    ]
    for first in containers:
        for second in containers:
            if first < second and callee.parameters[first][1] == callee.parameters[second][1] and rng.random() < 0.5:
                texts[first] = f"(same{first} := {texts[first]})"
                texts[second] = f"same{first}"
                return


def _spoil(rng: random.Random, callee: Callee, texts: list[str]) -> None:
    """One argument too many, one missing, an unknown or a repeated keyword, or arguments by name."""
    kind = rng.randrange(5)
    if kind == 0:
        texts.append("1")
    elif kind == 1 and texts:
        texts.pop()
    elif kind == 2:
        texts.append("unknown=1")
    elif kind == 3:
        texts.append(f"{callee.parameters[0][0]}=1")
    elif not any(":=" in text for text in texts):  # the shared object must be made before it is named
        texts[:] = [f"{name}={text}" for (name, _), text in zip(callee.parameters, texts)][::-1]
