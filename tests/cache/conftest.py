"""A store in a private directory of the test's own, and what can be put into it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin.cache.key import Environment, Key
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store

ENVIRONMENT = Environment("x86-64-v2", [("pyvorin", "test")])


@pytest.fixture
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory below which only this user can write, all the way from the root."""
    path = tmp_path_factory.mktemp("private")
    path.chmod(0o700)
    return path


@pytest.fixture
def open_store(private: Path) -> Callable[[], Store]:
    """Opens the same cache again, as another process would."""
    return lambda: Store(Location.of_settings(str(private / "cache")), ENVIRONMENT.directory)


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


@pytest.fixture
def key() -> Key:
    return ENVIRONMENT.module_key("rows", "x = 1\n", 0)


def cached(store: Store, prefix: str) -> list[Path]:
    """The files of one kind, by prefix ("a-", "i-", "o-", "t-", "l-")."""
    found = (Path(root, name) for root, _, names in os.walk(store.location.candidates[0]) for name in names)
    return sorted(path for path in found if path.name.startswith(prefix))
