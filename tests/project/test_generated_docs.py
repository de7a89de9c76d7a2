"""The generated pages are what their tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pyvorin.core import config, documentation, reasons
from tests.project.source_tree import ROOT


def test_the_pages_are_fresh() -> None:
    assert documentation.stale(str(ROOT / "docs")) == [], "run: python -m pyvorin.core.documentation docs"


def test_the_page_of_what_is_compiled_is_fresh() -> None:
    from pyvorin.compiler import documentation as compiled

    fresh = compiled.PAGES
    assert documentation.stale(str(ROOT / "docs"), fresh) == [], "run: python -m pyvorin.compiler.documentation docs"
    assert compiled.uncovered() == []


def test_every_row_has_its_section() -> None:
    page = documentation.reasons_page()
    assert [line[4:] for line in page.splitlines() if line.startswith("### ")] == sorted(
        reasons.TABLE,
        key=lambda code: [reasons.FUNCTION, reasons.CALL, reasons.PROCESS].index(reasons.TABLE[code].scope),
    )
    settings = documentation.settings_page()
    assert [line[3:] for line in settings.splitlines() if line.startswith("## ")] == [
        row.variable for row in config.TABLE
    ]


def test_a_stale_page_is_noticed_and_rewritten(tmp_path: Path) -> None:
    assert documentation.stale(str(tmp_path)) == ["reasons.md", "settings.md"]
    subprocess.run(
        [sys.executable, "-m", "pyvorin.core.documentation", str(tmp_path)], cwd=ROOT, check=True, timeout=60
    )
    assert documentation.stale(str(tmp_path)) == []
    (tmp_path / "reasons.md").write_text(documentation.reasons_page() + "\n")
    assert documentation.stale(str(tmp_path)) == ["reasons.md"]
