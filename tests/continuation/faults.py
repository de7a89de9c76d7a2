"""Mistakes that an implementation of continuations could make; each is planted by replacing one function.

A test asserts that leaving one construct at every operation shows each of them.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable
from typing import Any

import pytest

from pyvorin.host.continuation import compiling, edits, iterators, positions, remainder, site, source, stand_ins, syntax

Patch = pytest.MonkeyPatch
Fault = Callable[[Patch], None]

FAULTS: dict[str, tuple[str, Fault]] = {}
"""By the name of a fault: the construct in which it shows, and what plants it."""


def fault(construct: str) -> Callable[[Fault], Fault]:
    def declare(plant: Fault) -> Fault:
        FAULTS[plant.__name__] = (construct, plant)
        return plant

    return declare


@fault("enumerate, continue, else")
def skips_a_statement(patch: Patch) -> None:
    right = remainder.descend

    def descend(definition: Any, path: Any) -> Any:
        levels, node = right(definition, path)
        if len(levels) > 1 and levels[0].index + 2 < len(levels[0].owner.body):
            levels[0].index += 1
        return levels, node

    patch.setattr(remainder, "descend", descend)


@fault("enumerate, continue, else")
def iterator_one_step_back(patch: Patch) -> None:
    right = iterators._forwards
    patch.setattr(iterators, "_forwards", lambda sequence, index: right(sequence, max(0, index - 1)))


@fault("enumerate, continue, else")
def enumerate_starts_again(patch: Patch) -> None:
    right = iterators.rebuild

    def rebuild(spec: Any, index: int, values: Any) -> Any:
        return (
            enumerate(right(spec[1], index, values)) if spec == ["enumerate", ["seq"]] else right(spec, index, values)
        )

    patch.setattr(iterators, "rebuild", rebuild)


@fault("break and continue in nested loops")
def break_goes_on_with_the_loop(patch: Patch) -> None:
    patch.setattr(remainder, "_jumps", lambda block: False)
    right = remainder._loop

    def loop(place: Any, header: Any, body: list[Any], orelse: list[Any]) -> Any:
        return right(
            place, header, [syntax.at(n, ast.Continue()) if isinstance(n, ast.Break) else n for n in body], orelse
        )

    patch.setattr(remainder, "_loop", loop)


@fault("pending return")
def finally_is_dropped(patch: Patch) -> None:
    patch.setattr(remainder, "_protected", lambda level, current: current)


@fault("try, except, else, finally")
def finally_is_dropped_after_else(patch: Patch) -> None:
    right = remainder._protected
    patch.setattr(remainder, "_protected", lambda level, now: now if level.field == "orelse" else right(level, now))


@fault("pending break and continue")
def pending_jump_is_lost(patch: Patch) -> None:
    right = remainder._protected
    patch.setattr(
        remainder, "_protected", lambda level, now: now if level.pending in ("break", "continue") else right(level, now)
    )


@fault("context managers")
def manager_is_not_left(patch: Patch) -> None:
    patch.setattr(stand_ins.Entered, "__exit__", staticmethod(lambda *raised: None))


@fault("enumerate, continue, else")
def else_of_the_loop_is_lost(patch: Patch) -> None:
    right = syntax.changed

    def changed(node: Any, **fields: Any) -> Any:
        if isinstance(node, ast.For) and "iter" in fields and "body" not in fields:
            fields["orelse"] = []
        return right(node, **fields)

    patch.setattr(remainder.syntax, "changed", changed)


@fault("pending return")
def leaves_across_finally(patch: Patch) -> None:
    patch.setattr(remainder.Level, "runs_code_when_left", False)


@fault("enumerate, continue, else")
def entered_one_iteration_late(patch: Patch) -> None:
    right = iterators.decompose

    def decompose(spec: Any, iterator: Any) -> Any:
        values = right(spec, iterator)
        values[0] += 1
        return values

    patch.setattr(iterators, "decompose", decompose)


@fault("lifetimes of operands")
def raises_with_the_context_of_the_handler(patch: Patch) -> None:
    def raising(error: BaseException) -> Any:
        def again() -> None:
            raise error

        return again

    patch.setattr(stand_ins, "reraiser", raising)


@fault("enumerate, continue, else")
def operands_in_the_wrong_order(patch: Patch) -> None:
    patch.setattr(site.Site, "plain", property(lambda self: False, lambda self, value: None))
    right = edits.Residual.__init__

    def init(self: Any, statement: Any, changes: Any) -> None:
        right(self, statement, changes)
        self.plan = self.plan[::-1] if all(make is None for make, _ in self.plan) else self.plan

    patch.setattr(edits.Residual, "__init__", init)


@fault("enumerate, continue, else")
def operation_is_repeated(patch: Patch) -> None:
    right = edits.Residual.__init__

    def init(self: Any, statement: Any, changes: Any) -> None:
        right(self, statement, changes)
        if (
            isinstance(statement, ast.Expr)
            and len(changes) == 1
            and changes[0][1] == ["value"]
            and changes[0][0] == ("value",)
        ):
            self.statements = [statement]

    patch.setattr(edits.Residual, "__init__", init)


@fault("stores to several targets")
def values_of_stores_outlive_an_exception(patch: Patch) -> None:
    kept: list[Any] = []
    right = edits._values

    def values(*given: Any) -> Any:
        kept.append(given)
        return right(*given)

    patch.setattr(edits, "_values", values)


@fault("lifetimes of iterators")
def iterator_outlives_its_loop(patch: Patch) -> None:
    right = stand_ins.once

    def once(iterator: Any, state: list[Any]) -> Any:
        state.append(iterator)
        return right(iterator, state)

    patch.setattr(stand_ins, "once", once)


@fault("unbound local")
def unbound_locals_are_bound(patch: Patch) -> None:
    right = compiling._prologue

    def prologue(function: Any, parsed: Any, order: Any, bound: Any) -> Any:
        statements = right(function, parsed, order, bound)
        return [
            part
            for statement in statements
            for part in (statement.body if isinstance(statement, ast.If) else [statement])
        ]

    patch.setattr(compiling, "_prologue", prologue)


@fault("globals")
def global_declaration_is_lost(patch: Patch) -> None:
    right = source.Parsed.__init__

    def init(self: Any, function: Any) -> None:
        right(self, function)
        self.globals = []

    patch.setattr(source.Parsed, "__init__", init)


@fault("private names")
def private_names_are_not_mangled(patch: Patch) -> None:
    patch.setattr(compiling, "_inside", lambda function, definition: definition)
    right = compiling.compile_block

    def compile_block(function: Any, *rest: Any) -> Any:
        scopes, function.scopes = function.scopes, []
        try:
            return right(function, *rest)
        finally:
            function.scopes = scopes

    patch.setattr(site, "compile_block", compile_block)


@fault("a loop's target")
def lines_are_off_by_one(patch: Patch) -> None:
    right = source._definition

    def definition(function: Any) -> Any:
        function.line += 1
        try:
            return right(function)
        finally:
            function.line -= 1

    patch.setattr(source, "_definition", definition)


@fault("attribute on a line of its own")
def method_call_is_located_at_its_beginning(patch: Patch) -> None:
    patch.setattr(edits, "operation_place", lambda node: node)
    patch.setattr(positions, "operation_place", lambda node: node)
