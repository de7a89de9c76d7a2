"""A difference is reduced to a program that shows it and little else."""

from __future__ import annotations

import ast

from tests.support.markdown import CaseFile

from .generate import generate
from .harness import Failure, fuzz
from .reductions import candidates, size
from .shrink import as_case, shrink


def test_every_candidate_is_smaller() -> None:
    program = generate(7)
    whole = (program.source, tuple(program.calls[:2]))
    options = list(candidates(whole))
    assert len(options) > 50
    assert all(size(option) < size(whole) for option in options)


def test_reduced_to_the_faulty_operation(tmp_path) -> None:
    failures = [failure for failure in fuzz(1, 200, "fault:c-division").failures if "/returned" in failure.difference]
    # What has classes takes minutes.
    failure = min((f for f in failures if len(_nodes(f)) > 150), key=lambda failure: len(_nodes(failure)))
    small = shrink(failure, "fault:c-division")
    assert sum(isinstance(node, ast.FloorDiv) for node in _nodes(small)) >= 1
    assert len(_nodes(small)) < 60, small.unit["source"]
    document = tmp_path / "found.md"
    document.write_text(f"# Found\n\n{as_case(small)}\n", encoding="utf-8")
    [_, section] = CaseFile(document).sections
    assert [call.text for call in section.calls()] == [small.call]


def _nodes(failure: Failure) -> list[ast.AST]:
    return list(ast.walk(ast.parse(failure.unit["source"])))


def test_what_cannot_be_reproduced_stays_as_it_was() -> None:
    program = generate(1)
    failure = Failure(vars(program), program.calls[0], "at /: never seen")
    assert shrink(failure, "plain") is failure
