"""The optimiser: vectorised loops, LLVM's words about them, errors, and equal output for equal input."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b

import pytest

from pyvorin.compiler.codegen import remarks
from pyvorin.compiler.codegen.exact import InexactIR
from pyvorin.compiler.codegen.locations import LoopLines
from pyvorin.compiler.codegen.object import compile_ir
from pyvorin.compiler.codegen.optimise import InvalidIR, optimise
from pyvorin.compiler.codegen.remarks import Remark
from pyvorin.compiler.codegen.target import resolve
from tests.codegen import samples
from tests.codegen.loading import V3


def test_loops_are_vectorised() -> None:
    module = optimise(samples.LOOPS, resolve("v2"), name="m").module
    assert "fmul <2 x double>" in str(module)
    if V3.level == "v3":
        assert "fmul <4 x double>" in str(optimise(samples.LOOPS, V3, name="m").module)


def test_straight_line_code_is_vectorised() -> None:
    rows = "".join(
        f" %p{i} = getelementptr double, ptr %a, i64 {i}\n %x{i} = load double, ptr %p{i}\n"
        f" %y{i} = fmul double %x{i}, 1.5\n store double %y{i}, ptr %p{i}\n"
        for i in range(4)
    )
    text = f"define void @f(ptr %a) {{\n{rows} ret void\n}}"
    found = optimise(text, V3, name="m")
    assert "x double>" in str(found.module)
    assert any(remark.vectorised and remark.line == 0 and remark.function is None for remark in found.remarks)


def test_remarks_name_function_and_line() -> None:
    found = compile_ir(samples.LOOPS, V3).remarks
    vectorised = [remark for remark in found if remark.vectorised]
    assert [(remark.function, remark.line) for remark in vectorised] == [("Report.scale", 5)]
    assert vectorised[0].text.startswith("vectorized loop (vectorization width: ")
    others = [remark for remark in found if not remark.vectorised]
    reason = "loop not vectorized: cannot prove it is safe to reorder floating-point operations"
    assert others == [Remark('größe"', 15, reason)]


def test_no_loop_no_metadata() -> None:
    assert LoopLines("report").text() == ""


def test_lines_cost_no_debug_sections() -> None:
    assert b".debug" not in compile_ir(samples.LOOPS, V3).data


def test_reason_goes_to_the_loop_that_was_refused() -> None:
    lines = [
        "remark: <unknown>:0:0: loop not vectorized: an outer reason",
        "remark: report:15:0: vectorized loop (vectorization width: 4, interleaved count: 1)",
        "remark: <unknown>:0:0: loop not vectorized: this one",
        "remark: <unknown>:0:0: loop not vectorized: and this one",
        "remark: report:5:9: loop not vectorized",
        "remark: report:16:0: loop not vectorized",
    ]
    assert [(remark.line, remark.text) for remark in remarks.locate(lines, samples.LOOPS)] == [
        (15, "vectorized loop (vectorization width: 4, interleaved count: 1)"),
        (5, "loop not vectorized: this one"),
        (5, "loop not vectorized: and this one"),
        (16, "loop not vectorized"),
    ]


def test_quick_pipeline_inlines_what_must_be_and_folds() -> None:
    text = """
    define internal i64 @helper(i64 %x) alwaysinline {
      %slot = alloca i64
      store i64 %x, ptr %slot
      %v = load i64, ptr %slot
      ret i64 %v
    }
    define i64 @f() {
      %v = call i64 @helper(i64 20)
      %w = call i64 @helper(i64 %v)
      %r = add i64 %v, %w
      ret i64 %r
    }
    """
    assert "ret i64 40" in str(optimise(text, V3, name="m", quick=True).module)


def test_same_remark_is_reported_once() -> None:
    line = "remark: report:5:9: vectorized loop (vectorization width: 4, interleaved count: 4)"
    assert len(remarks.locate([line, line], samples.LOOPS)) == 1


def test_nothing_reaches_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    compile_ir(samples.LOOPS, V3)
    assert capfd.readouterr().err == ""


def test_what_is_no_remark_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    lines = remarks.capture(lambda: os.write(2, b"remark: a:1:2: text\nanother line\n") and None)
    assert lines == ["remark: a:1:2: text"]
    assert capfd.readouterr().err == "another line\n"


def test_stderr_is_restored_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remarks.capture(fail)
    os.write(2, b"visible\n")
    assert capfd.readouterr().err == "visible\n"


def test_process_without_stderr() -> None:
    code = (
        "import os, sys; from pyvorin.compiler.codegen.object import compile_ir; from tests.codegen import samples\n"
        "from tests.codegen.loading import V3\n"
        "os.close(2); print(len(compile_ir(samples.LOOPS, V3).remarks))\n"
        "try: os.fstat(2)\n"
        "except OSError: print('still closed')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60, check=True, env=_environment()
    )
    assert done.stdout.split(b"\n")[:2] == [b"2", b"still closed"]


UNDOMINATED = """
define i64 @f(i1 %c) {
  br i1 %c, label %a, label %b
a:
  %v = add i64 1, 2
  br label %b
b:
  ret i64 %v
}
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("define i64 @f( {", "expected type"),
        ("define i64 @f(i64 %x) { ret i64 %y }", "undefined value"),
        (UNDOMINATED, "dominate"),
    ],
    ids=["syntax", "undefined", "verifier"],
)
def test_invalid_ir(text: str, reason: str) -> None:
    with pytest.raises(InvalidIR, match=reason):
        compile_ir(text, V3)


def test_inexact_ir() -> None:
    with pytest.raises(InexactIR):
        compile_ir("define double @f(double %x) {\n  %y = fadd fast double %x, %x\n  ret double %y\n}", V3)


def test_stages_are_timed() -> None:
    seconds = compile_ir(samples.SWITCH, V3).seconds
    assert list(seconds) == ["parse", "optimise", "emit"]
    assert all(0 < value < 60 for value in seconds.values())


TEXTS = (samples.COUNTER, samples.TWICE, samples.SWITCH, samples.CONSTANTS, samples.LOOPS)


def digest_of_everything() -> str:
    """A digest of the objects for all samples and of the image linked from them."""
    from pyvorin.compiler.codegen.link import link_shared

    objects = [compile_ir(text, V3, name=f"group{number}").data for number, text in enumerate(TEXTS)]
    image = link_shared(objects, table=["bump", "choose", "scale"])
    return blake2b(b"".join([*objects, image])).hexdigest()


def test_equal_ir_gives_equal_bytes_in_every_process() -> None:
    here = {digest_of_everything() for _ in range(3)}
    code = "from tests.codegen.test_optimise import digest_of_everything; print(digest_of_everything())"
    for seed in ("0", "1"):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=_environment(seed))
        here.add(done.stdout.strip())
    assert len(here) == 1


def _environment(hash_seed: str = "random") -> dict[str, str]:
    path = [*filter(None, sys.path), os.getcwd()]
    return {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(path)}
