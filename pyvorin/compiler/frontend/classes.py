"""The classes of a module's source that native code knows: plain ones, whose instances are nothing but their attributes.

    class Node(Base):            ClassSource("Node", bases=["Base"], slots={"left"}), if Base is one, too
        __slots__ = ("left",)

What is said here decides what is compiled.  That the live class is like this is the host's to find out (`host/classes.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pyvorin.cache.outline import module_and_name
from pyvorin.compiler.frontend.cached import DECORATORS
from pyvorin.compiler.frontend.dataclasses_ import Field, Made, fields_of, made_for, options_of
from pyvorin.compiler.frontend.lambdas import getters, given_to_property
from pyvorin.compiler.frontend.seen import expected
from pyvorin.compiler.hir.ir import FROZEN
from pyvorin.types.spec import Type, TypeSyntaxError, parse_type

HOOKS = frozenset(
    {"__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__init_subclass__", "__class__", "__dict__"}
)
"""What makes attributes of instances, or of a class derived from this one, mean something else."""

BUILTIN_NAMES = {"list": frozenset(vars(list)) - {"__doc__", "__init__"}}
"""The builtin classes that a plain one may derive from, as long as it binds none of these names, and no `__bool__`."""
CONTENTS = "[]"
"""Stands for what such an object contains, among its attributes; its type is that of the builtin one."""

METHOD, STATIC, CLASS = "", "static", "class"
"""How a function of a class is bound: as it is, by `staticmethod`, by `classmethod`."""
GETTER, SETTER, DELETER = "get", "set", "delete"
"""Or as one of the three of a property."""
CACHED = "cached"
"""Or by `functools.cached_property`."""
BINDERS = {"staticmethod": STATIC, "classmethod": CLASS, "property": GETTER}
QUIET = "peek"
"""In place of `GETTER` in the name of a call, where all properties of that name do nothing but to compute."""
ACCESSORS = {"setter": SETTER, "deleter": DELETER}
"""And by what a property gives: ``@x.setter``."""
MADE = "made"
"""Or, a plain function, by `dataclasses`; or by them, the `__init__` of a class that is frozen."""
PLAIN = frozenset({METHOD, MADE, FROZEN})
CALLED = PLAIN | {STATIC, CLASS}
"""What is called as ``o.name(…)``."""
PROFILE = "class "
"""In front of a class's name, where the observed types of attributes are sent among the signatures of functions."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """What the members of an enumeration are: ints, flags that `&` and `|` combine, or both."""

    is_int: bool = False
    is_flag: bool = False


