"""Runs a module exactly as CPython would, and then reports it.

The loader that CPython chose stays in place, an instance of exactly `SourceFileLoader`: the instance is given an
`exec_module` of its own, which takes itself off again before the module's first line runs.  So `__loader__`, `__spec__`,
byte-code files, `get_source`, pickling and `importlib.resources` are CPython's own, and code that asks `type(loader)` sees no
difference.

A traceback through an import shows frames of importlib, and CPython removes them (`import m` does, `importlib.import_module`
does not) by the file name in their code objects.  The function here stands where importlib's `exec_module` would stand, one
frame for one frame, and wears its names and line numbers; else each error in an imported module would show a file of ours.
"""

from __future__ import annotations

from _frozen_importlib import _call_with_frames_removed  # type: ignore[attr-defined]  # not in the stubs
from _frozen_importlib_external import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType


class Hooks:
    """What the process wants to happen around the modules that are watched; set by the one who activates Pyvorin.

    before: called when the import machinery searches for a module, and when it hands one to its loader; after: when that is
    over, whatever happened.
    executed: called between them with a module that has run, and its code.  It raises nothing but `StrictModeError`.
    """

    __slots__ = ("after", "before", "executed")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Do nothing at any of these moments."""
        self.before: Callable[[], None] = _nothing
        self.after: Callable[[], None] = _nothing
        self.executed: Callable[[ModuleType, CodeType], None] = _nothing


def _nothing(*_: object) -> None:
    pass


hooks = Hooks()


def is_plain(loader: object) -> bool:
    """Whether a loader is CPython's own for source files: others (pytest's, beartype's, a zip file's) are not ours to touch."""
    return type(loader) is SourceFileLoader


def watch(loader: object) -> None:
    """Have the next execution of a module by `loader` reported, if it is a plain one."""
    if is_plain(loader):
        vars(loader)["exec_module"] = exec_module.__get__(loader)


def unwatch(loader: object) -> None:
    """Undo `watch`: for a loader that found a module which something else than an import runs, such as `python -m`."""
    if is_plain(loader):
        vars(loader).pop("exec_module", None)


def defines(code: CodeType) -> bool:
    """Whether a module's code defines functions or classes at its top level."""
    return type(code) in [type(constant) for constant in code.co_consts]


def last_definition(code: CodeType) -> int:
    """The last line of the last function or class at the top level of a module's code; 0 if it defines none."""
    nested = [constant for constant in code.co_consts if type(constant) is type(code)]
    return max((line for inner in nested for _, _, line in inner.co_lines() if line), default=0)


def _begin(loader: SourceFileLoader) -> SourceFileLoader:
    unwatch(loader)
    hooks.before()
    return loader


# The lines are laid out as those of importlib's own `exec_module`: two below `def` the code is got, four below the error is
# raised, six below the code is run.  `_disguise` relies on it, and a test compares tracebacks on each Python.
# fmt: off
def exec_module(self, module):  # type: ignore[no-untyped-def]
    try:
        code = _begin(self).get_code(module.__name__)
        if code is None:
            raise ImportError(f"cannot load module {module.__name__!r} when get_code() returns None")

        _call_with_frames_removed(exec, code, module.__dict__)
        hooks.executed(module, code)
    finally:
        hooks.after()
# fmt: on


def _disguise() -> None:
    original = SourceFileLoader.exec_module.__code__
    fields = {
        name: getattr(original, name)
        for name in ("co_filename", "co_name", "co_firstlineno", "co_qualname")
        if hasattr(original, name)
    }
    exec_module.__code__ = exec_module.__code__.replace(**fields)


_disguise()
