"""The program's other modules, along with which a module is compiled: which there are, and whether they are what they were.

Loaded when the compiler is asked, and where code is there that was made along with others.
"""

from __future__ import annotations

import sys

from pyvorin.cache.key import digest
from pyvorin.host import loader
from pyvorin.host.module import MAIN, Module, decoded
from pyvorin.host.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from pyvorin.host.session import Session


def is_of_program(module: str) -> bool:
    """Whether a module of this name is one of the program's, with functions."""
    from pyvorin.host import session

    return module in session.known_modules()


def named(session: Session, module: Module) -> dict[str, list[str]]:
    """What a request says of all but this module: by name the file, and the digest of the text."""
    names = [*session.modules, *(name for name in list(sys.modules) if name not in session.modules)]
    found = {name: _known(session, name) for name in names if name not in (module.name, MAIN)}
    return {name: [*known] for name, known in found.items() if known is not None}


def look(session: Session, module: Module) -> None:
    """Ask for the module once more if it was compiled along with others as these are not, or not yet."""
    current = module.loaded
    if current is None or all(_is_same(session, name, text) for name, text in current.others.items()):
        return
    if module.namespace is None:
        module.namespace = _namespace(module)
    session.ask_again(module)


def _is_same(session: Session, name: str, text_digest: str) -> bool:
    known = _known(session, name)
    return known is None or known[1] == text_digest


def _known(session: Session, name: str) -> tuple[str, str] | None:
    """The file of the program's module and the digest of its text; None if it is none, or is not loaded.

    A module without functions is not reported (`activation.py`): it is looked at here, once.
    """
    reported = session.modules.get(name)
    if reported is not None:
        return reported.path, reported.text_digest
    module = sys.modules.get(name)
    if module is None or type(module) is not type(sys):
        return None
    kept = session.constants.get(name)
    if kept is None or kept[0] != id(module):
        kept = session.constants[name] = (id(module), _look_at(session, name, module))
    return kept[1]


def _look_at(session: Session, name: str, module: ModuleType) -> tuple[str, str] | None:
    spec = vars(module).get("__spec__")
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
    return None if text is None else (spec.origin, digest(text.encode("utf-8", "surrogatepass")))


def _namespace(module: Module) -> dict[str, object] | None:
    found = sys.modules.get(module.name)
    return vars(found) if type(found) is type(sys) else None
