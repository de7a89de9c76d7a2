"""Every system call of the cache fails once in every way, and each time the cache only misses (hazards 10, 12, 13, 31; S7, S9).

The table is (function, errno); for each, the n-th call fails for all n until a run needs fewer calls.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable

import pytest

from pyvorin.cache import artifact, files, location, lock
from pyvorin.cache import store as store_module
from pyvorin.cache.index import Index
from pyvorin.cache.key import Key
from pyvorin.cache.store import Store

TEXT = "pyvorin\t1\n"
ELF = b"\x7fELF" + b"code" * 500

ERRORS = (
    errno.EIO,
    errno.EACCES,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.ESTALE,
    errno.EBUSY,
    errno.ENOENT,
    errno.EMFILE,
)
FUNCTIONS = (
    "open",
    "read",
    "write",
    "close",
    "fstat",
    "lstat",
    "fstatvfs",
    "mkdir",
    "chmod",
    "fchmod",
    "rename",
    "unlink",
    "readlink",
    "memfd_create",
    "urandom",
)


class Faults:
    """Stands for the module `os` in the cache and lets the n-th call of one function fail."""

    def __init__(self, function: str, number: int, raised: Callable[[], BaseException]) -> None:
        self.function = function
        self.left = number
        self.raised = raised

    def __getattr__(self, name: str) -> object:
        found = getattr(os, name)
        if name != self.function:
            return found

        def call(*args: object, **kwargs: object) -> object:
            self.left -= 1
            if self.left == 0:
                if name == "close":  # the descriptor is gone even if close() reports an error
                    found(*args)
                raise self.raised()
            return found(*args, **kwargs)

        return call


def use(store: Store, key: Key) -> None:
    """Everything that a program and a worker do with a cache; each answer is right or none."""
    digest = store_module.artifact_digest(TEXT, ELF)
    assert store.put_artifact(TEXT, ELF) in (digest, None)
    assert store.put_index(key, Index(digest, {"f": ["int"]})) in (True, False)
    assert store.put_object(key, ELF, TEXT) in (True, False)
    found = store.get_index(key)
    assert found is None or (found.artifact, found.signatures) == (digest, {"f": ["int"]})
    for opened in (store.get_artifact(digest), store.adopt(TEXT, ELF)):
        if opened is not None:
            assert opened.manifest_text == TEXT
            assert opened.path is not None
            with open(opened.path, "rb") as file:
                assert file.read().startswith(ELF)
    assert store.get_object(key) in ((ELF, TEXT), None)
    right = store.try_lock(key)
    if right is not None:
        right.release()


def inject(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
    for module in (artifact, files, location, lock, store_module):
        monkeypatch.setattr(module, "os", faults)


def each_call(
    monkeypatch: pytest.MonkeyPatch,
    open_store: Callable[[], Store],
    key: Key,
    name: str,
    raised: Callable[[], BaseException],
) -> int:
    """Run `use` with the 1st, 2nd, … call failing, cold and warm; the number of runs in which a call did fail."""
    base = open_store().location.candidates[0]
    for number in range(1, 400):
        if number % 2:  # every second run begins without a cache
            shutil.rmtree(base, ignore_errors=True)
        faults = Faults(name, number, raised)
        with monkeypatch.context() as patch:
            inject(patch, faults)
            use(open_store(), key)
        if faults.left > 0:
            return number - 1
        leftovers = [leaf for _, _, leaves in os.walk(base) for leaf in leaves if leaf.startswith("t-")]
        assert leftovers == [] or name in ("unlink", "close")
    raise AssertionError("the calls do not come to an end")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_any_error_of_any_call_is_a_miss(
    monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], Store], key: Key, function: str
) -> None:
    failed = [
        each_call(monkeypatch, open_store, key, function, lambda number=number: OSError(number, os.strerror(number)))
        for number in ERRORS
    ]
    assert all(failed) or function in ("chmod", "readlink", "unlink")


@pytest.mark.parametrize("function", ["open", "rename", "mkdir"])
def test_an_audit_hook_that_raises_is_a_miss(
    monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], Store], key: Key, function: str
) -> None:
    assert each_call(monkeypatch, open_store, key, function, lambda: RuntimeError("not allowed here"))


def test_memory_that_is_short_is_a_miss(
    monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], Store], key: Key
) -> None:
    assert each_call(monkeypatch, open_store, key, "read", MemoryError)


def test_an_interrupt_goes_to_the_program_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, open_store: Callable[[], Store], key: Key
) -> None:
    use(open_store(), key)
    before = len(os.listdir("/proc/self/fd"))
    for function in ("read", "write", "rename", "fstat"):
        with monkeypatch.context() as patch:
            inject(patch, Faults(function, 1, KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                use(open_store(), key)
    assert len(os.listdir("/proc/self/fd")) == before
    base = open_store().location.candidates[0]
    assert [leaf for _, _, leaves in os.walk(base) for leaf in leaves if leaf.startswith("t-")] == []


def test_a_full_disk_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, store: Store, key: Key) -> None:
    with monkeypatch.context() as patch:
        inject(patch, Faults("write", 1, lambda: OSError(errno.ENOSPC, "full")))
        assert store.put_artifact(TEXT, ELF) is None
    assert store.put_artifact(TEXT, ELF) is None
    assert store.adopt(TEXT, ELF) is not None


def test_reads_and_writes_may_be_short(monkeypatch: pytest.MonkeyPatch, store: Store, key: Key) -> None:
    class Short(Faults):
        def __getattr__(self, name: str) -> object:
            if name == "read":
                return lambda fd, size: os.read(fd, min(size, 7))
            if name == "write":
                return lambda fd, data: os.write(fd, data[:7])
            return getattr(os, name)

    inject(monkeypatch, Short("", 0, OSError))
    use(store, key)
    assert store.problems == []
    assert store.get_object(key) == (ELF, TEXT)
