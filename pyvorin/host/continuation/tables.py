"""Iterators of dicts and sets: made to stand at a place, and read, by the fields of CPython's own objects.

Native code keeps what such an iterator keeps: the size that the container had when the iteration began, the position at which
the search for the next entry begins (both in one number, the place), and how many items were given.  Nothing else says
where an iterator stands: copying one gives a list of what is left, which does not notice that the container changes.
"""

from __future__ import annotations

from pyvorin.core import layouts
from pyvorin.host import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

VIEWS: dict[str, Any] = {
    "keys": type(iter({}.keys())),
    "values": type(iter({}.values())),
    "items": type(iter({}.items())),
}
"""The iterators of a dict's views."""
_SET: type[Any] = type(iter(set()))
PLAIN = (VIEWS["keys"], _SET)
"""Those that `iter` gives for a dict and a set."""
_GONE_ON = 2**64 - 1
"""What CPython notes as the size once it has found that it changed."""

_layout: Any = layouts.running()


def rebuild(iterator: Iterator[Any], index: int, place: int) -> Iterator[Any]:
    """The new iterator of a dict, one of its views or a set, moved to the place, after so many items."""
    at = id(iterator)
    began, position = place >> 32, place & 0xFFFFFFFF
    memory.set_word(at + _layout.iterator_used, began)
    memory.set_word(at + _layout.iterator_position, position)
    # A set's iterator counts only for `__length_hint__`, and may have given more than it had expected.
    memory.set_word(at + _left(iterator), (began - index) % 2**64)
    return iterator


def read(iterator: Any) -> tuple[Any, int, int] | None:
    """The container, the number of items given and the place; None for an iterator that is at its end or has failed."""
    at = id(iterator)
    began = memory.word(at + _layout.iterator_used)
    if not memory.word(at + _layout.iterator_container) or began == _GONE_ON:
        return None
    (container,) = _referents(iterator)
    index = (began - memory.word(at + _left(iterator))) % 2**64
    return container, index, began << 32 | memory.word(at + _layout.iterator_position)


def _referents(iterator: Any) -> list[Any]:
    """What the iterator goes over.  That of items has a tuple as well, which it fills anew each time."""
    import gc

    address = memory.word(id(iterator) + _layout.iterator_container)
    return [found for found in gc.get_referents(iterator) if id(found) == address]


def _left(iterator: Any) -> int:
    return _layout.set_iterator_left if type(iterator) is _SET else _layout.dict_iterator_left  # type: ignore[no-any-return]
