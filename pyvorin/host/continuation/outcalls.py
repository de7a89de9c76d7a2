"""The functions that native code calls for expressions that it has no form for.

    def name(xs, i):                    name, file and line of the original; the expression at its own place
        return log(xs[i])

Its frame is the caller that whatever is called sees.  It is compiled inside empty definitions of the scopes around it, as a
continuation is.  The steps of a `for` and of a `with` are such functions as well:

    def name(.it, .call=next, .end=END):
        return .call(.it, .end)         at the place where CPython locates the step

So is an import, or a definition, which returns what it has bound.
"""

from __future__ import annotations

import _ast as ast
from itertools import islice, repeat
from types import CodeType

from pyvorin.host.continuation import iterators, syntax
from pyvorin.host.continuation.compiling import compile_definition
from pyvorin.host.continuation.points import Outcall, Point, Table
from pyvorin.host.continuation.positions import ITER_AT_EXPRESSION, VERSION, iter_place, operation_place
from pyvorin.host.continuation.source import parsed
from pyvorin.host.continuation.stand_ins import END

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from pyvorin.host.continuation.points import NodePath

    Place = tuple[int, int, int, int]
    """Line, last line, column and last column."""


def code_of(table: Table, index: int, noting: bool = False) -> CodeType:
    """The code of the outcall with this number, made once; *noting*: what gives its result to its last default first."""
    place = table.outcalls[index]
    code = place.noting_code if noting else place.code
    if code is None:
        definition = parsed(table, place.function).definition
        before: list[ast.stmt] = []
        if place.kind == "bind":
            before = [_node(definition, place.path)]
            value: Any = _bound(before[0])
        else:
            value = _node(definition, place.path) if place.kind in ("value", "items") else _step(definition, place)
        notes_items = noting and place.kind == "items"
        if notes_items:
            value = _noting_items(value)
        arguments = syntax.unbound_arguments()
        arguments.args += [
            syntax.at(definition, ast.arg(arg=name, annotation=None, type_comment=None))
            for name in (*place.names, *_HIDDEN[: len(defaults_of(place, noting))], *([_NOTE] if noting else []))
        ]
        result = syntax.call(value, syntax.load(value, _NOTE), value) if noting and not notes_items else value
        body = [*before, syntax.at(value, ast.Return(value=result))]
        code = compile_definition(table.functions[place.function], definition, arguments, body)
        if noting:
            place.noting_code = code
        else:
            place.code = code
    return code


_HIDDEN, _NOTE = (".call", ".end", ".next", ".repeat"), ".note"
"""Parameters that have what a step calls and gives besides, and what looks at the result, as defaults."""


def defaults_of(place: Outcall, noting: bool = False) -> tuple[object, ...]:
    """The defaults of the function for this outcall."""
    if place.kind == "items":
        return (map,) if noting else ()
    if _asks_in_comprehension(place):
        return map, END, next, repeat
    return {"iter": (iter,), "next": (next, END)}.get(place.kind, ())


def _asks_in_comprehension(place: Outcall) -> bool:
    """Whether it is the `next()` of a comprehension, which may have a frame of its own."""
    return place.kind == "next" and place.path[-2:-1] == ("generators",)


def _node(definition: ast.FunctionDef, path: NodePath) -> Any:
    node: Any = definition
    for step in path:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def _bound(node: ast.stmt) -> ast.expr:
    """What the statement has bound, as a value."""
    names: list[ast.expr] = [syntax.load(node, name) for name in syntax.bound_names(node)]
    return names[0] if len(names) == 1 else syntax.at(node, ast.Tuple(elts=names, ctx=ast.Load()))


def _step(definition: ast.FunctionDef, outcall: Outcall) -> Any:
    """The call that the step consists of."""
    node = _node(definition, outcall.path)
    rest: list[ast.expr] = []
    if outcall.kind in ("enter", "leave"):
        place = node.context_expr if ITER_AT_EXPRESSION else _node(definition, outcall.path[:-2])
        if outcall.kind == "leave":
            rest = [syntax.constant(place, None)] * 3
        return syntax.call(place, syntax.load(place, outcall.names[0]), *rest)
    if isinstance(node, ast.comprehension):
        return _next_of_comprehension(definition, outcall)
    place = operation_place(node)
    if isinstance(node, ast.For):
        place = node.iter if ITER_AT_EXPRESSION else node
    elif isinstance(node, _COMPREHENSIONS):
        place = iter_place(node)
    if outcall.kind == "next":
        rest.append(syntax.load(place, _HIDDEN[1]))
    return syntax.call(place, syntax.load(place, _HIDDEN[0]), syntax.load(place, outcall.names[0]), *rest)


