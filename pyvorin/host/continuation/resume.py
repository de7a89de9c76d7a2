"""What native code calls when it leaves in the middle of a function, and when it could be entered again.

`prepare` makes, of the values that native code hands over, a function and its state; native code calls the function, and its
result is the result of the whole call, or a `LoopHead`: then `enter` says how to go on from there.

Both run Python code of ours, in which a signal's handler may raise, or memory or the stack run out.  The exception is then raised
in the continuation, at the point, where CPython might have raised it as well: nothing of the rest of the function is lost.
"""

from __future__ import annotations

from _ast import For, While
from types import CodeType, FunctionType
from weakref import ref

from pyvorin.host.continuation import iterators, stand_ins
from pyvorin.host.continuation.compiling import mangled
from pyvorin.host.continuation.outcalls import raised_at
from pyvorin.host.continuation.points import Entry, Table
from pyvorin.host.continuation.progress import LOOPS, NODE_NS, Progress, Stay, Waiting, parts, plain_size, size
from pyvorin.host.continuation.remainder import descend
from pyvorin.host.continuation.site import FOR, RETURN, Site
from pyvorin.host.continuation.source import parsed
from pyvorin.host.continuation.syntax import STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from pyvorin.host.continuation.points import Edit, Path

    class Host(Protocol):
        """Who knows of other code for the same functions; these are given by their number in the table."""

        def observe(self, function: int, root: int, operands: list[Any], is_last: bool) -> bool:
            """The operands of a root's point, as CPython has come there; whether they say enough not to be looked at again."""

        @property
        def is_superseded(self) -> bool:
            """Whether code that was loaded later is to go on, if it can."""

        def stay(self) -> None:
            """There is no other code at the head: this is no longer superseded."""

        def hand_over(self, function: int, path: Path, state: tuple[Any, ...]) -> Continuation | None:
            """A function that goes on at the head, whose state is what a LoopHead has behind the number, and its argument."""

    Tuple = tuple[Any, ...]
    Continuation = tuple[FunctionType, list[Any]]

else:
    Tuple = tuple

_locals = locals


class LoopHead(Tuple):
    """Returned by a continuation that has come to a loop's head: (head, locals, the loop's iterator, what is open around...).

    head is a number of the table; the iterator of a `while` is None.  What is open around, outermost first, is a `stand_ins.Once`
    for a loop, and a tuple with the `__exit__` of its managers for a `with`.
    The continuation itself makes it, by calling the type, so that no frame of ours is involved.
    """

    __slots__ = ()


def prepare(
    table: Table,
    function: FunctionType,
    point: int,
    values: list[Any],
    may_enter: bool = True,
    stay: Stay | None = None,
) -> Continuation:
    """A function that executes the rest of a call of `function` from a point on, and its one argument, the state.

    values: as docs/exits.md, "Resume points", has them; empty afterwards.  The function may return a LoopHead, unless
    `may_enter` is false.  stay: that of native code that `enter` has entered, and which has left now.
    """
    try:
        continuation = _prepare(table, function, point, values, may_enter, stay)
    except BaseException as error:
        continuation = _prepare(table, function, point, values, may_enter, None, error)
    values.clear()
    return continuation


def _prepare(
    table: Table,
    function: FunctionType,
    point: int,
    values: list[Any],
    may_enter: bool,
    stay: Stay | None,
    interruption: BaseException | None = None,
) -> Continuation:
    where = table.points[point]
    raised = raised_at(table, where, values) if table.outcalls else None
    site = table.sites.get(point if raised is None else (point, raised))
    if site is None:
        order = function.__code__.co_varnames
        edits: list[Edit] | None = None if where.at_head else where.edits
        if raised is not None and edits is not None:
            edits = [(path, ["raise", raised] if edit == ["raise"] else edit) for path, edit in where.edits]
        site = Site(table, where.function, where.path, edits, where.locals, order)
        table.sites[point if raised is None else (point, raised)] = site
    taken = iter(values)
    operands = [next(taken) for _ in range(site.operands)]
    opened: list[Any] = []
    indexes: list[int] = []
    for kind, spec in zip(site.opens, where.iterators):
        if kind == FOR:
            indexes.append(next(taken))
            opened.append(iterators.rebuild(spec, indexes[-1], taken))
        elif kind == RETURN:
            opened.append(next(taken))
        else:
            opened.append([next(taken) for _ in range(spec[1])])
    if interruption is not None:
        return _interrupted(function, site, opened, [*taken], interruption)
    if stay is not None:
        inside = [number for number, head in site.heads.items() if head == stay.head]
        _progress(table, stay.head).exited(stay, site.index_of(inside[0], indexes) if inside else None)
    return _continue(table, function, site, operands, opened, [*taken], may_enter)


