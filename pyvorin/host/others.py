"""The program's other modules, along with which a module is compiled: which there are, and whether they are what they were.

Loaded when the compiler is asked, and where code is there that was made along with others.
"""

from __future__ import annotations

import sys

from pyvorin.cache.key import decoded, text_digest
from pyvorin.host import loader
from pyvorin.host.module import MAIN, Module
from pyvorin.host.namespace import loaded, module_of
from pyvorin.host.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyvorin.host.session import Session


def is_of_program(module: str) -> bool:
    """Whether a module of this name is one of the program's, with functions."""
    from pyvorin.host import session

    return module in session.known_modules()


MOST_NAMED = 96
"""A request names so many modules: a program may have thousands."""


def named(session: Session, module: Module) -> dict[str, list[str]]:
    """What a request says of the modules that this one may use, directly or not, the nearest first: by name the file, and the
    digest of the text."""
    found: dict[str, list[str]] = {}
    pending = [module.name]
    for user in pending:
        for name in _imported(session, user):
            known = _known(session, name) if name not in pending and name != MAIN else None
            if known is not None and len(found) < MOST_NAMED:
                found[name] = [*known]
                pending.append(name)
    return found


def _imported(session: Session, user: str) -> Iterator[str]:
    """What may be the names of loaded modules that a module imports, as far as its code, or else its namespace, says."""
    reported = session.modules.get(user)
    if reported is None:
        for value in list((loaded(user) or {}).values()):
            name = module_of(value)
            if name in sys.modules:
                yield name
        return
    packages = [""]
    for part in user.split("."):
        packages.append(f"{packages[-1]}{part}.")
    for name in reported.imports:
        for package in packages:
            if package + name in sys.modules or package + name in session.modules:
                yield package + name


def look(session: Session, *modules: Module) -> None:
    """Ask once more for those of the modules that were compiled along with others as these are not, or not yet."""
    for module in modules:
        used = module.loaded.others.items() if module.loaded is not None else ()
        changed = [name for name, text in used if (_known(session, name) or ("", text))[1] != text]
        # What a request would not name is left as it is.
        if changed and not named(session, module).keys().isdisjoint(changed):
            if module.namespace is None:
                module.namespace = loaded(module.name)
            session.ask_again(module)


def _known(session: Session, name: str) -> tuple[str, str] | None:
    """The file of the program's module and the digest of its text; None if it is none, or is not loaded.

    A module without functions is not reported (`activation.py`): it is looked at here, once.
    """
    reported = session.modules.get(name)
    if reported is not None:
        return reported.path, reported.text_digest
    namespace = loaded(name)
    if namespace is None:
        return None
    kept = session.constants.get(name)
    if kept is None or kept[0] != id(namespace):
        kept = session.constants[name] = (id(namespace), _look_at(session, name, namespace))
    return kept[1]


def _look_at(session: Session, name: str, namespace: dict[str, object]) -> tuple[str, str] | None:
    spec: Any = namespace.get("__spec__")
    found = getattr(spec, "loader", None)
    if spec is None or spec.name != name or spec.origin is None or not loader.is_plain(found):
        return None
    if not Scope(session.settings).covers(name, spec.origin):
        return None
    try:
        with open(spec.origin, "rb") as file:
            text = decoded(file.read())
    except (OSError, ValueError):
        return None
    return None if text is None else (spec.origin, text_digest(text))
