"""What outcalls and iterators of CPython's give is seen at the first of them, and code that expects it takes over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

FILE = """
import os
PATH = os.environ["LINES"]
def main():
    total = 0
    with open(PATH) as lines:
        for line in lines:
            number, text = line.split(",")
            total += int(number) * 3 % 7 + len(text) - (total & 3)
    return total
print(main())
"""

DULL = """
import os
def look(path):
    n = 0
    for entry in os.scandir(path):
        n += entry.is_dir()
    return n
print([look(os.environ["HOME"]) == look(os.environ["HOME"]) for _ in range(6)])
"""


def run(tmp_path: Path, source: str, **more: str) -> tuple[str, dict[str, Any], str]:
    """What the program prints, its report's rows by function, and the log."""
    os.chmod(tmp_path, 0o700)
    script, report, lines = tmp_path / "script.py", tmp_path / "report.json", tmp_path / "lines"
    script.write_text(source)
    lines.write_text("".join(f"{i},{'x' * (i % 5)}\n" for i in range(3000)))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "LINES": str(lines),
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
        "PYVORIN_REPORT": str(report),
        "PYVORIN_LOG": "1",
        **more,
    }
    command = [sys.executable, "-m", "pyvorin", "run", str(script)]
    process = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=True)
    rows = json.loads(report.read_text())["functions"]
    return process.stdout, {row["name"].rpartition(".")[2]: row for row in rows}, process.stderr


def plain(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """FILE without Pyvorin."""
    environment = {**os.environ, "LINES": str(tmp_path / "lines")}
    return subprocess.run([sys.executable, "-c", FILE], capture_output=True, text=True, env=environment, check=False)


def test_code_that_expects_what_a_file_gives_takes_over_in_the_loop(tmp_path: Path) -> None:
    assert plain(tmp_path).returncode  # there is no such file yet
    printed, rows, log = run(tmp_path, FILE, PYVORIN_WAIT="1")
    expected = plain(tmp_path)
    assert not expected.returncode
    assert printed == expected.stdout
    assert log.count("inferred main() -> ") == 2  # without and with what is seen
    assert "inferred main() -> int" in log
    assert rows["main"]["status"] == "native"


def test_the_next_process_expects_it_from_the_beginning(tmp_path: Path) -> None:
    printed, _, _ = run(tmp_path, FILE, PYVORIN_WAIT="1")
    again, rows, log = run(tmp_path, FILE)
    assert again == printed
    assert "inferred" not in log
    assert rows["main"]["native_calls"] == 1
    assert rows["main"]["fallbacks"] == []


def test_what_does_not_pay_once_that_is_known_is_given_back(tmp_path: Path) -> None:
    printed, rows, _ = run(tmp_path, DULL, PYVORIN_WAIT="1")
    assert printed == "[True, True, True, True, True, True]\n"
    assert rows["look"]["status"] != "native"
