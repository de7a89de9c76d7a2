"""Keys: everything that native code depends on changes them, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyvorin.cache import key as keys
from pyvorin.cache.key import Environment, Key
from pyvorin.core import cpu
from pyvorin.core.config import Settings

ROOT = Path(__file__).resolve().parents[2]


def environment() -> Environment:
    found = Environment.of_this_process(Settings().key_data())
    assert found is not None
    return found


def digest_with(monkeypatch: pytest.MonkeyPatch, target: object, name: str, value: object) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(target, name, value)
        return environment().module_key("m", "x = 1\n", 0).digest


@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        (keys, "FORMAT", 99),
        (keys, "_pyvorin", lambda: "another"),
        (keys, "_llvmlite", lambda: "another"),
        (sys, "version", "another"),
        (sys, "abiflags", "d"),
        (cpu, "_read", lambda: b"flags : " + " ".join(cpu._V2).encode() + b"\n\n"),
    ],
)
def test_an_upgrade_is_a_miss(monkeypatch: pytest.MonkeyPatch, target: object, name: str, value: object) -> None:
    assert digest_with(monkeypatch, target, name, value) != environment().module_key("m", "x = 1\n", 0).digest


def test_source_module_and_flags_enter() -> None:
    here = environment()
    variants = [
        ("m", "x = 1\n", 0),
        ("n", "x = 1\n", 0),
        ("m", "x = 2\n", 0),
        ("m", "x = 1\n", 1),
        ("m", "\nx = 1\n", 0),
    ]
    assert len({here.module_key(*variant).digest for variant in variants}) == len(variants)


def test_every_part_is_named_and_the_order_is_fixed() -> None:
    names = [name for name, _ in environment().module_key("m", "", 0).parts]
    assert names == [
        "format",
        "pyvorin",
        "python",
        "objects",
        "platform",
        "llvmlite",
        "cpu",
        "setting trips",
        "module",
        "flags",
        "source",
    ]


def test_a_setting_that_enters_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Environment.of_this_process({"cpu": "v2"})
    more = Environment.of_this_process({"cpu": "v2", "rounding": "up"})
    assert known is not None
    assert more is not None
    assert known.module_key("m", "", 0).digest != more.module_key("m", "", 0).digest


def test_parts_cannot_be_confused_with_each_other() -> None:
    lists = [
        [("a", "b"), ("c", "d")],
        [("a", "b\nc 1\nd")],
        [("a", "b\nc 1\nd\n")],
        [("a", "bc"), ("", "d")],
        [("c", "d"), ("a", "b")],
        [],
        [("", "")],
    ]
    assert len({Key(parts).digest for parts in lists}) == len(lists)


def test_any_text_can_be_a_part() -> None:
    assert Key([("source", "\udc80")]).digest != Key([("source", "?")]).digest


def test_the_key_is_the_same_in_every_process() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pyvorin.core.config import Settings\n"
        "from pyvorin.cache.key import Environment\n"
        "print(Environment.of_this_process(Settings().key_data()).module_key('m', 'x = 1\\n', 0).parts)\n"
    )
    results = set()
    for seed in ("0", "1"):
        process = subprocess.run(
            [sys.executable, "-c", program, str(ROOT)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        results.add(process.stdout)
    assert len(results) == 1


def test_the_key_names_the_llvmlite_that_a_worker_imports() -> None:
    import llvmlite

    version, _, size = keys._llvmlite().partition(" ")
    assert version == llvmlite.__version__
    library = Path(llvmlite.__file__).parent / "binding" / "libllvmlite.so"
    assert int(size) == library.stat().st_size


def test_without_llvmlite_the_part_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert keys._llvmlite() == "unknown"


def test_in_a_source_tree_an_edit_of_the_compiler_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pyvorin"
    for part in keys._GENERATING:
        (package / part / "inner").mkdir(parents=True)
        (package / part / "inner" / "module.py").write_text("a = 1\n")
    monkeypatch.setattr(keys, "__file__", str(package / "cache" / "key.py"))
    installed = keys._pyvorin()
    assert installed == keys.VERSION
    (tmp_path / "setup.cfg").write_text("")
    before = keys._pyvorin()
    assert before != installed
    assert keys._pyvorin() == before
    (package / "compiler" / "inner" / "module.py").write_text("a = 22\n")
    assert keys._pyvorin() != before


FULL = " ".join(cpu._V2 + cpu._V3)


@pytest.mark.parametrize(
    ("wanted", "flags", "expected"),
    [
        ("v3", FULL, "x86-64-v3"),
        ("v2", FULL, "x86-64-v2"),
        ("v3", FULL.replace("avx2", ""), "x86-64-v2"),
        ("v3", FULL.replace("fma", ""), "x86-64-v2"),
        ("v3", FULL.replace("popcnt", ""), None),
        ("native", FULL.replace("ssse3", ""), None),
        ("v3", "", None),
    ],
)
def test_the_level_is_what_the_processor_has(wanted: str, flags: str, expected: str | None) -> None:
    assert cpu.level(wanted, f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n\n".encode()) == expected


def test_native_is_another_level_on_another_processor() -> None:
    def native(text: str) -> str | None:
        return cpu.level("native", text.encode())

    base = f"vendor_id : A\nmodel : 1\nflags : {FULL} aes\n\n"
    assert native(base) == native(base.replace(f"{FULL} aes", f"aes {FULL}")) == native(base + "vendor_id : B\n")
    assert len({native(base), native(base.replace("aes", "sha")), native(base.replace("model : 1", "model : 2"))}) == 3


def test_this_processor_has_a_level() -> None:
    assert cpu.level("v3") in ("x86-64-v2", "x86-64-v3")
