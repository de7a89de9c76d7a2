"""Functions that use the entries of the tables of primitives, each in a loop: what is declared there is called here.

An overload's signature says what it is called with: type variables are given types of which the table then chooses this overload,
and operands are drawn from pools of values by their types.  Of what the table does not say nothing is written: no results.
"""

from __future__ import annotations

import builtins
import itertools
import random
from collections.abc import Iterator
from functools import cache

from pyvorin.compiler.frontend.call import HIDDEN
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.primitives import table
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Primitive, is_pattern_variable
from pyvorin.core.library import C_OBJECTS, MODULES
from pyvorin.types.spec import VIEW_NAMES, Type

from . import arguments

BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "lshift": "<<",
    "rshift": ">>", "and": "&", "or": "|", "xor": "^", "matmul": "@", "eq": "==", "ne": "!=", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "is": "is",
}  # fmt: skip
UNARY = {"neg": "-", "pos": "+", "invert": "~", "not": "not "}
FORMS = {
    "contains": "({0} in {1})",
    "getitem": "{0}[{1}]",
    "setitem": "{0}[{1}] = {2}",
    "delitem": "del {0}[{1}]",
    "getslice": "{0}[{1}:{2}:{3}]",
    "setslice": "{0}[{1}:{2}:{3}] = {4}",
    "delslice": "del {0}[{1}:{2}:{3}]",
    **{name: f"({{0}} {sign} {{1}})" for name, sign in BINARY.items()},
    **{"i" + name: f"{{0}} {sign}= {{1}}" for name, sign in BINARY.items()},
    **{name: f"({sign}{{0}})" for name, sign in UNARY.items()},
}
"""How what is no call is written, by the name of its primitive."""
STATEMENTS = frozenset({"setitem", "delitem", "setslice", "delslice", *("i" + name for name in BINARY)})

APART = {
    "vec": "unboxed lists, which no program names",
    "object": "what is of no known type",
    "instance": "classes have random programs of their own (objects.py)",
    "class": "the same",
    "member": "the same",
    "identity": "the same",
    "named": "the same",
    "ndarray": "NumPy is not there on each Python",
    "npint": "the same",
    "npfloat": "the same",
    "npbool": "the same",
    "deque": "made by collections, which programs here do not import",
    "defaultdict": "the same",
    "counter": "the same",
    "ordered": "the same",
    "random": "differs from one engine to the other",
    **dict.fromkeys(C_OBJECTS, "made by modules that programs here do not import"),
    "loose": "as arrays, but found in containers",
    "number": "derived from those of int and float",
    "never": "what cannot be",
}
"""Types of operands that are not made here, and why; in place of an overload for them nothing is written."""
MODULES_APART = {"time": "differs from one engine to the other", "random": "the same"}

SMALL = ("0", "1", "2", "3", "5", "-1", "-2", "-7", "64", "97")
ELEMENTS = ("int", "str", "float", "bool")
KEYS_OF_DICTS = ("str", "int")
BYTES = ("b''", "b'a'", "b'ab,c d'", "b'\\xff\\x00a'", "b'aXbXa'", "b'  12 '", "b'0a'", "b'Hello World\\n'")
STRS = (
    *arguments.EDGE_STRS,
    "'a'",
    "'b'",
    "'ab,c d'",
    "'Hello World\\n'",
    "'12'",
    "' 7 '",
    "'aaXaa'",
    "'%s'",
    "'0af'",
    "'big'",
)
LITERALS = {
    "str": ("'utf-8'", "'ascii'", "'latin-1'", "'big'", "'little'", "'d'", "'q'", "'.2f'", "'>5'", "'ignore'"),
    "int": ("0", "1", "-1", "2"),
}
"""What is tried where an overload wants to know an operand's value."""
LARGE = frozenset({"pow", "ipow", "lshift", "ilshift"})
"""What would take for ever with large numbers."""


class Entry:
    """An overload and the operand types that it is written for; `constants` are texts of those that stand in the source."""

    def __init__(self, overload: Primitive, types: tuple[Type, ...], constants: tuple[str, ...]) -> None:
        self.overload = overload
        self.types = types
        self.constants = constants

    def __str__(self) -> str:
        return self.overload.text


def visible() -> list[Primitive]:
    """The overloads that a program can come to by what it is written with, one after the other."""
    return [overload for name in table.names() if _is_visible(name) for overload in table.overloads(name)]


def _is_visible(name: str) -> bool:
    owner, _, _rest = name.partition(".")
    if not owner or name in FORMS or hasattr(builtins, name):
        return True
    if owner in MODULES:
        return name not in HIDDEN.values()
    return name in table.THROUGH_CLASS


