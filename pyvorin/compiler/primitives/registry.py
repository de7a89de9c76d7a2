"""The table of primitives and the choice of an overload.

A primitive is declared by decorating its lowering:

    @primitive("add", "(int, int) -> int", exits=[INTEGER_OVERFLOW])
    def add(emit, a, b): ...

The signature is a list of type patterns.  A capital letter is a type variable, bound by the first place it matches.
``boxed T`` is the object form: the operand is boxed before the call; as a result it is an object that is then guarded to be
of type T.  ``...`` after the last pattern repeats it.  Overloads of one name differ in their patterns; the one whose
operands need the fewest conversions is taken (bool -> int -> float where the primitive says `promotes`, char -> str everywhere).

`effect` and `exits` are data: passes decide from them about order, restart and guards; no primitive's author does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pyvorin.compiler.hir.effects import PURE
from pyvorin.types.spec import CONTAINER_NAMES, Type, parse_type

Types = tuple[Type, ...]
Constants = tuple[Any, ...]
"""What is known of the operands' values: NOT_CONSTANT, or the value."""
Rule = Callable[[Types, Constants], "Type | Folded | Alias | None"]
Lowering = TypeVar("Lowering", bound=Callable[..., str])


@dataclass(frozen=True, slots=True)
class Folded:
    """The result is this constant, whatever the operands' values."""

    value: object


@dataclass(frozen=True, slots=True)
class Alias:
    """The result is the operand of this index itself: no instruction remains."""

    operand: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One overload.

    `rule`, if given, computes the result from operand types and known constant operands.  `borrows`: the resulting reference
    is borrowed from the first operand; otherwise a resulting reference is new.  `in_place`: the value of the operation is its
    first operand, which it has changed.  `raises`: by the name of a builtin exception, the exit that is taken exactly where
    CPython would raise it; a native handler can be gone to from there.  `stores`: for each operand behind the first, a container,
    the index of the first one's element type that learns its type; `stores_items`: what they contain is stored into it.
    `calm`: it changes its first operand, but runs no code of the program, and gives no reference back.  `holds`: where it runs
    such code, nobody else need hold its operands.
    `derived`: declared from other overloads, for `number` and for what derives from dict.
    """

    name: str
    signature: str
    ordinal: int
    """Counts the overloads of one signature, which differ in their rules, from 1."""
    params: tuple[Type, ...]
    boxed: tuple[bool, ...]
    variadic: bool
    result: Type
    result_boxed: bool
    effect: str
    exits: tuple[str, ...]
    promotes: bool
    borrows: bool
    in_place: bool
    raises: dict[str, str]
    stores: tuple[int, ...]
    stores_items: bool
    calm: bool
    holds: bool
    rule: Rule | None
    lower: Callable[..., str]
    doc: str
    derived: bool

    @property
    def text(self) -> str:
        """The name of this overload in HIR text: no other has the same."""
        return f"{self.name}{self.signature}" + (f" #{self.ordinal}" if self.ordinal > 1 else "")

    def operands(self, count: int) -> tuple[tuple[Type, ...], tuple[bool, ...]] | None:
        """The patterns of so many operands, and which of them are boxed; None if it does not take so many."""
        if not self.variadic:
            return (self.params, self.boxed) if count == len(self.params) else None
        repeated = count - len(self.params) + 1
        if repeated < 0:
            return None
        return self.params[:-1] + self.params[-1:] * repeated, self.boxed[:-1] + self.boxed[-1:] * repeated


class _Missing:
    """Marks an operand whose value is not known at compile time."""

    def __repr__(self) -> str:
        return "<not constant>"


NOT_CONSTANT = _Missing()

_TABLE: dict[str, list[Primitive]] = {}
_CHOSEN: dict[tuple[str, tuple[Type, ...], tuple[Any, ...]], Choice | None] = {}
"""What was chosen: inference asks for the same ones again and again."""
TELLING = frozenset({int, bool, str, type(None), type(NOT_CONSTANT)})
"""The types of constants that are the same if they are equal, among operands of the same types; 0.0 and -0.0 are not."""

ARITHMETIC = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "or",
    "xor",
    "matmul",
)

FALLBACKS = {"i" + name: name for name in ARITHMETIC}
"""In-place operators of immutable operands are the plain ones (Language Reference 3.3.8)."""

MUTABLE = (CONTAINER_NAMES - {"frozenset"}) | {"array", "ndarray", "object", "bytearray"}
"""Types whose in-place operators may change the operand itself: only their own overloads will do."""


def primitive(
    name: str,
    signature: str,
    *,
    effect: str = PURE,
    exits: tuple[str, ...] | list[str] = (),
    promotes: bool = False,
    borrows: bool = False,
    in_place: bool = False,
    raises: dict[str, str] | None = None,
    stores: tuple[int, ...] = (),
    stores_items: bool = False,
    calm: bool = False,
    holds: bool = False,
    rule: Rule | None = None,
    derived: bool = False,
) -> Callable[[Lowering], Lowering]:
    """Declare the decorated function as the lowering of one overload of *name*.

    Raises:
        ValueError: the signature is malformed, or an overload of the same patterns exists.
    """
    params, boxed, variadic, result, result_boxed = _parse_signature(signature)

    def declare(lower: Lowering) -> Lowering:
        _CHOSEN.clear()
        overloads = _TABLE.setdefault(name, [])
        if rule is None and any(o.params == params and o.rule is None for o in overloads):
            raise ValueError(f"primitive {name!r} has two overloads {signature}")
        doc = (lower.__doc__ or "").strip()
        overloads.append(
            Primitive(
                name,
                signature,
                sum(o.signature == signature for o in overloads) + 1,
                params,
                boxed,
                variadic,
                result,
                result_boxed,
                effect,
                tuple(exits),
                promotes,
                borrows,
                in_place,
                raises or {},
                stores,
                stores_items,
                calm,
                holds,
                rule,
                lower,
                doc,
                derived,
            )
        )
        return lower

    return declare


_SIGNATURE = re.compile(r"\((.*)\) -> (boxed )?(.+)$")


def _parse_signature(text: str) -> tuple[tuple[Type, ...], tuple[bool, ...], bool, Type, bool]:
    match = _SIGNATURE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not of the form '(types) -> type'")
    params: list[Type] = []
    boxed: list[bool] = []
    body, variadic = match[1], match[1].endswith("...")
    for part in _split(body.removesuffix("...")):
        boxed.append(part.startswith("boxed "))
        params.append(parse_type(part.removeprefix("boxed ")))
    return tuple(params), tuple(boxed), variadic, parse_type(match[3]), match[2] is not None


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    if text[start:].strip():
        parts.append(text[start:].strip())
    return parts


_FAMILIES: dict[str, Callable[[str], None]] = {}


def family(prefix: str) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Declare the decorated function as what declares, when first asked for, the primitives whose names begin with *prefix*.

    It is called with the rest of the name: an attribute's, of which there are as many as programs have.
    """

    def declare(make: Callable[[str], None]) -> Callable[[str], None]:
        _FAMILIES[prefix] = make
        return make

    return declare


