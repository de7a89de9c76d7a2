"""Measuring one program with several engines, in turns.

Each engine's start-up is measured in processes of its own.  Then, several times over, one fresh process per engine is
started, soaked, calibrated and warmed up, and repetitions are taken in turns (A, B, A, B, ...), so that a slow phase of the
machine falls on all engines.  Several processes, because each has its own addresses: where a process happens to have its
memory alone can make 15 % of a loop that allocates.  Every checksum of every engine must be the same; one that is not makes
the figures void.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from harness.catalogue import Program
from harness.checksum import checksum
from harness.engines import Engine
from harness.native import FunctionReport, of_files, read_problems, read_report, verdict
from harness.process import Child, ChildFailed, Repetition
from harness.samples import paired_ratios, quartiles, ratio_of_medians, three_sigma


class Plan:
    """How much to measure: seconds of soaking, least seconds of a repetition, repetitions per engine, processes per engine
    among which they are divided, start-ups per engine, and the seconds after which a silent process is given up."""

    __slots__ = ("minimum", "processes", "repetitions", "soak", "starts", "timeout")

    def __init__(
        self, soak: float, minimum: float, repetitions: int, processes: int, starts: int, timeout: float
    ) -> None:
        self.soak = soak
        self.minimum = minimum
        self.repetitions = repetitions
        self.processes = processes
        self.starts = starts
        self.timeout = timeout

    def shares(self) -> list[int]:
        """Repetitions of each process: as equal as can be, together exactly the repetitions of the plan."""
        whole, rest = divmod(self.repetitions, self.processes)
        return [whole + (i < rest) for i in range(self.processes)]

    def as_data(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


class EngineResult:
    """All that was measured of one engine on one program; times are seconds per run, start-ups seconds.

    absent: why the engine cannot run this program at all, which is no failure.
    """

    __slots__ = (
        "absent",
        "checksums",
        "cold",
        "engine",
        "error",
        "functions",
        "problems",
        "repetitions",
        "warm",
        "written",
    )

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.repetitions: list[Repetition] = []
        self.checksums: set[str] = set()
        self.written: set[str] = set()
        self.cold: list[float] = []
        self.warm: list[float] = []
        self.functions: list[FunctionReport] = []
        self.problems: list[str] = []
        self.error = ""
        self.absent = ""

    @property
    def runs(self) -> bool:
        """Whether it has not failed, and can run the program."""
        return not self.error and not self.absent

    @property
    def wall(self) -> list[float]:
        return [repetition.wall for repetition in self.repetitions]

    @property
    def native(self) -> str:
        return verdict(self.functions) if self.engine.is_pyvorin else "-"

    def as_data(self) -> dict[str, object]:
        kept, dropped = three_sigma(self.wall) if self.repetitions else ([], [])
        return {
            "runs": [repetition.runs for repetition in self.repetitions],
            "wall": self.wall,
            "cpu": [repetition.cpu for repetition in self.repetitions],
            "dropped": dropped,
            "median": statistics.median(kept) if kept else None,
            "checksums": sorted(self.checksums),
            "written": sorted(self.written),
            "cold": self.cold,
            "warm": self.warm,
            "native": self.native,
            "functions": [function.as_data() for function in self.functions],
            "problems": self.problems,
            "error": self.error,
            "absent": self.absent,
        }


class ProgramResult:
    """One program: the results per engine, the baseline first."""

    __slots__ = ("engines", "name", "title")

    def __init__(self, name: str, title: str, engines: list[EngineResult]) -> None:
        self.name = name
        self.title = title
        self.engines = engines

    @property
    def baseline(self) -> EngineResult:
        return self.engines[0]

    @property
    def same(self) -> bool:
        """Whether every engine ran, and all checksums of all but foreign ones are one, also those of files that it writes."""
        own = [result for result in self.engines if not result.engine.foreign]
        return self._agree(own) and not any(result.error for result in self.engines)

    def agrees(self, result: EngineResult) -> bool:
        """Whether this engine's results are the baseline's."""
        return self._agree([self.baseline, result])

    @staticmethod
    def _agree(results: list[EngineResult]) -> bool:
        checksums = set().union(*(result.checksums for result in results))
        written = set().union(*(result.written for result in results))
        return len(checksums) == 1 and len(written) <= 1

    def ratio(self, result: EngineResult) -> float | None:
        if not self.baseline.repetitions or not result.repetitions:
            return None
        return ratio_of_medians(self.baseline.wall, result.wall)

    def spread(self, result: EngineResult) -> tuple[float, float] | None:
        """Quartiles of the ratios of neighbouring repetitions."""
        if not self.baseline.repetitions or len(self.baseline.repetitions) != len(result.repetitions):
            return None
        low, _, high = quartiles(paired_ratios(self.baseline.wall, result.wall))
        return low, high

    def as_data(self) -> dict[str, object]:
        return {
            "name": self.name,
            "title": self.title,
            "same": self.same,
            "engines": {result.engine.name: result.as_data() for result in self.engines},
            "ratios": {result.engine.name: self.ratio(result) for result in self.engines[1:]},
            "spreads": {result.engine.name: self.spread(result) for result in self.engines[1:]},
        }


def measure(program: Program, engines: list[Engine], plan: Plan) -> ProgramResult:
    """Measures one program; an engine that fails gets its error instead of times, the others go on."""
    result = ProgramResult(program.name, program.title, [EngineResult(engine) for engine in engines])
    # A compile worker that is just ending may still write to the cache.
    with tempfile.TemporaryDirectory(prefix="pyvorin-bench-", ignore_cleanup_errors=True) as directory:
        variables = {r.engine.name: _variables(program, r.engine, Path(directory)) for r in result.engines}
        for engine_result in result.engines:
            engine_result.absent = engine_result.engine.prepare(program)
            if not engine_result.absent:
                with _Failure(engine_result):
                    _measure_starts(program, engine_result, plan, Path(directory))
        for repetitions in plan.shares():
            _measure_repetitions(program, result, plan, repetitions, variables)
        for engine_result in result.engines:
            report = _report(engine_result.engine, Path(directory))
            engine_result.functions = of_files(read_report(report), program.sources)
            engine_result.problems = read_problems(report)
    return result


def _report(engine: Engine, directory: Path) -> Path:
    return directory / f"{engine.name}.json"


def _variables(program: Program, engine: Engine, directory: Path, cache: str = "cache") -> dict[str, str]:
    """The settings of a Pyvorin process: its cache, where its report goes, and that the measuring side, which judges,
    stays in CPython."""
    if not engine.is_pyvorin:
        return {}
    return {
        "PYVORIN_CACHE_DIR": str(directory / f"{engine.name}-{cache}"),
        "PYVORIN_REPORT": str(_report(engine, directory)),
        "PYVORIN_EXCLUDE": program.judges,
        "PYVORIN_INCLUDE": program.includes,
    }


def _measure_starts(program: Program, result: EngineResult, plan: Plan, directory: Path) -> None:
    """Seconds from the start of a process to its first result: with an empty cache (cold; for Pyvorin that includes the
    compiler, as PYVORIN_WAIT is set) and with the cache which that process left (warm).  An engine without a cache has
    only the one kind."""
    for i in range(plan.starts):
        variables = _variables(program, result.engine, directory, f"cache-{i}")
        kinds = [result.cold, result.warm] if result.engine.is_pyvorin else [result.cold]
        for times in kinds:
            written = directory / f"{result.engine.name}-written"
            more = tuple(argument.format(written) for argument in program.writes)
            child = Child(result.engine, program, plan.timeout, more, **variables)
            result.checksums.add(child.checksum)
            times.append(child.first_result)
            child.close()
            if more:
                result.written.add(checksum(written.read_bytes()))


def _measure_repetitions(
    program: Program, result: ProgramResult, plan: Plan, repetitions: int, variables: dict[str, dict[str, str]]
) -> None:
    """One fresh process of each engine that has not failed, and that many repetitions of each, in turns."""
    running: list[tuple[EngineResult, Child]] = []
    try:
        for engine_result in result.engines:
            if not engine_result.runs:
                continue
            with _Failure(engine_result):
                engine = engine_result.engine
                child = Child(engine, program, plan.timeout, **variables[engine.name])
                running.append((engine_result, child))
                engine_result.checksums.add(child.checksum)
                child.soak(plan.soak)
                child.calibrate(plan.minimum)
                child.repeat(plan.minimum)  # the warm-up repetition: at full length, not used
        for _ in range(repetitions):
            for engine_result, child in running:
                if not engine_result.runs:
                    continue
                with _Failure(engine_result):
                    repetition = child.repeat(plan.minimum)
                    engine_result.repetitions.append(repetition)
                    engine_result.checksums.update(filter(None, (repetition.timed, repetition.fresh)))
        for engine_result, child in running:
            if not engine_result.error:
                with _Failure(engine_result):
                    child.close()
    finally:
        for _, child in running:
            child.kill()


class _Failure:
    """Context in which a failing process becomes the engine's error."""

    def __init__(self, result: EngineResult) -> None:
        self._result = result

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        if isinstance(error, ChildFailed):
            self._result.error = str(error)
            return True
        return False
