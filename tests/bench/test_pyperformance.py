"""The suite of pyperformance's programs: what stands in for pyperf, and what a digest of a program's state sees."""

import json
import os
import subprocess
import sys
import textwrap
from collections import deque
from types import ModuleType

import pytest
from harness.catalogue import BENCH
from harness.state import State

PROGRAM = """
import sys
import pyperf

class Counter:
    total = 0
    def __init__(self):
        self.seen = []

counter = Counter()

def work(step, *more):
    print("step", step)
    {body}
    return step

if __name__ == "__main__":
    runner = pyperf.Runner()
    runner.bench_func("other", work, 1)
    runner.{method}("work", work, 3)
"""


def answers(tmp_path, body: str, method: str = "bench_func", requests: tuple = ({"repeat": 2},)) -> list:
    script = tmp_path / "run_benchmark.py"
    script.write_text(textwrap.dedent(PROGRAM.format(body=body, method=method)))
    environment = {**os.environ, "BENCH_NAME": "work", "PYTHONPATH": f"{BENCH / 'stand_in'}{os.pathsep}{BENCH}"}
    text = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(
        [sys.executable, str(script)],
        input=text,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_named_benchmark_is_served_and_what_it_prints_is_kept(tmp_path):
    hello, repetition = answers(tmp_path, "pass")
    assert set(hello) == {"ready", "checksum"}
    assert repetition["fresh"] == hello["checksum"]
    assert repetition["wall"] > 0.0


def test_a_program_that_leaves_something_else_each_time_has_only_first_checksums(tmp_path):
    hello, repetition = answers(tmp_path, "counter.seen.append(step)")
    assert len(set(hello["checksum"].split())) == 3
    assert repetition["fresh"] is None


def test_a_later_run_that_leaves_something_else_is_told(tmp_path):
    body = "counter.seen.append(0); counter.total = len(counter.seen) // 5; counter.seen[3:] = counter.seen[3:]\n"
    body += "    if len(counter.seen) < 5: pass\n    state = counter.total; counter.seen, seen = [], counter.seen\n"
    body += "    work.__dict__['n'] = work.__dict__.get('n', 0) + 1; counter.total = work.n > 4"
    hello, repetition = answers(tmp_path, body)
    assert repetition["fresh"].startswith("a later run: ")
    assert repetition["fresh"] != hello["checksum"]


def test_a_function_that_repeats_by_itself_gets_the_count(tmp_path):
    hello, repetition = answers(
        tmp_path, "assert more == (3,); counter.total = max(counter.total, step)", "bench_time_func"
    )
    assert repetition["fresh"] == "a later run: " + repetition["fresh"].split()[-1]
    assert repetition["fresh"].split()[-1] not in hello["checksum"]


def module(**names: object) -> ModuleType:
    made = ModuleType("__main__")
    made.__dict__.update(names)
    return made


def digest(**names: object) -> str:
    return State(module(**names)).digest([])


class Slotted:
    __slots__ = ("x", "y")
    __module__ = "__main__"

    def __init__(self, x):
        self.x = x


class Plain:
    __module__ = "__main__"

    def __init__(self, **names):
        self.__dict__.update(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0), (1, True), (0.0, -0.0), ([1], (1,)), ([1, 2], [2, 1]), ({1: 2, 3: 4}, {3: 4, 1: 2}), ({1, 2}, {1, 3}),
        (Slotted(1), Slotted(2)), (Plain(a=1), Plain(a=2)), (Plain(a=1, b=2), Plain(b=2, a=1)), (deque([1]), [1]),
    ],
)  # fmt: skip
def test_what_differs_has_another_digest(one, other):
    assert digest(value=one) != digest(value=other)


def test_shared_and_cyclic_structures():
    shared = [1]
    assert digest(a=shared, b=shared) != digest(a=[1], b=[1])
    cycle: list = []
    cycle.append(cycle)
    assert digest(a=cycle) == digest(a=cycle)
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    assert digest(a=deep) == digest(a=deep)
