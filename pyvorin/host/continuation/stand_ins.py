"""Objects that stand on CPython's value stack in a continuation where the original has others, and behave alike.

Invariant: their operations run in C throughout.  A Python function of ours would be a frame that the program sees
(`sys._getframe`), and a place where a signal's exception could strike and be located.
"""

from __future__ import annotations

from functools import partial
from itertools import chain, islice, repeat
from operator import attrgetter, itemgetter, setitem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Chain = chain[Any]
    Exits = list[Any]
else:
    Chain = chain
    Exits = list


class Once(Chain):
    """The rest of one iteration as an iterator: gives `()`, then puts the loop's own iterator on the state, and ends.

    It keeps that iterator on the value stack, so `break`, `return` and exceptions release it when CPython would.
    """

    __slots__ = ("__weakref__", "iterator")

    iterator: Any


def once(iterator: object, state: list[Any]) -> Once:
    """The header of a loop that executes the rest of an iteration; `iterator` makes the next ones."""
    new = Once(((),), filter(state.append, (iterator,)))
    new.iterator = iterator
    return new


def next_only(iterator: Any, state: list[Any], count: int = 1) -> Chain:
    """Gives the next item of `iterator`, or so many of them, if there are any, then puts `iterator` on the state, and ends."""
    return chain(islice(iterator, count), filter(state.append, (iterator,)))


def rest(iterator: Any, *items: object) -> Iterator[Any]:
    """The items, and then those of `iterator`, which is not asked for an iterator again."""
    following: Iterator[Any] = map(next, repeat(iterator))
    return chain(items, following) if items else following


_SLOT = type(object.__repr__)
"""What a type that is written in C has for its special methods."""
_MRO, _DICT = type.__dict__["__mro__"].__get__, type.__dict__["__dict__"].__get__


def asked(iterator: Any) -> Iterator[Any]:
    """The iterator of a loop that is under way, for a `for` or `enumerate`, which ask what they go over for its iterator.

    That runs a method of the program where the iterator's class has one, and fails where it has none: CPython has asked before.
    """
    found = next((names["__iter__"] for names in map(_DICT, _MRO(type(iterator))) if "__iter__" in names), None)
    return iterator if type(found) is _SLOT else rest(iterator)


END = object()
"""What `next(iterator, END)` gives native code that goes over the iterator, where there is no next item."""
EXHAUSTED = iter(())
"""An iterator without items: what is open at the head of a loop whose own iterator has just come to its end."""
for _ in EXHAUSTED:
    pass


def raising(error: BaseException) -> Iterator[Any]:
    """An iterator that makes `error` pending, exactly as it is, instead of giving an item."""
    return iter(reraiser(error), None)


class Leaving(Exits):
    """Stands on the value stack for the bound `__exit__` of a manager: calling it calls its last item.

    That is the manager's own; when it is deleted, so that the function can be left for native code to go on inside the `with`,
    what is left does nothing.
    """

    __slots__ = ("__weakref__",)

    __call__ = property(itemgetter(-1))


class Entered:
    """A context manager whose `with` was entered natively: entering does nothing, leaving calls the manager's `__exit__`."""

    __slots__ = ("leave",)

    leave: Leaving

    __enter__ = staticmethod(int)
    __exit__ = property(attrgetter("leave"))


def entered(leave: object) -> Entered:
    """A stand-in for the manager whose bound `__exit__` is `leave`."""
    new = Entered()
    new.leave = Leaving(("".format, leave))
    return new


class Held:
    """A container whose item has been read: reading gives that value, whatever the index, and storing goes to the container."""

    __slots__ = ("read", "write")

    read: object
    write: object

    __getitem__ = property(attrgetter("read"))
    __setitem__ = property(attrgetter("write"))


def held(container: object, value: object) -> Held:
    """A stand-in for the container in `container[i] += ...`, whose old item is `value`."""
    new = Held()
    new.read = _given_away(value)
    new.write = partial(setitem, container)
    return new


def _given_away(value: object) -> Callable[[object], object]:
    """A callable for one use that gives `value` and keeps nothing, as it is in CPython when it has been read.

    Its argument is the default of `dict.pop`, which is not needed.
    """
    return partial({None: value}.pop, None)


class _Slots:
    """The storage of `HeldAttribute`, whose own attributes cannot be read."""

    __slots__ = ("read", "write")

    read: object
    write: object


class HeldAttribute(_Slots):
    """Like `Held`, for an attribute that has been read."""

    __slots__ = ()

    __getattribute__ = property(_Slots.__dict__["read"].__get__)  # type: ignore[misc]
    __setattr__ = property(_Slots.__dict__["write"].__get__)  # type: ignore[misc]


def held_attribute(container: object, value: object) -> HeldAttribute:
    """A stand-in for the object in `container.name += ...`, whose old attribute is `value`."""
    new = HeldAttribute()
    _Slots.__dict__["read"].__set__(new, _given_away(value))
    _Slots.__dict__["write"].__set__(new, partial(setattr, container))
    return new


def _finished() -> Any:
    return
    yield


_ENDED = _finished()
for _ in _ENDED:
    pass


def reraiser(error: BaseException) -> Callable[[], object]:
    """A callable that makes `error` pending exactly as it is.

    `throw` of a generator that has ended is PyErr_Restore (`gen_send_ex` in genobject.c).  A `raise` would set `__context__`
    to the exception that is being handled, which it was not when the error was raised.
    """
    return partial(_ENDED.throw, error)


class Fixed:
    """A sequence for an iterator whose `__setstate__` does not clamp, or that finds a length other than the current one."""

    __slots__ = ("item", "length", "sequence")

    item: object
    length: object
    sequence: Any

    __getitem__ = property(attrgetter("item"))
    __len__ = property(attrgetter("length"))


def fixed(sequence: Any, length: int) -> Any:
    """A stand-in for `sequence`, which may have shrunk; its `len` is `length`."""
    new = Fixed()
    new.sequence = sequence
    new.item = sequence.__getitem__
    new.length = length.__int__
    return new
