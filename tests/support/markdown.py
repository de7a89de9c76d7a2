"""Read a case file: a Markdown document whose headings are tests and whose fenced blocks say what to run and what to expect.

A file is one module: the text of its `python` blocks, each on the lines on which it stands in the document, so that a line
number in a traceback or a report is a line of the document.  docs/testing.md describes the blocks.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
from collections.abc import Callable
from pathlib import Path

BLOCK_KINDS = ("python", "calls", "hir", "types", "llvm", "diagnostics")
UPDATABLE = ("hir", "diagnostics")
"""Blocks whose text `--update-cases` may rewrite.  Never `calls`: what should happen is a decision, not an observation."""

_HEADING = re.compile(r"(#{1,6}) +(.*?)(?: *\{python *(<|>=) *3\.(\d+)\})? *$")
_CALL = re.compile(r"(?P<call>.*?) {2,}(?P<path>native|any|exit [A-Z_]+|fallback|fallback [A-Z_]+)$")
_TYPE = re.compile(r"# type: (?:(?P<name>\w+): )?(?P<type>\S.*)$")
_REJECT = re.compile(r"# reject: (?P<code>[A-Z_]+)$")
_COMPARE: dict[str | None, Callable[[object, object], bool]] = {"<": operator.lt, ">=": operator.ge}


class CaseError(Exception):
    """The document is not a case file; the message names the line."""


IN_TURN = "in turn"
"""What is to be compiled for the calls of such a block is asked for at each of them, as the next one depends on it."""


class Block:
    """A fenced block: `kind` and `argument` are the words after the fence, `line` is the number of the fence's line."""

    def __init__(self, kind: str, argument: str, line: int) -> None:
        self.kind = kind
        self.argument = argument
        self.line = line
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(line + "\n" for line in self.lines)


class ExpectedCall:
    """A line of a `calls` block: the call and the path that it must take."""

    def __init__(self, text: str, path: str, line: int) -> None:
        self.text = text
        self.path = path
        self.line = line


class Section:
    """A heading with the blocks under it; a test when it has anything to check."""

    def __init__(self, title: str, line: int, wanted: bool) -> None:
        self.title = title
        self.line = line
        self.wanted = wanted
        """Whether the section is for this version of Python."""
        self.blocks: list[Block] = []

    def of_kind(self, *kinds: str) -> list[Block]:
        return [block for block in self.blocks if block.kind in kinds]

    def calls(self, *, shown: bool = False) -> list[ExpectedCall]:
        """The calls to make; shown: without those whose block says `in turn`.

        Raises CaseError for a line that is not a call and a path, two blanks apart.
        """
        expected = []
        for block in self.of_kind("calls"):
            if shown and block.argument == IN_TURN:
                continue
            for number, line in enumerate(block.lines, block.line + 1):
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                match = _CALL.match(line.rstrip())
                if match is None:
                    raise CaseError(f"line {number}: not 'CALL  native | exit CODE | fallback CODE | any': {line!r}")
                expected.append(ExpectedCall(match["call"].strip(), match["path"], number))
        return expected

    def marks(self, pattern: re.Pattern[str]) -> list[tuple[int, re.Match[str]]]:
        """The comments of the Python source that match, with their lines."""
        found = []
        for block in self.of_kind("python"):
            for number, line in enumerate(block.lines, block.line + 1):
                comments = ["# " + part.strip() for part in line.split("  # ")[1:]]
                found += [(number, match) for match in map(pattern.match, comments) if match]
        return found

    def types(self) -> list[tuple[int, str | None, str]]:
        """`# type: [name:] T` comments: line, name, type."""
        return [(line, match["name"], match["type"].strip()) for line, match in self.marks(_TYPE)]

    def rejects(self) -> list[tuple[int, str]]:
        """`# reject: CODE` comments: line, code."""
        return [(line, match["code"]) for line, match in self.marks(_REJECT)]

    @property
    def is_test(self) -> bool:
        return bool(self.of_kind("calls", "hir", "types", "llvm", "diagnostics") or self.types() or self.rejects())


class CaseFile:
    """A parsed document.  Raises CaseError when it is malformed, or defines a name twice: the sections share a module."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sections = _parse(path.read_text(encoding="utf-8"))
        self._check_names()

    @property
    def module(self) -> str:
        """The name of the module under which the file is run."""
        return "case_" + re.sub(r"\W", "_", self.path.stem)

    def source(self) -> str:
        """The module: the Python blocks of the sections for this version, on their own lines."""
        lines: dict[int, str] = {}
        for section in self.sections:
            for block in section.of_kind("python") if section.wanted else []:
                lines.update(enumerate(block.lines, block.line + 1))
        return "".join(lines.get(number, "") + "\n" for number in range(1, max(lines, default=0) + 1))

    def functions(self, section: Section) -> list[str]:
        """The names of the functions that a section defines at its top level."""
        names = []
        for block in section.of_kind("python"):
            names += [node.name for node in ast.parse(block.text).body if isinstance(node, ast.FunctionDef)]
        return names

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        for section in self.sections:
            if not section.wanted:
                continue
            for name in self.functions(section):
                if name in seen:
                    raise CaseError(
                        f"{name} is defined under {seen[name]!r} and again under {section.title!r}: one module holds both"
                    )
                seen[name] = section.title


def _parse(text: str) -> list[Section]:
    sections: list[Section] = []
    titles: list[str] = []
    wanted: list[bool] = []
    block: Block | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line.strip() == "```":
                block = None
            else:
                block.lines.append(line)
        elif line.startswith("```"):
            kind, _, argument = line[3:].strip().partition(" ")
            if kind not in BLOCK_KINDS:
                raise CaseError(f"line {number}: a block is one of {', '.join(BLOCK_KINDS)}, not {kind!r}")
            if not sections:
                raise CaseError(f"line {number}: a block before the first heading")
            block = Block(kind, argument.strip(), number)
            sections[-1].blocks.append(block)
        elif match := _HEADING.match(line):
            level = len(match[1])
            del titles[level - 1 :], wanted[level - 1 :]
            titles.append(match[2])
            compare = _COMPARE.get(match[3])
            wanted.append(compare is None or compare(sys.version_info[:2], (3, int(match[4]))))
            sections.append(Section(" / ".join(titles[1:]) or titles[0], number, all(wanted)))
    if block is not None:
        raise CaseError(f"line {block.line}: the block is never closed")
    return sections
