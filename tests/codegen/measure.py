"""Where the time of code generation goes; the source of the figures in docs/codegen.md.

    python -m tests.codegen.measure

Every figure is the least of several runs, in milliseconds.  The IR is of the kind that our emitter writes: guarded reads of
a list of floats, checked integer arithmetic, a loop over a buffer, calls with boxing and reference counts.
"""

from __future__ import annotations

import ctypes
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import llvmlite.binding as llvm

from pyvorin.compiler.codegen import remarks
from pyvorin.compiler.codegen.link import link_shared
from pyvorin.compiler.codegen.object import compile_ir
from pyvorin.compiler.codegen.optimise import emit_object, optimise_module, parse
from pyvorin.compiler.codegen.system_link import find_linker, link_with_system
from pyvorin.compiler.codegen.target import Target, machine, resolve
from tests.codegen.loading import FLOAT, INT, Image

DECLARATIONS = """
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyLong_FromLongLong(i64)
declare i64 @PyLong_AsLongLong(ptr)
declare i32 @PyErr_CheckSignals()
declare ptr @PyObject_GetItem(ptr, ptr)
declare void @_Py_Dealloc(ptr)
declare {i64, i1} @llvm.sadd.with.overflow.i64(i64, i64)
declare {i64, i1} @llvm.smul.with.overflow.i64(i64, i64)
define internal void @release(ptr %o) alwaysinline {
  %n = load i64, ptr %o
  %m = sub i64 %n, 1
  store i64 %m, ptr %o
  %dead = icmp eq i64 %m, 0
  br i1 %dead, label %free, label %done
free:
  call void @_Py_Dealloc(ptr %o)
  br label %done
done:
  ret void
}
"""

