"""pytest items for tests/passes/<pass>/*.md: HIR text, the pass, HIR text.

A section has a block `hir before`, and either `hir after` or `diagnostics`: the refusal, as code and message.  All verifiers
that hold at that point judge what comes out; `--update-cases` rewrites what is after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyvorin.compiler.hir import check_refcounts, check_restarts, verify
from pyvorin.compiler.infer.instances import InferenceError, Instance
from pyvorin.compiler.passes import (
    drop_checks,
    inline_calls,
    insert_refcounts,
    know_classes,
    lengthen_strips,
    merge_blocks,
    own_dicts,
    place_exits,
    replace_objects,
    reuse_boxes,
    reuse_reads,
    search_by_items,
    sink_makes,
    split_items,
    store_unboxed,
)
from pyvorin.core import reasons

from .collector import CaseFailure, FileAnswers, update_blocks
from .hir_text import program, program_text
from .markdown import CaseError, CaseFile, Section


def _each(run: Callable[[Any], None]) -> Callable[[list[Instance]], None]:
    return lambda instances: [run(instance.hir) for instance in instances] and None


def _place_exits(instances: list[Instance]) -> None:
    counters = iter(range(1000))
    place_exits.run(instances, lambda instance, code, instr: next(counters))
    check_restarts.check({instance: instance.hir for instance in instances})


def _insert_refcounts(instances: list[Instance]) -> None:
    for instance in instances:
        insert_refcounts.run(instance.hir)
        check_refcounts.check(instance.hir)


def _replace_objects(instances: list[Instance]) -> None:
    place_exits.find_effects(instances)
    for instance in instances:
        replace_objects.run(instance)


PASSES: dict[str, Callable[[list[Instance]], None]] = {
    "drop_checks": drop_checks.run,
    "inline_calls": inline_calls.run,
    "insert_refcounts": _insert_refcounts,
    "know_classes": _each(know_classes.run),
    "lengthen_strips": _each(lengthen_strips.run),
    "merge_blocks": _each(merge_blocks.run),
    "own_dicts": _each(own_dicts.run),
    "place_exits": _place_exits,
    "replace_objects": _replace_objects,
    "reuse_boxes": _each(reuse_boxes.run),
    "reuse_reads": _each(reuse_reads.run),
    "search_by_items": _each(search_by_items.run),
    "sink_makes": _each(sink_makes.run),
    "split_items": _each(split_items.run),
    "store_unboxed": _each(store_unboxed.run),
}
"""How a pass is run, by its module's name, which is that of its directory of tests."""


def run_pass(name: str, before: str) -> str:
    """What the pass makes of the program, or its refusal."""
    instances = program(before)
    for instance in instances:
        verify.check(instance.hir)
    try:
        PASSES[name](instances)
    except InferenceError as refusal:
        place = f" at {refusal.span.line}:{refusal.span.column}" if refusal.span else ""
        return f"{refusal.code}{place}: {reasons.message(refusal.code, function=refusal.qualname, **refusal.fields)}"
    for instance in instances:
        verify.check(instance.hir)
    return program_text(instances)


class PassFile(pytest.File):
    """The cases of one pass."""

    def collect(self) -> Iterator[PassItem]:
        if self.path.parent.name not in PASSES:
            raise self.CollectError(f"{self.path}: there is no pass {self.path.parent.name}")
        try:
            self.case = CaseFile(self.path)
        except CaseError as error:
            raise self.CollectError(f"{self.path}: {error}") from None
        for section in self.case.sections:
            if section.is_test:
                yield PassItem.from_parent(self, name=section.title, section=section)


class PassItem(pytest.Item):
    """One section: a program before and after the pass."""

    def __init__(self, section: Section, **rest: Any) -> None:
        super().__init__(**rest)
        self.section = section

    def runtest(self) -> None:
        assert isinstance(self.parent, PassFile)
        blocks = self.section.of_kind("hir", "diagnostics")
        if [block.argument for block in blocks] not in (["before", "after"], ["before", ""]):
            raise CaseFailure(f"{self.path.name}:{self.section.line}: 'hir before', then 'hir after' or 'diagnostics'")
        before, after = blocks
        seen = run_pass(self.path.parent.name, before.text)
        if self.config.getoption("--update-cases"):
            self._update(seen)
        elif seen.strip() != after.text.strip():
            where = f"{self.path.name}:{after.line}"
            raise CaseFailure(f"{where}: the text is now (pytest --update-cases rewrites it):\n{seen}")

    def _update(self, seen: str) -> None:
        # Sections before this one may have been rewritten: the block is looked up anew.
        assert isinstance(self.parent, PassFile)
        now = CaseFile(self.path)
        section = now.sections[self.parent.case.sections.index(self.section)]
        answers = FileAnswers([], "")
        answers.texts[section.of_kind("hir", "diagnostics")[1].line] = seen
        update_blocks(now, answers)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.section.line - 1, f"{self.path.name}::{self.name}"
