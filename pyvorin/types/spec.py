"""Static types: what the compiler knows about a value, and how signatures spell it.

A type is a name with arguments: ``float``, ``list[float]``, ``tuple[int, str]``.  What a type promises depends on its kind:

* *scalars* (``int float bool none char``) are held unboxed; an ``int`` fits 64 bits, a ``char`` is a ``str`` of length 1;
* *references* (``str list[T] tuple[...] object`` and the buffers) are the CPython object itself.  Their element types are
  hints: every element is guarded when it is read, so a hint that is wrong costs an exit and never a wrong result;
* ``instance[C]`` is a reference to an object of exactly the module's class C; its attributes are guarded like elements;
* ``never`` (bottom) is the type of what cannot happen yet, ``unbound`` that of a local before its first assignment;
* ``?k`` is the type variable of allocation site *k*: the element type of a list that this function makes.

The lattice: ``never`` below everything, ``object`` above everything; two different types join to ``object``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type name and its arguments; compared by value."""

    name: str
    args: tuple[Type, ...] = ()

    def __str__(self) -> str:
        if not self.args:
            return self.name
        return f"{self.name}[{', '.join(map(str, self.args))}]"

    __repr__ = __str__

    @property
    def is_variable(self) -> bool:
        return self.name.startswith("?")

    @property
    def is_reference(self) -> bool:
        """Whether native code holds this value as a counted pointer to a CPython object."""
        return self.name in REFERENCE_NAMES


INT = Type("int")
FLOAT = Type("float")
BOOL = Type("bool")
NONE = Type("none")
CHAR = Type("char")
STR = Type("str")
OBJECT = Type("object")
NEVER = Type("never")
UNBOUND = Type("unbound")

BUFFER_NAMES = frozenset({"array", "ndarray"})
REFERENCE_NAMES = frozenset({"str", "object", "list", "tuple", "range", "vec", "instance"}) | BUFFER_NAMES


def list_of(element: Type) -> Type:
    """The exact builtin list whose elements are expected to be of type *element*."""
    return Type("list", (element,))


def instance_of(name: str) -> Type:
    """An object whose type is exactly the class that the module binds to this name."""
    return Type("instance", (Type(name),))


def vec_of(element: Type) -> Type:
    """The unboxed form of a local list of numbers; no value of the program has this type."""
    return Type("vec", (element,))


def tuple_of(*items: Type) -> Type:
    """The exact builtin tuple of this length, with these expected item types."""
    return Type("tuple", items)


def as_element(ty: Type) -> Type:
    """The type that a value has in a container, where it is an object: a str is one whatever its length."""
    return STR if ty == CHAR else ty


def join(a: Type, b: Type) -> Type:
    """The least type above both *a* and *b*."""
    if a == b or b == NEVER:
        return a
    if a == NEVER:
        return b
    if {a, b} == {CHAR, STR}:
        return STR
    if a.name == b.name == "list":
        return list_of(join(a.args[0], b.args[0]))
    if a.name == b.name == "tuple" and len(a.args) == len(b.args):
        return tuple_of(*map(join, a.args, b.args))
    return OBJECT


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