# One function of a list[float] and one of integers, each with its entry; a loop over a buffer; one that stays boxed.
FUNCTIONS = """
define internal {double, i1} @total_N(ptr %list) {
entry:
  %psize = getelementptr i8, ptr %list, i64 16
  %size = load i64, ptr %psize
  %pitems = getelementptr i8, ptr %list, i64 24
  %items = load ptr, ptr %pitems
  %none = icmp sle i64 %size, 0
  br i1 %none, label %done, label %loop
loop:
  %i = phi i64 [0, %entry], [%j, %next]
  %s = phi double [0.0, %entry], [%t, %next]
  %slot = getelementptr ptr, ptr %items, i64 %i
  %item = load ptr, ptr %slot
  %ptype = getelementptr i8, ptr %item, i64 8
  %type = load ptr, ptr %ptype
  %float = icmp eq ptr %type, @PyFloat_Type
  br i1 %float, label %next, label %exit
next:
  %pvalue = getelementptr i8, ptr %item, i64 16
  %x = load double, ptr %pvalue
  %y = fmul double %x, NUMBER
  %t = fadd double %s, %y
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, %size
  br i1 %more, label %loop, label %done
done:
  %r = phi double [0.0, %entry], [%t, %next]
  %ok = insertvalue {double, i1} zeroinitializer, double %r, 0
  ret {double, i1} %ok
exit:
  %bad = insertvalue {double, i1} zeroinitializer, i1 true, 1
  ret {double, i1} %bad
}
define ptr @entry_total_N(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) {
  %list = load ptr, ptr %args
  %r = call {double, i1} @total_N(ptr %list)
  %bad = extractvalue {double, i1} %r, 1
  br i1 %bad, label %miss, label %box
box:
  %x = extractvalue {double, i1} %r, 0
  %o = call ptr @PyFloat_FromDouble(double %x)
  ret ptr %o
miss:
  ret ptr null
}
define internal {i64, i1} @steps_N(i64 %n, i64 %m) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%j, %next]
  %s = phi i64 [1, %entry], [%t, %next]
  %c = icmp slt i64 %i, %n
  br i1 %c, label %body, label %done
body:
  %p = call {i64, i1} @llvm.smul.with.overflow.i64(i64 %s, i64 %m)
  %pv = extractvalue {i64, i1} %p, 0
  %po = extractvalue {i64, i1} %p, 1
  br i1 %po, label %exit, label %fine
fine:
  %a = call {i64, i1} @llvm.sadd.with.overflow.i64(i64 %pv, i64 %i)
  %av = extractvalue {i64, i1} %a, 0
  %ao = extractvalue {i64, i1} %a, 1
  br i1 %ao, label %exit, label %divide
divide:
  %zero = icmp eq i64 %m, 0
  br i1 %zero, label %exit, label %next
next:
  %q = sdiv i64 %av, %m
  %rest = srem i64 %av, 1000003
  %odd = and i64 %rest, 1
  %is = icmp ne i64 %odd, 0
  %t = select i1 %is, i64 %rest, i64 %q
  %j = add i64 %i, 1
  br label %loop
done:
  %ok = insertvalue {i64, i1} zeroinitializer, i64 %s, 0
  ret {i64, i1} %ok
exit:
  ret {i64, i1} {i64 0, i1 true}
}
define ptr @entry_steps_N(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) {
  %o1 = load ptr, ptr %args
  %p2 = getelementptr ptr, ptr %args, i64 1
  %o2 = load ptr, ptr %p2
  %t1p = getelementptr i8, ptr %o1, i64 8
  %t1 = load ptr, ptr %t1p
  %is1 = icmp eq ptr %t1, @PyLong_Type
  br i1 %is1, label %second, label %miss
second:
  %t2p = getelementptr i8, ptr %o2, i64 8
  %t2 = load ptr, ptr %t2p
  %is2 = icmp eq ptr %t2, @PyLong_Type
  br i1 %is2, label %run, label %miss
run:
  %n = call i64 @PyLong_AsLongLong(ptr %o1)
  %m = call i64 @PyLong_AsLongLong(ptr %o2)
  %r = call {i64, i1} @steps_N(i64 %n, i64 %m)
  %bad = extractvalue {i64, i1} %r, 1
  br i1 %bad, label %miss, label %box
box:
  %x = extractvalue {i64, i1} %r, 0
  %o = call ptr @PyLong_FromLongLong(i64 %x)
  ret ptr %o
miss:
  ret ptr null
}
define void @scale_N(ptr %p, i64 %n) {
entry:
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %outer, label %done
outer:
  %start = phi i64 [0, %entry], [%end, %poll]
  %far = add i64 %start, 4096
  %over = icmp sgt i64 %far, %n
  %end = select i1 %over, i64 %n, i64 %far
  br label %loop
loop:
  %i = phi i64 [%start, %outer], [%j, %loop]
  %q = getelementptr double, ptr %p, i64 %i
  %x = load double, ptr %q
  %y = fmul double %x, NUMBER
  %z = fadd double %y, 1.0
  store double %z, ptr %q
  %j = add i64 %i, 1
  %c = icmp slt i64 %j, %end
  br i1 %c, label %loop, label %poll
poll:
  %status = call i32 @PyErr_CheckSignals()
  %bad = icmp ne i32 %status, 0
  %last = icmp sge i64 %end, %n
  %stop = or i1 %bad, %last
  br i1 %stop, label %done, label %outer
done:
  ret void
}
define ptr @boxed_N(ptr %mapping, ptr %keys, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%j, %good]
  %c = icmp slt i64 %i, %n
  br i1 %c, label %body, label %done
body:
  %slot = getelementptr ptr, ptr %keys, i64 %i
  %key = load ptr, ptr %slot
  %item = call ptr @PyObject_GetItem(ptr %mapping, ptr %key)
  %failed = icmp eq ptr %item, null
  br i1 %failed, label %error, label %second
second:
  %inner = call ptr @PyObject_GetItem(ptr %item, ptr %key)
  call void @release(ptr %item)
  %failed2 = icmp eq ptr %inner, null
  br i1 %failed2, label %error, label %good
good:
  call void @release(ptr %inner)
  %j = add i64 %i, 1
  br label %loop
done:
  ret ptr %mapping
error:
  ret ptr null
}
"""

SIZES = {"small": 1, "medium": 4, "large": 25}  # times six functions


def source(count: int) -> str:
    return DECLARATIONS + "".join(
        FUNCTIONS.replace("_N", f"_{number}").replace("NUMBER", f"{number + 1}.5") for number in range(count)
    )


def least(action: Callable[[], object], runs: int = 7) -> float:
    best = float("inf")
    for _ in range(runs):
        start = perf_counter()
        action()
        best = min(best, perf_counter() - start)
    return best * 1000


def stages(target: Target) -> None:
    print("stage by size of module (ms): check+parse, optimise, emit, link; IR and object in bytes")
    for name, count in SIZES.items():
        text = source(count)
        runs = [compile_ir(text, target) for _ in range(5 if count < 20 else 3)]
        row = [min(run.seconds[stage] for run in runs) * 1000 for stage in ("parse", "optimise", "emit")]
        data = runs[0].data
        row.append(least(partial(link_shared, [data], table=["entry_total_0"])))
        print(f"{name:8}", *(f"{value:8.2f}" for value in row), len(text), len(data))


