"""Run one case file in a process of its own: `python -m tests.support.case_runner ENGINE FILE.md DIRECTORY ANSWERS`.

Writes one JSON line per fact to the file ANSWERS, in the order of the document, so that a crash still tells how far it got:

    {"at": line}                                               about to do what that line of the document asks
    {"call": line, "end", "difference", "path"}      a call was compared
    {"rejected": [[line, code, function], ...]}                what the compiler refused, once for the file
    {"types": {line: [type, ...]}, "variables": {line of def: {name: [type, ...]}}}
    {"text": line of the block, "value": str}                  what a hir, llvm, types or diagnostics block should hold
    {"done": true}
"""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .calls import Call
from .child import AnswerFile
from .compare import compare_call, show_calls
from .engines import Engine, Namespace, NativeEngine, PlainEngine
from .inferred import inferred_types
from .markdown import Block, CaseFile, ExpectedCall
from .paths import Counts, path_text

MEMORY_LIMIT = 4 << 30
"""Address space in bytes, compile worker included."""
_TARGET = re.compile(r"(?P<function>[\w.]+)(?:\((?P<signature>.*)\))?$")

Answer = Callable[[dict[str, Any]], None]


class CaseRunner:
    """A case file loaded by both engines."""

    def __init__(self, file: CaseFile, directory: Path, engine: Engine, answer: Answer) -> None:
        self._file = file
        self._engine = engine
        self._answer = answer
        self._path = directory / f"{file.module}.py"
        self._path.write_text(file.source(), encoding="utf-8")
        self._plain = self._cold()
        self._native = engine.load(file.module, self._path)

    def _cold(self) -> Namespace:
        return PlainEngine().load(self._file.module, self._path)

    def run(self) -> None:
        """Answer everything that the file asks."""
        self._answer(
            {"rejected": [[row.line, row.code, row.function] for row in self._engine.rejections(self._file.module)]}
        )
        if any(section.types() for section in self._file.sections if section.wanted):
            source = self._path.read_text(encoding="utf-8")
            computed, variables = inferred_types(source, str(self._path), self._file.module)
            self._answer({"types": computed, "variables": variables})
        wanted = [section for section in self._file.sections if section.wanted]
        calls = [Call(expected.text) for section in wanted for expected in section.calls(shown=True)]
        show_calls(self._engine, calls, self._plain, self._native)
        for section in wanted:
            for expected in section.calls():
                self._answer({"at": expected.line})
                self._answer({"call": expected.line, **self._compare(expected)})
            for block in section.of_kind("hir", "types", "llvm", "diagnostics"):
                self._answer({"at": block.line})
                self._answer({"text": block.line, "value": self._text(block)})

    def _compare(self, expected: ExpectedCall) -> dict[str, str]:
        call = Call(expected.text)
        before: dict[str, Counts] = {}

        def remember() -> None:
            before.update(self._engine.counts(self._file.module))

        verdict = compare_call(call, self._plain, self._native, self._cold, self._engine.compares_tracebacks, remember)
        after = self._engine.counts(self._file.module)
        refused = [row.code for row in self._engine.rejections(self._file.module) if row.function == call.function]
        path = path_text(before, after, call.function, refused)
        return {"end": verdict.end, "difference": verdict.difference, "path": path}

    def _text(self, block: Block) -> str:
        from pyvorin.compiler.pipeline import explain

        if block.kind == "diagnostics":
            return "".join(f"{text}\n" for text in self._engine.diagnostics(self._file.module, block.argument))
        match = _TARGET.match(block.argument)
        if match is None:
            raise SystemExit(
                f"{self._file.path}:{block.line}: the block names no function: {block.kind} {block.argument}"
            )
        signatures = None if match["signature"] is None else {match["function"]: [match["signature"]]}
        source = self._path.read_text(encoding="utf-8")
        return explain(source, str(self._path), self._file.module, match["function"], block.kind, signatures)


def main(engine: str, document: str, directory: str, answers: str) -> None:
    """Run the file with an engine: `native`, or `plain` as a control."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    answer = AnswerFile(answers)
    answer({"at": 1})
    chosen: Engine = NativeEngine() if engine == "native" else PlainEngine()
    CaseRunner(CaseFile(Path(document)), Path(directory), chosen, answer).run()
    answer({"done": True})
    answer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
