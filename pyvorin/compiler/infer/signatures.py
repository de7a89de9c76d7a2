"""Signatures that an entry cannot tell apart, as one.

An entry looks at the argument itself and not into it: two signatures that differ only in what tuples and lists hold would both
be tried.

    list[instance[A]]  and  list[instance[B]]    ->    list[union[instance[A], instance[B]]]
"""

from __future__ import annotations

from pyvorin.types.spec import CONTAINER_NAMES, NEVER, NUMBER, NUMBERS, OBJECT, Type, join

Signature = tuple[Type, ...]


def added(found: list[Signature], types: Signature) -> list[Signature]:
    """The signatures with one more, which is joined with another one where that costs neither of them anything."""
    if types in found or any(_hides(other, types) for other in found):
        return found
    found = [other for other in found if not _hides(types, other)]
    for at, other in enumerate(found):
        both = _joined(other, types)
        if both is not None:
            return [*found[:at], both, *(s for s in found[at + 1 :] if s != both)]
    return [*found, types]


def _joined(one: Signature, other: Signature) -> Signature | None:
    parts = []
    for a, b in zip(one, other):
        is_alike = a == b or (a.name == b.name and len(a.args) == len(b.args) and _has_parts(a))
        part = _together(a, b, in_list=False) if is_alike else None
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def _hides(one: Signature, other: Signature) -> bool:
    """Whether the one serves all calls of the other, which would be tried first and leave: its arguments hold numbers."""
    covers = all(_covers(a, b) for a, b in zip(one, other))
    return covers and any(_has_parts(a) and a != b for a, b in zip(one, other))


def _covers(a: Type, b: Type) -> bool:
    if a.name == b.name == "tuple" and len(a.args) == len(b.args):
        return all(_covers(x, y) for x, y in zip(a.args, b.args))
    return a == b or (a == NUMBER and b in NUMBERS)


def _has_parts(ty: Type) -> bool:
    return ty.name == "tuple" or ty.name in CONTAINER_NAMES


def _together(a: Type, b: Type, in_list: bool) -> Type | None:
    """What is above both; None if native code for that would be slower, or there would be none.

    A list of ints and one of floats are fast each; what a tuple holds is read once.
    """
    if a == b:
        return a
    if NEVER in (a, b) or a.is_variable or b.is_variable:
        return None
    if a.name == b.name and len(a.args) == len(b.args) and _has_parts(a):
        parts = [_together(x, y, in_list or a.name != "tuple") for x, y in zip(a.args, b.args)]
        return None if None in parts else Type(a.name, tuple(part for part in parts if part is not None))
    both = join(a, b)
    return None if both == OBJECT or (both == NUMBER and in_list) else both
