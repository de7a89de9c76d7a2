"""Inference, repeated until CPython is called for all that has no native form, and for callees that are too large.

attempt 1    x = f(a) + g(b)      g(b) has no native form for the type of b
attempt 2    x = f(a) + [g(b)]    nor has the sum, now that one operand is an object
attempt 3    x = [f(a) + g(b)]    [ ]: an outcall (`hir/outcalls.py`)
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.group import Specialisation
from pyvorin.compiler.infer.instances import Asked, Attempt, InferenceError, LeftOut
from pyvorin.compiler.passing import check_exits
from pyvorin.core import reasons

MOST_ATTEMPTS = 16
"""Each puts what had no native form into outcalls, and then what is around that."""


def repeat(
    infer: Callable[[LeftOut, Attempt], Specialisation], asked: Asked, may_call_out: bool = True
) -> Specialisation:
    """What an attempt finds, once it leaves nothing out any more that was not known to be.

    infer: makes an attempt, given what is known to have no native form.  asked: what all attempts ask for.  may_call_out: whether
    the function may call CPython at all.

    Raises:
        InferenceError, Reject: the last one's.
    """
    known: LeftOut = {}
    attempt = Attempt(asked=asked)
    for left in range(MOST_ATTEMPTS - 1, -1, -1):
        attempt.left_out, before = {}, len(attempt.apart)
        try:
            found = infer(known, attempt)
            if not attempt.left_out:
                _place(found, attempt.left_out)
                return found
        except (InferenceError, Reject) as refusal:
            is_smaller = refusal.code == reasons.TOO_LARGE and may_call_out and len(attempt.apart) > before
            if not left or not (attempt.left_out or is_smaller):
                raise
        names = {**known, **attempt.left_out}
        known = {name: {**known.get(name, {}), **attempt.left_out.get(name, {})} for name in names}
    raise InferenceError(reasons.TOO_LARGE, min(known), None, size=MOST_ATTEMPTS, unit="attempts", limit=MOST_ATTEMPTS)


def _place(found: Specialisation, left_out: LeftOut) -> None:
    """Find out whether the exits of comprehensions can be placed: CPython goes on in the midst of one only between its items, and
    only if none has had an effect.  If not, CPython has to evaluate these as a whole.

    Raises:
        InferenceError: they cannot.
    """
    wholes = {instance.qualname: instance.untyped.wholes for instance in found.instances if instance.untyped.wholes}
    if wholes:
        try:
            check_exits(found)
        except InferenceError as refusal:
            mine = [*wholes.get(refusal.qualname, {}).values()]
            left = [node for node in mine if node is refusal.node] or mine
            if left:
                left_out[refusal.qualname] = dict.fromkeys(left, refusal)
            raise
