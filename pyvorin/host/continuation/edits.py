"""What is left of a statement, of which native code has evaluated a part.

In: the statement and the edits of a resume point (docs/exits.md, "Resume points").  Out: statements in which what has been
evaluated is replaced by hidden loads, at the positions of the original; and the plan by which the operands that native code hands
over become the values that these loads take.

    total = f(g(a), h(b))     g(a) is done: [["value", "args", 0], ["load"]]
    total = f(.s.pop(), h(b))

Invariant: all hidden loads of a residual are executed before any code of the program, so that from then on every value has
the owner that it has in CPython.
"""

from __future__ import annotations

import _ast as ast
from functools import partial

from pyvorin.host.continuation import assertions, partials, stand_ins, syntax
from pyvorin.host.continuation.positions import ITER_AT_EXPRESSION, operation_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyvorin.host.continuation.points import Edit, NodePath

    Make = Callable[..., tuple[object, ...]]

    Plan = list[tuple["Make | None", tuple[int, ...]]]
    """In the order of the loads: the operands that are used, and what makes the loaded values of them (None: one as it is)."""

_EVALUATION_ORDER = {
    ast.Assign: ("value", "targets"),
    ast.AnnAssign: ("value", "target"),
    ast.NamedExpr: ("value", "target"),
    ast.For: ("iter",),
}
"""Where the order of the fields is not that of evaluation."""


