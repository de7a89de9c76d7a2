"""What the instances of the program's classes have for attributes, seen at the calls that ask for a specialisation.

    f(Node(1.0, Node(2.0, None)))   ->   "instance[Node]", and of Node: "next=instance[Node]; next=none; value=float"

The compiler takes it for a hint: native code checks whatever it reads.  Nothing of the program runs: only values that an
object has itself, or in a slot, are looked at, and `__dict__` is left alone, as asking for it would change how the object
keeps them.
"""

from __future__ import annotations

from pyvorin.cache.outline import in_module
from pyvorin.host import classes, observe, others
from pyvorin.host import namespace as namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType

    from pyvorin.host.classes import Seen

_MOST_OBJECTS, _MOST_OF_CLASS = 96, 24
_DEPTH = 2
_MOST_ITEMS, _LONGEST_KEY = 32, 40
"""Dicts with more items are no records."""
_ITEMS = "[]"
"""What stands for the contents among the attributes (`compiler/frontend/classes.py`)."""


class Profile:
    """Collects, for one call, the classes of what it is shown and of what that leads to."""

    __slots__ = ("_classes", "_count", "_items", "_known", "_namespace", "_pending", "_seen", "_texts")

    def __init__(self, namespace: dict[str, object]) -> None:
        self._namespace = namespace
        self._classes: dict[str, dict[str, dict[str, int]]] = {}
        self._known: dict[str, Seen | None] = {}
        self._pending: list[tuple[str, object]] = []
        self._items: dict[str, dict[str, int]] = {}
        self._seen: set[int] = set()
        self._texts: set[str] | None = None
        self._count: dict[str, int] = {}

    def instance(self, value: object) -> str | None:
        """The type of an instance of a class of the program's, or of the class itself; None if it is none."""
        if type(value) is type:
            name = self._name_of(value)
            return None if name is None else f"class[{name}]"
        name = self._name_of(type(value))
        if name is None:
            return None
        if name not in self._known:
            self._known[name] = classes.look(type(value))
        known = self._known[name]
        if known is None or known.kind is not type(value):
            return None
        if id(value) not in self._seen and len(self._seen) < _MOST_OBJECTS:
            self._seen.add(id(value))
            self._pending.append((name, value))
        return f"instance[{name}]"

    def _name_of(self, kind: type) -> str | None:
        """What native code calls the class, if a module of the program has made it: this one, or another that it may use."""
        name = kind.__name__
        if classes.of_name(name, self._namespace) is kind:
            return name
        module = namespaces.module_of(kind)
        if not others.is_of_program(module):
            return None
        name = in_module(module, name)
        return name if classes.of_name(name, self._namespace) is kind else None

    def named_tuple(self, value: tuple[object, ...], depth: int) -> str | None:
        """The type of a tuple of a class that `collections.namedtuple` has made for the namespace; None if it is none."""
        kind = type(value)
        fields = kind.__dict__.get("_fields")
        if type(fields) is not tuple or not depth:
            return None
        name = self._name_of(kind)
        if name is None or not classes.is_named_tuple(kind, list(fields)):
            return None
        items = [observe.type_of(item, depth - 1, self) for item in tuple.__iter__(value)]
        return f"named[{name}, names[{', '.join(fields)}], {', '.join(items)}]"

    def record(self, value: dict[object, object]) -> None:
        """Look at a dict that may be a record: what it has under a key, others will have there, too."""
        if len(value) > _MOST_ITEMS or id(value) in self._seen or len(self._seen) >= _MOST_OBJECTS:
            return
        self._seen.add(id(value))
        for key, content in observe.first(value.items(), _MOST_ITEMS):
            if type(key) is str and key in self._constants():
                counts = self._items.setdefault(key, {})
                ty = observe.type_of(content, _DEPTH, self)
                counts[ty] = counts.get(ty, 0) + 1

    def _constants(self) -> set[str]:
        """The texts that the namespace's functions have as constants: other keys nobody asks for, nor are they kept on disk."""
        if self._texts is None:
            self._texts = set()
            codes = [function.__code__ for function in namespaces.functions(self._namespace)]
            while codes:
                code = codes.pop()
                self._texts.update(text for text in code.co_consts if type(text) is str and len(text) <= _LONGEST_KEY)
                codes += [inner for inner in code.co_consts if type(inner) is type(code)]
        return self._texts

    def function(self, value: FunctionType) -> str | None:
        """The type of a function that the namespace has under its own name; None if it is another one."""
        name, module = value.__name__, namespaces.module_of(value)
        if name.isidentifier() and self._namespace.get(name) is value and value.__globals__ is self._namespace:
            return f"function[{name}]"
        if not others.is_of_program(module):
            return None
        own, scope = namespaces.scope_of(in_module(module, name), self._namespace)
        return f"function[{in_module(module, own)}]" if name.isidentifier() and scope.get(own) is value else None

    def texts(self) -> dict[str, str]:
        """What was found, by ``class NAME``: ``name=type`` for each type of each attribute, the commonest first; and by
        ``item KEY`` the types of what records have under that key.

        What the namespace's classes keep for themselves counts, too, behind what was shown."""
        for kind in [value for value in self._namespace.values() if type(value) is type]:
            if self._name_of(kind) is not None:
                for value in list(kind.__dict__.values()):
                    observe.type_of(value, 1, self)
        for kind in [
            value for value in self._namespace.values() if classes.is_class(value) and type(value) is not type
        ]:
            for value in list(kind.__dict__.get("_member_map_", {}).values()):
                observe.type_of(value, 1, self)
        while self._pending:
            name, value = self._pending.pop(0)
            self._count[name] = self._count.get(name, 0) + 1
            if self._count[name] <= _MOST_OF_CLASS:
                self._look(name, value)
        texts = {
            f"class {name}": "; ".join(
                f"{attribute}={ty}" for attribute in sorted(found) for ty in _commonest_first(found[attribute])
            )
            for name, found in self._classes.items()
        }
        texts.update((f"item {key}", "; ".join(_commonest_first(counts))) for key, counts in self._items.items())
        return texts

    def _look(self, name: str, value: object) -> None:
        known = self._known[name]
        assert known is not None
        found = self._classes.setdefault(name, {})
        base = classes.builtin_of(known.kind)
        if base is not None and known.acts_as(base):
            counts = found.setdefault(_ITEMS, {})
            ty = observe.items_type(value, base, _DEPTH, self)
            counts[ty] = counts.get(ty, 0) + 1
        for attribute in (*known.attributes(), *known.others(value)):
            try:
                content = object.__getattribute__(value, attribute)
            except AttributeError:
                continue
            counts = found.setdefault(attribute, {})
            ty = observe.type_of(content, _DEPTH, self)
            counts[ty] = counts.get(ty, 0) + 1


def _commonest_first(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=lambda ty: (-counts[ty], ty))
