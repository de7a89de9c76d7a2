"""Collects the Markdown case files under tests/cases and tests/passes; see docs/testing.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.collector import MarkdownFile

CASES = Path(__file__).parent / "tests" / "cases"
PASSES = Path(__file__).parent / "tests" / "passes"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite the hir and diagnostics blocks of case files to what was seen",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    if file_path.suffix == ".md" and CASES in file_path.parents:
        return MarkdownFile.from_parent(parent, path=file_path)
    if file_path.suffix == ".md" and PASSES in file_path.parents:
        # Imports the compiler, which most tests leave to child processes.
        from tests.support.pass_cases import PassFile

        return PassFile.from_parent(parent, path=file_path)
    return None
