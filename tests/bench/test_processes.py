"""Measured processes, engines and results, with plain CPython in every role."""

import json
import os
import signal
import statistics

import pytest
from harness import engines
from harness.catalogue import program
from harness.engines import Engine, EngineError
from harness.measure import EngineResult, Plan, ProgramResult, measure
from harness.process import Child, ChildFailed, Repetition, next_runs
from harness.samples import ratio_of_medians
from harness.table import render, seconds, start_up, summary, throughput

TINY = Plan(soak=0.0, minimum=0.001, repetitions=7, processes=2, starts=1, timeout=60.0)


def test_next_runs_aims_above_the_minimum():
    assert next_runs(10, 0.1, 0.2) == 25
    assert next_runs(10, 0.1999, 0.2) > 10
    assert next_runs(1, 1e-7, 0.1) == 100
    assert next_runs(3, 0.0, 0.1) == 300


@pytest.mark.parametrize(
    ("repetitions", "processes", "shares"), [(15, 3, [5, 5, 5]), (7, 1, [7]), (7, 3, [3, 2, 2]), (8, 3, [3, 3, 2])]
)
def test_repetitions_are_divided_among_the_processes(repetitions, processes, shares):
    assert Plan(0.0, 0.001, repetitions, processes, 1, 60.0).shares() == shares


def test_child_repeats_for_at_least_the_minimum():
    child = Child(engines.cpython(), program("gcd"), 60.0)
    try:
        assert child.first_result > 0.0
        child.soak(0.0)
        child.calibrate(0.02)
        repetition = child.repeat(0.02)
        assert repetition.runs * repetition.wall >= 0.02
        assert repetition.timed == repetition.fresh == child.checksum
        child.close()
    finally:
        child.kill()


def test_child_of_a_program_that_changes_its_arguments():
    child = Child(engines.cpython(), program("array_scale"), 60.0)
    try:
        repetition = child.repeat(0.0)
        assert (repetition.timed, repetition.fresh) == (None, child.checksum)
    finally:
        child.kill()


def test_child_that_dies():
    child = Child(engines.cpython(), program("gcd"), 60.0)
    try:
        os.kill(child._process.pid, signal.SIGKILL)
        with pytest.raises(ChildFailed, match="cpython"):
            child.repeat(0.0)
        with pytest.raises(ChildFailed, match="exit status -9"):
            child.close()
    finally:
        child.kill()


def test_child_that_hangs():
    with pytest.raises(ChildFailed, match="no answer within"):
        Child(Engine("sleeper", "/bin/sh", ("-c", "sleep 60")), program("gcd"), 0.2)


def test_environment_has_no_settings_of_ours(monkeypatch):
    monkeypatch.setenv("PYVORIN_LOG", "1")
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    plain = engines.cpython().environment(EXTRA="x")
    assert (plain["PYTHONHASHSEED"], plain["EXTRA"]) == ("0", "x")
    assert not [name for name in plain if name.startswith("PYVORIN")]
    assert Engine("p", "python", (), {"PYVORIN": "1"}).environment()["PYVORIN"] == "1"


def test_missing_interpreter_is_named():
    with pytest.raises(EngineError, match="/nonexistent/python"):
        engines.cpython("/nonexistent/python").version()


def test_pyvorin_is_found_in_a_checkout_or_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(engines, "ROOT", tmp_path)
    with pytest.raises(EngineError, match="pip install"):
        engines.pyvorin("/bin/false")
    (tmp_path / "pyvorin").mkdir()
    (tmp_path / "pyvorin" / "__main__.py").touch()
    engine = engines.pyvorin("/bin/false")
    assert engine.command(tmp_path / "x.py", "a") == ["/bin/false", "-m", "pyvorin", "run", str(tmp_path / "x.py"), "a"]
    assert engine.environment()["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path)
    assert engine.is_pyvorin


def test_installed_pyvorin_needs_no_command(tmp_path):
    answer = tmp_path / "python"
    answer.write_text("#!/bin/sh\nexit 0\n")
    answer.chmod(0o755)
    engine = engines.pyvorin(str(answer))
    assert engine.command(tmp_path / "x.py") == [str(answer), str(tmp_path / "x.py")]
    assert engine.environment()["PYVORIN_WAIT"] == "1"


def test_measure_and_tables():
    result = measure(
        program("gcd"), [engines.cpython(), engines.cpython(name="again"), Engine("broken", "/bin/false")], TINY
    )
    first, again, broken = result.engines
    assert [len(r.repetitions) for r in result.engines] == [7, 7, 0]
    assert first.checksums == again.checksums
    assert len(first.checksums) == 1
    assert broken.error
    assert not result.same
    assert result.ratio(again) == ratio_of_medians(first.wall, again.wall) > 0
    assert result.ratio(broken) is None

    data = json.loads(json.dumps(result.as_data()))
    assert data["engines"]["again"]["wall"] == again.wall
    assert data["engines"]["broken"]["median"] is None
    assert len(data["engines"]["cpython"]["cold"]) == 1

    rows = [line.split() for line in throughput([result]).splitlines()[2:]]
    assert [row[1] for row in rows] == ["cpython", "again", "broken"]
    assert rows[2][-1] == "FAILED"
    assert "again" in start_up([result])
    assert [line.partition(":")[0] for line in summary([result])] == ["again"]


def result_of(name, times, checksums):
    result = EngineResult(engines.cpython(name=name))
    result.repetitions = [Repetition(1, time, time, "c", "c") for time in times]
    result.checksums = set(checksums)
    return result


def test_a_different_checksum_voids_the_program():
    same = ProgramResult("p", "P", [result_of("a", [2.0], "x"), result_of("b", [1.0], "x")])
    different = ProgramResult("p", "P", [result_of("a", [2.0], "x"), result_of("b", [1.0], "y")])
    unsteady = ProgramResult("p", "P", [result_of("a", [2.0], "xy"), result_of("b", [1.0], "xy")])
    assert (same.same, different.same, unsteady.same) == (True, False, False)
    assert "DIFFERS" in throughput([different])
    assert "DIFFERS" not in throughput([same])


def test_ratio_and_spread_come_from_the_repetitions():
    program = ProgramResult("p", "P", [result_of("a", [4.0, 8.0, 4.0], "x"), result_of("b", [2.0, 4.0, 1.0], "x")])
    assert program.ratio(program.engines[1]) == statistics.median([4.0, 8.0, 4.0]) / statistics.median([2.0, 4.0, 1.0])
    assert program.spread(program.engines[1]) == (2.0, 3.0)


def test_render_aligns_columns():
    assert render([["a", "b"], ["long", "1"], ["x", "100"]]).splitlines() == [
        "a       b", "---------", "long    1", "x     100"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "1.23 s"), (0.0512, "51.2 ms"), (4.5e-6, "4.5 us"), (3e-9, "3 ns")]
)
def test_seconds(value, text):
    assert seconds(value) == text
