"""Where the cache lies, and which directories are refused (hazards 6 to 11)."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from pyvorin.cache import files
from pyvorin.cache.location import Location, user_cache_dir
from pyvorin.core import reasons

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
STRANGER = 12345


@pytest.fixture
def umask() -> Iterator[object]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("cache_home", [None, "", "/xdg/cache", "/xdg//cache/", "/"])
@pytest.mark.parametrize("home", [None, "/home/somebody", "/home/somebody/", "/"])
def test_the_rule_is_that_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, home: str | None, cache_home: str | None
) -> None:
    for name, value in (("HOME", home), ("XDG_CACHE_HOME", cache_home)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert user_cache_dir(os.environ) == platformdirs.user_cache_dir("pyvorin", appauthor=False)


@pytest.mark.parametrize("environ", [{"HOME": "relative"}, {"HOME": ""}, {"HOME": "x", "XDG_CACHE_HOME": "relative"}])
def test_a_relative_path_is_no_home(environ: dict[str, str]) -> None:
    """As in platformdirs from 4.13 on; before, the cache would have wandered with the working directory."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert user_cache_dir(environ) == os.path.join(home, ".cache", "pyvorin")


def test_an_unknown_user_without_a_home_has_no_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> object:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert user_cache_dir({}) is None
    location = Location.of_settings("", environ={})
    assert location.candidates == (f"/tmp/pyvorin-{os.geteuid()}",)


def test_the_candidates_in_their_order() -> None:
    environ = {"HOME": "/h", "XDG_RUNTIME_DIR": "/r", "TMPDIR": "/t"}
    assert Location.of_settings("", environ=environ).candidates == (
        "/h/.cache/pyvorin",
        "/r/pyvorin",
        f"/t/pyvorin-{os.geteuid()}",
    )
    assert Location.of_settings("/explicit", environ=environ).candidates == ("/explicit",)
    assert Location.of_settings("/explicit", trusted=False, environ=environ).candidates == ()


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_directories_are_private_under_any_umask(private: Path, umask: object, mask: int) -> None:
    umask(mask)  # type: ignore[operator]
    path = Location((str(private / "deep" / "cache"),)).writable("v1/python")
    assert path is not None
    step = Path(path)
    while step != private:
        assert stat.S_IMODE(step.stat().st_mode) == 0o700
        step = step.parent


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o500])
def test_a_directory_that_only_the_user_can_write_to_is_read(private: Path, mode: int) -> None:
    private.chmod(mode)
    location = Location((str(private),))
    assert list(location.readable("")) == [str(private) + "/"]
    assert location.problems == []
    private.chmod(0o700)


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777, 0o2775])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_directory_that_others_can_write_to_is_refused_and_left_as_it_is(
    private: Path, mode: int, depth: int
) -> None:
    below = private.joinpath(*["inner"] * depth)
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    private.chmod(mode)
    location = Location((str(below),))
    assert list(location.readable("")) == []
    assert location.writable("new") is None
    assert {code for code, _ in location.problems} == {reasons.INSECURE_CACHE}
    assert os.listdir(below) == []
    assert stat.S_IMODE(private.stat().st_mode) == mode
    private.chmod(0o700)


def test_in_a_sticky_directory_only_what_is_ones_own_is_used(private: Path) -> None:
    private.chmod(0o1777)
    location = Location((str(private),))
    assert list(location.readable("")) == []
    assert location.writable("new") == str(private / "new")
    assert list(location.readable("new")) == [str(private / "new")]
    private.chmod(0o700)


@root_only
@pytest.mark.parametrize("where", ["itself", "parent"])
def test_another_users_directory_is_refused(private: Path, where: str) -> None:
    directory = private / "theirs" / "cache"
    directory.mkdir(parents=True, mode=0o700)
    os.chown(directory if where == "itself" else directory.parent, STRANGER, STRANGER)
    location = Location((str(directory),))
    assert list(location.readable("")) == []
    assert location.writable("") is None
    assert [code for code, _ in location.problems] == [reasons.INSECURE_CACHE]


