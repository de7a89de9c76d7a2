"""The system's linker behind the same contract, and as the judge of our own.  Skipped where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pyvorin.compiler.codegen import system_link
from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.link import LinkError, link, link_shared
from pyvorin.compiler.codegen.system_link import find_linker, link_with_system
from tests.codegen import samples
from tests.codegen.loading import FLOAT, INT, Image, compile_at
from tests.codegen.test_image import dynamic, program_headers, symbols

pytestmark = pytest.mark.skipif(find_linker() is None, reason="needs ld or cc")

TABLE = ["bump", "read_count", "choose", "poly", "pointers"]


@pytest.fixture(scope="module")
def objects() -> list[bytes]:
    return [compile_at(text) for text in (samples.COUNTER, samples.TWICE, samples.SWITCH, samples.CONSTANTS)]


def behaviour(data: bytes, path: Path) -> list[object]:
    image = Image(data, path)
    bump, read_count = image.function(0, INT, INT), image.function(1, INT)
    choose, poly = image.function(2, INT, INT), image.function(3, FLOAT, FLOAT)
    return [bump(3), read_count(), [choose(n) for n in range(-1, 7)], [poly(x / 7) for x in range(9)], bump(-1),
            [word - image.addresses[0] if n == 2 else 0 for n, word in enumerate(image.words(4, 3))]]  # fmt: skip


def test_both_linkers_agree(objects: list[bytes], tmp_path: Path) -> None:
    ours = link_shared(objects, table=TABLE)
    theirs = link_with_system(objects, table=TABLE)
    assert behaviour(ours, tmp_path / "ours.so") == behaviour(theirs, tmp_path / "theirs.so")
    for image in (ours, theirs):
        tags = dynamic(image)
        assert tags[elf.DT_FLAGS_1] & (elf.DF_1_NOW | elf.DF_1_NODELETE) == elf.DF_1_NOW | elf.DF_1_NODELETE
        assert not program_headers(image, elf.PT_GNU_STACK)[0][0] & elf.PF_X
        assert all(row[0] & 3 != elf.PF_W | elf.PF_X for row in program_headers(image, elf.PT_LOAD))
    imports = [{name for name, _, number, _ in symbols(image) if number == elf.SHN_UNDEF} for image in (ours, theirs)]
    assert imports[0] == imports[1]
    exports = [
        {name for name, _, number, _ in symbols(image) if number not in (0, elf.SHN_ABS)} for image in (ours, theirs)
    ]
    assert exports == [{"pyvorin_table"}] * 2


@pytest.mark.parametrize("compiler", ["cc", "gcc", "clang"])
def test_through_a_compiler(
    compiler: str, objects: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shutil.which(compiler)
    if path is None:
        pytest.skip(f"needs {compiler}")
    monkeypatch.setattr(system_link, "find_linker", lambda: [path, "-nostdlib"])
    image = link_with_system(objects, table=TABLE)
    assert behaviour(image, tmp_path / "image.so") == behaviour(link_shared(objects, table=TABLE), tmp_path / "ours.so")


def test_thread_local_data_is_left_to_the_system(tmp_path: Path) -> None:
    text = """
    @state = thread_local global i64 20
    define i64 @next() {
      %v = load i64, ptr @state
      %w = add i64 %v, 1
      store i64 %w, ptr @state
      ret i64 %w
    }
    """
    function = Image(link([compile_at(text)], table=["next"]), tmp_path / "image.so").function(0, INT)
    assert [function(), function()] == [21, 22]


def test_the_linker_says_what_is_wrong() -> None:
    objects = [compile_at("define i64 @f() { ret i64 1 }")] * 2
    with pytest.raises(LinkError, match=r"multiple definition|duplicate symbol"):
        link_with_system(objects, table=["f"])
    with pytest.raises(LinkError, match="missing"):
        link_with_system(objects[:1], table=["missing"])


def test_text_relocations_are_refused() -> None:
    from tests.codegen.loading import emit_static

    data = emit_static("@pointer = dso_local constant ptr @f\ndefine dso_local i64 @f() { ret i64 1 }")
    with pytest.raises(LinkError):
        link_with_system([data], table=["f"])
