"""pytest items for case files: one per section, all sections of a file run by one child process (case_runner.py)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .child import run_child
from .markdown import UPDATABLE, Block, CaseError, CaseFile, Section

FILE_SECONDS = 300.0


class CaseFailure(Exception):
    """A case does not hold; the text says where and how."""


class MarkdownFile(pytest.File):
    """A case file.  Its child process runs when its first section does."""

    _answers: FileAnswers | None = None

    def collect(self) -> Iterator[SectionItem]:
        try:
            self.case = CaseFile(self.path)
        except CaseError as error:
            raise self.CollectError(f"{self.path}: {error}") from None
        for section in self.case.sections:
            if section.is_test:
                yield SectionItem.from_parent(self, name=section.title, section=section)

    def answers(self) -> FileAnswers:
        if self._answers is None:
            self._answers = run_file(self.path)
            if self.config.getoption("--update-cases"):
                update_blocks(self.case, self._answers)
        return self._answers


class SectionItem(pytest.Item):
    """One section: its calls, refusals, types and texts."""

    def __init__(self, section: Section, **rest: Any) -> None:
        super().__init__(**rest)
        self.section = section
        if not section.wanted:
            self.add_marker(pytest.mark.skip(reason="for another version of Python"))

    def runtest(self) -> None:
        assert isinstance(self.parent, MarkdownFile)
        answers = self.parent.answers()
        problems = list(check_section(self.parent.case, self.section, answers))
        if problems:
            raise CaseFailure("\n".join(f"{self.path.name}:{line}: {text}" for line, text in problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.section.line - 1, f"{self.path.name}::{self.name}"


class FileAnswers:
    """What the child process answered, by line of the document, and how it ended if it died."""

    def __init__(self, answers: Iterable[dict[str, Any]], end: str) -> None:
        self.calls: dict[int, dict[str, str]] = {}
        self.texts: dict[int, str] = {}
        self.rejected: set[tuple[int, str]] = set()
        self.types: dict[int, list[str]] = {}
        self.variables: dict[int, dict[str, list[str]]] = {}
        self.died = end
        """How the child ended and at which line; empty when it finished."""
        place = 1
        for answer in answers:
            place = answer.get("at", place)
            if "call" in answer:
                self.calls[answer["call"]] = answer
            elif "text" in answer:
                self.texts[answer["text"]] = answer["value"]
            elif "types" in answer:
                self.types = {int(line): types for line, types in answer["types"].items()}
                self.variables = {int(line): names for line, names in answer["variables"].items()}
            elif "rejected" in answer:
                self.rejected = {(line, code) for line, code, _ in answer["rejected"]}
            elif answer.get("done"):
                self.died = ""
        self.place = place


def check_section(case: CaseFile, section: Section, answers: FileAnswers) -> Iterator[tuple[int, str]]:
    """The expectations of a section that do not hold: line and explanation."""
    for expected in section.calls():
        answer = answers.calls.get(expected.line)
        if answer is None:
            yield expected.line, f"{expected.text}: not run: {answers.died}, at line {answers.place}"
        elif answer["difference"]:
            yield expected.line, f"{expected.text}: {answer['difference']}"
        elif answer["end"] not in ("returned", "raised"):
            yield expected.line, f"{expected.text}: cannot be compared: {answer['end']} under CPython"
        elif expected.path not in ("any", answer["path"]):
            yield expected.line, f"{expected.text}: expected to run {expected.path}, ran {answer['path']}"
    for line, name, ty in section.types():
        if name is None:
            seen = answers.types.get(line, [])
        else:
            start = max((first for first in answers.variables if first <= line), default=0)
            seen = answers.variables.get(start, {}).get(name, [])
        if ty not in seen:
            yield (
                line,
                f"expected {name or 'this line'} to be {ty}, inferred {', '.join(sorted(set(seen))) or 'nothing'}",
            )
    for line, code in section.rejects():
        if (line, code) not in answers.rejected:
            here = sorted(other for at, other in answers.rejected if at == line)
            yield (
                line,
                f"expected to be refused with {code}, was {'refused with ' + ', '.join(here) if here else 'not refused'}",
            )
    if section.rejects():
        marked = {line for line, _ in section.rejects()}
        lines = {n for block in section.of_kind("python") for n in range(block.line, block.line + len(block.lines) + 1)}
        for line, code in sorted(answers.rejected):
            if line in lines - marked:
                yield line, f"refused with {code}, which no '# reject:' expects"
    for block in section.of_kind("hir", "types", "diagnostics", "llvm"):
        text = answers.texts.get(block.line)
        if text is None:
            yield block.line, f"not run: {answers.died}, at line {answers.place}"
        elif block.kind == "llvm":
            yield from _check_lines(block, text)
        elif text.strip() != block.text.strip():
            yield block.line, f"the {block.kind} text is now (pytest --update-cases rewrites it):\n{text}"


def _check_lines(block: Block, seen: str) -> Iterator[tuple[int, str]]:
    """Each line of an llvm block must occur in the text; one that begins with `! ` must not."""
    for number, line in enumerate(block.lines, block.line + 1):
        wanted = line.strip()
        if wanted.startswith("! "):
            if wanted[2:] in seen:
                yield number, f"must not occur: {wanted[2:]}"
        elif wanted and wanted not in seen:
            yield number, f"does not occur: {wanted}\nin:\n{seen}"


def run_file(path: Path, engine: str = "native") -> FileAnswers:
    """Run a case file in a child process with a cache of its own."""
    with tempfile.TemporaryDirectory(prefix="pyvorin-case-", ignore_cleanup_errors=True) as directory:
        end = run_child("tests.support.case_runner", [engine, str(path), directory], Path(directory), FILE_SECONDS)
    return FileAnswers(end.answers, end.words)


def update_blocks(case: CaseFile, answers: FileAnswers) -> None:
    """Rewrite the text of the blocks that record observations (UPDATABLE); the file is written only if one changed."""
    lines = case.path.read_text(encoding="utf-8").splitlines()
    changed = False
    blocks = [block for section in case.sections if section.wanted for block in section.of_kind(*UPDATABLE)]
    for block in sorted(blocks, key=lambda block: -block.line):
        seen = answers.texts.get(block.line)
        if seen is None or seen.strip() == block.text.strip():
            continue
        block_lines = seen.strip("\n").splitlines()
        lines[block.line : block.line + len(block.lines)] = block_lines
        block.lines = block_lines
        changed = True
    if changed:
        case.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