def enter(
    table: Table, function: FunctionType, token: LoopHead, may_enter: bool = True, host: Host | None = None
) -> tuple[int, list[Any], Stay] | Continuation:
    """How to go on where a continuation has left: natively, (entry, its values, the stay), or in CPython, like `prepare`.

    The values have the layout of the entry's point.  The token has lost its contents afterwards.
    host: told of what is at a head that could have an entry, and asked whether newer code has one.
    """
    try:
        way = _enter(table, function, token, may_enter, host)
    except BaseException as error:
        way = _enter(table, function, token, may_enter, None, error)
    token[1].clear()
    return way


def _enter(
    table: Table,
    function: FunctionType,
    token: LoopHead,
    may_enter: bool,
    host: Host | None,
    interruption: BaseException | None = None,
) -> tuple[int, list[Any], Stay] | Continuation:
    head, names, iterator, *outer = token
    live = [part.iterator if type(part) is stand_ins.Once else part for part in outer]
    if iterator is not None:
        live.append(iterator)
    spelt = _spelt(table, table.heads[head][0])
    bound = {spelt.get(name, name): value for name, value in names.items() if name != STATE}
    if may_enter and interruption is None:
        if host is not None and host.is_superseded:
            taken = host.hand_over(*table.heads[head], ({**names}, iterator, *outer))
            if taken is not None:
                return taken
            host.stay()
        for number in table.entries_at[head]:
            found = _entry_values(table, table.entries[number], live, bound)
            if found is not None:
                values, index = found
                stay = _progress(table, head).entered(head, None if iterator is None else index)
                stay.most = None if iterator is None else _most(table, head, iterator)
                return number, values, stay
        if head not in table.waiting:
            _progress(table, head).refused()
        elif table.waiting[head].is_over:
            del table.waiting[head]
        if host is not None:
            if head in table.observed:
                _observe(table, head, live, bound, host)
            taken = host.hand_over(*table.heads[head], ({**names}, iterator, *outer))
            if taken is not None:
                return taken
    key = (head, *bound)
    site = table.sites.get(key)
    if site is None:
        owner, path = table.heads[head]
        site = table.sites[key] = Site(table, owner, path, None, tuple(bound), function.__code__.co_varnames)
    if interruption is not None:
        return _interrupted(function, site, live, [*bound.values()], interruption)
    return _continue(table, function, site, [], live, [*bound.values()], may_enter)


def _observe(table: Table, head: int, live: list[Any], bound: dict[str, Any], host: Host) -> None:
    """Tell what is at the head, where every operand of the point is said by something live."""
    place = table.observed[head]
    operands: list[Any] = []
    left: int | None = None
    try:
        if len(live) != len(place.point.iterators):
            raise iterators.Unlike
        for spec, iterator in zip(place.point.iterators, live):
            operands += iterators.decompose(spec, iterator)
            if spec[0] != "with":
                left = iterators.remaining(spec, iterator)
    except iterators.Unlike:
        del table.observed[head]
        return
    if left is not None and not table.eager and left < _progress(table, head).enough:
        return
    place.looks -= 1
    if left is None and not table.eager and place.looks > 0:
        return
    operands += [bound.get(name, UNBOUND) for name in place.point.locals]
    if host.observe(table.heads[head][0], place.root, operands, place.looks <= 0):
        del table.observed[head]
        if left is not None and not table.eager:
            table.waiting[head] = Waiting(_size(table, head))


UNBOUND = object()
"""In place of the value of a variable that has none."""


def _entry_values(table: Table, entry: Entry, live: list[Any], bound: dict[str, Any]) -> tuple[list[Any], int] | None:
    """The values for an entry, and the index of the innermost `for`; None if it asks for other locals, types or iterators."""
    point = table.points[entry.point]
    if len(live) != len(point.iterators) or any(name in bound for name in point.unbound):
        return None
    values: list[Any] = []
    index = 0
    try:
        for name, kind in zip(point.locals, entry.types):
            if kind not in ("object", type(bound[name]).__name__):
                return None
        for spec, iterator in zip(point.iterators, live):
            parts = iterators.decompose(spec, iterator)
            values += parts
            if spec[0] != "with":
                index = parts[0]
    except (KeyError, iterators.Unlike):
        return None
    values += [bound[name] for name in point.locals]
    return values, index


