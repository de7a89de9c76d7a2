"""What native code relies on outside of its functions: the values that globals and builtins must have.

In: a fact from the manifest and the live namespace.  Out: the object that the name is bound to if the fact holds, else ABSENT.
Native code then compares the live binding with that object by address; what is decided here, once, is that the object
is what the compiler took it for.  Nothing of the program runs for it.

    fact  RATE  literal  0.5        holds if   namespace["RATE"]  is a float of exactly these bits
    fact  sqrt  attribute  math.sqrt           namespace["sqrt"] is sys.modules["math"].sqrt
"""

from __future__ import annotations

import sys

from pyvorin.host import namespace as namespaces
from pyvorin.host.namespace import BuiltinFunctionType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Absent:
    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""In place of the object: the fact does not hold, or not yet."""

_HEAP_TYPE = 1 << 9
_PLAIN = (int, float, bool, type(None), str, bytes)


def holds(
    kind: str,
    name: str,
    detail: str,
    namespace: dict[str, object],
    has_code_of: Callable[[FunctionType, str], bool],
) -> object:
    """The object that the global `name` is bound to if it is what the fact says, ABSENT otherwise.

    has_code_of: whether a function's code is that of the qualified name in the compiled source.
    """
    target, other = namespaces.scope_of(detail, namespace) if kind == "same" else ("", {})
    own, namespace = namespaces.scope_of(name, namespace)
    value = namespace.get(own, ABSENT)
    if value is ABSENT:
        return ABSENT
    if kind == "same":
        return value if value is other.get(target, ABSENT) else ABSENT
    if kind == "literal":
        return value if is_plain(value) and repr(value) == detail else ABSENT
    if kind == "function":
        # Not isinstance(), which may run the program's code: it asks for `__class__`.
        is_it = issubclass(type(value), FunctionType) and value.__globals__ is namespace  # type: ignore[attr-defined]
        return value if is_it and has_code_of(value, detail) else ABSENT  # type: ignore[arg-type]
    if kind == "class":
        from pyvorin.host import classes

        return value if value is not None and value is classes.of_name(own, namespace) else ABSENT
    if kind == "named":
        from pyvorin.host import classes

        is_own = value is not None and value is classes.of_name(own, namespace)
        return value if is_own and classes.is_named_tuple(value, detail.split(" ")) else ABSENT  # type: ignore[arg-type]
    if kind == "module":
        return value if type(value) is ModuleType and value is sys.modules.get(detail) else ABSENT
    if kind == "attribute":
        module, _, attribute = detail.rpartition(".")
        return value if value is imported(module, attribute) else ABSENT
    return ABSENT


def is_plain(value: object) -> bool:
    """Whether `value` is an immutable constant of exactly a builtin class, so that its `repr` determines it.

    A NaN is not: its sign and payload do not show.
    """
    if type(value) is tuple:
        return all(is_plain(item) for item in value)
    return type(value) in _PLAIN and value == value


_CHECKED_HERE = frozenset(("array", "math", "string", "numpy"))


def imported(module: str, attribute: str) -> object:
    """The module, or its attribute if one is named, if it is imported already; ABSENT if not.  Imports nothing of it."""
    found = sys.modules.get(module, ABSENT)
    if type(found) is not ModuleType:
        return ABSENT
    if module == "array":
        from pyvorin.host import probe

        if probe.array_problem() is not None:
            return ABSENT
    if module not in _CHECKED_HERE:
        from pyvorin.host import library

        return library.attribute(found, module, attribute)
    if attribute == "__dict__":
        return found.__dict__
    if not attribute:
        return found
    value = found.__dict__.get(attribute, ABSENT)
    if module == "string":
        from pyvorin.host.text_constants import VALUES

        return value if type(value) is str and value == VALUES.get(attribute) else ABSENT
    return value if module != "math" or _is_of_math(value, attribute, found) else ABSENT


_OF_MATH = {"pi": "3.141592653589793", "e": "2.718281828459045", "tau": "6.283185307179586", "inf": "inf", "nan": "nan"}


def _is_of_math(value: object, attribute: str, module: object) -> bool:
    """Whether it is the function or number of that name of the module `math`, and nothing that was put in its place."""
    if type(value) is BuiltinFunctionType:
        return value.__self__ is module and value.__name__ == attribute
    return type(value) is float and repr(value) == _OF_MATH.get(attribute)


def constant_defaults(function: FunctionType, text: str) -> object:
    """The function's tuple of default values if it is the one with this `repr`, ABSENT otherwise."""
    defaults = function.__defaults__
    return defaults if defaults is not None and is_plain(defaults) and repr(defaults) == text else ABSENT


def builtins_of(namespace: dict[str, object]) -> dict[str, object]:
    """The dict in which functions of this namespace look up what is not global (`__builtins__` is a module in __main__)."""
    found = namespace.get("__builtins__")
    if type(found) is ModuleType:
        found = found.__dict__
    if type(found) is dict:
        return found
    return sys.modules["builtins"].__dict__


def genuine_builtin(name: str, namespace: dict[str, object]) -> object:
    """The builtin that `name` means in functions of this namespace, if it is CPython's own; ABSENT if shadowed or replaced."""
    if name in namespace:
        return ABSENT
    value = builtins_of(namespace).get(name, ABSENT)
    if type(value) is BuiltinFunctionType:
        is_own = value.__self__ is sys.modules["builtins"] and value.__name__ == name
    elif type(value) is type:
        is_own = not value.__flags__ & _HEAP_TYPE and value.__name__ == name
    else:
        is_own = is_plain(value) or value is Ellipsis or value is NotImplemented
    return value if is_own else ABSENT
