"""Whole programs, as scripts in processes of their own: in CPython alone and with Pyvorin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def require_same_output(directory: Path, program: str) -> None:
    """Run the program in CPython alone, and with Pyvorin cold and warm: status and output must be the same.

    It has to print something and to end well.  `directory` is for the script and the cache.
    """
    os.chmod(directory, 0o700)
    script = directory / "script.py"
    script.write_text(program)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(directory / "cache"),
    }

    def run(*arguments: str) -> tuple[int, str, str]:
        process = subprocess.run(
            [sys.executable, *arguments, str(script)], capture_output=True, text=True, env=environment, timeout=60
        )
        return process.returncode, process.stdout, process.stderr

    plain = run()
    assert plain[0] == 0, plain[2]
    assert plain[1]
    assert [run("-m", "pyvorin", "run") for _ in range(2)] == [plain, plain]
