"""Refuse LLVM IR that could compute another result than CPython.

CPython's floating-point arithmetic is IEEE 754, operation by operation, and its `math` is the C library's.  LLVM
keeps to that only if the IR asks for nothing else, so three things may not occur:

* fast-math flags (`fadd fast`, `fmul contract`, ...), and `llvm.fmuladd`, which may fuse two roundings into one;
* intrinsics for functions that are not correctly rounded (`llvm.pow`, `llvm.sin`, ...): LLVM folds and rewrites them;
* a libm function declared without `nobuiltin`: LLVM then rewrites `pow(x, 2.0)` to `x * x`, `pow(2.0, x)` to
  `exp2(x)`, and computes calls with constant arguments itself.  On a thousandth of the arguments the result differs
  in the last bit.

`fabs`, `sqrt`, `floor`, `ceil`, `trunc`, `rint`, `copysign`, `fma` and their intrinsics have one right answer and
stay free.
"""

from __future__ import annotations

import re

_INEXACT = "|".join(
    (
        *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh"),
        *("exp", "exp10", "exp2", "expm1", "log", "log10", "log1p", "log2", "pow", "cbrt", "hypot"),
        *("erf", "erfc", "lgamma", "tgamma"),
    )
)

_FAST_MATH = re.compile(
    r"^[ \t]+(?:%(?:\"[^\"]*\"|\S+) = )?(?:tail |musttail |notail )?"
    r"(?:fadd|fsub|fmul|fdiv|frem|fneg|fcmp|fptrunc|fpext|call|select|phi) "
    r"(?:fast|nnan|ninf|nsz|arcp|contract|afn|reassoc) ",
    re.MULTILINE,
)
_INTRINSIC = re.compile(rf"@\"?llvm\.(?:fmuladd|powi|sincos|{_INEXACT})\.")
_LIBM_DECLARATION = re.compile(rf"^declare [^@\n]*@\"?({_INEXACT})\"?\(.*$", re.MULTILINE)
_NO_BUILTIN = re.compile(r"\bnobuiltin\b")
_ATTRIBUTE_GROUP = re.compile(r"#\d+")


class InexactIR(Exception):
    """The IR leaves LLVM free to change a result.  A defect of whoever emitted it."""


def check_exact(ir_text: str) -> None:
    """Raise InexactIR, quoting the offending line, if `ir_text` gives LLVM leave to change floating-point results."""
    for pattern, why in (
        (_FAST_MATH, "fast-math flags"),
        (_INTRINSIC, "an intrinsic that LLVM may evaluate otherwise"),
    ):
        found = pattern.search(ir_text)
        if found:
            raise InexactIR(f"{why}: {_line(ir_text, found.start())}")
    for declaration in _LIBM_DECLARATION.finditer(ir_text):
        if not _no_builtin(declaration.group(), ir_text):
            raise InexactIR(f"{declaration.group(1)} is declared without nobuiltin: {declaration.group()}")


def _no_builtin(declaration: str, ir_text: str) -> bool:
    if _NO_BUILTIN.search(declaration):
        return True
    groups = _ATTRIBUTE_GROUP.findall(declaration)
    definitions = [re.search(rf"^attributes {group} = {{(.*)}}", ir_text, re.MULTILINE) for group in groups]
    return any(definition and _NO_BUILTIN.search(definition.group(1)) for definition in definitions)


def _line(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].strip()
