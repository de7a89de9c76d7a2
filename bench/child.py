"""The measured process: runs one program of `bench/programs` as the parent asks, one JSON line for each request.

    python bench/child.py PROGRAM

Requests on standard input, answers on standard output:

    (at start)                 {"ready": t, "checksum": c}    monotonic seconds when the first result was there
    {"soak": seconds}          {"runs": n}                    runs for at least that long
    {"repeat": count}          {"wall": s, "cpu": s, "timed": c, "fresh": c}
    end of input               leaves with status 0

`timed` is the checksum of the last timed result (null for a program that changes its arguments), `fresh` that of one more
run on new arguments together with what it made of them.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence

from harness.checksum import checksum


def main(name: str) -> int:
    program = importlib.import_module("programs." + name)
    mutates = getattr(program, "MUTATES", False)
    arguments = program.setup()
    result = program.run(*arguments)
    ready = time.monotonic()
    answer({"ready": ready, "checksum": checksum([result, arguments])})
    for line in sys.stdin:
        request = json.loads(line)
        if "soak" in request:
            answer({"runs": soak(program.run, arguments, request["soak"])})
        else:
            gc.collect()
            wall, cpu, result = repeat(program.run, arguments, request["repeat"])
            fresh = program.setup()
            fresh_result = program.run(*fresh)
            answer({
                "wall": wall,
                "cpu": cpu,
                "timed": None if mutates else checksum([result, arguments]),
                "fresh": checksum([fresh_result, fresh]),
            })  # fmt: skip
    return 0


def repeat(run: Callable[..., object], arguments: Sequence[object], count: int) -> tuple[float, float, object]:
    """Wall and processor seconds of `count` calls, and the last result."""
    calls = range(count)
    result = None
    cpu = time.process_time()
    wall = time.perf_counter()
    for _ in calls:
        result = run(*arguments)
    wall = time.perf_counter() - wall
    cpu = time.process_time() - cpu
    return wall, cpu, result


def soak(run: Callable[..., object], arguments: Sequence[object], seconds: float) -> int:
    """Calls until the time is over; returns how many."""
    end = time.perf_counter() + seconds
    runs = 0
    while True:
        run(*arguments)
        runs += 1
        if time.perf_counter() >= end:
            return runs


def answer(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
