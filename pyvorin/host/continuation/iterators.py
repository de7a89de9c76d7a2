"""Real iterators from the form in which native code keeps them, (what is iterated, index), and back.

A specification says what native code iterates (docs/exits.md, "Resume points"); `rebuild` makes the iterator that CPython would
have at that place, `decompose` finds the values again from iterators that CPython has advanced.

The `__setstate__` of list and array iterators clamps the index to the length at that moment, so an iterator of a list that has
shrunk would go on too early if the list grew again.  There, a general sequence iterator over the list does the same job.
"""

from __future__ import annotations

from _operator import length_hint
from itertools import count, cycle, repeat

from pyvorin.host.continuation import stand_ins, tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pyvorin.host.continuation.points import Spec

    Write = Callable[[int, list[Any]], None]

_SEQUENCE = type(iter(stand_ins.fixed([], 0)))
_EXAMPLES: list[Any] = [(), [], "", "ä", b"", bytearray()]
_EXACT = {tuple, list, str, bytes, bytearray, range}
_INDEXED = {_SEQUENCE, *(type(iter(example)) for example in _EXAMPLES)}
_REVERSED = {type(reversed(example)) for example in _EXAMPLES}
_RANGES = {type(iter(range(0))), type(iter(range(1 << 70)))}


class Unlike(Exception):
    """An iterator has not the form that the specification asks for."""


def rebuild(spec: Spec, index: int, values: Iterator[Any]) -> Iterator[Any]:
    """An iterator that has given `index` items, from the values that `spec` asks for, which are taken from `values`."""
    kind = spec[0]
    if kind == "seq":
        return _forwards(next(values), index)
    if kind == "each":
        container, place = next(values), next(values)
        return _forwards(container, index) if place is None else tables.rebuild(iter(container), index, place)
    if kind in tables.VIEWS:
        return tables.rebuild(iter(getattr(next(values), kind)()), index, next(values))
    if kind == "range":
        start, step, count = next(values), next(values), next(values)
        return _forwards(range(start, start + step * count, step), index)
    if kind == "reversed":
        sequence, count = next(values), next(values)
        return _backwards(sequence, count, index)
    if kind in _ENDLESS:
        return _ENDLESS[kind](spec, index, values)
    if kind == "iterator":
        return stand_ins.asked(next(values))
    if kind == "raised":
        return stand_ins.raising(next(values))
    if kind == "enumerate":
        inner = rebuild(spec[1], index, values)
        return enumerate(inner, index + (next(values) if len(spec) > 2 else 0))
    assert kind == "zip"
    return zip(*[rebuild(part, index, values) for part in spec[1:]])


def _count(spec: Spec, index: int, values: Iterator[Any]) -> Iterator[Any]:
    start, step = next(values), next(values)
    return count(start + index * step, step)


def _repeat(spec: Spec, index: int, values: Iterator[Any]) -> Iterator[Any]:
    value = next(values)
    return repeat(value, next(values) - index) if len(spec) > 1 else repeat(value)


def _cycle(spec: Spec, index: int, values: Iterator[Any]) -> Iterator[Any]:
    items = next(values)
    iterator = cycle(items)
    for _ in range(index % len(items)):
        next(iterator)
    return iterator


_ENDLESS: dict[object, Callable[[Spec, int, Iterator[Any]], Iterator[Any]]] = {
    "count": _count,
    "repeat": _repeat,
    "cycle": _cycle,
}
"""What makes those of itertools.  They do not tell where they stand without a warning, so `decompose` finds none of them."""


def raises(spec: Spec) -> bool:
    """Whether the iterator of this form raises instead of giving an item."""
    return spec[0] == "raised" or (spec[0] == "enumerate" and raises(spec[1]))


def _forwards(sequence: Any, index: int) -> Iterator[Any]:
    iterator: Any = iter(sequence)
    if index == 0:
        return iterator  # type: ignore[no-any-return]
    if type(iterator) is not _SEQUENCE and (index > len(sequence) or not hasattr(iterator, "__setstate__")):
        iterator = iter(stand_ins.fixed(sequence, 0))
    iterator.__setstate__(index)
    return iterator  # type: ignore[no-any-return]


def _backwards(sequence: Any, count: int, index: int) -> Iterator[Any]:
    iterator: Any = reversed(sequence)
    if type(iterator) in _RANGES:
        iterator.__setstate__(index)
        return iterator  # type: ignore[no-any-return]
    position = count - 1 - index
    if position >= len(sequence):
        iterator = reversed(stand_ins.fixed(sequence, count))
    iterator.__setstate__(position)
    return iterator  # type: ignore[no-any-return]


def remaining(spec: Spec, iterator: Iterator[Any]) -> int | None:
    """How many items the iterator, which `decompose` has taken, is still to give; None where that is not known."""
    if spec[0] not in ("seq", "range") or type(iterator) is _SEQUENCE:  # that asks the program's own `__len__`
        return None
    hint = length_hint(iterator, -1)
    return None if hint < 0 else hint


_SIZED = frozenset(
    [type(iter([])), type(iter(())), type(iter(range(0))), type(iter("")), type(iter("\xe4")), type(iter(b""))]
)