def test_a_symbolic_link_of_ones_own_is_followed(private: Path) -> None:
    (private / "real").mkdir(mode=0o700)
    (private / "link").symlink_to("real")
    (private / "chain").symlink_to(private / "link" / ".." / "link")
    assert list(Location((str(private / "chain"),)).readable("")) != []


@root_only
@pytest.mark.parametrize("part", ["link", "link/cache"])
def test_another_users_symbolic_link_is_refused(private: Path, part: str) -> None:
    (private / "real" / "cache").mkdir(parents=True, mode=0o700)
    (private / "link").symlink_to("real")
    os.chown(private / "link", STRANGER, STRANGER, follow_symlinks=False)
    location = Location((str(private / part),))
    assert list(location.readable("")) == []
    assert location.writable("") is None
    assert [code for code, _ in location.problems] == [reasons.INSECURE_CACHE]


def test_a_link_into_a_shared_directory_is_refused(private: Path) -> None:
    shared = private / "shared"
    shared.mkdir()
    (shared / "cache").mkdir(mode=0o700)
    shared.chmod(0o777)
    (private / "link").symlink_to(shared / "cache")
    with pytest.raises(files.Insecure):
        files.check_directory(str(private / "link"))


def test_links_in_a_circle_are_refused(private: Path) -> None:
    (private / "a").symlink_to("b")
    (private / "b").symlink_to("a")
    location = Location((str(private / "a" / "cache"),))
    assert list(location.readable("")) == []
    assert location.writable("") is None


@pytest.mark.parametrize("obstacle", ["file", "dangling link"])
def test_something_else_in_the_place_of_the_directory(private: Path, obstacle: str) -> None:
    path = private / "cache"
    if obstacle == "file":
        path.write_text("")
    else:
        path.symlink_to("nowhere")
    location = Location((str(path),))
    assert list(location.readable("v1")) == []
    assert location.writable("v1") is None
    assert location.problems


def test_the_next_candidate_is_taken(private: Path) -> None:
    (private / "shared").mkdir()
    (private / "shared").chmod(0o777)
    (private / "file").write_text("")
    candidates = [private / "shared" / "cache", private / "file" / "cache", private / "good"]
    location = Location(tuple(map(str, candidates)))
    assert location.writable("v1") == str(private / "good" / "v1")
    assert {code for code, _ in location.problems} == {reasons.INSECURE_CACHE, reasons.CACHE_UNAVAILABLE}


def test_a_directory_of_ones_own_can_be_made_in_a_shared_one(private: Path) -> None:
    private.chmod(0o1777)
    location = Location((str(private / "pyvorin-0"),))
    assert location.writable("v1") == str(private / "pyvorin-0" / "v1")
    private.chmod(0o700)


def test_problems_are_not_repeated(private: Path) -> None:
    private.chmod(0o777)
    location = Location((str(private),))
    for _ in range(5):
        list(location.readable(""))
    assert len(location.problems) == 1
    private.chmod(0o700)


def test_a_directory_that_is_opened_to_others_later_is_noticed(private: Path) -> None:
    location = Location((str(private),))
    assert list(location.readable("")) != []
    private.chmod(0o777)
    assert list(location.readable("")) == []
    private.chmod(0o700)


def test_a_directory_that_another_process_makes_meanwhile_is_used(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve processes that start at once: between two looks of one of them another may have made what is missing."""
    check, made = files.check_directory, []

    def check_and_be_overtaken(path: str, *, shared: bool = False) -> None:
        try:
            check(path, shared=shared)
        except FileNotFoundError:
            if not made:
                made.append(path)
                os.makedirs(path, 0o700)
            raise

    monkeypatch.setattr(files, "check_directory", check_and_be_overtaken)
    location = Location.of_settings(str(private / "cache"))
    assert location.writable("x86-64-v2") == made[0]
    assert location.problems == []
