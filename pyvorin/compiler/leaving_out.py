"""Which expressions of a function are left to CPython because of the types that they come with, found by trying."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler import group as groups
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.infer.instances import InferenceError, LeftOut
from pyvorin.core import reasons

MOST_ATTEMPTS = 16
"""Each puts what had no native form into outcalls, and then what is around that."""


def placed(found: groups.Specialisation, new: LeftOut) -> groups.Specialisation:
    """What was found, if the exits of its comprehensions over CPython's iterators can be placed; else these, which CPython has
    to evaluate as a whole, in *new* besides.

    Raises:
        InferenceError: they cannot.
    """
    stepped = {instance.qualname: instance.untyped.stepped for instance in found.instances if instance.untyped.stepped}
    if stepped:
        try:
            groups.check_exits(found)
        except InferenceError as refusal:
            mine = [*stepped.get(refusal.qualname, {}).values()]
            left = [node for node in mine if node is refusal.node] or mine
            if left:
                new[refusal.qualname] = dict.fromkeys(left, refusal)
            raise
    return found


def leaving_out(attempt: Callable[[LeftOut, LeftOut], groups.Specialisation]) -> groups.Specialisation:
    """What an attempt finds, once it leaves nothing out any more that was not known to be.

    attempt: is given what is known to have no native form, and adds what it finds besides to its second argument.

    Raises:
        InferenceError, Reject: the last one's.
    """
    known: LeftOut = {}
    for left in range(MOST_ATTEMPTS - 1, -1, -1):
        new: LeftOut = {}
        try:
            found = attempt(known, new)
            if not new:
                return found
        except (InferenceError, Reject):
            if not new or not left:
                raise
        known = {name: {**known.get(name, {}), **new.get(name, {})} for name in {**known, **new}}
    qualname = min(known)
    raise InferenceError(reasons.TOO_LARGE, qualname, None, size=MOST_ATTEMPTS, unit="attempts", limit=MOST_ATTEMPTS)
