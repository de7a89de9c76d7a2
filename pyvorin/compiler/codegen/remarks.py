"""What LLVM says about its vectorisation, as data.

LLVM's optimisation remarks can only be had as text on file descriptor 2 (llvmlite 0.45-0.51 exposes neither a
diagnostic handler nor a remark file for the new pass manager), one line each:

    remark: <file>:<line>:<column>: vectorized loop (vectorization width: 4, interleaved count: 2)

So `capture` points the descriptor at a file in memory while LLVM runs.  This concerns the whole process: it is meant
for a compile worker.  Whatever else was written meanwhile is passed on to the real descriptor afterwards.

A remark names no function.  It is found from the debug information of the IR (`locations` makes it): the function whose
`DISubprogram` is the last to begin at or before the line.  IR without any gives remarks of line 0 and no function.

Why a loop was not vectorised comes in two lines: the reason, located at an instruction, so mostly nowhere, and then that
loop's line without a reason.  `locate` makes one remark of the two.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import llvmlite.binding as llvm

_REMARK = re.compile(r"remark: (.*?):(\d+):(\d+): (.*)")
_SUBPROGRAM = re.compile(r"!DISubprogram\(([^\n]*)\)")
_NAME = re.compile(r'\bname: "([^"]*)"')
_LINE = re.compile(r"\bline: (\d+)")
_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{2})")

_NOT_VECTORISED = "loop not vectorized"

_STDERR = 2


class Remark(NamedTuple):
    """`function` as its `DISubprogram` is named (None: unknown), `line` in the source (0: unknown), LLVM's `text`."""

    function: str | None
    line: int
    text: str

    @property
    def vectorised(self) -> bool:
        """Does it report a vectorised loop or straight-line block (rather than why one was not)?"""
        return self.text.startswith("vectorized loop") or "SLP vectorized" in self.text


@cache
def enable() -> None:
    """Let LLVM report what its loop and SLP vectorisers did, and why a loop was left alone.  Once per process."""
    llvm.set_option("pyvorin", "-pass-remarks=loop-vectorize|slp-vectorizer")
    for kind in ("missed", "analysis"):
        llvm.set_option("pyvorin", f"-pass-remarks-{kind}=loop-vectorize")


def capture(action: Callable[[], None]) -> list[str]:
    """Run `action`; return the remark lines that LLVM printed meanwhile."""
    try:
        saved = os.dup(_STDERR)
    except OSError:  # the process has no stderr
        saved = -1
    memory = os.memfd_create("remarks", os.MFD_CLOEXEC)  # may itself become the missing stderr
    try:
        if memory != _STDERR:
            os.dup2(memory, _STDERR)
        try:
            action()
        finally:
            if saved >= 0:
                os.dup2(saved, _STDERR)
            elif memory != _STDERR:
                os.close(_STDERR)
        size = os.fstat(memory).st_size
        text = os.pread(memory, size, 0).decode("utf-8", "replace") if size else ""
        lines = text.splitlines()
        others = [line for line in lines if not _REMARK.match(line)]
        if others and saved >= 0:
            os.write(saved, ("\n".join(others) + "\n").encode())
    finally:
        os.close(memory)
        if saved >= 0:
            os.close(saved)
    return [line for line in lines if _REMARK.match(line)]


def locate(lines: list[str], ir_text: str) -> list[Remark]:
    """The remarks in `lines`, each once, in order, with the function of `ir_text` that each belongs to."""
    if not lines:
        return []
    subprograms = _subprograms(ir_text)
    starts = [start for start, _ in subprograms]
    remarks: dict[Remark, None] = {}
    reasons: list[str] = []
    for row in lines:
        found = _REMARK.match(row)
        assert found is not None
        line, text = int(found.group(2)), found.group(4).strip()
        if text.startswith(_NOT_VECTORISED + ":"):
            reasons.append(text)
            continue
        index = bisect_right(starts, line) - 1
        function = subprograms[index][1] if line and index >= 0 else None
        for reason in (reasons or [text]) if text == _NOT_VECTORISED else [text]:
            remarks[Remark(function, line, reason)] = None
        reasons.clear()  # of a loop that is done with
    return list(remarks)


def _subprograms(ir_text: str) -> list[tuple[int, str]]:
    """(first line, name) of every function with debug information, by line."""
    rows = set()
    for found in _SUBPROGRAM.finditer(ir_text):
        name, line = _NAME.search(found.group(1)), _LINE.search(found.group(1))
        if name and line:
            rows.add((int(line.group(1)), _unescape(name.group(1))))
    return sorted(rows)


def _unescape(text: str) -> str:
    raw = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
