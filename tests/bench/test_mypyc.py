"""mypyc as an engine: programs that it compiles, and those that it cannot, which are no failures."""

from __future__ import annotations

import importlib.util
import shutil
import sysconfig

import pytest
import run
from harness.catalogue import Program, program
from harness.engines import EngineError
from harness.measure import EngineResult, ProgramResult
from harness.mypyc import Mypyc
from harness.table import throughput


def test_without_mypyc_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'mypy\[mypyc\]'"):
        Mypyc()


def test_a_program_is_compiled_and_gives_the_same(capsys):
    pytest.importorskip("mypyc")
    if shutil.which(sysconfig.get_config_var("CC").split()[0]) is None:
        pytest.skip("mypyc needs a C compiler")
    assert run.main(["--quick", "--filter", "gcd", "--engines", "cpython,mypyc"]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("gcd") and "ratio" not in line][
        1:2
    ]
    assert row.split()[1] == "mypyc"
    assert row.split()[-1] == "same"


def test_what_cannot_be_compiled_is_absent(tmp_path):
    pytest.importorskip("mypyc")
    engine = Mypyc()
    other = Program("other", "", tmp_path / "other.py", (), [tmp_path / "other.py"], "")
    assert "bench/programs" in engine.prepare(other)
    wrong = program("gcd")
    (engine._root / "programs" / "gcd.py").write_text("def run(: pass")
    assert engine.prepare(wrong).startswith("mypyc refuses it: ")
    result = EngineResult(engine)
    result.absent = "mypyc refuses it"
    assert "absent" in throughput([ProgramResult("gcd", "", [result])])