def _continue(
    table: Table,
    function: FunctionType,
    site: Site,
    operands: list[Any],
    opened: list[Any],
    values: list[Any],
    may_enter: bool,
) -> Continuation:
    """The continuation of a site; `opened` are the real iterators, lists of `__exit__` methods and pending values."""
    heads = (
        tuple(
            [
                head
                for head in (*site.heads.values(), *(head for head, _ in site.ahead.values()))
                if head in table.waiting
                or ((table.entries_at[head] or head in table.observed) and _progress(table, head).use())
            ]
        )
        if may_enter and (site.heads or site.ahead)
        else ()
    )
    state: list[Any] = []
    own = opened.pop() if site.at_for else None
    opening = _headers(site, opened, state)
    references = [
        ref(header.leave if type(header) is stand_ins.Entered else header)
        for header in opening
        if type(header) in (stand_ins.Once, stand_ins.Entered)
    ]
    if site.at_for:
        opening.append(_some(table, own, state, site.own_head) if site.own_head in heads else own)
    if heads:
        state += [LoopHead, _locals, iter, *references]
        if site.at_for:
            state.append(False)  # no item of this loop has been asked for yet (remainder.from_head)
    if site.plain:
        operands.reverse()
        state += operands
    else:
        loads: list[Any] = []
        for make, indexes in site.plan:
            taken = [operands[index] for index in indexes]
            loads += taken if make is None else make(*taken)
        loads.reverse()
        state += loads
    opening.reverse()
    state += opening
    values.reverse()
    state += values
    return _like(function, site.code(heads)), state


def _some(table: Table, iterator: Any, state: list[Any], head: int | None) -> Any:
    """The items of the loop that CPython does before it leaves at its head again."""
    waiting = table.waiting.get(head) if head is not None else None
    return stand_ins.next_only(iterator, state, 1 if waiting is None else waiting.items())


def _interrupted(
    function: FunctionType, site: Site, opened: list[Any], values: list[Any], error: BaseException
) -> Continuation:
    """The continuation that begins by raising `error`."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    error.__traceback__ = traceback
    state: list[Any] = []
    if site.at_for:
        opened.pop()
    state += [stand_ins.reraiser(error), *reversed(_headers(site, opened, state)), *reversed(values)]
    return _like(function, site.interrupted_code()), state


def _like(function: FunctionType, code: CodeType) -> FunctionType:
    """A function with this code, in place of the given one: with the class that `super` asks for."""
    if not code.co_freevars:
        return FunctionType(code, function.__globals__)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    return FunctionType(code, function.__globals__, None, None, tuple(cells[name] for name in code.co_freevars))


def _headers(site: Site, opened: list[Any], state: list[Any]) -> list[Any]:
    """What the continuation puts on its stack for everything that is open around the point, outermost first."""
    headers: list[Any] = []
    for kind, value in zip(site.opens, opened):
        if kind == FOR:
            headers.append(stand_ins.once(value, state))
        elif kind == RETURN:
            headers.append(value)
        else:
            headers += map(stand_ins.entered, value)
    return headers


def _progress(table: Table, head: int) -> Progress:
    progress = table.progress.get(head)
    if progress is None:
        progress = table.progress[head] = Progress(_size(table, head))
    return progress


def _size(table: Table, head: int) -> int:
    function, path = table.heads[head]
    _, loop = descend(parsed(table, function).definition, path)
    return size(loop)


def plain_loop(table: Table, function: int, path: Path, at_head: bool) -> int | None:
    """`plain_size` of the innermost loop around a place, or of that at whose head it is; None if there is none."""
    place = function, path
    if place not in table.plain:
        levels, node = descend(parsed(table, function).definition, path)
        around = [level.owner for level in levels if level.field == "body" and isinstance(level.owner, (For, While))]
        found = [node] if at_head else around[-1:]
        table.plain[place] = plain_size(found[0]) if found else None
    return table.plain[place]


def _most(table: Table, head: int, iterator: Any) -> int | None:
    """What native code that is entered at the head can save: the turns of its loop, if the function has no other one."""
    if head not in table.only:
        function, path = table.heads[head]
        loops = sum(isinstance(node, LOOPS) for node in parts(parsed(table, function).definition))
        table.only[head] = plain_loop(table, function, path, True) if loops == 1 else None
    left, turn = iterators.left(iterator), table.only[head]
    return None if left is None or turn is None else left * turn * NODE_NS


def _spelt(table: Table, function: int) -> dict[str, str]:
    """How the source spells the private names of a class's functions, by the names that `locals()` has."""
    scopes = table.functions[function].scopes
    if not any(kind == "class" for kind, _ in scopes):
        return {}
    return {mangled(name, scopes): name for name in parsed(table, function).locals}
