"""The measured process: runs one program of `bench/programs` as the parent asks (`harness/serve.py`).

python bench/child.py PROGRAM
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from harness.checksum import checksum
from harness.serve import Subject, serve_standard_streams


class Run(Subject):
    """`run(*setup())` of a program.  `fresh` covers new arguments together with what the run made of them."""

    def __init__(self, program: ModuleType) -> None:
        self._program = program
        self._mutates = getattr(program, "MUTATES", False)
        self._arguments = program.setup()
        self._result: Any = None

    def first(self) -> str:
        self.run(1)
        return checksum([self._result, self._arguments])

    def run(self, count: int) -> None:
        run = self._program.run
        arguments = self._arguments
        result = None
        for _ in range(count):
            result = run(*arguments)
        self._result = result

    def timed(self) -> str | None:
        return None if self._mutates else checksum([self._result, self._arguments])

    def fresh(self) -> str | None:
        arguments = self._program.setup()
        result = self._program.run(*arguments)
        return checksum([result, arguments])


if __name__ == "__main__":
    serve_standard_streams(Run(importlib.import_module("programs." + sys.argv[1])))
