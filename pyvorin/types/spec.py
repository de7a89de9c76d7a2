"""Static types: what the compiler knows about a value, and how signatures spell it.

A type is a name with arguments: ``float``, ``list[float]``, ``tuple[int, str]``.  What a type promises depends on its kind:

* *scalars* (``int float number bool none char``) are held unboxed; an ``int`` fits 64 bits, a ``number`` is an ``int`` or a
  ``float`` and says which, a ``char`` is a ``str`` of length 1;
* *references* (``str bytes bytearray list[T] dict[K, V] set[T] tuple[...] object`` and the buffers) are the CPython object
  itself. Their element types are hints: every element is guarded when it is read, so one that is wrong costs an exit and never a
  wrong result;
* ``tuples[T]`` is a tuple of any length, ``tuple[T, U]`` one of this length; tuples of several lengths join to the former;
* ``union[none, T]`` and ``union[instance[C], instance[D]]`` are objects that are told apart where they are used; no value in
  native code has such a type, only results, elements and attributes;
* ``instance[C]`` is a reference to an object of exactly the module's class C; its attributes are guarded like elements;
  ``class[C]`` is the class itself; ``member[C]`` is an instance of an enumeration where it is used as a key,
  ``identity[C]`` one of any class that leaves `__eq__` and `__hash__` to `object`;
* ``deque[T] defaultdict[K, V] counter[K, V] ordered[K, V]`` are the types of the module `collections`, of exactly these classes;
* ``named[C, names[x, y], T, U]`` is a tuple of the class C that `collections.namedtuple` has made for the module;
* ``dictkeys[K, V] dictvalues[K, V] dictitems[K, V]`` are views of a dict with such keys and values;
* ``kwargs[names[x, y], T, U]`` is the dict of a ``**`` parameter that a function only hands on, with just these keys;
* ``pattern match`` are objects of the types of `re` that are written in C (`core/library.py`);
* ``loose[d]`` is an ``array[d]`` that is not held, because it was found in a container or an attribute, or made here: whoever
  has it may change its length at any time;
* ``bound[append, list[T]]``, ``function[f]`` and ``builtin[math, sqrt]`` are callables that are known: a method of a builtin
  container bound to one, a function of the module, one of a standard module;
* ``never`` (bottom) is the type of what cannot happen yet, ``unbound`` that of a local before its first assignment;
* ``?k`` is a type variable of an allocation site: what the elements (keys, values) of a container made there are.

The lattice: ``never`` below everything, ``object`` above everything; ``int`` and ``float`` join to ``number``, None
and classes to a ``union``, other different types to ``object``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from pyvorin.core.library import C_OBJECTS


@dataclass(frozen=True, slots=True)
class Type:
    """A type name and its arguments; compared by value."""

    name: str
    args: tuple[Type, ...] = ()
    is_variable: bool = field(init=False, repr=False, compare=False)
    is_settled: bool = field(init=False, repr=False, compare=False)
    """Whether there is no variable in it."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Types are asked for these far more often than made.
        is_variable = self.name.startswith("?")
        object.__setattr__(self, "is_variable", is_variable)
        object.__setattr__(self, "is_settled", not is_variable and all(arg.is_settled for arg in self.args))
        object.__setattr__(self, "_hash", hash((self.name, self.args)))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if not self.args:
            return self.name
        return f"{self.name}[{', '.join(map(str, self.args))}]"

    __repr__ = __str__

    @property
    def is_reference(self) -> bool:
        """Whether native code holds this value as a counted pointer to a CPython object."""
        return self.name in REFERENCE_NAMES


INT = Type("int")
FLOAT = Type("float")
NUMBER = Type("number")
BOOL = Type("bool")
NONE = Type("none")
CHAR = Type("char")
STR = Type("str")
BYTES = Type("bytes")
OBJECT = Type("object")
RANDOM = Type("random")
ITERATOR = Type("iterator")
"""Of what `iter()` gives: an iterator that is asked without a call of CPython (`lower/next_item.py`)."""
NEVER = Type("never")
UNBOUND = Type("unbound")

