"""The flights application end to end on a small data set of the same form, and the pieces of its comparison."""

import csv
import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import compare
import loading
import pytest

FLIGHTS = Path(compare.__file__).resolve().parent
HEADER = [
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
    "carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute", "time_hour",
]  # fmt: skip
ROWS = 3000


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A directory with flights and airports as the package has them; every hundredth flight is cancelled."""
    generator = random.Random(2013)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for i in range(ROWS):
        delay = round(generator.gauss(5.0, 30.0))
        hour = generator.randrange(5, 24)
        row = dict.fromkeys(HEADER, "NA")
        row.update(
            month=generator.randrange(1, 13), day=generator.randrange(1, 29), hour=hour, sched_dep_time=hour * 100 + 15,
            carrier=generator.choice(["AA", "B6", "UA"]), tailnum=f"N{generator.randrange(100, 140)}AA",
            origin=generator.choice(["JFK", "LGA"]), dest=generator.choice(["LAX", "BOS", "XXX"]),
            distance=generator.choice([950, 2475]),
        )  # fmt: skip
        if i % 100:
            row.update(dep_delay=delay, arr_delay=delay - 3, air_time=generator.randrange(60, 180))
        writer.writerow(row.values())
    directory = tmp_path_factory.mktemp("data")
    with zipfile.ZipFile(directory / loading.FLIGHTS, "w") as archive:
        archive.writestr("flights.csv", text.getvalue())
    (directory / "airports.csv").write_text(
        "faa,name,lat,lon\nJFK,a,40.64,-73.78\nLGA,b,40.78,-73.87\nLAX,c,33.94,-118.41\nBOS,d,42.36,-71.01\n"
    )
    return directory


def run_app(*arguments):
    command = [sys.executable, "-W", "error", str(FLIGHTS / "app.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_report_of_a_small_year(data):
    done = run_app("--data", str(data))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    facts = {line.partition(" ..")[0]: line.split() for line in lines if " .." in line}
    assert facts["flights read"][-1] == str(ROWS)
    assert facts["cancelled"][-1] == "30"
    assert facts["complete"][-1] == "2970"
    assert facts["US registrations"][-1] == str(ROWS)
    assert facts["carriers, airports, aircraft"][-3:] == ["3", "5", "40"]
    assert len(lines) > 150
    assert run_app("--data", str(data)).stdout == done.stdout


def test_timings_go_to_standard_error_only(data):
    done = run_app("--data", str(data), "--timings")
    assert list(compare.parse_timings(done.stderr)) == ["load", "clean", "analyse"]
    assert done.stdout == run_app("--data", str(data)).stdout


def test_missing_data_is_a_clear_error(tmp_path):
    done = run_app("--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert loading.FLIGHTS in done.stderr


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(loading, "PACKAGE", "no_such_package_of_flights")
    with pytest.raises(loading.DataMissing, match="pip install"):
        loading.data_directory()


def test_a_row_with_a_missing_cell_is_refused():
    with pytest.raises(ValueError, match="line 3: 1 cells"):
        loading.read_columns(io.StringIO("a,b\n1,2\n3\n"), ["a"])
    with pytest.raises(KeyError):
        loading.read_columns(io.StringIO("a,b\n"), ["c"])


def test_run_takes_the_times_of_the_phases(data):
    run = compare.run(compare.engines.cpython(), data)
    assert sum(run.seconds[phase] for phase in ("load", "clean", "analyse")) < run.seconds["total"]
    with pytest.raises(compare.EngineError, match="exit status 2"):
        compare.run(compare.engines.cpython(), data / "nothing")


def test_compare_fails_without_a_native_kernel_and_on_a_difference(data, capsys, tmp_path):
    plain = compare.engines.cpython()
    kept = tmp_path / "report.txt"
    assert compare.compare(plain, plain, data, 1, kept) == 1
    out = capsys.readouterr().out
    assert "output: identical" in out
    assert "NO KERNEL RAN NATIVELY" in out
    assert kept.read_text().startswith("Flights from New York City")

    other = tmp_path / "other.py"
    other.write_text("import sys\nprint('another output')\nprint('load 1\\nclean 1\\nanalyse 1', file=sys.stderr)\n")
    impostor = compare.Engine("impostor", sys.executable, (str(other),))
    assert compare.compare(plain, impostor, data, 1, None) == 1
    assert "OUTPUT DIFFERS in 2 runs: line 1" in capsys.readouterr().out


def test_parse_timings_leaves_other_lines_out():
    assert compare.parse_timings("load 1.5\n[OK] app.py\nanalyse 2.25\n") == {"load": 1.5, "analyse": 2.25}


def test_first_difference():
    assert compare.first_difference(b"a\nb\n", b"a\nc\n") == "line 2: 'b' became 'c'"
    assert compare.first_difference(b"a\n", b"a\nb\n") == "1 lines became 2, 2 bytes 4"
