"""A start with everything in the cache imports next to nothing: a few standard modules cost more than all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.project.source_tree import ROOT, modules, relative

# What `os` and the import system bring with them where site has not loaded them yet, and the hash function.
ALLOWED = {
    "__future__",
    "_blake2",
    "_collections_abc",
    "_stat",
    "abc",
    "_abc",
    "genericpath",
    "os",
    "os.path",
    "posixpath",
    "stat",
    "types",
}

# Not on the way of a start: the command line and the worker use them.
ELSEWHERE = {
    "pyvorin.cache.upkeep",
    "pyvorin.core.documentation",
}

PROGRAM = """
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
for name in sys.argv[3:]:
    __import__(name)

from pyvorin.cache import manifest
from pyvorin.cache.key import Environment
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store
from pyvorin.core import config

settings = config.load({"PYVORIN": "1", "PYVORIN_STRICT": "rows", "PYVORIN_CACHE_DIR": sys.argv[2]}, sys.argv[1])
environment = Environment.of_this_process(settings.key_data())
store = Store(Location.of_settings(sys.argv[2], settings.trusted), environment.directory)
key = environment.module_key("rows", "x = 1\\n", 0)
found = store.get_index(key)
if found is not None:
    with store.get_artifact(found.artifact) as artifact:
        manifest.parse(artifact.manifest_text)
print(*sorted(set(sys.modules) - before))
print("hit" if found is not None else "miss")
"""

WRITE = """
from pyvorin.cache.index import Index
store.put_index(key, Index(store.put_artifact(manifest.Manifest().render(), b"code")))
"""


def run(program: str, cache: Path, *flags: str) -> tuple[set[str], str]:
    paths = [*modules("pyvorin/core"), *modules("pyvorin/cache"), ROOT / "pyvorin" / "messages.py"]
    names = {relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in paths}
    process = subprocess.run(
        [sys.executable, *flags, "-c", program, str(ROOT), str(cache), *sorted(names - ELSEWHERE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    loaded, outcome = process.stdout.splitlines()
    return set(loaded.split()), outcome


def test_core_cache_and_messages_load_nothing_heavy(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert run(PROGRAM + WRITE, tmp_path / "cache")[1] == "miss"
    for flags in ((), ("-I",), ("-I", "-S")):
        loaded, outcome = run(PROGRAM, tmp_path / "cache", *flags)
        # The key names llvmlite's version, which is not found without site-packages: another key, and a miss.
        assert outcome == ("miss" if "-S" in flags else "hit")
        assert {name for name in loaded if not name.startswith("pyvorin")} <= ALLOWED
        assert "pyvorin.cache.store" in loaded
