"""What a warm start under Pyvorin costs: processor time of a whole process, over that of plain Python.

    python bench/start.py [--pairs 25] [--limit MILLISECONDS]

One script imports one module with ten functions and calls each of them.  After the cache was filled, pairs of processes
are run in turns, without and with PYVORIN=1; the figure is the median of the pairs' differences of user plus system time.
Exit status 1 if it is above --limit, if the outputs differ, or if no function was native in the warm process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import engines
from harness.engines import Engine, EngineError
from harness.native import read_report
from harness.samples import quartiles

MODULE = '''"""Ten functions over numbers, as small programs have them."""


def total(values: list[float]) -> float:
    s = 0.0
    for v in values:
        s += v
    return s


def mean(values: list[float]) -> float:
    return total(values) / len(values)


def variance(values: list[float]) -> float:
    m = mean(values)
    s = 0.0
    for v in values:
        s += (v - m) * (v - m)
    return s / len(values)


def scaled(values: list[float], factor: float) -> list[float]:
    return [v * factor for v in values]


def dot(xs: list[float], ys: list[float]) -> float:
    s = 0.0
    for x, y in zip(xs, ys):
        s += x * y
    return s


def largest(values: list[float]) -> float:
    best = values[0]
    for v in values:
        if v > best:
            best = v
    return best


def count_above(values: list[float], limit: float) -> int:
    n = 0
    for v in values:
        if v > limit:
            n += 1
    return n


def gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def power_sum(n: int, k: int) -> int:
    s = 0
    for i in range(n):
        s += i**k
    return s


def digits(n: int) -> int:
    count = 1
    while n >= 10:
        n //= 10
        count += 1
    return count
'''

SCRIPT = """import ten

xs = [1.5, 2.5, 4.0]
print(ten.total(xs), ten.mean(xs), ten.variance(xs), ten.scaled(xs, 2.0), ten.dot(xs, xs), ten.largest(xs))
print(ten.count_above(xs, 2.0), ten.gcd(12, 18), ten.power_sum(5, 2), ten.digits(12345))
"""


def run_once(engine: Engine, script: Path, **variables: str) -> tuple[float, bytes]:
    """Processor seconds, user plus system, and standard output of one process.

    They come from wait4's resource usage, which counts microseconds; os.times() counts hundredths of a second.
    A compiler process that nobody waits for is not in them: in a warm start there is none.

    Raises:
        EngineError: the process failed.
    """
    process = subprocess.Popen(
        engine.command(script), env=engine.environment(**variables), cwd=script.parent, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise EngineError(f"{engine.name}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, output


def measure(
    plain: Engine, accelerated: Engine, pairs: int, directory: Path
) -> tuple[list[float], list[float], bool, int]:
    """Processor seconds of both, whether all outputs were the same, and how many functions are native from the cache."""
    (directory / "ten.py").write_text(MODULE, encoding="utf-8")
    script = directory / "main.py"
    script.write_text(SCRIPT, encoding="utf-8")
    cache = {"PYVORIN_CACHE_DIR": str(directory / "cache")}
    report = directory / "report.json"
    outputs = set()
    for _ in range(2):
        outputs.add(run_once(accelerated, script, **cache)[1])
    outputs.add(run_once(accelerated, script, **cache, PYVORIN_REPORT=str(report))[1])
    native = sum(1 for function in read_report(report) if function.is_native)
    run_once(plain, script)

    without: list[float] = []
    with_: list[float] = []
    for _ in range(pairs):
        for engine, times in ((plain, without), (accelerated, with_)):
            seconds, output = run_once(engine, script, **(cache if engine is accelerated else {}))
            times.append(seconds)
            outputs.add(output)
    return without, with_, len(outputs) == 1, native


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Processor time of a warm start under Pyvorin over plain Python.")
    parser.add_argument("--pairs", type=int, default=25, metavar="N")
    parser.add_argument("--limit", type=float, metavar="MILLISECONDS", help="exit status 1 above this")
    parser.add_argument(
        "--against-itself", action="store_true", help="plain Python twice: what the method is unsure of"
    )
    options = parser.parse_args(arguments)
    plain = engines.cpython()
    try:
        accelerated = engines.cpython(name="again") if options.against_itself else engines.pyvorin()
        with tempfile.TemporaryDirectory(prefix="pyvorin-start-", ignore_cleanup_errors=True) as directory:
            without, with_, same, native = measure(plain, accelerated, options.pairs, Path(directory))
    except EngineError as error:
        print(f"start.py: {error}", file=sys.stderr)
        return 2

    low, middle, high = quartiles([(b - a) * 1e3 for a, b in zip(without, with_)])
    print(f"{options.pairs} pairs; processor time of a process: plain {statistics.median(without) * 1e3:.1f} ms, "
          f"{accelerated.name} {statistics.median(with_) * 1e3:.1f} ms")  # fmt: skip
    print(f"difference: median {middle:+.2f} ms, quartiles {low:+.2f} .. {high:+.2f} ms")
    if not options.against_itself:
        print(f"native functions in the warm process: {native}")
    if not same:
        print("the outputs differ")
    failed = not same or (native == 0 and not options.against_itself)
    return 1 if failed or (options.limit is not None and middle > options.limit) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
