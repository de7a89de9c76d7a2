"""Nothing that LLVM does may change a floating-point result."""

from __future__ import annotations

import ctypes
import math
import random
import re
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from pyvorin.compiler.codegen.exact import InexactIR, check_exact
from pyvorin.compiler.codegen.optimise import optimise_module
from pyvorin.compiler.codegen.target import machine, resolve
from tests.codegen.loading import FLOAT, V3, assembly, compile_at, load

LEVELS = ("v2", "v3", "native")

MULTIPLY_ADD = """
define double @f(double %a, double %b, double %c) {
  %p = fmul double %a, %b
  %s = fadd double %p, %c
  %d = fsub double %s, %p
  %r = fsub double %d, %p
  ret double %r
}
define void @loop(ptr noalias %x, ptr noalias %y, i64 %n) {
entry:
  br label %body
body:
  %i = phi i64 [ 0, %entry ], [ %j, %body ]
  %px = getelementptr double, ptr %x, i64 %i
  %py = getelementptr double, ptr %y, i64 %i
  %a = load double, ptr %px
  %b = load double, ptr %py
  %p = fmul double %a, %b
  %s = fadd double %p, %a
  store double %s, ptr %px
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %body, label %done
done:
  ret void
}
"""


@pytest.mark.parametrize("level", LEVELS)
def test_multiplication_and_addition_are_not_fused(level: str) -> None:
    text = assembly(MULTIPLY_ADD, resolve(level))
    assert "mulpd" in text  # the loop was vectorised: the vector forms are looked at, too
    assert not re.search(r"\bv?fn?m(add|sub)", text)


LIBM = """
declare double @pow(double, double) nobuiltin
declare double @exp(double) nobuiltin
declare double @log(double) nobuiltin
declare double @sin(double) nobuiltin
define double @square(double %x) { %r = call double @pow(double %x, double 2.0)
 ret double %r }
define double @half(double %x) { %r = call double @pow(double %x, double 0.5)
 ret double %r }
define double @inverse(double %x) { %r = call double @pow(double %x, double -1.0)
 ret double %r }
define double @cube(double %x) { %r = call double @pow(double %x, double 3.0)
 ret double %r }
define double @power_of_two(double %x) { %r = call double @pow(double 2.0, double %x)
 ret double %r }
define double @power_of_ten(double %x) { %r = call double @pow(double 10.0, double %x)
 ret double %r }
define double @constant() { %r = call double @pow(double 1.1, double 2.2)
 ret double %r }
define double @exp_of_log(double %x) { %y = call double @log(double %x)
 %r = call double @exp(double %y)
 ret double %r }
define double @sine() { %r = call double @sin(double 1.0)
 ret double %r }
define double @root(double %x) { %y = call double @exp(double %x)
 %r = call double @pow(double %y, double 0x3FB999999999999A)
 ret double %r }
"""
LIBM_FUNCTIONS = {
    "square": lambda x: math.pow(x, 2.0),
    "half": lambda x: math.pow(x, 0.5),
    "inverse": lambda x: math.pow(x, -1.0),
    "cube": lambda x: math.pow(x, 3.0),
    "power_of_two": lambda x: math.pow(2.0, x),
    "power_of_ten": lambda x: math.pow(10.0, x),
    "exp_of_log": lambda x: math.exp(math.log(x)),
    "root": lambda x: math.pow(math.exp(x), 0.1),
}


def test_calls_of_libm_survive() -> None:
    calls = re.findall(r"(?:call|jmp)q?\t\*?(\w+)@", assembly(LIBM))
    assert sorted(calls) == sorted(["pow"] * 8 + ["log", "exp", "exp", "sin"])


def test_results_of_libm_are_those_of_math(tmp_path: Path) -> None:
    """Also across versions of a symbol: the loader may bind an older `pow` than CPython's."""
    image = load(tmp_path, [compile_at(LIBM)], [*LIBM_FUNCTIONS, "constant", "sine"])
    choice = random.Random(2)
    values = [math.ldexp(choice.uniform(0.5, 1), choice.randint(-6, 6)) for _ in range(3000)]
    for index, expected in enumerate(LIBM_FUNCTIONS.values()):
        function = image.function(index, FLOAT, FLOAT)
        assert [function(x).hex() for x in values] == [expected(x).hex() for x in values]
    assert image.function(len(LIBM_FUNCTIONS), FLOAT)() == math.pow(1.1, 2.2)
    assert image.function(len(LIBM_FUNCTIONS) + 1, FLOAT)() == math.sin(1.0)


