"""The classes of a module's source that native code knows: plain ones, whose instances are nothing but their attributes.

    class Node(Base):            ClassSource("Node", bases=["Base"], slots={"left"}), if Base is one, too
        __slots__ = ("left",)

What is said here decides what is compiled.  That the live class is like this is the host's to find out (`host/classes.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pyvorin.compiler.frontend.seen import expected
from pyvorin.types.spec import Type, TypeSyntaxError, parse_type

HOOKS = frozenset(
    {"__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__init_subclass__", "__class__", "__dict__"}
)
"""What makes attributes of instances, or of a class derived from this one, mean something else."""

PROFILE = "class "
"""In front of a class's name, where the observed types of attributes are sent among the signatures of functions."""


@dataclass(slots=True)
class ClassSource:
    """One class: its definition, the classes that it derives from, the nearest first, and the types of its attributes."""

    name: str
    node: ast.ClassDef
    bases: list[ClassSource]
    observed: dict[str, list[Type]] = field(default_factory=dict)
    """The types of attributes, seen in instances of exactly this class, the commonest first."""

    @property
    def mro(self) -> list[ClassSource]:
        return [self, *self.bases]

    def attribute(self, name: str) -> Type:
        """The type that the attribute of an instance is expected to have, `never` if nothing is known of it."""
        return expected(self.observed.get(name, []))

    def binds(self, name: str) -> bool:
        """Whether the class or one of its bases binds the name."""
        return any(name in _bound(node) for owner in self.mro for node in owner.node.body)

    def described(self) -> str:
        """What code that handles its instances depends on: its bases, the types of its attributes, what its body binds."""
        types = "; ".join(f"{name}={ty}" for name, seen in sorted(self.observed.items()) for ty in seen)
        bound = sorted(name for node in self.node.body for name in _bound(node))
        return f"{self.name}({', '.join(base.name for base in self.bases)}): {types} {bound}"

    def observe(self, texts: Iterable[str], known: Callable[[Type], Type]) -> None:
        """Take in what was observed, in the form of `host/profile.py`: ``x=float; next=instance[Node]``.

        known: what the compiler knows of a type.
        """
        for text in texts:
            for part in text.split("; "):
                name, _, written = part.partition("=")
                try:
                    ty = parse_type(written)
                except TypeSyntaxError:
                    continue
                seen = self.observed.setdefault(name, [])
                if known(ty) not in seen:
                    seen.append(known(ty))

    @property
    def is_constructible(self) -> bool:
        """Whether calling it does nothing but make an object and call its `__init__`, which gives None."""
        for owner in self.mro:
            bound = {name for node in owner.node.body for name in _bound(node)}
            if owner.node.decorator_list or bound & {"__new__", "__del__"}:
                return False
            if "__init__" in bound and self.method("__init__") is None:
                return False
        qualname = self.method("__init__")
        if qualname is None:
            return True
        owner = next(owner for owner in self.mro if qualname == f"{owner.name}.__init__")
        node = next(node for node in owner.node.body if "__init__" in _bound(node))
        returns = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value is not None]
        return all(isinstance(value, ast.Constant) and value.value is None for value in returns)

    def method(self, name: str) -> str | None:
        """The qualified name of the function that is this method; None if the name is bound to something else or nothing."""
        for owner in self.mro:
            found = [node for node in owner.node.body if name in _bound(node)]
            if found:
                is_method = len(found) == 1 and isinstance(found[0], ast.FunctionDef) and not found[0].decorator_list
                return f"{owner.name}.{name}" if is_method else None
        return None


def plain_classes(tree: ast.Module, is_bound_once: Iterable[str]) -> dict[str, ClassSource]:
    """The plain classes at the top of a module, by name."""
    found: dict[str, ClassSource] = {}
    once = set(is_bound_once)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in once:
            bases = _bases(node, found)
            if bases is not None and _is_plain(node):
                found[node.name] = ClassSource(node.name, node, bases)
    return found


def _bases(node: ast.ClassDef, known: dict[str, ClassSource]) -> list[ClassSource] | None:
    """All classes above it but `object`, in the order in which attributes are looked for; None if they are not known."""
    names = [base.id if isinstance(base, ast.Name) else "" for base in node.bases]
    if names in ([], ["object"]):
        return []
    if len(names) == 1 and names[0] in known:
        return known[names[0]].mro
    return None


def _is_plain(node: ast.ClassDef) -> bool:
    if node.keywords or not all(map(_is_dataclass, node.decorator_list)) or getattr(node, "type_params", None):
        return False
    return not any(HOOKS & _bound(inner) for inner in node.body)


def _is_dataclass(node: ast.expr) -> bool:
    """Whether the decorator gives back the class that it is given."""
    if isinstance(node, ast.Call):
        return _is_dataclass(node.func) and not any(k.arg in (None, "slots", "weakref_slot") for k in node.keywords)
    return ast.unparse(node) in ("dataclass", "dataclasses.dataclass")


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a class's body binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}


def mangled(name: str, in_class: str | None) -> str:
    """The name of the attribute that *name* means in a class's body (Language Reference 6.2.1, private name mangling)."""
    owner = (in_class or "").lstrip("_")
    return f"_{owner}{name}" if owner and name.startswith("__") and not name.endswith("__") else name
