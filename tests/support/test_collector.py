"""Case files: what is read from them, and that a case which does not hold fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .collector import FileAnswers, check_section, run_file, update_blocks
from .markdown import CaseError, CaseFile
from .paths import Counts, path_text

DOCUMENT = """# Title

## Halves

```python
def half(x: float) -> float:
    y = x / 2.0  # type: float
    return y
```

```calls
half(3.0)    native
half('a')    any
```

### Refused

```python
def spoken(x):
    print(x)  # reject: UNSUPPORTED_CALL
```

```hir half
old text
```
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "some case.md"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def test_what_is_read(document: Path) -> None:
    case = CaseFile(document)
    assert [section.title for section in case.sections] == ["Title", "Halves", "Halves / Refused"]
    assert [section.is_test for section in case.sections] == [False, True, True]
    halves, refused = case.sections[1:]
    assert [(call.text, call.path, call.line) for call in halves.calls()] == [
        ("half(3.0)", "native", 12),
        ("half('a')", "any", 13),
    ]
    assert halves.types() == [(7, None, "float")]
    assert refused.rejects() == [(20, "UNSUPPORTED_CALL")]
    assert case.module == "case_some_case"
    source = case.source().splitlines()
    assert source[5] == "def half(x: float) -> float:"
    assert source[18] == "def spoken(x):"
    assert all(line == "" for line in source[:5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# A\n```python\n", "never closed"),
        ("# A\n```ruby\n```\n", "not 'ruby'"),
        ("```python\n```\n", "before the first heading"),
        (
            "# A\n```python\ndef f(): pass\n```\n# B\n```python\ndef f(): pass\n```\n",
            "defined under 'A' and again under 'B'",
        ),
    ],
)
def test_malformed_documents(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError, match=message):
        CaseFile(path)


def test_a_line_without_a_path_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.md"
    path.write_text("# A\n```calls\nf(1) native\n```\n", encoding="utf-8")
    with pytest.raises(CaseError, match="line 3"):
        CaseFile(path).sections[0].calls()


def test_a_section_for_another_version_is_not_run(tmp_path: Path) -> None:
    minor = sys.version_info[1]
    path = tmp_path / "versions.md"
    path.write_text(
        f"# A\n## New {{python >= 3.{minor + 1}}}\n```python\ndef f(): return 1\n```\n"
        f"## Old {{python < 3.{minor + 1}}}\n```python\ndef f(): return 2\n```\n",
        encoding="utf-8",
    )
    case = CaseFile(path)
    assert [section.wanted for section in case.sections] == [True, False, True]
    assert "return 2" in case.source()
    assert "return 1" not in case.source()


def test_the_control_run_agrees_with_itself(document: Path) -> None:
    document.write_text(DOCUMENT.partition("```hir")[0], encoding="utf-8")
    answers = run_file(document, "plain")
    assert answers.died == ""
    assert {line: call["end"] for line, call in answers.calls.items()} == {12: "returned", 13: "raised"}
    case = CaseFile(document)
    problems = list(check_section(case, case.sections[1], answers))
    # CPython alone never runs natively: the path that is asked for is not taken.
    assert [line for line, _ in problems] == [12]
    assert "expected to run native" in problems[0][1]


def test_every_kind_of_expectation_can_fail(document: Path) -> None:
    case = CaseFile(document)
    wrong = {"end": "returned", "difference": "at /: CPython 1, native 2", "path": "native"}
    answers = FileAnswers(
        [{"rejected": [[20, "GENERATOR", "spoken"]]}, {"call": 12, **wrong}, {"text": 23, "value": "new"}], "killed"
    )
    halves, refused = case.sections[1:]
    texts = [text for _, text in check_section(case, halves, answers)]
    assert "CPython 1, native 2" in texts[0]
    assert "not run: killed" in texts[1]
    texts = [text for _, text in check_section(case, refused, answers)]
    assert "expected to be refused with UNSUPPORTED_CALL, was refused with GENERATOR" in texts[0]
    assert any("the hir text is now" in text for text in texts)


def test_blocks_are_rewritten(document: Path) -> None:
    case = CaseFile(document)
    line = case.sections[2].of_kind("hir")[0].line
    update_blocks(case, FileAnswers([{"text": line, "value": "first\nsecond\n"}], ""))
    assert document.read_text(encoding="utf-8") == DOCUMENT.replace("old text", "first\nsecond")


def test_paths() -> None:
    before = {"f": Counts(3, {("INTEGER_OVERFLOW", 2): 1}, "native"), "g": Counts(0, {}, "native")}

    def path(f: Counts, g: Counts, *refused: str) -> str:
        return path_text(before, {"f": f, "g": g}, "f", refused)

    same, idle = before["f"], before["g"]
    assert path(Counts(4, same.left, "native"), idle) == "native"
    assert path(Counts(3, {("INTEGER_OVERFLOW", 2): 2}, "native"), idle) == "exit INTEGER_OVERFLOW"
    assert path(same, Counts(0, {("DIVISION_BY_ZERO", 9): 1}, "native")) == "exit DIVISION_BY_ZERO"
    assert path(same, idle) == "fallback"
    assert path(same, idle, "GENERATOR") == "fallback GENERATOR"
