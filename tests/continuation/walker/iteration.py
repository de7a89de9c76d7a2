"""The walker's iterators: an object and an index, as native code keeps them."""

from __future__ import annotations

from array import array
from typing import Any

Spec = list[Any]


class Iteration:
    """The iteration of `values`, as `spec` says, that has given `index` items."""

    def __init__(self, spec: Spec, values: list[Any], index: int = 0) -> None:
        self.spec = spec
        self.values = values
        self.index = index

    def state(self) -> list[Any]:
        """The values of a resume point."""
        return [self.index, *self.values]

    def next(self) -> Any:
        """The next item.  Raises StopIteration."""
        item = _item(self.spec, iter(self.values), self.index)
        self.index += 1
        return item


def _item(spec: Spec, values: Any, index: int) -> Any:
    kind = spec[0]
    if kind == "seq":
        sequence = next(values)
        position, count = index, len(sequence)
    elif kind == "range":
        start, step, count = next(values), next(values), next(values)
        sequence, position = range(start, start + step * count, step), index
    elif kind == "reversed":
        sequence, count = next(values), next(values)
        position = count - 1 - index
        count = len(sequence)
    elif kind == "enumerate":
        inner = _item(spec[1], values, index)
        return (index + (next(values) if len(spec) > 2 else 0), inner)
    else:
        return tuple([_item(part, values, index) for part in spec[1:]])
    if not 0 <= position < count:
        raise StopIteration
    return sequence[position]


def specify(function: Any, arguments: list[Any]) -> tuple[Spec, list[Any]] | None:
    """How native code would iterate `function(*arguments)`, or `arguments[0]` if function is None; None: not at all."""
    if function is None:
        if type(arguments[0]) in (list, tuple, str, range, array, bytes):
            return ["seq"], arguments
    elif function is range and all(type(argument) is int for argument in arguments):
        whole = range(*arguments)
        return ["range"], [whole.start, whole.step, len(whole)]
    elif function is reversed and len(arguments) == 1 and type(arguments[0]) in (list, tuple, str, range):
        return ["reversed"], [arguments[0], len(arguments[0])]
    elif function is enumerate and arguments and (inner := specify(None, arguments[:1])):
        spec, values = inner
        return (
            (["enumerate", spec, "start"], [*values, arguments[1]])
            if len(arguments) > 1
            else (["enumerate", spec], values)
        )
    elif function is zip and arguments:
        parts = [specify(None, [argument]) for argument in arguments]
        if all(parts):
            return ["zip", *(part[0] for part in parts if part)], [value for part in parts if part for value in part[1]]
    return None
