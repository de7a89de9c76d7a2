"""Reading Pyvorin's report."""

import json

import pytest
from harness.native import FunctionReport, of_files, read_problems, read_report, verdict


def function(name, native_calls=0, fallbacks=0, file="p.py"):
    return FunctionReport(name, file, 1, "native" if native_calls else "rejected", native_calls, fallbacks, "")


def test_read_report(tmp_path):
    path = tmp_path / "report.json"
    exits = [
        {"code": "INTEGER_OVERFLOW", "line": 4, "count": 2},
        {"code": "BOUNDS_CHECK_FAILURE", "line": 5, "count": 3},
    ]
    path.write_text(json.dumps({
        "functions": [
            {"name": "m.run", "file": "/x/m.py", "line": 3, "status": "native", "native_calls": 7, "fallbacks": exits},
            {"name": "m.idle", "file": "/x/m.py", "line": 9, "status": "native", "native_calls": 0, "fallbacks": []},
            {"name": "m.refused", "file": "/x/m.py", "line": 12, "status": "rejected", "native_calls": 0, "fallbacks": []},
        ],
        "rejected": [{"name": "m.refused", "file": "/x/m.py", "line": 14, "code": "UNSUPPORTED_AST_NODE"}],
        "problems": [*2 * [{"code": "COMPILER_CRASHED", "detail": "At:\n it ended\n"}], {"code": "NOEXEC_CACHE", "detail": ""}],
    }))  # fmt: skip
    run, idle, refused = read_report(path)
    assert (run.is_native, run.native_calls, run.fallbacks) == (True, 7, 5)
    assert run.reason == "BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW"
    assert not idle.is_native
    assert (refused.is_native, refused.line, refused.reason) == (False, 12, "UNSUPPORTED_AST_NODE")
    assert read_problems(path) == ["COMPILER_CRASHED: it ended", "NOEXEC_CACHE"]


def test_no_report_is_no_functions(tmp_path):
    assert read_report(tmp_path / "absent.json") == []
    (tmp_path / "cut.json").write_text('{"functions": [')
    assert read_report(tmp_path / "cut.json") == []


def test_of_files_resolves_and_sorts(tmp_path):
    real = tmp_path / "m.py"
    real.touch()
    (tmp_path / "link.py").symlink_to(real)
    late = FunctionReport("m.b", str(real), 9, "", 1, 0, "")
    early = FunctionReport("m.a", str(tmp_path / "link.py"), 2, "", 1, 0, "")
    other = FunctionReport("n.c", str(tmp_path / "n.py"), 1, "", 1, 0, "")
    assert {f.name for f in of_files([late, other, early], [real])} == {"m.a", "m.b"}


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ([function("p.run", 3)], "yes"),
        ([function("p.run", 3, fallbacks=1)], "exits"),
        ([function("p.run", 3), function("p.inner", 2, fallbacks=1)], "exits"),
        ([function("p.run", 3), function("p.setup", 2, fallbacks=1)], "yes"),
        ([function("p.run"), function("p.inner", 5)], "part"),
        ([function("p.run"), function("p.setup", 5)], "no"),
        ([], "no"),
    ],
)
def test_verdict(functions, expected):
    assert verdict(functions) == expected
