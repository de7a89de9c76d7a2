"""mypyc: the programs compiled ahead of time, as they are, into extension modules beside a copy of what measures them."""

from __future__ import annotations

import atexit
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.catalogue import BENCH, Program
from harness.engines import Engine, EngineError

SECONDS = 300.0
"""How long one program may take to be compiled."""
_COPIED = ("child.py", "harness", "programs")


class Mypyc(Engine):
    """Runs a program of `bench/programs` as mypyc compiles it; one that mypyc refuses, or of another suite, is absent.

    Foreign, as compiled code is not meant to behave as CPython in everything (docs of mypyc, "Differences from Python").
    """

    __slots__ = ("_root",)

    def __init__(self, name: str = "mypyc") -> None:
        """
        Raises:
            EngineError: mypyc is not installed for this interpreter.
        """
        super().__init__(name, sys.executable, foreign=True)
        if importlib.util.find_spec("mypyc") is None:
            raise EngineError(f"mypyc is not installed for {sys.executable}: python -m pip install 'mypy[mypyc]'")
        self._root = Path(tempfile.mkdtemp(prefix="pyvorin-mypyc-"))
        atexit.register(shutil.rmtree, self._root, ignore_errors=True)
        for entry in _COPIED:
            source = BENCH / entry
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self._root / entry)

    def version(self) -> str:
        return f"{importlib.metadata.version('mypy')} on {super().version()}"

    def command(self, script: Path, *arguments: str) -> list[str]:
        return super().command(self._root / script.relative_to(BENCH), *arguments)

    def prepare(self, program: Program) -> str:
        if not program.script.is_relative_to(BENCH):
            return "only programs of bench/programs are compiled with mypyc"
        (source,) = program.sources
        path = source.relative_to(BENCH)
        command = [self.python, "-m", "mypyc", "--ignore-missing-imports", str(path)]
        try:
            done = subprocess.run(command, cwd=self._root, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"mypyc took more than {SECONDS:g} s"
        if done.returncode == 0 and any((self._root / path.parent).glob(f"{path.stem}.*.so")):
            return ""
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error:" in line]
        return "mypyc refuses it: " + (words[0] if words else f"exit status {done.returncode}")