BUFFER_NAMES = frozenset({"array", "ndarray"})
"""Buffers that are held while native code runs, so that their length stays; arguments only."""
DICT_NAMES = frozenset({"dict", "defaultdict", "counter", "ordered"})
"""What keeps its items in the table of a dict."""
CONTAINER_NAMES = frozenset({"list", "set", "frozenset", "deque"}) | DICT_NAMES
"""Containers of objects: what a program stores into those that it makes decides their element types."""
TUPLE_NAMES = frozenset({"tuple", "tuples"})
VIEW_NAMES = frozenset({"dictkeys", "dictvalues", "dictitems"})
CALLABLE_NAMES = frozenset({"bound", "function", "builtin"})
REFERENCE_NAMES = (
    frozenset(
        {
            "str",
            "bytes",
            "bytearray",
            "named",
            "object",
            "union",
            "tuple",
            "tuples",
            "range",
            "vec",
            "instance",
            "member",
            "identity",
            "kwargs",
            "class",
            "random",
            "loose",
            *C_OBJECTS,
        }
    )
    | CALLABLE_NAMES
    | CONTAINER_NAMES
    | VIEW_NAMES
    | BUFFER_NAMES
)


NUMBERS = frozenset({INT, FLOAT, NUMBER})


ALTERNATIVES = (
    frozenset({"named", "int", "float", "number", "bool", "str", "bytes", "tuple", *C_OBJECTS}) | CONTAINER_NAMES
)
"""What may also be None."""


LIBRARY_TYPES = {
    "random": "random:Random",
    "deque": "collections:deque",
    "defaultdict": "collections:defaultdict",
    "counter": "collections:Counter",
    "ordered": "collections:OrderedDict",
    **{name: f"{module}:{kind}" for name, (module, kind) in C_OBJECTS.items()},
}
"""Types of the standard library whose objects native code handles: the module and the name there of exactly this type."""


def list_of(element: Type) -> Type:
    """The exact builtin list whose elements are expected to be of type *element*."""
    return Type("list", (element,))


def dict_of(key: Type, value: Type) -> Type:
    """The exact builtin dict whose keys and values are expected to be of these types."""
    return Type("dict", (key, value))


def set_of(element: Type) -> Type:
    """The exact builtin set whose elements are expected to be of type *element*."""
    return Type("set", (element,))


def instance_of(name: str) -> Type:
    """An object whose type is exactly the class that the module binds to this name."""
    return Type("instance", (Type(name),))


def found(ty: Type) -> Type:
    """The type of a value that is read from a container or an attribute whose items are expected to be *ty*."""
    return Type("loose", ty.args) if ty.name == "array" else ty


def class_of(name: str) -> Type:
    """The class itself that the module binds to this name."""
    return Type("class", (Type(name),))


def vec_of(element: Type) -> Type:
    """The unboxed form of a local list of numbers; no value of the program has this type."""
    return Type("vec", (element,))


def tuple_of(*items: Type) -> Type:
    """The exact builtin tuple of this length, with these expected item types."""
    return Type("tuple", items)


def named_of(name: str, fields: Iterable[str], items: Iterable[Type]) -> Type:
    """The named tuple of this class of the module, with these fields, which have these expected types."""
    return Type("named", (Type(name), Type("names", tuple(map(Type, fields))), *items))


def kwargs_of(names: Iterable[str], items: Iterable[Type]) -> Type:
    """The dict of keyword arguments that a function hands on, with just these names."""
    return Type("kwargs", (Type("names", tuple(map(Type, names))), *items))


def tuples_of(element: Type) -> Type:
    """The exact builtin tuple, of whatever length, whose items are expected to be of type *element*."""
    return Type("tuples", (element,))


def item_of(ty: Type) -> Type:
    """The type of what a loop over a value of this type gives."""
    if ty.name in TUPLE_NAMES:
        return reduce(join, ty.args, NEVER)
    if ty.name in CONTAINER_NAMES:
        return ty.args[0]
    if ty.name in VIEW_NAMES:
        key, value = ty.args
        return {"dictkeys": key, "dictvalues": value}.get(ty.name, tuple_of(key, value))
    return {"str": STR, "char": STR, "bytes": INT, "bytearray": INT, "range": INT}.get(ty.name, OBJECT)


