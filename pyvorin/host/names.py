"""What the global names that functions use are bound to, and the defaults of their parameters, seen when code is asked for.

    HEADS = [Node(1), None]      ->   "global HEADS": "list[union[none, instance[Node]]]"
    import config; config.RATE   ->   "global config.RATE": "float"
    def f(x, table=TABLE): ...   ->   "default f table": "dict[str, int]"

The compiler takes it for a hint.  Nothing of the program runs.
"""

from __future__ import annotations

from pyvorin.cache.outline import in_module
from pyvorin.host import namespace as namespaces
from pyvorin.host import observe, others
from pyvorin.host.assumptions import is_plain
from pyvorin.host.namespace import ModuleType
from pyvorin.host.profile import Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, FunctionType

_ABSENT = object()
_MOST_FUNCTIONS = 1000


def seen_by(function: FunctionType) -> dict[str, str]:
    """As `seen`, of one function and of those that it may call, without what instances have."""
    namespace = function.__globals__
    return _seen(namespace, [function, *_called_by(function)], Profile(namespace))


def seen(namespace: dict[str, object]) -> dict[str, str]:
    """The types of what the functions of the namespace use, and those of other modules that they may call, and what the
    instances among it have, as `observe.note` takes it."""
    profile = Profile(namespace)
    reached = {id(function): function for function in namespaces.functions(namespace)}
    pending = [*reached.values()]
    while pending and len(reached) < _MOST_FUNCTIONS:
        for called in _called_by(pending.pop()):
            if id(called) not in reached:
                reached[id(called)] = called
                pending.append(called)
    return {**_seen(namespace, reached.values(), profile), **profile.texts()}


def _called_by(function: FunctionType) -> Iterator[FunctionType]:
    """The functions of the program that are bound to names which the function uses, or to names of modules and classes there."""
    namespace, used = function.__globals__, _used_in(function.__code__)
    own = namespaces.module_of(function)
    for name in used:
        value = namespace.get(name)
        inner: Iterable[object] = ()
        module = namespaces.module_of(value)
        if type(value) is ModuleType and others.is_of_program(module):
            inner = [value.__dict__.get(attribute) for attribute in used]
        elif type(value) is type and others.is_of_program(module) and module != own:
            inner = list(value.__dict__.values())
        for found in (value, *inner):
            if namespaces.is_function(found) and _is_of_program(found, namespace):
                yield found


def _is_of_program(function: FunctionType, namespace: dict[str, object]) -> bool:
    return function.__globals__ is namespace or others.is_of_program(namespaces.module_of(function))


def _used_in(code: CodeType) -> tuple[str, ...]:
    """The names of globals and attributes in the code, and in that of comprehensions and functions inside it."""
    inner = [part for part in code.co_consts if type(part) is type(code)]
    return (*code.co_names, *(name for part in inner for name in _used_in(part)))


def _seen(namespace: dict[str, object], functions: Iterable[FunctionType], profile: Profile) -> dict[str, str]:
    found: dict[str, str] = {}
    for function in functions:
        used, scope = _used_in(function.__code__), function.__globals__
        module = "" if scope is namespace else namespaces.module_of(function)
        for name in used:
            value = scope.get(name, _ABSENT)
            if value is _ABSENT:
                continue
            key = f"global {module}.{name}" if module else f"global {name}"
            if type(value) is ModuleType:
                _look_into(in_module(module, name) if module else name, value.__dict__, used, profile, found)
            elif key not in found:
                found[key] = observe.type_of(value, profile=profile)
        _look_at_defaults(function, module, profile, found)
    return found


def _look_into(
    name: str, content: dict[str, object], used: tuple[str, ...], profile: Profile, found: dict[str, str]
) -> None:
    for attribute in used:
        key = f"global {name}.{attribute}"
        if attribute in content and key not in found:
            found[key] = observe.type_of(content[attribute], profile=profile)


def _look_at_defaults(function: FunctionType, module: str, profile: Profile, found: dict[str, str]) -> None:
    defaults, code = function.__defaults__, function.__code__
    values = dict(function.__kwdefaults__ or {})
    if defaults is not None and not is_plain(defaults):
        values.update(zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults))
    for name, value in values.items():
        qualname = in_module(module, function.__qualname__) if module else function.__qualname__
        found[f"default {qualname} {name}"] = observe.type_of(value, profile=profile)
