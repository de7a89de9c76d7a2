"""Builtins that go on with a generator expression of which they have consumed a part.

    sum(x for x in it)          sum and chain, made for what it has got so far:  sum'(chain'(x for x in rest of it))

`chain'` gives first what brings the builtin into the state that it was in; all of it runs in C.
"""

from __future__ import annotations

from functools import partial
from itertools import chain

from pyvorin.host.continuation.positions import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_COVERING = 2.0**1023
"""A float beside which a compensation disappears."""


def _sum(total: Any, error: float = 0.0) -> tuple[object, object]:
    """From 3.12 on, sum() of floats also has the error of its total so far (Neumaier).

    With the error as the first total, and then `_COVERING` added and taken away, the error is where it belongs and the total 0.
    """
    if error == 0.0 or error - error != 0.0:
        return partial(sum, start=total), chain
    return partial(sum, start=error), partial(chain, (_COVERING, -_COVERING, total))


def _quantifier(function: Callable[..., object]) -> Callable[[object], tuple[object, object]]:
    return lambda decided: (function, partial(chain, (decided,)))


def _collecting(function: Callable[..., object]) -> Callable[[list[object]], tuple[object, object]]:
    return lambda items: (function, partial(chain, items))


def of_method(items: list[object]) -> tuple[object]:
    """As those of OF_BUILTINS, for `str.join`, which makes a list first."""
    return (partial(chain, items),)


def _extreme(function: Callable[..., object]) -> Callable[..., tuple[object, object]]:
    return lambda *best: (function, partial(chain, best))


def _dict(pairs: dict[object, object]) -> tuple[object, object]:
    return pairs.__ior__, chain


OF_BUILTINS: dict[str, tuple[Callable[..., tuple[object, object]], int]] = {
    "all": (_quantifier(all), 1),
    "any": (_quantifier(any), 1),
    "dict": (_dict, 1),
    "list": (_collecting(list), 1),
    "max": (_extreme(max), 1),
    "min": (_extreme(min), 1),
    "sorted": (_collecting(sorted), 1),
    "sum": (_sum, 2 if VERSION >= (3, 12) else 1),
    "tuple": (_collecting(tuple), 1),
}
"""What makes the two of a consumer's partial result, and how many values that is (unless the edit says that it has none)."""
