"""The store: what was put in comes out, and nothing else ever does (hazards 1, 2, 4, 7, 8, 10, 12, 15; S4, S5, S7, S11)."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin import cache
from pyvorin.cache import image
from pyvorin.cache.index import RETRY_SECONDS, Index
from pyvorin.cache.key import Environment, Key
from pyvorin.cache.location import Location
from pyvorin.cache.manifest import Group, Manifest, Slot
from pyvorin.cache.store import Store, artifact_digest
from pyvorin.core import reasons
from tests.cache.conftest import ENVIRONMENT, cached

ELF = b"\x7fELF" + bytes(range(256)) * 20
TEXT = Manifest(groups=[Group(0, slots=[Slot(0, "object", "'é\t'")])]).render()

Opener = Callable[[], Store]


def codes(store: Store) -> set[str]:
    return {code for code, _ in store.problems}


def test_an_artifact_comes_back_in_another_process(open_store: Opener) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    assert digest == artifact_digest(TEXT, ELF)
    with open_store().get_artifact(digest) as found:
        assert (found.digest, found.manifest_text) == (digest, TEXT)
        assert Path(found.path).read_bytes().startswith(ELF)
    assert found.path is None


def test_an_artifact_without_code_has_no_path(store: Store) -> None:
    with store.get_artifact(store.put_artifact(TEXT, b"")) as found:
        assert found.path is None
        assert found.manifest_text == TEXT


def test_an_object_comes_back(open_store: Opener, key: Key) -> None:
    assert open_store().get_object(key) is None
    assert open_store().put_object(key, ELF, TEXT)
    assert open_store().get_object(key) == (ELF, TEXT)


def test_an_index_comes_back_and_is_replaced(open_store: Opener, key: Key) -> None:
    assert open_store().get_index(key) is None
    first = Index("a" * 40, {"total": ["list[float]", "list[int]"], "f\tg": [""]})
    assert open_store().put_index(key, first)
    found = open_store().get_index(key)
    assert (found.artifact, found.signatures) == (first.artifact, first.signatures)
    assert found.parts == key.parts
    assert open_store().put_index(key, Index(None, failure=(reasons.COMPILER_TIMEOUT, "60\ts", 1000)))
    found = open_store().get_index(key)
    assert (found.artifact, found.signatures) == (None, {})
    assert found.failure == (reasons.COMPILER_TIMEOUT, "60\ts", 1000)
    assert len(cached(open_store(), "i-")) == 1


def test_a_failure_is_remembered_for_a_day() -> None:
    failed = Index(None, failure=(reasons.COMPILER_CRASHED, "", 5000))
    assert [failed.failed_recently(5000 + age) for age in (-1, 0, RETRY_SECONDS - 1, RETRY_SECONDS)] == [
        False,
        True,
        True,
        False,
    ]
    assert not Index(None).failed_recently(0)


def test_a_miss_makes_nothing(store: Store, key: Key) -> None:
    assert store.get_index(key) is None
    assert store.get_artifact("0" * 40) is None
    assert not os.path.exists(store.location.candidates[0])
    assert store.problems == []


def test_equal_contents_are_equal_files_whoever_writes_first(private: Path) -> None:
    directories = []
    for order in (1, -1):
        store = Store(Location((str(private / str(order)),)), ENVIRONMENT.directory)
        for text, elf in [(TEXT, ELF), (TEXT, ELF[::-1]), (Manifest().render(), b"")][::order]:
            assert store.put_artifact(text, elf)
        directories.append({path.name: path.read_bytes() for path in cached(store, "a-")})
    assert directories[0] == directories[1]


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_files_are_private_under_any_umask(store: Store, key: Key, mask: int) -> None:
    before = os.umask(mask)
    try:
        store.put_artifact(TEXT, ELF)
        store.put_index(key, Index(None))
    finally:
        os.umask(before)
    for path in cached(store, ""):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.get_index(key) is not None


def test_an_old_environment_and_a_new_one_live_side_by_side(private: Path) -> None:
    location = Location((str(private),))
    digests = {}
    for level in ("x86-64-v2", "x86-64-v3"):
        for version in ("1", "2"):
            environment = Environment(level, [("pyvorin", version)])
            store = Store(location, environment.directory)
            key = environment.module_key("rows", "x = 1\n", 0)
            assert store.get_index(key) is None
            digests[level, version] = store.put_artifact(f"{level} {version}", ELF)
            store.put_index(key, Index(digests[level, version]))
    for (level, version), digest in digests.items():
        environment = Environment(level, [("pyvorin", version)])
        store = Store(location, environment.directory)
        found = store.get_index(environment.module_key("rows", "x = 1\n", 0))
        assert found.artifact == digest
        with store.get_artifact(digest) as artifact:
            assert artifact.manifest_text == f"{level} {version}"


# Damage.


def test_every_cut_of_an_artifact_is_a_miss_and_removed(open_store: Opener) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    whole = path.read_bytes()
    for length in {*range(0, len(whole), 300), *range(len(whole) - 150, len(whole))}:
        path.write_bytes(whole[:length])
        store = open_store()
        assert store.get_artifact(digest) is None
        assert codes(store) == {reasons.CACHE_CORRUPT}
        assert not path.exists()
    path.write_bytes(whole)
    path.chmod(0o600)
    assert open_store().get_artifact(digest) is not None


@pytest.mark.parametrize("kind", ["a-", "i-", "o-"])
def test_every_flipped_bit_is_a_miss(open_store: Opener, key: Key, kind: str) -> None:
    store = open_store()
    digest = store.put_artifact(TEXT, ELF)
    store.put_index(key, Index(digest, {"f": ["int"]}))
    store.put_object(key, ELF, TEXT)
    (path,) = cached(store, kind)
    whole = path.read_bytes()
    rng = random.Random(1)
    last_line = range(whole.rfind(b"\n", 0, -1), len(whole))
    for position in [rng.randrange(len(whole)) for _ in range(200)] + list(last_line):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        path.chmod(0o600)
        store = open_store()
        method, name = {
            "a-": (store.get_artifact, digest),
            "i-": (store.get_index, key),
            "o-": (store.get_object, key),
        }[kind]
        assert method(name) is None
        assert codes(store) == {reasons.CACHE_CORRUPT}
        assert not path.exists()


def test_appended_bytes_are_a_miss(open_store: Opener) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    for more in (b"\n", b"x", path.read_bytes()):
        whole = path.read_bytes()
        path.write_bytes(whole + more)
        assert open_store().get_artifact(digest) is None
        path.write_bytes(whole)
        path.chmod(0o600)


def test_a_file_under_another_name_is_a_miss(open_store: Opener, key: Key) -> None:
    store = open_store()
    first = store.put_artifact(TEXT, ELF)
    second = store.put_artifact(TEXT, ELF[::-1])
    a, b = (next(path for path in cached(store, "a-") if path.name == f"a-{digest}") for digest in (first, second))
    b.write_bytes(a.read_bytes())
    assert open_store().get_artifact(second) is None
    other = ENVIRONMENT.module_key("other", "", 0)
    store.put_index(key, Index(first))
    (index,) = cached(store, "i-")
    index.rename(index.with_name(f"i-{other.digest}"))
    assert open_store().get_index(other) is None


def test_parts_of_two_files_are_not_taken_for_one(open_store: Opener) -> None:
    store = open_store()
    digest = store.put_artifact(TEXT, ELF)
    other = store.put_artifact(TEXT, ELF[::-1])
    one, two = (path.read_bytes() for path in cached(store, "a-"))
    for path in cached(store, "a-"):
        path.write_bytes(one[: len(ELF)] + two[len(ELF) :])
    assert open_store().get_artifact(digest) is None
    assert open_store().get_artifact(other) is None


def test_a_valid_file_with_an_invalid_index_inside_is_a_miss(open_store: Opener, key: Key) -> None:
    store = open_store()
    store.put_index(key, Index(None))
    (path,) = cached(store, "i-")
    path.write_bytes(b"".join(image.pack(image.INDEX, key.digest, b"", "unheard\tof\n")))
    assert open_store().get_index(key) is None
    assert not path.exists()


@pytest.mark.parametrize("name", ["", "../../../etc/passwd", "A" * 40, "0" * 39, "0" * 41, "0" * 39 + "\n"])
def test_a_name_that_is_no_digest_is_a_miss(store: Store, name: str) -> None:
    store.put_artifact(TEXT, ELF)
    assert store.get_artifact(name) is None
    assert codes(store) == {reasons.CACHE_CORRUPT}


# Files that somebody else could have put there.


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o660])
def test_a_file_that_others_can_write_to_is_refused(open_store: Opener, mode: int) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    path.chmod(mode)
    store = open_store()
    assert store.get_artifact(digest) is None
    assert codes(store) == {reasons.INSECURE_CACHE}
    assert path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_another_users_file_is_refused(open_store: Opener) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    os.chown(path, 12345, 12345)
    store = open_store()
    assert store.get_artifact(digest) is None
    assert codes(store) == {reasons.INSECURE_CACHE}


@pytest.mark.parametrize("planted", ["link", "directory", "pipe"])
def test_what_is_no_regular_file_is_refused(open_store: Opener, private: Path, planted: str) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    path.rename(private / "moved")
    if planted == "link":
        path.symlink_to(private / "moved")
    elif planted == "directory":
        path.mkdir()
    else:
        os.mkfifo(path, 0o600)
    store = open_store()
    assert store.get_artifact(digest) is None
    assert codes(store) == {reasons.INSECURE_CACHE}


def test_a_planted_link_is_not_written_through(
    open_store: Opener, store: Store, key: Key, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = private / "victim"
    victim.write_text("untouched")
    store.put_index(key, Index(None))
    (path,) = cached(store, "i-")
    path.unlink()
    path.symlink_to(victim)
    assert store.put_index(key, Index("a" * 40))
    assert not path.is_symlink()
    monkeypatch.setattr("pyvorin.cache.files.os.urandom", lambda size: b"\0" * size)
    temporary = path.with_name(f"t-{os.getpid()}-{'00' * 8}")
    for plant in (temporary.symlink_to, temporary.hardlink_to):
        plant(victim)
        assert not open_store().put_index(key, Index("b" * 40))
        temporary.unlink()
    (path.with_name(f"l-{key.digest}")).symlink_to(victim)
    assert store.try_lock(key) is not None
    assert victim.read_text() == "untouched"


# Directories that come, go and cannot be written to.


def test_the_cache_may_vanish_at_any_time(store: Store, key: Key) -> None:
    digest = store.put_artifact(TEXT, ELF)
    store.put_index(key, Index(digest))
    found = store.get_artifact(digest)
    for root, names, leaves in os.walk(store.location.candidates[0], topdown=False):
        for leaf in leaves:
            os.unlink(os.path.join(root, leaf))
        for name in names:
            os.rmdir(os.path.join(root, name))
    os.rmdir(store.location.candidates[0])
    assert Path(found.path).read_bytes().startswith(ELF)
    assert store.get_index(key) is None
    assert store.get_artifact(digest) is None
    assert store.put_artifact(TEXT, ELF) == digest
    assert store.problems == []


def test_without_a_place_nothing_is_kept_and_nothing_fails(key: Key) -> None:
    store = Store(Location(()), ENVIRONMENT.directory)
    assert store.get_index(key) is None
    assert not store.put_index(key, Index(None))
    assert store.put_artifact(TEXT, ELF) is None
    assert store.try_lock(key) is not None
    with store.adopt(TEXT, ELF) as found:
        assert Path(found.path).read_bytes() == ELF
        assert found.manifest_text == TEXT


def test_a_second_place_is_read_and_the_first_one_written(private: Path, key: Key) -> None:
    first, second = str(private / "first"), str(private / "second")
    digest = Store(Location((second,)), ENVIRONMENT.directory).put_artifact(TEXT, ELF)
    both = Store(Location((first, second)), ENVIRONMENT.directory)
    assert both.get_artifact(digest) is not None
    assert both.put_index(key, Index(digest))
    assert Store(Location((first,)), ENVIRONMENT.directory).get_index(key) is not None


def test_a_damaged_file_in_the_first_place_does_not_hide_a_good_one(private: Path) -> None:
    places = [str(private / name) for name in ("first", "second")]
    for place in places:
        digest = Store(Location((place,)), ENVIRONMENT.directory).put_artifact(TEXT, ELF)
    both = Store(Location(tuple(places)), ENVIRONMENT.directory)
    cached(both, "a-")[0].write_bytes(b"")
    assert both.get_artifact(digest) is not None


def test_a_touched_file_is_still_a_hit(open_store: Opener) -> None:
    digest = open_store().put_artifact(TEXT, ELF)
    (path,) = cached(open_store(), "a-")
    os.utime(path, (1, 1))
    assert open_store().get_artifact(digest) is not None


def test_problems_are_reported_once(store: Store) -> None:
    for _ in range(3):
        store.get_artifact("x")
    assert len(store.new_problems()) == 1
    store.get_artifact("x")
    assert store.new_problems() == []
    store.get_artifact("y")
    assert len(store.new_problems()) == 1


def test_nothing_is_left_open(store: Store, key: Key) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    digest = store.put_artifact(TEXT, ELF)
    store.put_index(key, Index(digest))
    before = descriptors()
    for _ in range(3):
        store.get_index(key)
        with store.get_artifact(digest):
            pass
        store.get_artifact(digest)
        store.adopt(TEXT, ELF)
        with store.try_lock(key):
            pass
        store.get_artifact("0" * 40)
    cached(store, "a-")[0].write_bytes(ELF)
    store.get_artifact(digest)
    assert descriptors() == before


def test_the_codes_of_problems_are_those_of_the_table() -> None:
    codes = {name: value for name, value in vars(cache).items() if name.isupper()}
    assert codes == {name: getattr(reasons, name) for name in codes}
    assert codes.keys() >= {"CACHE_CORRUPT", "INSECURE_CACHE"}