class Pipeline:
    """A choice of passes: LLVM's default at a level, with or without parts, or our own quick one."""

    def __init__(self, name: str, speed: int = 0, *, quick: bool = False, **options: bool) -> None:
        self.name = name
        self.speed = speed
        self.quick = quick
        self.options = options

    def run(self, module: llvm.ModuleRef, target: Target) -> None:
        if self.quick:
            optimise_module(module, target, quick=True)
            return
        tuning = llvm.create_pipeline_tuning_options(self.speed)
        for option in ("loop_vectorization", "slp_vectorization", "loop_interleaving", "loop_unrolling"):
            setattr(tuning, option, self.options.get(option, True))
        builder = llvm.create_pass_builder(machine(target), tuning)
        passes = builder.getModulePassManager()
        remarks.capture(lambda: passes.run(module, builder))


PIPELINES = [
    Pipeline("O3", 3),
    Pipeline("O3, no SLP", 3, slp_vectorization=False),
    Pipeline("O3, no vectorisation", 3, slp_vectorization=False, loop_vectorization=False),
    Pipeline("O3, no unrolling", 3, loop_unrolling=False),
    Pipeline("O2", 2),
    Pipeline("O2, no vectorisation", 2, slp_vectorization=False, loop_vectorization=False),
    Pipeline("O1", 1),
    Pipeline("quick", quick=True),
    Pipeline("O0", 0),
]


def pipelines(target: Target) -> None:
    print("pipeline: optimise and emit of the medium module (ms), object bytes; run time of total, steps, scale (ms)")
    text = source(SIZES["medium"])
    for pipeline in PIPELINES:
        optimise, emit, data = float("inf"), float("inf"), b""
        for _ in range(5):
            module = parse(text, name="m")
            start = perf_counter()
            pipeline.run(module, target)
            middle = perf_counter()
            data = emit_object(module, target)
            optimise, emit = min(optimise, middle - start), min(emit, perf_counter() - middle)
        speeds = " ".join(f"{value:8.3f}" for value in run_times(data))
        print(f"{pipeline.name:22} {optimise * 1000:8.2f} {emit * 1000:8.2f} {len(data):7} | {speeds}")


def run_times(data: bytes) -> list[float]:
    """Milliseconds for 10,000 floats of a list, 100,000 integer steps, 10,000 numbers of a buffer."""
    with tempfile.TemporaryDirectory() as directory:
        table = ["entry_total_1", "entry_steps_1", "scale_1"]
        image = Image(link_shared([data], table=table), Path(directory) / "image.so")
    vectorcall = (ctypes.py_object, ctypes.c_void_p, ctypes.POINTER(ctypes.py_object), INT, ctypes.c_void_p)
    total, steps = image.function(0, *vectorcall), image.function(1, *vectorcall)
    scale = image.function(2, None, ctypes.POINTER(FLOAT), INT)
    numbers = [float(n) for n in range(10_000)]
    list_argument = (ctypes.py_object * 1)(numbers)
    int_arguments = (ctypes.py_object * 2)(100_000, 3)
    buffer = (FLOAT * 10_000)(*numbers)
    return [
        least(lambda: total(None, list_argument, 1, None), 30),
        least(lambda: steps(None, int_arguments, 2, None), 30),
        least(lambda: scale(buffer, 10_000), 30),
    ]


def linkers(target: Target) -> None:
    print("link (ms) by objects: own, system")
    small = compile_ir("define i64 @f0() { ret i64 1 }", target).data
    large = compile_ir(source(SIZES["large"]), target).data
    groups = [
        compile_ir(f"define i64 @g{n}(i64 %x) {{ %y = add i64 %x, {n}\n ret i64 %y }}", target).data for n in range(50)
    ]
    cases = {"small": ([small], ["f0"]), "large": ([large], ["entry_total_0"]), "50 groups": (groups, ["g0", "g49"])}
    for name, (objects, table) in cases.items():
        own = least(partial(link_shared, objects, table=table), 20)
        system = least(partial(link_with_system, objects, table=table), 5) if find_linker() else float("nan")
        image = link_shared(objects, table=table)
        print(f"{name:10} {own:8.2f} {system:8.2f}  {sum(map(len, objects))} -> {len(image)} bytes")


if __name__ == "__main__":
    chosen = resolve(sys.argv[1] if len(sys.argv) > 1 else "v3")
    linkers(chosen)
    stages(chosen)
    pipelines(chosen)
