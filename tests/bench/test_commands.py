"""The commands `run.py` and `start.py`: their arguments, exit statuses and files."""

import json
import statistics
import sys

import pytest
import run
import start
from harness import engines
from harness.engines import EngineError


def test_an_engine_named_twice_is_measured_twice():
    assert [engine.name for engine in run.choose_engines("cpython,cpython,cpython", [])] == [
        "cpython", "cpython-2", "cpython-3"
    ]  # fmt: skip


def test_other_interpreters_are_added():
    chosen = run.choose_engines("cpython", [sys.executable])
    assert [(engine.name, engine.python) for engine in chosen] == [
        ("cpython", sys.executable), ("python-1", sys.executable)
    ]  # fmt: skip


def test_unknown_engine_is_refused(capsys):
    with pytest.raises(EngineError, match="'jython'"):
        run.choose_engines("jython", [])
    assert run.main(["--engines", "jython"]) == 2
    assert "jython" in capsys.readouterr().err


def test_fewer_than_seven_repetitions_are_refused(capsys):
    with pytest.raises(SystemExit):
        run.parse_arguments(["--repetitions", "6"])
    assert "at least 7" in capsys.readouterr().err


def test_filter(capsys):
    assert run.main(["--list", "--filter", "sum"]) == 0
    assert capsys.readouterr().out.split() == ["filter_sum", "int_start_sum", "sum_floats"]
    assert run.main(["--list", "--filter", "gcd,sieve"]) == 0
    assert capsys.readouterr().out.split() == ["gcd", "sieve"]
    assert run.main(["--filter", "no such program"]) == 2


def test_run_writes_every_raw_time(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert run.main(["--quick", "--filter", "gcd", "--engines", "cpython,cpython", "--json", str(path)]) == 0
    assert "Steady speed" in capsys.readouterr().out
    document = json.loads(path.read_text())
    assert document["plan"]["repetitions"] == 7
    assert document["machine"]["processors"] >= 1
    (program,) = document["programs"]
    assert program["same"] is True
    for times in program["engines"].values():
        assert len(times["wall"]) == len(times["cpu"]) == len(times["runs"]) == 7
        assert all(runs * wall >= document["plan"]["minimum"] for runs, wall in zip(times["runs"], times["wall"]))
    first, second = (statistics.median(program["engines"][name]["wall"]) for name in ("cpython", "cpython-2"))
    assert program["ratios"]["cpython-2"] == pytest.approx(first / second)


def test_start_measures_processor_time_of_pairs(tmp_path):
    plain = engines.cpython()
    without, with_, same, native = start.measure(plain, engines.cpython(name="again"), 3, tmp_path)
    assert len(without) == len(with_) == 3
    assert all(0.001 < seconds < 5.0 for seconds in without + with_)
    assert (same, native) == (True, 0)


def test_start_notices_a_difference(tmp_path):
    other = engines.Engine("other", sys.executable, ("-c", "print('something else')"))
    assert start.measure(engines.cpython(), other, 1, tmp_path)[2] is False
