"""Run part of a test in a process of its own, because native code may end the process.

The child writes its answers as JSON lines to a file, so that whatever it had answered before a crash is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class ChildEnd:
    """What a child answered, and how it ended, in words."""

    __slots__ = ("answers", "words")

    def __init__(self, answers: list[dict[str, Any]], words: str) -> None:
        self.answers = answers
        self.words = words


def run_child(
    module: str, arguments: list[str], directory: Path, seconds: float, python: str = sys.executable
) -> ChildEnd:
    """Run `python -m MODULE ARGUMENTS… ANSWERS` from the project's root and wait at most `seconds`.

    `directory` is private to the child: its cache and ANSWERS, the name of the file for its answers, lie there.  The
    environment has no settings of Pyvorin but `PYVORIN_WAIT` and the cache.
    """
    answers, errors = directory / "answers.jsonl", directory / "errors.txt"
    with errors.open("wb") as stderr:
        child = subprocess.Popen(
            [python, "-m", module, *arguments, str(answers)],
            cwd=ROOT, env=_environment(directory), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip
        try:
            status = child.wait(seconds)
            end = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            end = f"took longer than {seconds:.0f} s"
    lines = answers.read_text("utf-8").splitlines(keepends=True) if answers.exists() else []
    last_words = errors.read_text("utf-8", "replace").strip().splitlines()[-1:]
    words = f"the process {end}" + (f": {last_words[0]}" if last_words else "")
    return ChildEnd([json.loads(line) for line in lines if line.endswith("\n")], words)


def _environment(directory: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYVORIN", "PYTHON"))}
    return environment | {"PYVORIN_WAIT": "1", "PYVORIN_CACHE_DIR": str(directory / "cache"), "PYTHONPATH": str(ROOT)}


class AnswerFile:
    """The child's side: writes each answer at once."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def __call__(self, answer: dict[str, Any]) -> None:
        # Unbuffered, so that the answer before a crash is in the file.
        os.write(self._file, (json.dumps(answer) + "\n").encode())

    def close(self) -> None:
        os.close(self._file)
