"""Loads modules of this package from their byte code without a search: a start of ours is mostly the loading of our modules.

An `import` asks each finder, lists what endings a file may have, and works out where its byte code lies: 0.07 ms for each
module.  Here both places are known from the package.  The byte code is used if CPython itself would use it (same magic number,
the time and the size of the source as the file says); modules, specs and loaders are those that an import makes.
Whatever is not exactly so is left alone: the `import` statements behind `load` then do it all.

This module itself lies beside `autostart`, where it is found with the least search.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from _imp import _fix_co_filename  # type: ignore[attr-defined]  # not in the stubs
from _thread import _count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def _collector() -> ModuleType:
    """The module `gc`.  A program that has not imported it does not find it among its modules."""
    known = "gc" in sys.modules
    import gc

    if not known:
        del sys.modules["gc"]
    return gc


_gc = _collector()
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_HEADER = 16
_LIMIT = 1 << 16
"""Bytes; more than any of our byte-code files has."""


def load(names: tuple[str, ...]) -> None:
    """Load these modules, each below `pyvorin` and after all that it imports; `x.__init__` stands for the package `x`.

    Does not raise; nothing happens for a module that is loaded, nor for those after one that has no valid byte code.
    """
    # Another thread could see a module that is half done: the locks of the import system are not taken.
    if sys.pycache_prefix is not None or sys.flags.optimize or sys.flags.verbose or _count():
        return
    collecting = _gc.isenabled()
    _gc.disable()  # it would go through all that is being made several times, and find nothing
    try:
        for name in names:
            if not _load(name):
                return
    except Exception:
        return
    finally:
        if collecting:
            _gc.enable()


def _load(name: str) -> bool:
    """Whether the module is loaded now.  Raises what its code or an audit hook of the program raises."""
    full = f"pyvorin.{name}".removesuffix(".__init__")
    if full in sys.modules:
        return True
    directory, _, leaf = f"{_PACKAGE}/{name.replace('.', '/')}".rpartition("/")
    source = f"{directory}/{leaf}.py"
    compiled = f"{directory}/__pycache__/{leaf}.{sys.implementation.cache_tag}.pyc"
    content = _read(compiled)
    status = os.stat(source)
    stamp = int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF
    header = MAGIC_NUMBER + bytes(4) + stamp[0].to_bytes(4, "little") + stamp[1].to_bytes(4, "little")
    if content[:_HEADER] != header or len(content) == _LIMIT:
        return False
    code = marshal.loads(memoryview(content)[_HEADER:])
    _fix_co_filename(code, source)

    is_package = leaf == "__init__"
    loader = SourceFileLoader(full, source)
    spec = ModuleSpec(full, loader, origin=source, is_package=is_package)
    spec._set_fileattr = True  # type: ignore[attr-defined]  # has_location: what spec_from_file_location() sets
    spec.cached = compiled
    module = type(sys)(full)
    attributes = vars(module)
    attributes["__loader__"] = loader
    attributes["__spec__"] = spec
    attributes["__file__"] = source
    attributes["__cached__"] = compiled
    if is_package:
        attributes["__package__"] = full
        attributes["__path__"] = spec.submodule_search_locations = [directory]
    else:
        attributes["__package__"] = full.rpartition(".")[0]
    sys.modules[full] = module
    # As importlib sets it; an import statement asks for it, and an error that nobody sees costs more than the statement.
    spec._initializing = True  # type: ignore[attr-defined]
    try:
        exec(code, attributes)
    except BaseException:
        del sys.modules[full]
        raise
    finally:
        spec._initializing = False  # type: ignore[attr-defined]
    parent, _, last = full.rpartition(".")
    setattr(sys.modules[parent], last, module)
    return True


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, _LIMIT)
    finally:
        os.close(fd)
