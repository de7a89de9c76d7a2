"""What the global names that functions use are bound to, and the defaults of their parameters, seen when code is asked for.

    HEADS = [Node(1), None]      ->   "global HEADS": "list[union[none, instance[Node]]]"
    import config; config.RATE   ->   "global config.RATE": "float"
    def f(x, table=TABLE): ...   ->   "default f table": "dict[str, int]"

The compiler takes it for a hint.  Nothing of the program runs.
"""

from __future__ import annotations

from pyvorin.host import namespace as namespaces
from pyvorin.host import observe
from pyvorin.host.assumptions import is_plain
from pyvorin.host.namespace import ModuleType
from pyvorin.host.profile import Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FunctionType

_ABSENT = object()


def seen_by(function: FunctionType) -> dict[str, str]:
    """As `seen`, of one function and of those that it may call, without what instances have."""
    namespace = function.__globals__
    called = [namespace.get(name) for name in _used_in(function.__code__)]
    others = [value for value in called if namespaces.is_function(value) and value.__globals__ is namespace]  # type: ignore[union-attr]
    return _seen(namespace, [function, *others], Profile(namespace))  # type: ignore[list-item]


def seen(namespace: dict[str, object]) -> dict[str, str]:
    """The types of what the functions of the namespace use, and what the instances among it have, as `observe.note` takes it."""
    profile = Profile(namespace)
    return {**_seen(namespace, namespaces.functions(namespace), profile), **profile.texts()}


def _used_in(code: CodeType) -> tuple[str, ...]:
    """The names of globals and attributes in the code, and in that of comprehensions and functions inside it."""
    inner = [part for part in code.co_consts if type(part) is type(code)]
    return (*code.co_names, *(name for part in inner for name in _used_in(part)))


def _seen(namespace: dict[str, object], functions: Iterable[FunctionType], profile: Profile) -> dict[str, str]:
    found: dict[str, str] = {}
    for function in functions:
        used = _used_in(function.__code__)
        for name in used:
            value = namespace.get(name, _ABSENT)
            if value is _ABSENT:
                continue
            if type(value) is ModuleType:
                _look_into(name, value.__dict__, used, profile, found)
            elif f"global {name}" not in found:
                found[f"global {name}"] = observe.type_of(value, profile=profile)
        _look_at_defaults(function, profile, found)
    return found


def _look_into(
    name: str, content: dict[str, object], used: tuple[str, ...], profile: Profile, found: dict[str, str]
) -> None:
    for attribute in used:
        key = f"global {name}.{attribute}"
        if attribute in content and key not in found:
            found[key] = observe.type_of(content[attribute], profile=profile)


def _look_at_defaults(function: FunctionType, profile: Profile, found: dict[str, str]) -> None:
    defaults, code = function.__defaults__, function.__code__
    values = dict(function.__kwdefaults__ or {})
    if defaults is not None and not is_plain(defaults):
        values.update(zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults))
    for name, value in values.items():
        found[f"default {function.__qualname__} {name}"] = observe.type_of(value, profile=profile)
