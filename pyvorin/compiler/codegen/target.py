"""The processor that code is compiled for.

Three levels: `v2` and `v3` are the x86-64 micro-architecture levels of the System V ABI (v3: AVX2, BMI, FMA
instructions, 2013 and later), `native` is exactly this machine.  A level that this machine does not reach is lowered
to one that it does, so that what is compiled here always runs here.

The target's `key` goes into every cache key: two machines with equal keys may run each other's code.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b

import llvmlite.binding as llvm

LEVELS = ("v2", "v3", "native")

# LLVM's names for what the levels add over x86-64's baseline.
_V2_FEATURES = frozenset(("cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"))
_V3_FEATURES = _V2_FEATURES | {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"}


class UnsupportedProcessor(Exception):
    """This machine does not even reach the lowest level."""


class Target:
    """A processor: `level` as resolved, LLVM's `cpu` name and `features` string, and the `key` for caches."""

    __slots__ = ("cpu", "features", "key", "level")

    def __init__(self, level: str, cpu: str, features: str) -> None:
        self.level = level
        self.cpu = cpu
        self.features = features
        self.key = f"x86-64-{level}"
        if level == "native":
            digest = blake2b(f"{cpu}\0{features}".encode(), digest_size=6).hexdigest()
            self.key = f"native-{cpu}-{digest}"

    def __repr__(self) -> str:
        return f"Target({self.key})"


@cache
def initialise() -> None:
    """Make LLVM able to compile for this machine.  (`llvm.initialize` itself raises from llvmlite 0.45 on.)"""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def host_features() -> Mapping[str, bool]:
    """What this machine's processor can do, by LLVM's names; empty when LLVM cannot tell."""
    try:
        return dict(llvm.get_host_cpu_features())
    except RuntimeError:
        return {}


def resolve(level: str, features: Mapping[str, bool] | None = None) -> Target:
    """The target for a level's name, lowered to what a processor with `features` (default: this one) can run.

    `level` is one of LEVELS, or what `core.cpu.level` made of it ("x86-64-v3", "native-<digest>").
    Raises ValueError for an unknown name, UnsupportedProcessor below `v2`.
    """
    level = level.removeprefix("x86-64-")
    if level.startswith("native-"):
        level = "native"
    if level not in LEVELS:
        raise ValueError(f"unknown CPU level {level!r}: expected one of {', '.join(LEVELS)}")
    if features is None:
        features = host_features()
    present = {name for name, there in features.items() if there}
    missing = _V2_FEATURES - present
    if missing:
        raise UnsupportedProcessor(f"x86-64-v2 needs {', '.join(sorted(missing))}")
    if level == "native":
        text = ",".join(("+" if there else "-") + name for name, there in sorted(features.items()))
        return Target(level, llvm.get_host_cpu_name(), text)
    if level == "v3" and _V3_FEATURES - present:
        level = "v2"
    return Target(level, f"x86-64-{level}", "")


def machine(target: Target, *, speed: int = 3) -> llvm.TargetMachine:
    """A code generator for `target`: position-independent, small code model, optimising at level `speed` (0-3).

    Fused multiply-add stays out: LLVM contracts only where the IR allows it, which ours never does (docs/codegen.md).
    """
    initialise()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=target.cpu, features=target.features, opt=speed, reloc="pic", codemodel="small"
    )