def left(iterator: Iterator[Any]) -> int | None:
    """How many items an iterator over a builtin sequence is still to give, if nothing changes that; None for any other."""
    return length_hint(iterator) if type(iterator) in _SIZED else None


def decompose(spec: Spec, iterator: Iterator[Any]) -> list[Any]:
    """The index, then the values of `spec`; `rebuild` of them is an iterator like the given one.

    Raises Unlike if there are none: the iterator is of another kind, or does not stand where one index can say it.
    """
    if spec[0] == "with":
        return [*iterator]
    index, natural, write = _read(spec, iterator)
    out = [natural if index is None else index]
    write(out[0], out)
    return out


def _read(spec: Spec, iterator: Any) -> tuple[int | None, int, Write]:
    """The index if it cannot be chosen; else one that can be; and what appends the values for an index."""
    kind = spec[0]
    if kind == "iterator":
        return None, 0, lambda _, out: out.append(iterator)
    if kind == "enumerate":
        return _read_enumerate(spec, iterator)
    if kind == "zip":
        return _read_zip(spec, iterator)
    if kind == "each":
        if type(iterator) in tables.PLAIN:
            return _read_table(iterator)
        index, natural, write_sequence = _read(["seq"], iterator)

        def write(index: int, out: list[Any]) -> None:
            write_sequence(index, out)
            out.append(None)

        return index, natural, write
    if kind in tables.VIEWS:
        if type(iterator) is not tables.VIEWS[kind]:
            raise Unlike
        return _read_table(iterator)
    if type(iterator) in _RANGES:
        return _read_range(kind, iterator)
    if kind == "seq" and (type(iterator) in _INDEXED or type(iterator).__name__ == "arrayiterator"):
        (sequence,), index = _state(iterator)
        if type(sequence) is stand_ins.Fixed:
            sequence = sequence.sequence
        if not _is_exact(sequence):
            raise Unlike
        return index, index, lambda _, out: out.append(sequence)
    if kind == "reversed" and type(iterator) in _REVERSED:
        (sequence,), position = _state(iterator)
        if type(sequence) is stand_ins.Fixed:
            sequence = sequence.sequence
        if not _is_exact(sequence):
            raise Unlike
        return None, 0, lambda index, out: out.extend((sequence, position + 1 + index))
    raise Unlike


def _is_exact(sequence: Any) -> bool:
    """Whether it is of a type that native code loops over: of an `object` there, it knows that it is a list or a tuple."""
    kind = type(sequence)
    if kind in _EXACT or (kind.__module__, kind.__name__) == ("array", "array"):
        return True
    return (kind.__module__, kind.__name__) == ("numpy", "ndarray") and sequence.ndim == 1


def _state(iterator: Any) -> tuple[tuple[Any], int]:
    """The arguments and the state of an iterator's reduced form; an exhausted one has no state."""
    reduced = iterator.__reduce__()
    if len(reduced) != 3:
        raise Unlike
    return reduced[1:]  # type: ignore[no-any-return]


def _read_range(kind: str, iterator: Any) -> tuple[None, int, Write]:
    """An iterator of a range that began `index` items before where this one stands (3.12 does not keep its beginning)."""
    (whole,), state = _state(iterator)
    done = state or 0
    step = whole.step

    def write(index: int, out: list[Any]) -> None:
        start = whole.start + step * (done - index)
        count = len(whole) - done + index
        if kind == "range":
            out.extend((start, step, count))
        elif kind == "seq":
            out.append(range(start, start + step * count, step))
        elif kind == "reversed":
            out.extend((range(start + step * (count - 1), start - step, -step), count))
        else:
            raise Unlike

    return None, done, write


def _read_table(iterator: Any) -> tuple[int, int, Write]:
    found = tables.read(iterator)
    if found is None:
        raise Unlike
    container, index, place = found
    return index, index, lambda _, out: out.extend((container, place))


def _read_enumerate(spec: Spec, iterator: Any) -> tuple[int | None, int, Write]:
    if type(iterator) is not enumerate:
        raise Unlike
    reduced: Any = iterator.__reduce__()
    inner, count = reduced[1]
    index, natural, write_inner = _read(spec[1], inner)
    if len(spec) > 2:

        def write(index: int, out: list[Any]) -> None:
            write_inner(index, out)
            out.append(count - index)

        return index, natural, write
    if index is not None and index != count:
        raise Unlike
    return count, count, write_inner


def _read_zip(spec: Spec, iterator: Any) -> tuple[int | None, int, Write]:
    if type(iterator) is not zip:
        raise Unlike
    reduced: Any = iterator.__reduce__()
    if len(reduced) != 2 or len(reduced[1]) != len(spec) - 1:  # a third part: strict=True
        raise Unlike
    parts = [_read(part, inner) for part, inner in zip(spec[1:], reduced[1])]
    indexes = {index for index, _, _ in parts if index is not None}
    if len(indexes) > 1:
        raise Unlike

    def write(index: int, out: list[Any]) -> None:
        for _, _, write_part in parts:
            write_part(index, out)

    return (indexes.pop() if indexes else None), (parts[0][1] if parts else 0), write