def as_element(ty: Type) -> Type:
    """The type that a value has in a container, where it is an object: a str is one whatever its length."""
    if ty.name in ("member", "identity"):
        return Type("instance", ty.args)
    return STR if ty == CHAR else ty


def literal_type(value: object) -> Type:
    """The static type of a Python constant."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return FLOAT
    if value is None:
        return NONE
    if isinstance(value, str):
        return CHAR if len(value) == 1 else STR
    if isinstance(value, bytes):
        return BYTES
    if isinstance(value, tuple):
        return tuple_of(*(as_element(literal_type(item)) for item in value))
    return OBJECT


def join(a: Type, b: Type) -> Type:
    """The least type above both *a* and *b*."""
    if a == b or b == NEVER:
        return a
    if a == NEVER:
        return b
    if {a, b} == {CHAR, STR}:
        return STR
    if a in NUMBERS and b in NUMBERS:
        return NUMBER
    if {a.name, b.name} & {"none", "instance", "union"}:
        return union_of(a, b)
    same = a.name == b.name and len(a.args) == len(b.args)
    if same and a.name == "named" and a.args[:2] == b.args[:2]:
        return Type("named", (*a.args[:2], *map(join, a.args[2:], b.args[2:])))
    if same and a.args and (a.name in TUPLE_NAMES or a.name in CONTAINER_NAMES):
        return Type(a.name, tuple(map(join, a.args, b.args)))
    if a.name in TUPLE_NAMES and b.name in TUPLE_NAMES:
        return tuples_of(reduce(join, (*a.args, *b.args), NEVER))
    return OBJECT


MOST_ALTERNATIVES = 6


def union_of(*types: Type) -> Type:
    """The least type above all of these: a `union` of None and classes, or of None and one other type, if there is one."""
    parts = [part for ty in types for part in (ty.args if ty.name == "union" else (ty,))]
    instances = sorted({part for part in parts if part.name == "instance"}, key=str)
    other = NEVER
    for part in parts:
        if part != NONE and part.name != "instance":
            other = join(other, as_element(part))
    if other != NEVER and (instances or other.name not in ALTERNATIVES):
        return OBJECT
    found = (*([NONE] if NONE in parts else []), *instances, *([other] if other != NEVER else []))
    if len(found) > MOST_ALTERNATIVES:
        return OBJECT
    return found[0] if len(found) == 1 else Type("union", found)


class TypeSyntaxError(ValueError):
    """A type's text that is not of the form described in this module."""


def parse_type(text: str) -> Type:
    """The type written as *text*.

    Raises:
        TypeSyntaxError: the text is not a type; the message shows where.
    """
    ty, rest = parse_prefix(text, 0)
    if rest != len(text):
        raise TypeSyntaxError(f"unexpected {text[rest:]!r} after the type in {text!r}")
    return ty


def parse_signature(text: str) -> tuple[Type, ...]:
    """The parameter types of a signature such as ``list[float], int``; no parameters is the empty text.

    Raises:
        TypeSyntaxError: the text is not a list of types.
    """
    if not text:
        return ()
    return parse_type(f"tuple[{text}]").args


def signature_text(types: tuple[Type, ...]) -> str:
    """The text that `parse_signature` reads back as *types*."""
    return ", ".join(map(str, types))


def parse_prefix(text: str, at: int) -> tuple[Type, int]:
    """The type that begins at this position of *text*, and the position after it.

    Raises:
        TypeSyntaxError: there is none.
    """
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "_?"):
        end += 1
    name = text[at:end]
    if not name:
        raise TypeSyntaxError(f"a type name was expected at position {at} of {text!r}")
    if end == len(text) or text[end] != "[":
        return Type(name), end
    args: list[Type] = []
    end += 1
    if text[end : end + 1] == "]":
        return Type(name), end + 1
    while True:
        arg, end = parse_prefix(text, end)
        args.append(arg)
        if text[end : end + 2] == ", ":
            end += 2
        elif text[end : end + 1] == "]":
            return Type(name, tuple(args)), end + 1
        else:
            raise TypeSyntaxError(f"', ' or ']' was expected at position {end} of {text!r}")
