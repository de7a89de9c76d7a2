"""Calls written as text: `total([1.0, nan], start=IntSub(3))`.

A call as text can be shown, stored in a case file and evaluated afresh for each engine, so that neither sees the other's
mutations.  A walrus gives an object that is passed twice: `dot(a := [1.0], a)`.
"""

from __future__ import annotations

import array
import ast
import math
from collections.abc import Callable, Mapping
from typing import Any


class IntSub(int):
    """An int subclass that changes nothing; exact-type guards must still send it to CPython."""


class FloatSub(float):
    """A float subclass that changes nothing."""


class StrSub(str):
    """A str subclass that changes nothing."""


class ListSub(list):  # type: ignore[type-arg]
    """A list subclass that changes nothing."""


class OddInt(int):
    """An int whose addition and comparison are its own: native arithmetic on its digits would be wrong."""

    def __add__(self, other: object) -> str:  # type: ignore[override]
        return "odd sum"

    __radd__ = __add__

    def __lt__(self, other: object) -> bool:
        return True


class LyingList(list):  # type: ignore[type-arg]
    """A list whose length and items are not those of its storage."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: object) -> Any:
        return 7


class OddKey:
    """A key that hashes as another one, and says whatever it wants when it is compared."""

    def __init__(self, like: object, equal: bool = False) -> None:
        self.like = like
        self.equal = equal

    def __repr__(self) -> str:
        return f"OddKey({self.like!r}, {self.equal})"

    def __hash__(self) -> int:
        return hash(self.like)

    def __eq__(self, other: object) -> bool:
        print("compared with", other)
        return self.equal


class DictSub(dict):  # type: ignore[type-arg]
    """A dict subclass that has an answer for missing keys."""

    def __missing__(self, key: object) -> Any:
        return 7


class Indexable:
    """Not an int, but usable where an index is wanted."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def ndarray(values: object, kind: str) -> object:
    """A NumPy array; NumPy is imported only by the cases that use it."""
    import numpy

    return numpy.array(values, dtype=kind)


NAMES: dict[str, Any] = {
    "nan": math.nan,
    "inf": math.inf,
    "math": math,
    "array": array.array,
    "ndarray": ndarray,
    "IntSub": IntSub,
    "FloatSub": FloatSub,
    "StrSub": StrSub,
    "ListSub": ListSub,
    "DictSub": DictSub,
    "OddKey": OddKey,
    "OddInt": OddInt,
    "LyingList": LyingList,
    "Indexable": Indexable,
}
"""What the text of an argument may name, beside builtins and the names of the module under test."""


class Call:
    """One call of a function of the module under test, in text.

    Raises ValueError when the text is not the call of a name.
    """

    __slots__ = ("_keywords", "_positional", "function", "text")

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        try:
            node = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"not a call: {text!r} ({error.msg})") from None
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise ValueError(f"not the call of a function by name: {text!r}")
        self.function = node.func.id
        # Two displays rather than one call: the arguments must be at hand afterwards, to see how they were mutated.
        self._positional = _compiled(ast.Tuple(node.args, ast.Load()))
        self._keywords = _compiled(
            ast.Dict(
                [None if word.arg is None else ast.Constant(word.arg) for word in node.keywords],
                [word.value for word in node.keywords],
            )
        )

    def arguments(self, names: Mapping[str, object]) -> tuple[tuple[object, ...], dict[str, object]]:
        """Fresh positional and keyword arguments, evaluated where `names` hide NAMES."""
        scope = {**NAMES, **names}
        return eval(self._positional, scope), eval(self._keywords, scope)

    def target(self, names: Mapping[str, object]) -> Callable[..., object]:
        """The function that is called."""
        function = names[self.function]
        if not callable(function):
            raise ValueError(f"{self.function} is not callable")
        return function

    def __repr__(self) -> str:
        return f"Call({self.text!r})"


def _compiled(node: ast.expr) -> Any:
    return compile(ast.fix_missing_locations(ast.Expression(node)), "<call>", "eval")
