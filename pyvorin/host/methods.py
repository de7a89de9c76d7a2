"""The C functions behind the methods of builtin types, which native code calls without looking the method up.

Their addresses are those of this process: they are read from the method's descriptor (PyMethodDescrObject, descrobject.h), which
belongs to the type and never changes; the types of the interpreter cannot be assigned to.
"""

from __future__ import annotations

import builtins
import sys

from pyvorin.core import layouts
from pyvorin.host import memory

_COLLECTIONS = ("deque", "defaultdict", "OrderedDict")
"""Types of a module in C that `collections` has loaded."""
_CALLABLES = (type(str.upper), type(len), type)
"""The types of what `member` gives: methods' descriptors, functions in C (those of classes are bound to them), types."""
_HEAP_TYPE = 1 << 9
"""A class of the program's own (object.h)."""
FUNCTION, FLAGS = 8, 16
"""Offsets in a PyMethodDef (methodobject.h)."""


def address(text: str) -> int:
    """The address for `text`: the type, a dot, the method's name, a space, the flags that say how it is called.

    Raises ValueError if this interpreter has no such method, or calls it in another way.
    """
    path, _, flags = text.partition(" ")
    at = definition(path)
    found = memory.half(at + FLAGS)
    if found != int(flags):
        raise ValueError(f"{path} has the flags {found}")
    return memory.word(at + FUNCTION)


def member(path: str) -> object:
    """The method of a builtin type, the builtin type or function itself, as it is called.

    Raises ValueError if this interpreter has no such thing.
    """
    kind, _, name = path.partition(".")
    owner = vars(builtins).get(kind) if not name else getattr(builtins, kind, None)
    found = owner if not name else getattr(owner, name, None)
    is_own = not owner.__flags__ & _HEAP_TYPE if type(owner) is type else not name
    if type(found) not in _CALLABLES or not is_own:
        raise ValueError(f"no method {path}")
    return found


def definition(path: str) -> int:
    """The address of the PyMethodDef of a method: the type, a dot, the method's name.

    Raises ValueError if this interpreter has no such method.
    """
    kind, _, name = path.partition(".")
    layout = layouts.running()
    owner = sys.modules.get("_collections") if kind in _COLLECTIONS else builtins
    descriptor = vars(getattr(owner, kind, object)).get(name)
    descriptor_type = type(str.upper)
    if (
        layout is None
        or type(descriptor) is not descriptor_type
        or descriptor_type.__basicsize__ != layout.sizeof_descriptor
    ):
        raise ValueError(f"no method {path}")
    at = memory.word(id(descriptor) + layout.descriptor_method)
    wanted = name.encode() + b"\0"
    if memory.content(memory.word(at), len(wanted)) != wanted:
        raise ValueError(f"{path} is not described as expected")
    return at
