"""Programs of several modules, run with and without Pyvorin: the same output, and native where they should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """Files in a directory, of which `app.py` is run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "program"
        self._cache = directory / "cache"
        self._report = directory / "report.json"
        self.status: dict[str, str] = {}
        """What the last run said of its functions."""

    def write(self, **files: str) -> None:
        """Write the files by name: ``part__of__package`` is in a directory."""
        for name, text in files.items():
            path = self.directory.joinpath(*name.split("__of__")[::-1]).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))

    def run(self, **variables: str) -> str:
        """Run it in both ways, and require the same output; that of the run with Pyvorin is returned."""
        plain = self._process({})
        active = self._process(
            {
                "PYVORIN_WAIT": "1",
                "PYVORIN_DEBUG": "1",
                "PYVORIN_CACHE_DIR": str(self._cache),
                "PYVORIN_REPORT": str(self._report),
                **variables,
            }
        )
        assert (active.stdout, active.stderr, active.returncode) == (plain.stdout, plain.stderr, plain.returncode)
        found = json.loads(self._report.read_text())["functions"]
        self.status = {
            row["name"]: row["status"] if row["native_calls"] or row["status"] != "native" else "idle" for row in found
        }
        return active.stdout

    def _process(self, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        clean = {name: text for name, text in os.environ.items() if not name.startswith("PYVORIN")}
        command = [sys.executable, *(["-m", "pyvorin", "run"] if variables else []), "app.py"]
        environment = {**clean, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **variables}
        return subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)
