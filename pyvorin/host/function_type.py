"""The type that a patched function has on CPython 3.11: `function` in everything but its address.

3.11 alone calls a Python function without looking at its vectorcall field, if its type is exactly `function`; for any
other type that announces a vectorcall it uses the field.
So a patched function gets a second, static type: a copy of the finished struct of `function`, with `function` as its base, and
no attributes of its own but one.  Instances of a static type are not counted in it, so retyping is the store of one word.

What differs for the program is `type(f) is types.FunctionType`; `isinstance`, names, attributes and behaviour are the same.

`__reduce_ex__` is that one attribute.  pickle knows `function` by its exact type; for this one it asks the object, which
answers as pickle itself does for functions: "the global of this qualified name".
"""

from __future__ import annotations

from pyvorin.host import memory
from pyvorin.host.namespace import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.core.layouts import Layout

_VALID_VERSION_TAG = 1 << 19
_REFERENCES = 1 << 30
"""Of a type that is never freed: so many that its count cannot reach zero."""


def create(layout: Layout) -> int:
    """The address of a new static type as described above.  To be called once; the type lives for ever."""
    base = id(FunctionType)
    at = memory.allocate_for_ever(memory.content(base, layout.sizeof_type))
    attributes: dict[str, object] = {"__reduce_ex__": _reduce_ex}
    bases = (FunctionType,)
    mro = (None, FunctionType, object)
    # Tuples are constant for Python only.  The place of the type itself is filled by hand: nothing else can refer to it yet.
    memory.set_word(id(mro) + layout.tuple_items, at)
    for value in (attributes, bases, mro):
        memory.keep_for_ever(value)
    memory.set_word(at + layout.refcount, _REFERENCES)
    for field, content in (
        (layout.type_base, base),
        (layout.type_dict, id(attributes)),
        (layout.type_bases, id(bases)),
        (layout.type_mro, id(mro)),
        # These belong to `function`: its lists of attributes are in its dict already, the others start empty in a new type.
        (layout.type_methods, 0),
        (layout.type_members, 0),
        (layout.type_getset, 0),
        (layout.type_cache, 0),
        (layout.type_subclasses, 0),
        (layout.type_weaklist, 0),
        # Without a version the attribute cache does not know the type until CPython gives it one.
        (layout.type_version, 0),
        (layout.type_flags, memory.word(base + layout.type_flags) & ~_VALID_VERSION_TAG),
    ):
        memory.set_word(at + field, content)
    return at


def _reduce_ex(function: FunctionType, protocol: int) -> str:
    return function.__qualname__