ENUMS = {
    "enum.Enum": Enumeration(),
    "enum.IntEnum": Enumeration(is_int=True),
    "enum.Flag": Enumeration(is_flag=True),
    "enum.IntFlag": Enumeration(is_int=True, is_flag=True),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A function that a class binds to a name: how it is bound, and its qualified name."""

    kind: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.qualname}" if self.kind else self.qualname


@dataclass(slots=True)
class ClassSource:
    """One class: its definition, the classes that it derives from, the nearest first, and the types of its attributes."""

    name: str
    node: ast.ClassDef
    bases: list[ClassSource]
    observed: dict[str, list[Type]] = field(default_factory=dict)
    """The types of attributes, seen in instances of exactly this class, the commonest first."""
    values: dict[str, ast.expr] = field(default_factory=dict)
    """What the module binds to attributes of the class itself: in its body, and by statements ``C.x = …`` at module level."""
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """The statements of its body that bind an attribute, by its name."""
    patched: set[str] = field(default_factory=set)
    """Which of these the latter bind."""
    builtin: str = ""
    """The builtin class that it derives from, beside `object`."""
    fields: list[Field] | None = None
    """Those of a dataclass, if they are known."""
    made: dict[str, Made] = field(default_factory=dict)
    """The functions that `dataclasses` has made for it, by name."""
    is_frozen: bool = False
    is_record: bool = False
    """Whether its objects are named tuples."""
    members: list[str] | None = None
    """The names of its members, if it is an enumeration."""
    enumeration: Enumeration | None = None

    @property
    def mro(self) -> list[ClassSource]:
        return [self, *self.bases]

    def attribute(self, name: str) -> Type:
        """The type that the attribute of an instance is expected to have, `never` if nothing is known of it."""
        return expected(self.observed.get(name, []))

    def binds(self, name: str) -> bool:
        """Whether the class or one of its bases binds the name."""
        return any(name in owner.bound or name in owner.made for owner in self.mro) or self.inherits(name)

    def inherits(self, name: str) -> bool:
        """Whether it has the name from a builtin class."""
        return name in BUILTIN_NAMES.get(self.builtin, ())

    @property
    def has_slots(self) -> bool:
        """Whether it is a dataclass with `slots`."""
        return bool((options_of(self.node.decorator_list) or {}).get("slots"))

    @property
    def leaves_equality(self) -> bool:
        """Whether its objects equal nothing but themselves, as far as its source tells."""
        made = [options_of(owner.node.decorator_list) for owner in self.mro if owner.node.decorator_list]
        return all(options is not None and options.get("eq") is False for options in made) and not self.binds("__eq__")

    def described(self) -> str:
        """The types of the attributes that its instances were seen to have."""
        return "; ".join(f"{name}={ty}" for name, seen in sorted(self.observed.items()) for ty in seen)

    def outline(self) -> str:
        """What its source says: its bases, and what its body and the module bind."""
        values = [f"{name}={ast.unparse(value)}" for name, value in sorted(self.values.items())]
        bases = [*(base.name for base in self.bases), *([f"builtins.{self.builtin}"] if self.builtin else [])]
        made = [f"{name}={made.digest}" for name, made in sorted(self.made.items())]
        kind = f"{self.is_frozen} {self.members} {self.enumeration}"
        return f"{self.name}({', '.join(bases)}): {sorted(self.bound)} {values} {made} {kind}"

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
    def made_by(self) -> str:
        """The primitive that makes an instance, if there is no `__init__` to be called."""
        return f"new.derived:{self.name}/{self.builtin}" if self.builtin else f"new:{self.name}"

    @property
    def is_constructible(self) -> bool:
        """Whether calling it does nothing but make an object and call its `__init__`, which gives None."""
        if self.members is not None or self.is_record:
            return False
        for owner in self.mro:
            if owner.bound.keys() & {"__new__", "__del__"}:
                return False
            if owner.node.decorator_list and not owner.made.keys() | owner.bound.keys() >= {"__init__"}:
                return False
        if self.builtin and self.binds("__init__"):
            return False
        found = self.member("__init__")
        if found is None or found.kind in (MADE, FROZEN):
            return found is not None or not self.binds("__init__")
        if found.kind != METHOD:
            return False
        owner = next(owner for owner in self.mro if found.qualname == f"{owner.name}.__init__")
        node = owner.bound["__init__"][0]
        returns = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value is not None]
        return all(isinstance(value, ast.Constant) and value.value is None for value in returns)

    def method(self, name: str) -> str | None:
        """The qualified name of the function that is this method; None if the name is bound to something else or nothing."""
        found = self.member(name)
        return found.qualname if found is not None and found.kind in PLAIN else None

    def member(self, name: str, after: str | None = None) -> Member | None:
        """The function that the class binds to the name, or the first of its bases that binds it; None if it is something else.

        after: begins behind this class in the order of bases, as `super` does.
        """
        owners = self.mro
        if after is not None:
            names = [owner.name for owner in owners]
            owners = owners[names.index(after) + 1 :] if after in names else []
        for owner in owners:
            found = owner.bound.get(name, [])
            if name in owner.patched:
                return None
            if found:
                member = owner._function(found[0]) if len(found) == 1 else None
                return member if member is not None and member.kind in CALLED else None
            if name in owner.made:
                return Member(FROZEN if owner.is_frozen and name == "__init__" else MADE, owner.made_name(name))
        return None

    def made_name(self, name: str) -> str:
        """The qualified name here of a function that was made for the class."""
        return f"{self.name}.{name}.<{self.made[name].digest}>"

    def accessor(self, name: str, kind: str) -> Member | None:
        """The function that reads (`GETTER`) or writes (`SETTER`) the property of this name; None if there is no such one.

        A property goes before what the object has itself, whichever of its functions there are."""
        owner = next((owner for owner in self.mro if name in owner.bound), None)
        if owner is None or name in owner.patched:
            return None
        found = owner.bound[name]
        if len(found) == 1 and isinstance(found[0], ast.Assign):
            return owner._assigned(found[0], kind)
        members = [owner._function(node) for node in found]
        kinds = [None if member is None else member.kind for member in members]
        if kinds[0] != GETTER or not set(kinds[1:]) <= {SETTER, DELETER} or len(set(kinds)) < len(kinds):
            return None
        return members[kinds.index(kind)] if kind in kinds else None

    def cached(self, name: str) -> Member | None:
        """The function behind a cached property of this name; None if there is no such one."""
        owner = next((owner for owner in self.mro if name in owner.bound), None)
        if owner is None or name in owner.patched or len(owner.bound[name]) > 1:
            return None
        if any("__slots__" in base.bound for base in self.mro):
            # Its objects may have no dict to keep it in.
            return None
        member = owner._function(owner.bound[name][0])
        return member if member is not None and member.kind == CACHED else None

    def _assigned(self, node: ast.Assign, kind: str) -> Member | None:
        """The function of ``x = property(get_x, set_x)`` in the class's body."""
        function = given_to_property(node.value).get(f"f{kind}")
        if kind == GETTER and isinstance(function, ast.Lambda):
            target = node.targets[0]
            name = target.id if isinstance(target, ast.Name) else ""
            return Member(kind, self.made_name(name)) if name in self.made else None
        defined = self.bound.get(mangled(function.id, self.name), []) if isinstance(function, ast.Name) else []
        member = self._function(defined[0]) if len(defined) == 1 else None
        return Member(kind, member.qualname) if member is not None and member.kind == METHOD else None

    def _function(self, node: ast.stmt) -> Member | None:
        """What the statement of the class's body binds, if it is one of its functions: itself, or under another name."""
        if isinstance(node, ast.FunctionDef):
            kind = how_bound(node)
            return None if kind is None else Member(kind, f"{self.name}.{own_name(node)}")
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.Name):
            named = self.bound.get(mangled(node.value.id, self.name), [])
            if len(named) == 1 and isinstance(named[0], ast.FunctionDef):
                return self._function(named[0])
        return None

    def value(self, name: str) -> ast.expr | None:
        """What the class, or the first of its bases that binds the name, binds to it; None if it is no plain value."""
        for owner in self.mro:
            if name in owner.values:
                return None if self.member(name) is not None else owner.values[name]
            if name in owner.bound:
                return None
        return None