def _next_of_comprehension(definition: ast.FunctionDef, outcall: Outcall) -> Any:
    """`next` by a comprehension like the one in question, of one item, as its frame is the one that asks."""
    path = outcall.path[:-2]
    node = _node(definition, path)
    call, end, following, repeat_ = (syntax.load(node, name) for name in _HIDDEN)
    first = node.generators[0]
    once = syntax.call(node, repeat_, syntax.load(node, outcall.names[0]), syntax.constant(node, 1))
    asked = syntax.call(first.iter, call, following, once)
    generator = syntax.changed(first, target=syntax.store(node, _ITEM), iter=asked, ifs=[])
    item = syntax.load(node, _ITEM)
    if isinstance(node, (ast.SetComp, ast.DictComp)):
        return _next_of_table(node, item, generator, end)
    one = syntax.changed(node, elt=item, generators=[generator])
    if isinstance(node, ast.GeneratorExp):
        place = operation_place(_node(definition, path[:-2]))
        return syntax.call(place, following, one, end)
    found = syntax.at(
        node, ast.Tuple(elts=[syntax.at(node, ast.Starred(value=one, ctx=ast.Load())), end], ctx=ast.Load())
    )
    return syntax.at(node, ast.Subscript(value=found, slice=syntax.constant(node, 0), ctx=ast.Load()))


_ITEM, _GOT = ".item", ".got"


def _next_of_table(node: Any, item: ast.Name, generator: ast.comprehension, end: ast.Name) -> ast.Subscript:
    """`(.got := [.end], {.got.append(.item) for .item in …}, .got.pop())[2]`: nothing is done to the item."""
    got = syntax.load(node, _GOT)
    append = syntax.call(node, syntax.at(node, ast.Attribute(value=got, attr="append", ctx=ast.Load())), item)
    pop = syntax.call(node, syntax.at(node, ast.Attribute(value=got, attr="pop", ctx=ast.Load())))
    begin = syntax.at(
        node,
        ast.NamedExpr(target=syntax.store(node, _GOT), value=syntax.at(node, ast.List(elts=[end], ctx=ast.Load()))),
    )
    if isinstance(node, ast.SetComp):
        one = syntax.changed(node, elt=append, generators=[generator])
    else:
        one = syntax.changed(node, key=syntax.constant(node, None), value=append, generators=[generator])
    parts = syntax.at(node, ast.Tuple(elts=[begin, one, pop], ctx=ast.Load()))
    return syntax.at(node, ast.Subscript(value=parts, slice=syntax.constant(node, 2), ctx=ast.Load()))


def _noting_items(value: Any) -> Any:
    """The expression with what looks at the items that its comprehension is given."""
    if isinstance(value, ast.Call):
        first, *rest = value.args
        return syntax.changed(value, args=[_noting_items(first), *rest])
    first, *rest = value.generators
    place = iter_place(value)
    seen = syntax.at(first.iter, ast.Attribute(value=syntax.load(first.iter, _NOTE), attr="iterable", ctx=ast.Load()))
    iterable = syntax.call(first.iter, seen, first.iter)
    noted = syntax.call(place, syntax.load(place, _HIDDEN[0]), syntax.load(place, _NOTE), iterable)
    return syntax.changed(value, generators=[syntax.changed(first, iter=noted), *rest])


def raised_at(table: Table, point: Point, values: list[Any]) -> Place | None:
    """Where in an outcall of this point the exception among the values was raised; the frame of that is taken off its traceback.

    A continuation raises it again, in its own frame of the function.  The outcall of a native callee that has no point for it
    is no such thing: its frame stands for the callee's.
    """
    statement = tuple(part for field, index in point.path for part in (field.partition(":")[0], index))
    raising = [statement + path for path, edit in point.edits if edit == ["raise"]]
    raising += [
        (*statement, "items", edit[1]) for _, edit in point.edits if edit[0] == "left" and edit[2:] == ["raise"]
    ]
    raising += [(*statement, *path, "generators", 0) for path, edit in point.edits if edit[:2] == ["over", "raise"]]
    if point.at_head and point.iterators and iterators.raises(point.iterators[-1]):
        raising.append(statement)
    for value in values:
        traceback = value.__traceback__ if isinstance(value, BaseException) else None
        if traceback is None:
            continue
        code = traceback.tb_frame.f_code
        for place in table.outcalls:
            if code in (place.code, place.noting_code) and place.function == point.function and place.path in raising:
                inner = traceback.tb_next
                if _asks_in_comprehension(place) and inner is not None and inner.tb_frame.f_code in code.co_consts:
                    inner = inner.tb_next
                value.__traceback__ = inner
                return _position(traceback)
    return None


def _position(traceback: TracebackType) -> Place:
    line = traceback.tb_lineno
    code: Any = traceback.tb_frame.f_code
    if VERSION >= (3, 11):
        found: Place = next(islice(code.co_positions(), traceback.tb_lasti // 2, None))
        if None not in found:
            return found
    return line, line, 0, 0