UNARY = """
declare double @NAME(double) nobuiltin
define double @f(double %x) {
  %r = call double @NAME(double %x)
  ret double %r
}
"""
BINARY = """
declare double @NAME(double, double) nobuiltin
define double @f(double %x, double %y) {
  %r = call double @NAME(double %x, double %y)
  ret double %r
}
"""
EDGES = [0.0, 1.0, 0.5, 2.0, 3.0, 745.2, 1e-320, 1e308, 1.7976931348623157e308, math.inf, math.nan]
EDGES += [-value for value in EDGES]


@pytest.mark.parametrize(
    "name", ["exp", "exp2", "log", "log2", "log10", "sin", "tan", "tanh", "cbrt", "lgamma", "tgamma"]
)
def test_edge_values_of_unary_functions(name: str, tmp_path: Path) -> None:
    """Overflow, infinities, NaN, signed zeros: what C code that is linked today gets, also where `math` raises."""
    ours = load(tmp_path, [compile_at(UNARY.replace("NAME", name))], ["f"]).function(0, FLOAT, FLOAT)
    theirs = ctypes.CDLL("libm.so.6")[name]
    theirs.argtypes, theirs.restype = [FLOAT], FLOAT
    assert [ours(x).hex() for x in EDGES] == [theirs(x).hex() for x in EDGES]


@pytest.mark.parametrize("name", ["pow", "fmod", "atan2", "hypot"])
def test_edge_values_of_binary_functions(name: str, tmp_path: Path) -> None:
    ours = load(tmp_path, [compile_at(BINARY.replace("NAME", name))], ["f"]).function(0, FLOAT, FLOAT, FLOAT)
    theirs = ctypes.CDLL("libm.so.6")[name]
    theirs.argtypes, theirs.restype = [FLOAT, FLOAT], FLOAT
    for x in EDGES:
        assert [ours(x, y).hex() for y in EDGES] == [theirs(x, y).hex() for y in EDGES], x


def test_without_nobuiltin_llvm_would_rewrite() -> None:
    """The reason for the rule.  If LLVM ever stops, the rule may go."""
    module = llvm.parse_assembly(LIBM.replace(" nobuiltin", ""), llvm.create_context())
    optimise_module(module, V3)
    text = machine(V3).emit_assembly(module)
    assert len(re.findall(r"(?:call|jmp)q?\t\*?pow@", text)) < 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("define double @f(double %x) {\n  %y = fadd fast double %x, %x\n ret double %y }", "fast-math flags: %y = fadd fast"),
        ('define double @f(double %x) {\n  %"a b" = fmul contract double %x, %x\n ret double %"a b" }', "fmul contract"),
        ("define double @f(double %x) {\n  %y = tail call nnan double @llvm.fabs.f64(double %x)\n ret double %y }", "call nnan"),
        ("declare double @llvm.pow.f64(double, double)\n", r"an intrinsic.*llvm\.pow"),
        ("declare double @llvm.fmuladd.f64(double, double, double)\n", r"an intrinsic.*llvm\.fmuladd"),
        ('declare double @"pow"(double %".1", double %".2")\n', "pow is declared without nobuiltin"),
        ("declare double @sin(double) #1\nattributes #1 = { nounwind }\n", "sin is declared without nobuiltin"),
        ("declare double @sin(double) #1\nattributes #11 = { nobuiltin }\n", "sin is declared without nobuiltin"),
    ],
)  # fmt: skip
def test_inexact_ir_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InexactIR, match=reason):
        check_exact(text)


@pytest.mark.parametrize(
    "text",
    [
        'declare double @"pow"(double %".1", double %".2") nobuiltin\n',
        "declare double @sin(double) #1\nattributes #1 = { nounwind nobuiltin }\n",
        "declare double @cos(double) nobuiltin nounwind memory(none)\n",
        "declare double @cos(double noundef) #0 #12\nattributes #0 = { cold }\nattributes #12 = { nobuiltin }\n",
        "declare double @llvm.sqrt.f64(double)\ndeclare double @llvm.floor.f64(double)\ndeclare double @llvm.fma.f64(double)\n",
        '@s = constant [20 x i8] c"  %y = fadd fast double"\n',
        "declare double @power(double)\ndeclare ptr @PyNumber_Power(ptr, ptr, ptr)\n",
        "define fastcc i64 @f(i64 %x) {\n  %y = call fastcc i64 @f(i64 %x)\n  ret i64 %y\n}",
    ],
)
def test_exact_ir_passes(text: str) -> None:
    check_exact(text)