def _overloads(name: str) -> list[Primitive]:
    if name not in _TABLE:
        prefix, dot, rest = name.partition(":")
        if dot and rest and prefix in _FAMILIES:
            _FAMILIES[prefix](rest)
    return _TABLE.get(name, [])


def knows(name: str) -> bool:
    """Whether a primitive of this name exists."""
    return bool(_overloads(name))


def names() -> list[str]:
    """All primitives' names, sorted; of a family none."""
    return sorted(name for name in _TABLE if ":" not in name)


def overloads(name: str) -> list[Primitive]:
    """The overloads of *name*, in order of declaration."""
    return _overloads(name)


@dataclass(frozen=True, slots=True)
class Choice:
    """An overload with its type variables bound; `result` may be a constant or an operand."""

    primitive: Primitive
    params: tuple[Type, ...]
    result: Type | Folded | Alias


PROMOTIONS = {("bool", "int"): 1, ("int", "float"): 2, ("bool", "float"): 3}


def choose(name: str, types: tuple[Type, ...], constants: tuple[Any, ...]) -> Choice | None:
    """The overload of *name* for operands of these types, or None if there is none."""
    if not TELLING.issuperset(map(type, constants)):
        return _chosen(name, types, constants)
    key = name, types, constants
    if key not in _CHOSEN:
        _CHOSEN[key] = _chosen(name, types, constants)
    return _CHOSEN[key]


def _chosen(name: str, types: tuple[Type, ...], constants: tuple[Any, ...]) -> Choice | None:
    best: tuple[int, Choice] | None = None
    candidates = _overloads(name)
    if name in FALLBACKS and types[0].name not in MUTABLE:
        candidates = candidates + _TABLE.get(FALLBACKS[name], [])
    for candidate in candidates:
        matched = _match(candidate, types, constants)
        if matched is None:
            continue
        # What is derived for a number knows more of it than what takes anything.
        if best is None or matched[0] < best[0] or (candidate.derived and matched[0] == best[0]):
            best = matched
    return best[1] if best else None


def _match(p: Primitive, types: tuple[Type, ...], constants: tuple[Any, ...]) -> tuple[int, Choice] | None:
    operands = p.operands(len(types))
    if operands is None:
        return None
    bindings: dict[str, Type] = {}
    cost = 0
    actual = []
    for pattern, is_boxed, ty in zip(*operands, types):
        step = _match_type(pattern, ty, bindings, p.promotes, is_boxed)
        if step is None:
            return None
        cost += step
        actual.append(ty if is_boxed or is_pattern_variable(pattern) else _substitute(pattern, bindings))
    result = _substitute(p.result, bindings) if p.rule is None else p.rule(types, constants)
    if result is None:
        return None
    return cost, Choice(p, tuple(actual), result)


def is_pattern_variable(pattern: Type) -> bool:
    """Whether the pattern is a type variable: a capital letter."""
    return len(pattern.name) == 1 and pattern.name.isupper() and not pattern.args


def _match_type(pattern: Type, ty: Type, bindings: dict[str, Type], promotes: bool, boxed: bool) -> int | None:
    """The cost of using a *ty* where *pattern* is wanted; None if it cannot be."""
    if is_pattern_variable(pattern):
        if boxed or pattern.name not in bindings:
            bindings.setdefault(pattern.name, ty)
            return 0
        return 0 if bindings[pattern.name] == ty else None
    if pattern.name == ty.name:
        if len(pattern.args) != len(ty.args):
            return 0 if not pattern.args else None
        for inner, part in zip(pattern.args, ty.args):
            if inner.name == "object" and part.name in ("union", "number"):
                continue
            if _match_type(inner, part, bindings, False, False) is None:
                return None
        return 0
    if pattern.name == "object" and boxed:
        return 20
    if pattern.name == "str" and ty.name == "char":
        return 1
    if promotes:
        return PROMOTIONS.get((ty.name, pattern.name))
    return None


def _substitute(pattern: Type, bindings: dict[str, Type]) -> Type:
    if is_pattern_variable(pattern):
        return bindings.get(pattern.name, pattern)
    if not pattern.args:
        return pattern
    return Type(pattern.name, tuple(_substitute(arg, bindings) for arg in pattern.args))
