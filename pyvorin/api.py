"""What `import pyvorin` offers, loaded when the first of these names is used."""

from __future__ import annotations

import os
import sys

from pyvorin import autostart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvorin.core.config import Value


def install(**settings: Value) -> None:
    """Accelerate this process from now on: modules that are imported later, those that are in scope already, and the main script.

    A second call changes nothing.  Where Pyvorin does not work (see `python -m pyvorin doctor`), neither does the first.

    Args:
        settings: values that win over those of the environment and the project's file, by the names in docs/settings.md:
            `install(wait=True, include=("rows",))`.

    Raises:
        TypeError: a setting has no such name.
        ValueError: a setting cannot have such a value.
        StrictModeError: a module in scope that is imported already is not fully native, and `strict` covers it.
    """
    from pyvorin.core import config
    from pyvorin.host import activation

    unknown = sorted(set(settings) - set(config.BY_NAME))
    if unknown:
        raise TypeError(f"no such setting: {', '.join(unknown)}; there are {', '.join(sorted(config.BY_NAME))}")
    if autostart.unsupported():
        return
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    chosen = config.load(project_dir=os.path.dirname(script) if script else "")
    for name, value in settings.items():
        chosen.override(name, value)
    chosen.mode = "on"
    activation.activate(chosen, running=True)


def uninstall() -> None:
    """Run everything in CPython again; function objects get back exactly what they had.  Without `install()`, nothing happens."""
    from pyvorin.host import activation

    activation.deactivate()


def report() -> dict[str, object]:
    """What is native in this process, what is not and why: the data of the JSON report (docs/report.md)."""
    from pyvorin.host import activation

    active = activation.current
    if active is None or active.session is None:
        return {"functions": [], "rejected": [], "problems": []}
    return active.session.report()


def explain(function: Callable[..., object], stage: str = "hir") -> str:
    """How Pyvorin sees a function: its text at `stage`, one of `types`, `hir`, `llvm`, `asm`.

    The compiler runs in a child process.

    Raises:
        ValueError: the function has no source file or is not compiled (the text says why), or there is no such stage.
    """
    import inspect

    from pyvorin.cli import explain as command

    target = inspect.unwrap(function)
    path = inspect.getsourcefile(target)
    if path is None:
        raise ValueError(f"{function!r} has no source file")
    return command.in_child(path, target.__qualname__, stage)