def plain_classes(
    tree: ast.Module,
    is_bound_once: Iterable[str],
    is_builtin: Callable[[str], bool],
    origin: Callable[[ast.expr], str],
) -> dict[str, ClassSource]:
    """The plain classes at the top of a module, by name.

    origin: the attribute of a module that an expression stands for, such as `enum.Enum`; empty if it is none.
    """
    found: dict[str, ClassSource] = {}
    once = set(is_bound_once)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in once:
            kind = ENUMS.get(origin(node.bases[0])) if len(node.bases) == 1 else None
            if kind is not None:
                if _is_plain_enum(node, origin):
                    found[node.name] = _enum(node, kind)
                continue
            builtin = _builtin_base(node, found, is_builtin)
            bases = [] if builtin and _names_of_bases(node) == [builtin] else _bases(node, found)
            if bases is not None and _is_plain(node, builtin):
                found[node.name] = ClassSource(node.name, node, bases, builtin=builtin)
                for inner in node.body:
                    for name in _bound(inner):
                        found[node.name].bound.setdefault(mangled(name, node.name), []).append(inner)
                _make(found[node.name])
                found[node.name].made |= getters(tree, node) if is_builtin("property") else {}
    _values(tree, found)
    return found


def record_class(node: ast.ClassDef) -> ClassSource:
    """A class with the base `NamedTuple`: its methods and properties."""
    found = ClassSource(node.name, node, [], is_record=True)
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef):
            found.bound.setdefault(mangled(inner.name, node.name), []).append(inner)
    return found


def _make(known: ClassSource) -> None:
    """Note what `dataclasses` makes for the class, if it is one of these."""
    known.is_frozen = any(base.is_frozen for base in known.bases)
    options = options_of(known.node.decorator_list)
    inherited = next((base for base in known.bases if base.node.decorator_list), None)
    if options is None or (inherited is not None and inherited.fields is None):
        return
    known.is_frozen |= bool(options.get("frozen", False))
    known.fields = fields_of(known.node, inherited.fields or () if inherited is not None else (), options)
    if known.fields is None:
        return
    post_init = [owner.bound["__post_init__"] for owner in known.mro if "__post_init__" in owner.bound][:1]
    known.made = made_for(known.node, known.fields, options, known.bound, post_init[0][0] if post_init else None)


