"""The project's own source files, for tests that read them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pyvorin"


def modules(*directories: str) -> list[Path]:
    """The Python files below these directories of the project, by path."""
    return sorted(path for directory in directories for path in (ROOT / directory).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
