"""Measures the programs of a suite with several engines.

    python bench/run.py [--suite programs|pyperformance] [--filter TEXT] [--quick] [--json FILE] [--engines cpython,pyvorin]

`bench/README.md` says what the figures mean.  Exit status: 0; 1 if an engine failed or results differ; 2 if an engine
that was asked for is missing.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from harness import engines, machine, table
from harness.catalogue import SUITES, SuiteError
from harness.engines import Engine, EngineError
from harness.measure import Plan, ProgramResult, measure
from harness.mypyc import Mypyc

MINIMUM_REPETITIONS = 7
ENGINES: dict[str, Callable[[], Engine]] = {
    "cpython": engines.cpython,
    "pyvorin": engines.pyvorin,
    "pypy": engines.pypy,
    "mypyc": Mypyc,
}
FULL = Plan(soak=0.5, minimum=0.1, repetitions=15, processes=3, starts=3, timeout=300.0)
QUICK = Plan(soak=0.05, minimum=0.02, repetitions=MINIMUM_REPETITIONS, processes=1, starts=1, timeout=300.0)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare engines on the programs of a suite.")
    parser.add_argument("--suite", choices=sorted(SUITES), default="programs", help="default: %(default)s")
    parser.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only programs with TEXT in their name, or with one of A,B,C as name",
    )
    parser.add_argument("--quick", action="store_true", help="short repetitions and only seven: a smoke test")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw time and the machine to FILE")
    parser.add_argument(
        "--engines", metavar="LIST", help=f"of {', '.join(ENGINES)}; default: the first two, and pypy if present"
    )
    parser.add_argument(
        "--python", action="append", default=[], metavar="PATH", help="another interpreter to measure; may be repeated"
    )
    parser.add_argument("--repetitions", type=int, metavar="N", help=f"at least {MINIMUM_REPETITIONS}")
    parser.add_argument("--cpu", type=int, metavar="N", help="run everything on processor N")
    parser.add_argument("--list", action="store_true", help="list the programs, measure nothing")
    options = parser.parse_args(arguments)
    if options.repetitions is not None and options.repetitions < MINIMUM_REPETITIONS:
        parser.error(f"--repetitions: at least {MINIMUM_REPETITIONS}")
    return options


def _wanted(name: str, text: str) -> bool:
    return name in text.split(",") if "," in text else text in name


def choose_engines(names: str | None, pythons: list[str]) -> list[Engine]:
    """The engines to measure; the first is the baseline.  One named twice is measured twice: the ratio should be 1.

    Raises:
        EngineError: one that was named is not there, or the name is unknown.
    """
    chosen = []
    for name in (names or "cpython,pyvorin").split(","):
        if name in ENGINES:
            chosen.append(ENGINES[name]())
        else:
            raise EngineError(f"no engine is called {name!r}: {', '.join(ENGINES)}")
    if names is None:
        try:
            chosen.append(engines.pypy())
        except EngineError:
            pass
    for i, python in enumerate(pythons, 1):
        chosen.append(engines.cpython(python, f"python-{i}"))
    seen: dict[str, int] = {}
    for engine in chosen:
        seen[engine.name] = seen.get(engine.name, 0) + 1
        if seen[engine.name] > 1:
            engine.name += f"-{seen[engine.name]}"
    return chosen


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    try:
        programs = [program for program in SUITES[options.suite]() if _wanted(program.name, options.filter)]
    except SuiteError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    if options.list:
        for program in programs:
            print(program.name)
        return 0
    if not programs:
        print(f"run.py: no program has {options.filter!r} in its name", file=sys.stderr)
        return 2
    plan = copy.copy(QUICK if options.quick else FULL)
    if options.repetitions is not None:
        plan.repetitions = options.repetitions
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    try:
        chosen = choose_engines(options.engines, options.python)
        versions = {engine.name: engine.version() for engine in chosen}
    except EngineError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2

    before = machine.describe()
    results: list[ProgramResult] = []
    for program in programs:
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        results.append(measure(program, chosen, plan))
    print_results(results, versions, plan)
    if options.json is not None:
        document = {
            "format": 1,
            "suite": options.suite,
            "machine": before,
            "load_after": list(os.getloadavg()),
            "plan": plan.as_data(),
            "engines": {
                engine.name: {"version": versions[engine.name], "launch": list(engine.launch)} for engine in chosen
            },
            "programs": [result.as_data() for result in results],
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if all(result.same for result in results) else 1


def print_results(results: list[ProgramResult], versions: dict[str, str], plan: Plan) -> None:
    for name, version in versions.items():
        print(f"{name}: {version}")
    print(
        f"\nSteady speed: median of {plan.repetitions} interleaved repetitions of at least {plan.minimum * 1e3:g} ms "
        f"in {plan.processes} fresh processes per engine; ratio to {results[0].baseline.engine.name}"
    )
    print(table.throughput(results))
    for line in table.summary(results):
        print(line)
    print(f"\nFrom the start of the process to the first result: median of {plan.starts}")
    print(table.start_up(results))
    for result in results:
        for engine_result in result.engines:
            if engine_result.error:
                print(f"\n{result.name}: {engine_result.error}")
            if engine_result.absent:
                print(f"\n{result.name}: {engine_result.engine.name}: {engine_result.absent}")
            for problem in engine_result.problems:
                print(f"\n{result.name}: {engine_result.engine.name}: {problem}")
        if not result.same:
            print(f"\n{result.name}: the results are not the same; its figures are void")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
