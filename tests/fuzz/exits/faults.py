"""Mistakes that leaving and coming back could make, planted in the child process by replacing one function of the host.

Those of continuations in general are shared with `tests/continuation/faults.py`.  A test asserts that random trips notice each.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable
from typing import Any

import pytest

from pyvorin.host import resumption
from pyvorin.host.continuation import edits, iterators, remainder, resume, stand_ins, syntax
from pyvorin.host.continuation.source import Parsed
from tests.continuation import faults as continuation_faults

Fault = Callable[[pytest.MonkeyPatch], None]

SHARED = (
    "skips_a_statement",
    "iterator_one_step_back",
    "break_goes_on_with_the_loop",
    "else_of_the_loop_is_lost",
    "operands_in_the_wrong_order",
    "unbound_locals_are_bound",
    "lines_are_off_by_one",
)
FAULTS: dict[str, Fault] = {name: continuation_faults.FAULTS[name][1] for name in SHARED}


def fault(plant: Fault) -> Fault:
    FAULTS[plant.__name__] = plant
    return plant


@fault
def iterator_one_step_ahead(patch: pytest.MonkeyPatch) -> None:
    right = iterators._forwards
    patch.setattr(iterators, "_forwards", lambda sequence, index: right(sequence, index + 1))


@fault
def reversed_iterator_one_step_back(patch: pytest.MonkeyPatch) -> None:
    right = iterators._backwards
    patch.setattr(iterators, "_backwards", lambda sequence, count, index: right(sequence, count, max(0, index - 1)))


@fault
def native_loop_begins_one_step_ahead(patch: pytest.MonkeyPatch) -> None:
    right = iterators.decompose

    def decompose(spec: Any, iterator: Any) -> list[Any]:
        index, *rest = right(spec, iterator)
        return [index + 1, *rest]

    patch.setattr(iterators, "decompose", decompose)


@fault
def native_loop_begins_with_a_stale_local(patch: pytest.MonkeyPatch) -> None:
    right = resume._entry_values
    before: dict[int, int] = {}

    def entry_values(table: Any, entry: Any, live: Any, bound: Any) -> Any:
        found = right(table, entry, live, bound)
        if found is not None:
            _stale(found[0], len(found[0]) - len(table.points[entry.point].locals), before)
        return found

    patch.setattr(resume, "_entry_values", entry_values)


def _stale(values: list[Any], first: int, before: dict[int, int]) -> None:
    """Give each int from `first` on the value that its place has had first of all."""
    for index in range(first, len(values)):
        if type(values[index]) is int:
            values[index] = before.setdefault(index, values[index])


def _handed_over(patch: pytest.MonkeyPatch, change: Callable[[int, list[Any], int], None]) -> None:
    """Have the values changed that native code hands over at a point: (point, values, how many are operands)."""
    right = resume.prepare

    def prepare(table: Any, function: Any, point: int, values: list[Any], may_enter: bool = True) -> Any:
        where = table.points[point]
        definition = Parsed(table.functions[where.function]).definition
        _, node = remainder.descend(definition, where.path)
        change(point, values, edits.Residual(node, where.edits).operands if where.edits else 0)
        return right(table, function, point, values, may_enter)

    patch.setattr(resumption, "prepare", prepare)


@fault
def stale_local(patch: pytest.MonkeyPatch) -> None:
    before: dict[int, int] = {}

    def change(point: int, values: list[Any], operands: int) -> None:
        _stale(values, operands + 1, before)

    _handed_over(patch, change)


@fault
def operand_is_dropped(patch: pytest.MonkeyPatch) -> None:
    def change(point: int, values: list[Any], operands: int) -> None:
        if operands:
            values[:operands] = [*values[1:operands], None]

    _handed_over(patch, change)


@fault
def exception_of_a_callee_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stand_ins, "reraiser", lambda error: int)


@fault
def loops_test_begins_again(patch: pytest.MonkeyPatch) -> None:
    right = remainder.first_test
    patch.setattr(remainder, "first_test", lambda loop, test, leave: right(loop, loop.test, leave))


@fault
def comparison_begins_again(patch: pytest.MonkeyPatch) -> None:
    def comparison(self: Any, node: Any, path: Any, edit: Any) -> Any:
        self._take()
        return node

    patch.setitem(edits._EXPRESSION_EDITS, "comparison", comparison)


@fault
def operands_of_and_begin_again(patch: pytest.MonkeyPatch) -> None:
    right = edits.Residual._operands
    patch.setitem(
        edits._EXPRESSION_EDITS, "operands", lambda self, node, path, edit: right(self, node, path, [edit[0], 0])
    )


@fault
def call_is_made_again(patch: pytest.MonkeyPatch) -> None:
    right = edits.Residual._loaded

    def loaded(self: Any, node: Any, path: Any, edit: Any) -> Any:
        made = right(self, node, path, edit)
        return syntax.at(node, ast.BoolOp(op=ast.Or(), values=[made, node])) if isinstance(node, ast.Call) else made

    patch.setitem(edits._EXPRESSION_EDITS, "load", loaded)


@fault
def numbers_of_enumerate_start_again(patch: pytest.MonkeyPatch) -> None:
    right = iterators.rebuild

    def rebuild(spec: Any, index: int, values: Any) -> Any:
        made = right(spec, index, values)
        return made if type(made) is not enumerate else enumerate(made.__reduce__()[1][0])

    patch.setattr(iterators, "rebuild", rebuild)


@fault
def other_branch_is_taken(patch: pytest.MonkeyPatch) -> None:
    right = edits.Residual._branch
    other = {"body": "orelse", "orelse": "body"}
    patch.setitem(
        edits._EXPRESSION_EDITS,
        "branch",
        lambda self, node, path, edit: right(self, node, path, [edit[0], other[edit[1]]]),
    )


@fault
def augmented_item_is_read_again(patch: pytest.MonkeyPatch) -> None:
    right = stand_ins.held

    def held(container: Any, value: object) -> Any:
        try:
            return right(container, container[-1])
        except Exception:
            return right(container, value)

    patch.setattr(stand_ins, "held", held)


@fault
def last_store_is_lost(patch: pytest.MonkeyPatch) -> None:
    right = edits.Residual._stores

    def stores(self: Any, node: Any, edit: Any) -> Any:
        made = right(self, node, edit)
        target = made[0].targets[0]
        if len(edit[1]) > 1:
            target.elts[-1] = target.elts[0]
        return made

    patch.setitem(edits._STATEMENT_EDITS, "stores", stores)


@fault
def waiting_value_is_lost(patch: pytest.MonkeyPatch) -> None:
    lost = lambda place: syntax.at(place, ast.Return(value=syntax.constant(place, None)))  # noqa: E731
    patch.setitem(remainder._PENDING, "return", lost)


@fault
def waiting_continue_breaks(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(remainder._PENDING, "continue", remainder._PENDING["break"])
