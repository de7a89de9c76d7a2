"""The report: what the counters and the manifest say, as data, text and file."""

from __future__ import annotations

import json

from tests.host.conftest import Host

SOURCE = "RATE = 2.0\ndef rated(x: float):\n    return x * RATE\ndef other(x):\n    del x\n"


def test_data_has_the_documented_fields(host: Host) -> None:
    output = host.run(
        f"""
        import json
        m = load("m", {SOURCE!r})
        m["rated"](1.0); m["rated"](1.0)
        m["RATE"] = 3.0
        m["rated"](1.0)
        print(json.dumps(session.report()))
        """
    )
    report = json.loads(output)
    rated, other = report["functions"]
    times = {name: rated.pop(name) for name in ("compile_ms", "load_ms")}
    assert times["compile_ms"] > 0
    assert 0 < times["load_ms"] < 1000
    assert rated == {
        "name": "m.rated",
        "file": f"{host.directory}/m.py",
        "line": 2,
        "status": "native",
        "native_calls": 2,
        "within": [],
        "fallbacks": [{"code": "ASSUMPTION_INVALIDATED", "line": 1, "count": 1}],
        "origin": "compiled",
    }
    assert (other["name"], other["status"], other["native_calls"], other["fallbacks"]) == ("m.other", "rejected", 0, [])
    (rejected,) = report["rejected"]
    assert (rejected["name"], rejected["line"], rejected["code"]) == ("m.other", 4, "UNSUPPORTED_AST_NODE")
    assert rejected["message"]
    assert rejected["hint"]
    assert rejected["node_type"] == "Delete"


def test_the_file_is_written_at_exit_with_the_last_counts(host: Host) -> None:
    path = host.directory / "report.json"
    program = f"""
        import atexit
        m = load("m", {SOURCE!r})
        atexit.register(lambda: m["rated"](1.0))
        """
    assert host.run(program, report=str(path)) == ""
    assert json.loads(path.read_text())["functions"][0]["native_calls"] == 1
    host.run(program, report=str(path))
    assert json.loads(path.read_text())["functions"][0]["origin"] == "cache"


def test_text_goes_to_stderr_and_nothing_does_without_being_asked(host: Host) -> None:
    program = f"m = load('m', {SOURCE!r}); m['rated'](1.0)"
    assert host.run(program, report="text") == ""
    assert "m.rated  native     1 native calls" in host.stderr
    assert "UNSUPPORTED_AST_NODE" in host.stderr
    assert host.run(program) == ""
    assert host.stderr == ""


def test_a_forked_child_does_not_report(host: Host) -> None:
    host.run(
        f"""
        import os
        load("m", {SOURCE!r})
        pid = os.fork()
        if not pid:
            sys.exit(0)
        os.waitpid(pid, 0)
        """,
        report="text",
    )
    assert host.stderr.count("pyvorin report") == 1


def test_an_unwritable_report_costs_nothing_but_itself(host: Host) -> None:
    assert host.run(f"load('m', {SOURCE!r}); settings.debug = False", report="/nowhere/report.json") == ""


def test_the_log_tells_what_happened_once(host: Host) -> None:
    host.run(f"m = load('m', {SOURCE!r}); m['other'](1); m['rated'](1.0)", log=True)
    lines = host.stderr.splitlines()
    assert [line.split()[0] for line in lines] == ["[PARSE]", "[LOAD]", "[FALLBACK]", "[OK]"]
    assert lines[2].startswith("[FALLBACK] m.py:4 UNSUPPORTED_AST_NODE ")
    assert lines[3] == "[OK] m.py:2 'rated' native execution"