class Residual:
    """statements: what is left.  plan: see above.  operands: how many native code hands over."""

    __slots__ = ("_edits", "_node", "_open", "operands", "plan", "statements")

    def __init__(self, statement: Any, edits: list[Edit]) -> None:
        self.operands = 0
        self.plan: Plan = []
        self._node = statement
        self._edits = dict(edits)
        # The paths of all nodes that have an edit below them.
        self._open = {path[:length] for path, _ in edits for length in range(len(path))}
        self.statements: list[Any] = self._statement(statement)

    def _take(self) -> int:
        self.operands += 1
        return self.operands - 1

    def _load(self, place: ast.AST, make: Make | None = None) -> ast.Call:
        self.plan.append((make, (self._take(),)))
        return syntax.pop(place)

    # Statements

    def _statement(self, node: Any) -> list[Any]:
        edit = self._edits.get(())
        if edit is not None:
            return [*_STATEMENT_EDITS[edit[0]](self, node, edit)]
        for path, below in self._edits.items():
            if below[0] in ("raise", "load") and _is_target(_node(node, path)):
                place = _node(node, path)
                return [self._pending(place) if below[0] == "raise" else syntax.expression(place, self._load(place))]
        if isinstance(node, ast.Assert) and self._open:
            test = assertions.test(node.test, self._visit(node.test, ("test",)))
            return [syntax.changed(node, test=test, msg=self._visit(node.msg, ("msg",)))]
        return [self._visit(node, ())]

    def _raiser(self, place: ast.AST) -> ast.Call:
        return syntax.call(place, self._load(place, _reraiser))

    def _pending(self, place: ast.AST) -> ast.Expr:
        return syntax.expression(place, self._raiser(place))

    def _open_or_close(self, item: Any) -> Any:
        """Where entering and leaving a context manager are located."""
        return item.context_expr if ITER_AT_EXPRESSION else self._node

    def _raised(self, node: Any, edit: list[Any]) -> list[Any]:
        """The statement's own operation has raised: the `iter()` of `for`, the in-place operation of `+=`; or an import."""
        if len(edit) > 1 and isinstance(node, syntax.BINDING):
            return [self._pending(syntax.placed(node, edit[1]))]
        return [self._pending(node.iter if isinstance(node, ast.For) and ITER_AT_EXPRESSION else node)]

    def _bound(self, node: Any, edit: list[Any]) -> list[Any]:
        """An import or a definition has been executed: what it binds, a tuple if that is more than one name."""
        targets: list[ast.expr] = [syntax.store(node, name) for name in syntax.bound_names(node)]
        target = targets[0] if len(targets) == 1 else syntax.at(node, ast.Tuple(elts=targets, ctx=ast.Store()))
        return [syntax.assign(node, target, self._load(node))]

    def _stores(self, node: Any, edit: list[Any]) -> list[Any]:
        """All values lie on the stack until they are stored, as a sequence that was unpacked does."""
        operands: list[int] = []
        before, self.plan = self.plan, []
        targets = []
        for path in edit[1]:
            operands.append(self._take())
            targets.append(self._visit(_node(node, tuple(path)), tuple(path)))
        make = None if len(targets) == 1 else _values
        self.plan = [*before, (make, tuple(operands)), *self.plan]
        target = targets[0]
        if len(targets) > 1:
            target = syntax.at(target, ast.Tuple(elts=targets, ctx=ast.Store()))
        return [syntax.assign(targets[0], target, syntax.pop(targets[0]))]

    def _augmented(self, node: Any, edit: list[Any]) -> list[Any]:
        """`container[i] += x`, `container.name += x`: the old value has been read."""
        target = node.target
        if isinstance(target, ast.Attribute):
            self.plan.append((_held_attribute, (self._take(), self._take())))
            left = syntax.changed(target, value=syntax.pop(target.value))
        else:
            self.plan.append((_held, (self._take(), self._take(), self._take())))
            left = syntax.changed(target, value=syntax.pop(target.value), slice=syntax.pop(target.slice))
        return [syntax.changed(node, target=left, value=self._visit(node.value, ("value",)))]

    def _entered(self, node: Any, edit: list[Any]) -> list[Any]:
        """The first of a statement's context managers have been entered: `["entered", how many, targets still to be stored]`.

        Without targets in the third part what entering has given is dropped.
        """
        count = edit[1]
        items = [self._shim(item) for item in node.items[:count]]
        body = node.body
        rest = [self._visit(item, ("items", index)) for index, item in enumerate(node.items[count:], count)]
        if len(edit) > 2:
            first = self._stores(node, ["stores", edit[2]]) if edit[2] else [self._dropped(node.items[count - 1])]
            body = [*first, *([syntax.changed(node, items=rest)] if rest else body)]
            rest = []
        return [syntax.changed(node, items=items + rest, body=body)]

    def _left(self, node: Any, edit: list[Any]) -> list[Any]:
        """A `with` whose body has ended: the first managers are still to be left, `["left", how many]`.

        With a third part, leaving the manager after those has raised ("raise"), or has given something ("done"), after which a
        jump may follow, the fourth part; or something else has raised inside of them ("unwind"), in which case the exception is
        the first operand.
        """
        error = self._take() if edit[2:] == ["unwind"] else None
        items = [self._shim(item) for item in node.items[: edit[1]]]
        if error is not None:
            place = self._open_or_close(node.items[min(edit[1], len(node.items) - 1)])
            self.plan.append((_reraiser, (error,)))
            body: list[Any] = [syntax.expression(place, syntax.call(place, syntax.pop(place)))]
        elif edit[2:3] == ["done"]:
            body = [self._dropped(node.items[edit[1]]), *(self._jump(node, jump) for jump in edit[3:])]
        elif len(edit) > 2:
            body = [self._pending(self._open_or_close(node.items[edit[1]]))]
        else:
            body = [syntax.at(node, ast.Pass())]
        return [syntax.changed(node, items=items, body=body)] if items else body

    def _jump(self, place: Any, jump: str) -> ast.stmt:
        if jump == "return":
            return syntax.at(place, ast.Return(value=self._load(place)))
        return syntax.at(place, ast.Break() if jump == "break" else ast.Continue())

    def _dropped(self, item: Any) -> ast.Expr:
        place = self._open_or_close(item)
        return syntax.expression(place, self._load(place))

    def _targets(self, node: Any, edit: list[Any]) -> list[Any]:
        """`del a, b[i]`: the first targets are done."""
        first = edit[1]
        targets = [self._visit(target, ("targets", index)) for index, target in enumerate(node.targets[first:], first)]
        return [syntax.changed(node, targets=targets)]

    def _shim(self, item: Any) -> Any:
        return syntax.changed(item, context_expr=self._load(item.context_expr, _entered), optional_vars=None)

    # Expressions

    def _visit(self, node: Any, path: NodePath) -> Any:
        edit = self._edits.get(path)
        if edit is not None:
            return _EXPRESSION_EDITS[edit[0]](self, node, path, edit)
        if path not in self._open:
            return node
        if isinstance(node, list):
            return [self._visit(part, (*path, index)) for index, part in enumerate(node)]
        if isinstance(node, ast.Dict):
            return self._dict(node, path)
        fields = _EVALUATION_ORDER.get(type(node), node._fields)
        new = syntax.changed(
            node, **{field: self._visit(getattr(node, field, None), (*path, field)) for field in fields}
        )
        if isinstance(new, ast.Call) and type(new.func) is not type(node.func):
            syntax.at(operation_place(node), new)  # where the call of a method is located
        return new

    def _dict(self, node: ast.Dict, path: NodePath) -> ast.Dict:
        keys, values = [], []
        for index, (key, value) in enumerate(zip(node.keys, node.values)):
            keys.append(self._visit(key, (*path, "keys", index)))
            values.append(self._visit(value, (*path, "values", index)))
        return syntax.changed(node, keys=keys, values=values)

    def _loaded(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        if isinstance(node, ast.Starred):
            return syntax.changed(node, value=self._load(node.value))
        if isinstance(node, ast.FormattedValue):
            return syntax.at(node, ast.FormattedValue(value=self._load(node), conversion=-1, format_spec=None))
        return self._load(node)

    def _raising(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        if isinstance(node, ast.withitem):  # entering the manager
            return syntax.changed(node, context_expr=self._raiser(self._open_or_close(node)), optional_vars=None)
        return self._raiser(syntax.placed(node, edit[1]) if len(edit) > 1 else operation_place(node))

    def _operands(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        """`a and f() and g()`: the first `edit[1]` operands are done, and have not decided."""
        first = edit[1]
        values = [
            self._visit(value, (*path, "values", index)) for index, value in enumerate(node.values[first:], first)
        ]
        return values[0] if len(values) == 1 else syntax.changed(node, values=values)

    def _branch(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        """`x if c else y`: the condition is done."""
        return self._visit(getattr(node, edit[1]), (*path, edit[1]))

    def _comparison(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        """`a < b < c`: the comparisons before the one with number `edit[1]` are done, and hold."""
        first = edit[1]
        left = self._load(node.comparators[first - 1] if first else node.left)
        comparators = [
            self._visit(value, (*path, "comparators", index))
            for index, value in enumerate(node.comparators[first:], first)
        ]
        return syntax.changed(node, left=left, ops=node.ops[first:], comparators=comparators)

    def _over(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        """A comprehension that has come to a beginning of a turn, over the rest of the items: `["over", items taken]`.

        The one item is that of this turn; "raise" if taking it has raised.  With a third part, the first operand is what it has
        made so far.
        """
        make, count = _RESTS[edit[1]]
        begun = len(edit) > 2
        if begun and isinstance(node, (ast.SetComp, ast.DictComp)):
            self.plan.append((partial(_filling, make), tuple(self._take() for _ in range(1 + count))))
            return _filled(node)
        before = self._load(node) if begun else None
        first, *others = node.generators
        self.plan.append((make, tuple(self._take() for _ in range(count))))
        rest = syntax.changed(node, generators=[syntax.changed(first, iter=syntax.pop(first.iter)), *others])
        return rest if before is None else syntax.at(node, ast.BinOp(left=before, op=ast.Add(), right=rest))

    def _partial(self, node: Any, path: NodePath, edit: list[Any]) -> Any:
        """The call of a builtin or method that consumes a generator expression, its argument, and has got something so far."""
        if isinstance(node.func, ast.Attribute):
            function = self._visit(node.func, (*path, "func"))
            self.plan.append((partials.of_method, (self._take(),)))
        else:
            make, count = partials.OF_BUILTINS[node.func.id]
            count = edit[1] if len(edit) > 1 else count
            self.plan.append((make, tuple(self._take() for _ in range(count))))
            function = syntax.pop(node.func)
        items = syntax.call(node, syntax.pop(node), self._visit(node.args[0], (*path, "args", 0)))
        keywords = [] if node.args[1:] or _given(node, "start") else node.keywords
        new = syntax.changed(node, func=function, args=[items], keywords=keywords)
        return syntax.at(operation_place(node), new) if isinstance(node.func, ast.Attribute) else new


_STATEMENT_EDITS: dict[str, Callable[[Residual, Any, list[Any]], list[Any]]] = {
    "raise": Residual._raised,
    "bound": Residual._bound,
    "stores": Residual._stores,
    "augmented": Residual._augmented,
    "entered": Residual._entered,
    "left": Residual._left,
    "targets": Residual._targets,
}
_EXPRESSION_EDITS: dict[str, Callable[[Residual, Any, NodePath, list[Any]], Any]] = {
    "load": Residual._loaded,
    "value": Residual._loaded,
    "raise": Residual._raising,
    "operands": Residual._operands,
    "branch": Residual._branch,
    "comparison": Residual._comparison,
    "over": Residual._over,
    "partial": Residual._partial,
}


def _node(statement: Any, path: NodePath) -> Any:
    node = statement
    for step in path:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def _is_target(node: Any) -> bool:
    return not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _given(node: ast.Call, name: str) -> bool:
    return any(keyword.arg == name for keyword in node.keywords)


def _rest(iterator: object) -> tuple[object]:
    return (stand_ins.rest(iterator),)


def _rest_with(iterator: object, item: object) -> tuple[object]:
    return (stand_ins.rest(iterator, item),)


def _raising_rest(error: BaseException) -> tuple[object]:
    return (stand_ins.raising(error),)


def _filling(make: Make, made: Any, *operands: object) -> tuple[object, object]:
    """What has been made so far, and for the first loop of `_filled` what puts an item there, and the rest of the items."""
    put = made.add if isinstance(made, set) else made.__setitem__
    return made, ((put, *make(*operands)),)


def _filled(node: Any) -> ast.Subscript:
    """A set or dict comprehension that puts the rest of its items into what it has made so far, its value.

    (.s.pop(), {.put(x) for .put, .rest in .s.pop() for x in .rest})[0]
    """
    first, *others = node.generators
    parts: list[ast.expr] = [syntax.store(first.iter, _PUT), syntax.store(first.iter, _REST)]
    begin = syntax.changed(
        first, target=syntax.at(first.iter, ast.Tuple(elts=parts, ctx=ast.Store())), iter=syntax.pop(first.iter), ifs=[]
    )
    made = syntax.pop(node)
    loops = [begin, syntax.changed(first, iter=syntax.load(first.iter, _REST)), *others]
    if isinstance(node, ast.SetComp):
        item = syntax.call(node.elt, syntax.load(node.elt, _PUT), node.elt)
        rest = syntax.changed(node, elt=item, generators=loops)
    else:
        key, value = node.key, node.value
        place = syntax.placed(key, (key.lineno, value.end_lineno, key.col_offset, value.end_col_offset))
        item = syntax.call(place, syntax.load(place, _PUT), key, value)
        rest = syntax.changed(node, key=syntax.constant(key, None), value=item, generators=loops)
    both = syntax.at(node, ast.Tuple(elts=[made, rest], ctx=ast.Load()))
    return syntax.at(node, ast.Subscript(value=both, slice=syntax.constant(node, 0), ctx=ast.Load()))


_PUT, _REST = ".put", ".rest"
_RESTS: dict[object, tuple[Make, int]] = {0: (_rest, 1), 1: (_rest_with, 2), "raise": (_raising_rest, 1)}


def _reraiser(error: BaseException) -> tuple[object]:
    return (stand_ins.reraiser(error),)


def _values(*values: object) -> tuple[object]:
    return (values,)


def _held(container: object, index: object, value: object) -> tuple[object, object]:
    return (stand_ins.held(container, value), index)


def _held_attribute(container: object, value: object) -> tuple[object]:
    return (stand_ins.held_attribute(container, value),)


def _entered(leave: object) -> tuple[object]:
    return (stand_ins.entered(leave),)