def apart(overload: Primitive) -> str | None:
    """Why nothing is written for an overload; None if something is."""
    for ty in overload.params:
        reason = next((APART[part.name] for part in parts(ty) if part.name in APART), None)
        if reason is not None:
            return reason
    if overload.derived:
        return APART["number"]
    if overload.result.name == "R" and is_pattern_variable(overload.params[0]):
        return APART["npfloat"]
    return MODULES_APART.get(overload.name.partition(".")[0])


def parts(ty: Type) -> Iterator[Type]:
    yield ty
    for arg in ty.args:
        yield from parts(arg)


@cache
def entries() -> tuple[Entry, ...]:
    """Something to write for each overload that is not apart; a test says that there is."""
    found = (entry_of(overload) for overload in visible() if apart(overload) is None)
    return tuple(entry for entry in found if entry is not None)


def entry_of(overload: Primitive) -> Entry | None:
    """Operand types for which the table chooses this overload; None if none are found."""
    counts = range(1, 4) if overload.variadic else [len(overload.params)]
    for count in counts:
        operands = overload.operands(count)
        if operands is None:
            continue
        for types in itertools.islice(itertools.product(*map(_candidates, operands[0])), 4000):
            for constants in _constants(types):
                values = tuple(eval(text) if text else NOT_CONSTANT for text in constants)
                choice = table.choose(overload.name, types, values)
                if choice is not None and choice.primitive is overload:
                    return Entry(overload, types, constants)
    return None


def _constants(types: tuple[Type, ...]) -> Iterator[tuple[str, ...]]:
    """Nothing known but what is None or a char; then one operand as a literal, and then two."""
    plain = [{"none": "None", "char": "'a'"}.get(ty.name, "") for ty in types]
    yield tuple(plain)
    places = [index for index, ty in enumerate(types) if ty.name in LITERALS]
    for count in (1, 2):
        for chosen in itertools.combinations(places, count):
            for literals in itertools.product(*(LITERALS[types[index].name] for index in chosen)):
                given = dict(zip(chosen, literals))
                yield tuple(given.get(index, text) for index, text in enumerate(plain))


def _candidates(pattern: Type) -> list[Type]:
    """Concrete types that the pattern may stand for, the simplest first."""
    if is_pattern_variable(pattern):
        return [Type(name) for name in (*ELEMENTS, "none", "bytes", "bytearray")] + [
            Type("list", (Type("int"),)), Type("tuple", (Type("int"), Type("int"))), Type("tuples", (Type("int"),)),
            Type("set", (Type("int"),)), Type("dict", (Type("str"), Type("int"))), Type("range"),
        ]  # fmt: skip
    if pattern.name == "tuple" and not pattern.args:
        return [Type("tuple", (Type(name),) * 2) for name in (*ELEMENTS, "bytes")] + [Type("tuple", (Type("int"),))]
    if pattern.name in VIEW_NAMES:
        return [Type(pattern.name, (Type(key), Type("int"))) for key in KEYS_OF_DICTS]
    if pattern.name == "array":
        return [Type("array", (Type(code),)) for code in "dqQ"] if is_pattern_variable(pattern.args[0]) else [pattern]
    if pattern.name == "dict" and (not pattern.args or any(map(is_pattern_variable, pattern.args))):
        return [Type("dict", (Type(key), Type(value))) for key in KEYS_OF_DICTS for value in ELEMENTS]
    if pattern.name in ("list", "set", "frozenset", "tuples"):
        if not pattern.args:
            return [Type(pattern.name, (Type(name),)) for name in (*ELEMENTS, "bytes")]
        return [Type(pattern.name, (inner,)) for inner in _candidates(pattern.args[0])]
    return [pattern]