def how_bound(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """How a function in a class's body is bound; None if a decorator makes something else of it."""
    if not node.decorator_list:
        return METHOD
    decorator = node.decorator_list[0]
    if len(node.decorator_list) > 1:
        return None
    if ast.unparse(decorator) in DECORATORS:
        return CACHED
    if isinstance(decorator, ast.Attribute) and isinstance(decorator.value, ast.Name):
        return ACCESSORS.get(decorator.attr) if decorator.value.id == node.name else None
    return BINDERS.get(decorator.id) if isinstance(decorator, ast.Name) else None


def own_name(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The last part of the function's qualified name here: those of one property, which share theirs, are told apart."""
    if not node.decorator_list:
        return node.name
    kind = how_bound(node)
    decorator = next((text for text, bound in ACCESSORS.items() if bound == kind), "")
    return f"{node.name}.<{decorator}>" if decorator else node.name


def _values(tree: ast.Module, known: dict[str, ClassSource]) -> None:
    """Note what is bound to attributes of the classes, the latest binding last."""
    for found in known.values():
        for node in found.node.body if found.members is None else ():
            if isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                found.values.update((mangled(name, found.name), node.value) for name in names if name != "__slots__")
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                found.values[mangled(node.target.id, found.name)] = node.value
        for part in found.fields or ():
            # A field's default is the class's, unless it is a factory's or the objects have slots.
            found.values.pop(part.name, None)
            if part.default is not None and not found.has_slots:
                found.values[part.name] = part.default
    for statement in tree.body:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in known:
                assert isinstance(statement, ast.Assign)
                known[target.value.id].values[target.attr] = statement.value
                known[target.value.id].patched.add(target.attr)


def _bases(node: ast.ClassDef, known: dict[str, ClassSource]) -> list[ClassSource] | None:
    """All classes above it but `object`, in the order in which attributes are looked for; None if they are not known."""
    names = _names_of_bases(node)
    if names in ([], ["object"]):
        return []
    if len(names) == 1 and names[0] in known and known[names[0]].members is None:
        return known[names[0]].mro
    return None


def _is_plain_enum(node: ast.ClassDef, origin: Callable[[ast.expr], str]) -> bool:
    """Whether members of the class are objects with a name and a value, and nothing else is told to `enum`."""
    if node.keywords or any(origin(decorator) != "enum.unique" for decorator in node.decorator_list):
        return False
    names = set[str]().union(*map(_bound, node.body))
    special = {name for name in names if name.startswith("_") and name not in COMPARED}
    return not special - {"__str__", "__repr__", "__doc__"} and all(
        isinstance(inner, (ast.FunctionDef, ast.Assign, ast.Expr, ast.Pass)) for inner in node.body
    )


COMPARED = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__"})


def _enum(node: ast.ClassDef, kind: Enumeration) -> ClassSource:
    found = ClassSource(node.name, node, [], members=[], enumeration=kind)
    for inner in node.body:
        for name in _bound(inner):
            found.bound.setdefault(name, []).append(inner)
    plain = [name for name, nodes in found.bound.items() if len(nodes) == 1 and isinstance(nodes[0], ast.Assign)]
    found.members = [name for name in plain if not name.startswith("_")]
    return found


def _names_of_bases(node: ast.ClassDef) -> list[str]:
    return [base.id if isinstance(base, ast.Name) else "" for base in node.bases]


def _builtin_base(node: ast.ClassDef, known: dict[str, ClassSource], is_builtin: Callable[[str], bool]) -> str:
    """The builtin class that it derives from, directly or not, if native code knows how; else empty."""
    names = _names_of_bases(node)
    if len(names) == 1 and names[0] in known:
        return known[names[0]].builtin
    return names[0] if len(names) == 1 and names[0] in BUILTIN_NAMES and is_builtin(names[0]) else ""


def _is_plain(node: ast.ClassDef, builtin: str) -> bool:
    if node.keywords or not all(map(_is_dataclass, node.decorator_list)) or getattr(node, "type_params", None):
        return False
    refused = HOOKS | BUILTIN_NAMES[builtin] | {"__bool__"} if builtin else HOOKS
    return not any(refused & _bound(inner) for inner in node.body)


def _is_dataclass(node: ast.expr) -> bool:
    """Whether the decorator gives back the class that it is given."""
    if isinstance(node, ast.Call):
        return _is_dataclass(node.func) and not any(k.arg is None for k in node.keywords)
    return ast.unparse(node) in ("dataclass", "dataclasses.dataclass")


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a class's body binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}


def mangled(name: str, in_class: str | None) -> str:
    """The name of the attribute that *name* means in a class's body (Language Reference 6.2.1, private name mangling)."""
    owner = module_and_name(in_class or "")[1].lstrip("_")
    return f"_{owner}{name}" if owner and name.startswith("__") and not name.endswith("__") else name
