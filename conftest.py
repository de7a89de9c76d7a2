"""Collects the Markdown case files under tests/cases; see docs/testing.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.collector import MarkdownFile

CASES = Path(__file__).parent / "tests" / "cases"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite the hir and diagnostics blocks of case files to what was seen",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> MarkdownFile | None:
    if file_path.suffix == ".md" and CASES in file_path.parents:
        return MarkdownFile.from_parent(parent, path=file_path)
    return None
