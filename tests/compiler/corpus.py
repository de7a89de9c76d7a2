"""The functions of the cases and benchmark programs, for tests that want much HIR of all kinds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pyvorin.compiler import group as groups
from pyvorin.compiler.compilation import Compilation
from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.infer.instances import InferenceError, Instance
from pyvorin.messages import CompileRequest
from tests.project.source_tree import ROOT
from tests.support.markdown import CaseFile


def compilation(text: str, name: str = "corpus", **rest: object) -> Compilation:
    """The text being compiled, with unexpected errors raised."""
    return Compilation(CompileRequest(0, name, f"{name}.py", text, settings={"debug": True}, **rest))  # type: ignore[arg-type]


@cache
def sources() -> dict[str, str]:
    """The text of every case file and benchmark program, by name."""
    found = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "bench" / "programs").glob("*.py"))}
    for path in sorted((ROOT / "tests" / "cases").rglob("*.md")):
        found[_name(path)] = CaseFile(path).source()
    return found


def _name(path: Path) -> str:
    return f"{path.parent.name}_{path.stem}"


def untyped(text: str) -> Iterator[Untyped]:
    """The functions of the text as the front end gives them."""
    whole = compilation(text)
    for qualname in whole.module.functions:
        try:
            yield whole.lookup(qualname)
        except Reject:
            continue


def specialised(text: str) -> Iterator[list[Instance]]:
    """What each annotated function of the text needs: itself and its callees, with types, before the passes."""
    for found in _specialisations(text):
        yield found.instances


def prepared(text: str) -> Iterator[list[Instance]]:
    """The same, after the passes."""
    for found in _specialisations(text):
        try:
            groups.prepare(found, lambda instance, code, instr: 0)
        except InferenceError:
            continue
        yield found.instances


def _specialisations(text: str) -> Iterator[groups.Specialisation]:
    whole = compilation(text)
    for qualname, source in whole.module.functions.items():
        try:
            root = whole.lookup(qualname)
            for types in whole.signatures(source):
                yield groups.infer(root, types, whole.lookup)
        except (Reject, InferenceError):
            continue
