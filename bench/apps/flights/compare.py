"""Runs the application under plain CPython and under Pyvorin, compares the outputs, prints both times and the report.

    python bench/apps/flights/compare.py [--runs 3] [--data DIRECTORY] [--keep FILE] [--unannotated]

Every run is a process of its own.  First one with an empty cache and PYVORIN_WAIT=1, which waits for the compiler: its time
is printed apart.  Then plain CPython and Pyvorin with the cache filled (PYVORIN=1 alone) in turns; the times are medians.
With --unannotated also Pyvorin on a copy of the application that has no annotations.
Exit status: 0; 1 if any output differs by a byte, or no kernel ran natively; 2 if the data set, Pyvorin or a run is missing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import loading  # noqa: E402
from harness import engines  # noqa: E402
from harness.engines import Engine, EngineError  # noqa: E402
from harness.native import FunctionReport, of_files, read_problems, read_report  # noqa: E402
from harness.table import render  # noqa: E402
from harness.unannotated import copy_without_annotations  # noqa: E402

KERNELS = [
    HERE / f"{name}.py" for name in ("cleaning", "distribution", "geography", "relations", "series", "summaries")
]
PHASES = {"load": "read the CSV", "clean": "clean", "analyse": "analyse (the kernels)", "total": "whole process"}
TIMEOUT = 1800.0


class Run:
    """One run of the application: its output, and seconds per phase with "total" for the process."""

    __slots__ = ("output", "seconds")

    def __init__(self, output: bytes, seconds: dict[str, float]) -> None:
        self.output = output
        self.seconds = seconds


def run(engine: Engine, data: Path, application: Path = HERE, **variables: str) -> Run:
    """Runs the application once, or a copy of it.

    Raises:
        EngineError: the process failed, or printed no times.
    """
    command = engine.command(application / "app.py", "--timings", "--data", str(data))
    start = time.perf_counter()
    try:
        done = subprocess.run(command, env=engine.environment(**variables), capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise EngineError(f"{engine.name}: did not end within {TIMEOUT:g} s") from None
    total = time.perf_counter() - start
    errors = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise EngineError(f"{engine.name}: exit status {done.returncode}\n{errors}")
    seconds = parse_timings(errors)
    if not seconds:
        raise EngineError(f"{engine.name}: no times on standard error\n{errors}")
    return Run(done.stdout, {**seconds, "total": total})


def parse_timings(errors: str) -> dict[str, float]:
    """The lines "phase seconds" that the application writes; other lines are not its own and are left out."""
    seconds = {}
    for line in errors.splitlines():
        phase, _, value = line.partition(" ")
        if phase in PHASES:
            seconds[phase] = float(value)
    return seconds


def medians(runs: list[Run]) -> dict[str, float]:
    return {phase: statistics.median(run.seconds[phase] for run in runs) for phase in PHASES}


def first_difference(expected: bytes, other: bytes) -> str:
    """The first line that is not the same in both, for the message."""
    lines, other_lines = expected.splitlines(), other.splitlines()
    for number, (line, other_line) in enumerate(zip(lines, other_lines), 1):
        if line != other_line:
            return f"line {number}: {line.decode()!r} became {other_line.decode()!r}"
    return f"{len(lines)} lines became {len(other_lines)}, {len(expected)} bytes {len(other)}"


def times_table(plain: dict[str, float], accelerated: dict[str, float], unannotated: dict[str, float] | None) -> str:
    others = [accelerated] if unannotated is None else [accelerated, unannotated]
    names = ["Pyvorin", "speed-up", "without annotations", "speed-up"]
    rows = [["", "CPython", *names[: 2 * len(others)]]]
    for phase, label in PHASES.items():
        cells = [(f"{other[phase]:.3f} s", f"{plain[phase] / other[phase]:.2f}x") for other in others]
        rows.append([label, f"{plain[phase]:.3f} s", *(text for pair in cells for text in pair)])
    return render(rows)


def functions_table(functions: list[FunctionReport]) -> str:
    rows = [["function", "line", "runs in", "native calls", "fallbacks", "reason"]]
    for function in functions:
        name = f"{Path(function.file).stem}.{function.name.rpartition('.')[2]}"
        where = "native" if function.is_native else "CPython"
        rows.append([
            name, str(function.line), where, str(function.native_calls), str(function.fallbacks), function.reason or "-"
        ])  # fmt: skip
    return render(rows)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def compare(
    plain: Engine, accelerated: Engine, data: Path, runs: int, keep: Path | None, unannotated: bool = False
) -> int:
    """Prints the comparison; returns the exit status.  unannotated: also of a copy without annotations.

    Raises:
        EngineError: a run failed.
    """
    with tempfile.TemporaryDirectory(prefix="pyvorin-flights-", ignore_cleanup_errors=True) as directory:
        report = Path(directory) / "report.json"
        variables = {"PYVORIN_CACHE_DIR": str(Path(directory) / "cache")}
        progress("Pyvorin, empty cache ...")
        cold = run(accelerated, data, **variables)
        # PYVORIN_WAIT is only for the run above: a user's program does not set it.
        warm = Engine(accelerated.name, accelerated.python, accelerated.launch, dict(accelerated.variables))
        warm.variables.pop("PYVORIN_WAIT", None)
        plain_runs, warm_runs, bare_runs = [], [], []
        cold_runs = [cold]
        bare = Path(directory) / "unannotated"
        if unannotated:
            progress("Pyvorin, empty cache, without annotations ...")
            copy_without_annotations(HERE, bare)
            cold_runs.append(run(accelerated, data, bare, **variables))
        for i in range(runs):
            progress(f"CPython and Pyvorin, {i + 1} of {runs} ...")
            plain_runs.append(run(plain, data))
            warm_runs.append(run(warm, data, **variables, PYVORIN_REPORT=str(report)))
            if unannotated:
                bare_runs.append(run(warm, data, bare, **variables))
        functions = of_files(read_report(report), KERNELS)
        problems = read_problems(report)

    expected = plain_runs[0].output
    if keep is not None:
        keep.write_bytes(expected)
    every = [*plain_runs, *cold_runs, *warm_runs, *bare_runs]
    different = [r for r in every if r.output != expected]
    print(times_table(medians(plain_runs), medians(warm_runs), medians(bare_runs) if unannotated else None))
    print(f"\nmedian of {runs}; with an empty cache, waiting for the compiler: {cold.seconds['total']:.3f} s in all")
    native = [function for function in functions if function.is_native]
    print(f"\n{functions_table(functions)}\n\nnative: {len(native)} of {len(functions)} functions")
    for problem in problems:
        print(f"problem: {problem}")
    if different:
        print(f"OUTPUT DIFFERS in {len(different)} runs: {first_difference(expected, different[0].output)}")
    else:
        print(f"output: identical, {len(expected)} bytes, {len(every)} runs")
    if not native:
        print("NO KERNEL RAN NATIVELY")
    return 1 if different or not native else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="The flights report under plain CPython and under Pyvorin.")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each, in turns")
    parser.add_argument("--data", type=Path, metavar="DIRECTORY", help="directory with the CSV files")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the application's output to FILE")
    parser.add_argument("--unannotated", action="store_true", help="also run a copy that has no annotations")
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error("--runs: at least 1")
    try:
        data = options.data or loading.data_directory()
        plain, accelerated = engines.cpython(name="CPython"), engines.pyvorin(name="Pyvorin")
        print(f"{plain.version()}\n{data / loading.FLIGHTS}\n", flush=True)
        return compare(plain, accelerated, data, options.runs, options.keep, options.unannotated)
    except (loading.DataMissing, EngineError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
