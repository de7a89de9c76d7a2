"""The compile worker: invisible to the program, limited, and never a reason for the program to fail."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.host.conftest import Host

TWICE = "def twice(x: float):\n    return x * 2.0\n"
CRASH = "def crash_f(x: float):\n    return x * 2.0\n"
HANG = "def hang_f(x: float):\n    return x * 2.0\n"
SLOW = "def slow_f(x: float):\n    return x * 2.0\n"


def test_the_worker_is_no_child_of_the_program(host: Host) -> None:
    output = host.run(
        f"""
        import os
        load("m", {TWICE!r})
        try:
            print(os.wait())
        except ChildProcessError:
            print("no children", status("m", "twice"))
        """
    )
    assert output == "no children ('native', 0)\n"


def test_the_worker_has_its_own_session_and_nothing_of_the_programs(host: Host) -> None:
    output = host.run(
        f"""
        import os
        secret = os.open("/etc/hostname", os.O_RDONLY)
        os.set_inheritable(secret, True)
        load("m", {TWICE!r})
        pid = session._intake.workers._pid
        stat = open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()
        session_id = int(stat[3])
        links = {{int(fd): os.readlink(f"/proc/{{pid}}/fd/{{fd}}") for fd in os.listdir(f"/proc/{{pid}}/fd")}}
        environment = open(f"/proc/{{pid}}/environ").read()
        print(session_id == os.getsid(0), [links[fd] for fd in (0, 1, 2)], "/etc/hostname" in links.values())
        pipes = sum(link.startswith("pipe:") for link in links.values())
        print(pipes, "PYVORIN" in environment, os.readlink(f"/proc/{{pid}}/cwd"))
        """,
        environment={"PYVORIN_CACHE_DIR": "/nowhere"},
    )
    assert output == "False ['/dev/null', '/dev/null', '/dev/null'] False\n2 False /\n"


def test_files_in_the_current_directory_do_not_replace_the_standard_library(host: Host) -> None:
    shadow = host.directory / "shadow"
    shadow.mkdir()
    for name in ("ast", "json", "os", "signal", "queue", "llvmlite"):
        (shadow / f"{name}.py").write_text("raise SystemExit('wrong module')\n")
    output = host.run(
        f"""
        import os
        os.chdir({str(shadow)!r})
        os.environ["PYTHONPATH"] = {str(shadow)!r}
        sys.path.remove("")
        load("m", {TWICE!r})
        print(status("m", "twice"))
        """
    )
    assert output == "('native', 0)\n"


class TestFailures:
    def test_a_crash_costs_the_compile_and_is_remembered(self, host: Host) -> None:
        program = f"""
            m = load("m", {CRASH!r})
            print(m["crash_f"](2.0), [code for code, _ in session.problems], session._intake and session._intake.workers.problem)
            m = load("other", {TWICE!r})
            print(status("other", "twice"))
            """
        assert host.run(program) == "4.0 ['COMPILER_CRASHED'] None\n('native', 0)\n"
        # The second process does not try again.
        assert host.run(program) == "4.0 [] None\n('native', 0)\n"

    def test_three_crashes_end_the_attempts(self, host: Host) -> None:
        output = host.run(
            f"""
            for number in range(5):
                m = load(f"m{{number}}", {CRASH!r})
                assert m["crash_f"](2.0) == 4.0
            codes = [code for code, _ in session.problems]
            print(codes.count("COMPILER_CRASHED"), codes.count("COMPILER_UNAVAILABLE"))
            """
        )
        assert output == "3 1\n"

    def test_a_hanging_compiler_stops_itself(self, host: Host) -> None:
        output = host.run(
            f"""
            m = load("m", {HANG!r})
            print(m["hang_f"](2.0), [code for code, _ in session.problems])
            """,
            compile_timeout=0.5,
        )
        assert output == "4.0 ['COMPILER_TIMEOUT']\n"

    def test_killing_the_worker_in_the_midst_loses_one_request_only(self, host: Host) -> None:
        output = host.run(
            f"""
            import os, time
            load("first", {TWICE!r})
            m = load("m", {SLOW!r})
            settings.wait = False
            slow = load("slow", {SLOW.replace("2.0", "3.0")!r})
            load("behind", {TWICE!r})
            time.sleep(0.1)
            os.kill(session._intake.workers._pid, 9)
            settings.wait = True
            load("last", {TWICE!r})
            print([code for code, _ in session.problems])
            print(status("slow", "slow_f"), status("behind", "twice"), status("last", "twice"))
            """
        )
        assert output == "['COMPILER_CRASHED']\nNone ('native', 0) ('native', 0)\n"

    def test_a_compiler_that_cannot_be_started_is_one_problem(self, host: Host) -> None:
        output = host.run(
            f"""
            sys.executable = "/nowhere/python"
            for number in range(3):
                m = load(f"m{{number}}", {TWICE!r})
            print(m["twice"](2.0), session.problems)
            """
        )
        assert output.startswith("4.0 [('COMPILER_UNAVAILABLE', ")
        assert output.count("COMPILER") == 1

    def test_an_error_in_the_compiler_is_reported_and_the_worker_goes_on(self, host: Host) -> None:
        output = host.run(
            f"""
            settings.debug = False
            session.module_executed("m", {{}}, b"def f(:", "m.py", (lambda: 0).__code__)
            pid = session._intake.workers._pid
            load("n", {TWICE!r})
            print([code for code, _ in session.problems], status("n", "twice"), session._intake.workers._pid == pid)
            """
        )
        assert output == "['SYNTAX_ERROR'] ('native', 0) True\n"

    def test_a_broken_pipe_is_no_signal(self, host: Host) -> None:
        output = host.run(
            f"""
            import os, signal, time
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            load("m", {TWICE!r})
            os.kill(session._intake.workers._pid, 9)
            time.sleep(0.2)
            load("n", {SLOW!r})
            print(status("n", "slow_f"), signal.sigpending())
            """
        )
        # The worker had nothing to do when it was killed, so nothing was lost with it.
        assert output == "('native', 0) set()\n"


class TestEnd:
    def test_the_program_ends_at_once_and_its_requests_serve_the_next(self, host: Host) -> None:
        start = time.monotonic()
        host.run(f"load('m', {SLOW!r})", wait=False)
        assert time.monotonic() - start < 5
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.2)
            output = host.run(f"m = load('m', {SLOW!r}); print(status('m', 'slow_f'), session._intake)", wait=False)
            if output != "None None\n" and "Intake" not in output:
                break
        assert output == "('native', 0) None\n"

    def test_no_worker_outlives_its_program_for_long(self, host: Host) -> None:
        pid = int(host.run(f"load('m', {TWICE!r}); print(session._intake.workers._pid)"))
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not os.path.exists(f"/proc/{pid}")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_to_the_programs_group_does_not_reach_the_worker(self, host: Host, number: int) -> None:
        output = host.run(
            f"""
            import os, signal
            signal.signal({number}, lambda *_: None)
            load("m", {TWICE!r})
            os.setpgid(0, 0)
            os.killpg(0, {number})
            load("n", {SLOW!r})
            print(status("n", "slow_f"), session.problems)
            """
        )
        assert output == "('native', 0) []\n"


class TestFork:
    def test_parent_and_child_both_compile(self, host: Host) -> None:
        output = host.run(
            f"""
            import os
            load("m", {TWICE!r})
            pid = os.fork()
            n = load("n" + str(bool(pid)), {TWICE!r})
            n["twice"](1.0)
            answer = (status("n" + str(bool(pid)), "twice"), session.problems)
            if not pid:
                os._exit(0 if answer == (("native", 1), []) else 1)
            print(os.waitpid(pid, 0)[1], answer)
            """
        )
        assert output == "0 (('native', 1), [])\n"

    def test_a_fork_in_the_midst_of_compiling_leaves_both_well(self, host: Host) -> None:
        output = host.run(
            f"""
            import os
            load("m", {TWICE!r})
            settings.wait = False
            slow = load("slow", {SLOW!r})
            children = []
            for number in range(8):
                pid = os.fork()
                if not pid:
                    settings.wait = True
                    load("m", {TWICE!r})
                    own = load("own", {TWICE!r})
                    own["twice"](1.0)
                    os._exit(0 if status("own", "twice") == ("native", 1) and slow["slow_f"](1.0) == 2.0 else 1)
                children.append(pid)
            settings.wait = True
            load("last", {TWICE!r})
            statuses = [os.waitpid(pid, 0)[1] for pid in children]
            print(set(statuses), status("slow", "slow_f"), status("last", "twice"), session.problems)
            """,
            timeout=120,
        )
        assert output == "{0} ('native', 0) ('native', 0) []\n"