def operand(rng: random.Random, ty: Type, name: str) -> str:
    """The text of a value of the type, at an edge now and then."""
    if ty.name in ("int", "bool") and (name in LARGE or name.startswith("math.")):
        return rng.choice(SMALL) if ty.name == "int" else rng.choice(("True", "False"))
    if ty.name == "int":
        return rng.choice(arguments.EDGE_INTS if rng.random() < 0.15 else SMALL)
    if ty.name == "float":
        return rng.choice(arguments.EDGE_FLOATS if rng.random() < 0.5 else ("1.0", "2.5", "-3.0", "0.5"))
    if ty.name in ("str", "char"):
        return rng.choice(STRS)
    if ty.name == "bytes":
        return rng.choice(BYTES)
    if ty.name == "bytearray":
        return f"bytearray({rng.choice(BYTES)})"
    if ty.name == "bool":
        return rng.choice(("True", "False"))
    if ty.name == "none":
        return "None"
    if ty.name == "range":
        return f"range({rng.randint(-2, 2)}, {rng.randint(0, 9)}, {rng.choice((1, 1, 2, -1))})"
    if ty.name == "array":
        code = str(ty.args[0])
        items = [operand(rng, Type("float" if code in "df" else "int"), "math.") for _ in range(3)]
        if code in "BHILQ":
            items = [item.lstrip("-") for item in items]
        return f"array('{code}', [{', '.join(items)}])"
    if ty.name == "tuple":
        return f"({''.join(operand(rng, item, name) + ', ' for item in ty.args)})"
    count = rng.choice((0, 1, 2, 3, 5))
    if ty.name == "dict" or ty.name in VIEW_NAMES:
        key, value = ty.args
        pairs = [f"{operand(rng, key, name)}: {operand(rng, value, name)}" for _ in range(count)]
        return f"{{{', '.join(pairs)}}}"
    items = [operand(rng, ty.args[0], name) for _ in range(count)]
    if items and rng.random() < 0.1:
        items[rng.randrange(count)] = rng.choice(arguments.ODD_ELEMENTS[:-1])
    text = "".join(item + ", " for item in items)
    return {"list": f"[{text}]", "tuples": f"({text})"}.get(ty.name) or f"{ty.name}([{text}])"


def odd(rng: random.Random, ty: Type) -> str | None:
    """The text of a value that is not of the type, or of a subclass; None if there is none."""
    return rng.choice(arguments.ODD[ty.name]) if ty.name in arguments.ODD else None


CALLS = 5
PORTIONS = 80


def function(rng: random.Random, entry: Entry, name: str) -> tuple[str, list[str]]:
    """A function that uses the overload twice, in a loop, and calls of it."""
    names = [
        constant or f"a{index}{_viewed(ty)}" for index, (constant, ty) in enumerate(zip(entry.constants, entry.types))
    ]
    parameters = [index for index, constant in enumerate(entry.constants) if not constant]
    primitive = entry.overload
    text = _written(primitive.name, names).removeprefix("array.")
    lines = [f"def {name}({', '.join(f'a{index}' for index in parameters)}):", "    r = []", "    for i in range(2):"]
    changes = primitive.effect == MUTATE or primitive.in_place or primitive.name in STATEMENTS
    if primitive.name in STATEMENTS:
        lines.append(f"        {text}")
    else:
        lines.append(f"        r.append({text})")
    lines.append(f"    return r, {names[0]}" if changes and parameters[:1] == [0] else "    return r")
    calls = []
    for number in range(CALLS):
        given = [operand(rng, entry.types[index], primitive.name) for index in parameters]
        if number == CALLS - 1 and given:
            at = rng.randrange(len(given))
            given[at] = odd(rng, entry.types[parameters[at]]) or given[at]
        if number == 1 and len(given) > 1 and entry.types[parameters[0]] == entry.types[parameters[1]]:
            given[:2] = [f"(same := {given[0]})", "same"]
        calls.append(f"{name}({', '.join(given)})")
    module = primitive.name.partition(".")[0]
    imports = [f"import {module}", ""] if module in MODULES else []
    if module == "array":
        imports[0] = "from array import array"  # arguments' texts name the class so
    return "\n".join([*imports, *lines]), calls


def _viewed(ty: Type) -> str:
    """What gives the view of a parameter that is a dict."""
    return f".{ty.name.removeprefix('dict')}()" if ty.name in VIEW_NAMES else ""


def _written(name: str, operands: list[str]) -> str:
    if name in FORMS and not (name == "pow" and len(operands) == 3):
        if "slice" in name:
            operands = [operands[0], *("" if text == "None" else text for text in operands[1:4]), *operands[4:]]
        return FORMS[name].format(*operands)
    if name.startswith("."):
        return f"{operands[0]}{name}({', '.join(operands[1:])})"
    return f"{name}({', '.join(operands)})"


def portion(number: int) -> tuple[str, list[str]]:
    """Functions for every PORTIONS-th entry from this one on, and calls: together the portions have each once."""
    rng = random.Random(f"portion {number}")
    chunks, calls = [], []
    for index, entry in enumerate(entries()[number::PORTIONS]):
        source, more = function(rng, entry, f"t{number}_{index}")
        chunks.append(source)
        calls += more
    return "\n\n".join(chunks), calls


def chunk(rng: random.Random, tag: str, count: int = 3) -> tuple[str, list[str]]:
    """Functions for some entries drawn at random, and calls."""
    chunks, calls = [], []
    for index in range(count):
        source, more = function(rng, rng.choice(entries()), f"t{tag}_{index}")
        chunks.append(source)
        calls += more
    return "\n\n".join(chunks), calls
