"""No file outgrows what one reads at a sitting: a longer one has more than one reason to change."""

from __future__ import annotations

from tests.project.source_tree import modules, relative

LIMIT = 500


def test_no_module_is_longer_than_the_limit() -> None:
    found = modules("pyvorin", "tests", "bench")
    assert len(found) > 30, "the source tree was not found"
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in found}
    assert {path: length for path, length in lengths.items() if length > LIMIT} == {}
