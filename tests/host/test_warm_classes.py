"""Code that is loaded from the cache before the program has made any instance still reads attributes natively."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
class State:
    def __init__(self, *held):
        self.held = held[0]
    def is_held(self):
        return self.held
def count():
    return sum([State(i % 2 == 0).is_held() for i in range(200)])
print(count(), count())
"""


def test_places_are_looked_for_again_once_there_are_instances(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_REPORT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "pyvorin", "run", str(script)]
    for _ in range(2):
        process = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
        assert process.stdout == "100 100\n"
        (line,) = [line for line in process.stderr.splitlines() if "State.is_held" in line]
        assert " native " in line
        assert "UNUSUAL_INSTANCE" not in line
