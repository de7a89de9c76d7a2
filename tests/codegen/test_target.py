"""CPU levels: what a level means, and how it gives way to the machine at hand."""

from __future__ import annotations

import pytest

from pyvorin.compiler.codegen.target import LEVELS, UnsupportedProcessor, host_features, machine, resolve
from tests.codegen.loading import assembly

V2 = dict.fromkeys(("cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"), True)
V3 = V2 | dict.fromkeys(("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"), True)


def test_levels_by_what_the_processor_has() -> None:
    assert resolve("v3", V3).key == resolve("x86-64-v3", V3).key == "x86-64-v3"
    assert resolve("v2", V3).key == "x86-64-v2"
    assert resolve("v3", V2).level == "v2"


@pytest.mark.parametrize("missing", sorted(set(V3) - set(V2)))
def test_v3_needs_every_feature(missing: str) -> None:
    assert resolve("v3", V3 | {missing: False}).cpu == "x86-64-v2"


@pytest.mark.parametrize("level", LEVELS)
def test_below_v2_nothing_is_compiled(level: str) -> None:
    with pytest.raises(UnsupportedProcessor, match=r"sse4\.2"):
        resolve(level, V2 | {"sse4.2": False})


def test_unknown_level() -> None:
    with pytest.raises(ValueError, match="unknown CPU level 'v9'"):
        resolve("v9")


def test_native_key_names_the_features() -> None:
    here = resolve("native", V3)
    assert here.key.startswith("native-")
    assert resolve("native-0123456789abcdef", V3).key == here.key
    assert resolve("native", V3 | {"avx512f": True}).key != here.key
    assert "+avx2" in here.features
    assert "-avx512f" in resolve("native", V3 | {"avx512f": False}).features


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_compiles_here(level: str) -> None:
    assert "f:" in assembly("define i64 @f(i64 %x) { %y = add i64 %x, 1\n ret i64 %y }", resolve(level))
    assert machine(resolve(level)).triple.startswith("x86_64")


def test_levels_differ_in_the_code() -> None:
    text = """
    declare i64 @llvm.ctlz.i64(i64, i1)
    define i64 @f(i64 %x) {
      %y = call i64 @llvm.ctlz.i64(i64 %x, i1 false)
      ret i64 %y
    }
    """
    assert "lzcnt" not in assembly(text, resolve("v2"))
    if host_features().get("lzcnt"):
        assert "lzcnt" in assembly(text, resolve("v3"))
