"""Many processes with one cache, some of them killed (hazards 13 to 16; S6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyvorin.cache.key import Key
from pyvorin.cache.store import Store
from tests.cache.conftest import cached

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pyvorin.cache.index import Index
from pyvorin.cache.key import Environment
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store, artifact_digest

environment = Environment("x86-64-v2", [("pyvorin", "test")])
store = Store(Location.of_settings(sys.argv[2]), environment.directory)
key = environment.module_key("rows", "x = 1\\n", 0)
"""

PUBLISH_AND_READ = """
number = int(sys.argv[3])
while time.time() < float(sys.argv[4]):
    pass
contents = {artifact_digest(f"manifest {n}", bytes([n]) * 20_000): n for n in range(4)}
hits = 0
for turn in range(40):
    n = (number + turn) % 4
    digest = store.put_artifact(f"manifest {n}", bytes([n]) * 20_000)
    assert digest is not None and contents[digest] == n, store.problems
    assert store.put_index(key, Index(digest, {"f": [str(n)]}))
    found = store.get_index(key)
    assert found.signatures == {"f": [str(contents[found.artifact])]}, "mixed"
    with store.get_artifact(found.artifact) as artifact:
        assert artifact.manifest_text == f"manifest {contents[found.artifact]}"
        hits += 1
assert store.problems == [], store.problems
print(hits)
"""


def start(private: Path, program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + program, str(ROOT), str(private / "cache"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_twelve_processes_publish_and_read_the_same_entries(private: Path, store: Store) -> None:
    begin = time.time() + 1.0
    processes = [start(private, PUBLISH_AND_READ, number, begin) for number in range(12)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out.strip()) == (0, "40"), err
    assert len(cached(store, "a-")) == 4
    assert cached(store, "t-") == []


def test_a_kill_in_the_middle_of_writing_leaves_nothing_that_is_read(
    private: Path, open_store: Callable[[], Store], key: Key
) -> None:
    program = """
print("ready", flush=True)
n = 0
while True:
    n += 1
    digest = store.put_artifact(f"manifest {n}", n.to_bytes(4, "big") * 250_000)
    store.put_index(key, Index(digest))
"""
    seen = set()
    for turn in range(15):
        process = start(private, program)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.02 + turn * 0.003)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        store = open_store()
        found = store.get_index(key)
        if found is not None:
            assert found.artifact is not None
            with store.get_artifact(found.artifact) as artifact:
                seen.add(artifact.manifest_text)
        assert store.problems == []
        for path in cached(store, "a-"):
            path.unlink()
    assert seen, "no process was ever fast enough to publish: the test shows nothing"


HOLD = """
lock = store.try_lock(key)
print("held" if lock is not None else "taken", flush=True)
sys.stdin.read() if len(sys.argv) > 3 else time.sleep(60)
"""


def test_one_process_at_a_time_has_the_lock(private: Path, open_store: Callable[[], Store], key: Key) -> None:
    holder = start(private, HOLD)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    begin = time.perf_counter()
    assert open_store().try_lock(key) is None
    assert time.perf_counter() - begin < 0.1
    holder.kill()
    holder.communicate(timeout=60)
    begin = time.perf_counter()
    lock = open_store().try_lock(key)
    assert lock is not None
    assert time.perf_counter() - begin < 0.1
    assert open_store().try_lock(key) is None
    lock.release()
    lock.release()
    with open_store().try_lock(key) as again:
        assert again is not None


def test_where_nothing_can_be_locked_everybody_may_compile(store: Store, key: Key, monkeypatch: object) -> None:
    import fcntl

    def refuse(fd: int, operation: int) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)  # type: ignore[attr-defined]
    assert store.try_lock(key) is not None
    assert store.try_lock(key) is not None


def test_a_forked_child_continues_with_the_same_cache(open_store: Callable[[], Store]) -> None:
    store = open_store()
    digest = store.put_artifact("m", b"code")
    assert digest is not None
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with store.get_artifact(digest) as artifact:
                status = 0 if artifact.manifest_text == "m" and store.put_artifact("n", b"code") else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(cached(store, "a-")) == 2
