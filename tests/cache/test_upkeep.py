"""Listing, clearing and limiting the cache (hazard 17)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyvorin.cache import upkeep
from pyvorin.cache.index import Index
from pyvorin.cache.key import Key
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store
from pyvorin.core import reasons
from pyvorin.core.version import FORMAT
from tests.cache.conftest import cached

NOW = 1_800_000_000.0


def put(store: Store, number: int, *, age: float, size: int = 1000) -> str:
    digest = store.put_artifact(f"{number}", b"x" * size)
    assert digest is not None
    (path,) = [path for path in cached(store, "a-") if path.name == f"a-{digest}"]
    os.utime(path, (NOW - age, NOW - age))
    return digest


def kept(store: Store) -> set[str]:
    return {path.name[2:] for path in cached(store, "a-")}


def test_what_was_not_used_for_long_goes(store: Store) -> None:
    old, new = put(store, 1, age=upkeep.MAX_AGE + 1), put(store, 2, age=upkeep.MAX_AGE - 1)
    assert upkeep.sweep(store.location, NOW) == 1
    assert kept(store) == {new}
    assert old not in kept(store)


def test_reading_counts_as_use(store: Store) -> None:
    read = put(store, 1, age=upkeep.MAX_AGE + 1)
    (path,) = cached(store, "a-")
    os.utime(path, (NOW - 5, NOW - upkeep.MAX_AGE - 1))
    upkeep.sweep(store.location, NOW)
    assert kept(store) == {read}


def test_beyond_the_cap_the_longest_unused_goes_first(store: Store) -> None:
    digests = [put(store, number, age=number * 10, size=10_000) for number in range(6)]
    upkeep.sweep(store.location, NOW, max_bytes=35_000)
    assert kept(store) == set(digests[:3])


def test_left_over_temporary_files_go_after_an_hour(store: Store) -> None:
    put(store, 1, age=0)
    directory = cached(store, "a-")[0].parent
    for name, age in (("t-1-old", 3700), ("t-2-new", 10)):
        (directory / name).write_text("")
        os.utime(directory / name, (NOW - age, NOW - age))
    upkeep.sweep(store.location, NOW)
    assert [path.name for path in cached(store, "t-")] == ["t-2-new"]


def test_sweeping_is_done_once_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, 1, age=upkeep.MAX_AGE + 1)
    assert upkeep.sweep_if_due(store.location, NOW)
    assert kept(store) == set()
    put(store, 1, age=upkeep.MAX_AGE + 1)
    assert not upkeep.sweep_if_due(store.location, NOW + 3600)
    assert kept(store) != set()
    assert upkeep.sweep_if_due(store.location, NOW + upkeep.SWEEP_INTERVAL)
    assert upkeep.sweep_if_due(store.location, NOW - 10), "a clock that went back does not stop the sweeping"
    assert kept(store) == set()


def test_without_a_cache_nothing_is_swept(private: Path) -> None:
    assert not upkeep.sweep_if_due(Location(()), NOW)
    assert upkeep.entries(Location((str(private / "absent"),))) == []
    assert not (private / "absent").exists()


def test_clearing_removes_every_version_and_nothing_that_is_not_ours(store: Store, key: Key) -> None:
    put(store, 1, age=0)
    store.put_index(key, Index(None))
    other = Store(store.location, "v0/old")
    put(other, 2, age=0)
    base = Path(store.location.candidates[0])
    (base / "keep").write_text("")
    (base / f"v{FORMAT}" / "x").mkdir()
    (base / f"v{FORMAT}" / "x" / "notes.txt").write_text("")
    outside = base.parent / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "inner" / "a-kept").write_text("")
    (base / f"v{FORMAT + 1}").symlink_to(outside)
    assert upkeep.clear(store.location) == 3
    assert upkeep.entries(store.location) == []
    remaining = {path.name for path in base.rglob("*") if path.is_file()}
    assert remaining == {"keep", "notes.txt"}
    assert (outside / "inner" / "a-kept").exists()


def test_a_refused_cache_is_not_cleared(store: Store) -> None:
    put(store, 1, age=0)
    base = Path(store.location.candidates[0])
    base.chmod(0o777)
    assert upkeep.clear(store.location) == 0
    base.chmod(0o700)
    assert len(kept(store)) == 1


def test_an_index_describes_itself(store: Store, key: Key) -> None:
    digest = put(store, 1, age=0)
    store.put_index(key, Index(digest, failure=(reasons.COMPILER_TIMEOUT, "60 s", 1)))
    found = {file.kind: upkeep.describe(file) for file in upkeep.entries(store.location)}
    assert found["artifact"] == {}
    assert found["index"]["module"] == "rows"
    assert found["index"]["artifact"] == digest
    assert found["index"]["failure"] == "COMPILER_TIMEOUT 60 s"
    cached(store, "i-")[0].write_bytes(b"damaged")
    assert [upkeep.describe(file) for file in upkeep.entries(store.location)] == [{}, {}]
