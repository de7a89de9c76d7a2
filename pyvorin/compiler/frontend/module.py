"""What a module's source says by itself: its functions, and the facts about its global names.

Where the sources of other modules of the program are at hand, what it uses of them is part of it (`linking.py`).
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import Any

from pyvorin.cache.outline import module_and_name
from pyvorin.compiler.frontend.cached import is_quiet
from pyvorin.compiler.frontend.classes import GETTER, own_name, plain_classes, record_class
from pyvorin.compiler.frontend.facts import UNKNOWN, Fact, fold, origin_of
from pyvorin.compiler.frontend.linking import Linked, Nothing, Part, Sources
from pyvorin.compiler.frontend.operators import METHODS
from pyvorin.compiler.frontend.quiet import COMPUTING, consists_of
from pyvorin.compiler.frontend.seen import SeenNames, global_key
from pyvorin.types.spec import Type, as_element, instance_of, literal_type


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """A function of the module: where it is, and the class path it lies in.

    nested: if it was inside a function, the lifted functions there by name (`closures.py`).  gives: the variables that it gives
    back behind its result.
    """

    qualname: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    in_class: str | None
    nested: dict[str, Any] | None = None
    gives: tuple[str, ...] = ()

    @property
    def outer(self) -> str:
        """The function of the module that it is part of: itself, unless it was inside another."""
        return self.qualname.partition(".<locals>.")[0]

    @property
    def module(self) -> str:
        """The other module whose function it is; empty for the one that is compiled."""
        return module_and_name(self.qualname)[0]


class ModuleSource:
    """The parsed module.

    Raises:
        SyntaxError: the text is not Python of this version.
    """

    def __init__(self, name: str, path: str, text: str, optimise: int = 0, others: Sources | None = None):
        self.name = name
        self.path = path
        self.text = text
        self.optimise = optimise
        self.linked = Linked(Part(name, path, text, is_main=True), others or Nothing())
        tree = self.linked.tree
        self.functions: dict[str, FunctionSource] = {}
        """By qualified name, those of other modules included that are compiled along."""
        self.lifted: dict[str, FunctionSource] = {}
        """Functions that were inside others (`closures.py`), by qualified name."""
        self._collect(tree.body, "", None)
        self.facts = self.linked.facts
        once = [name for name, fact in self.facts.items() if fact.kind == "class"]
        self.classes = plain_classes(tree, once, self.is_builtin, self.origin)
        """The classes whose instances native code knows, by name."""
        records = [node for node in tree.body if isinstance(node, ast.ClassDef) and self._is_record(node.name)]
        self.classes.update((node.name, record_class(node)) for node in records)
        self.made: dict[str, FunctionSource] = {}
        """Functions that `dataclasses` has made for them, by qualified name."""
        for name, known in self.classes.items():
            names = [(known.made_name(made), found.node) for made, found in known.made.items()]
            self.made.update((qualname, FunctionSource(qualname, node, name)) for qualname, node in names)
        for name in once:
            if name not in self.classes:
                self.facts[name] = Fact(UNKNOWN)
        self.seen = SeenNames()
        """What the values of global names, and default values, are expected to be."""
        for name, node in self.linked.bindings():
            ty = self._assumed_type(node)
            if ty is not None:
                self.seen.assume(global_key(name), ty)

    def _is_record(self, name: str) -> bool:
        return name in self.facts and self.facts[name].kind == "named"

    def _assumed_type(self, node: ast.AST | None) -> Type | None:
        """The type of a value that is bound to a global name, as far as the source alone tells; None if it does not."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in self.classes
            and not self._is_record(node.func.id)
        ):
            return instance_of(node.func.id)
        known, value = fold(node, self.facts) if isinstance(node, ast.expr) else (False, None)
        return as_element(literal_type(value)) if known else None

    def _collect(self, body: list[ast.stmt], prefix: str, in_class: str | None) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                # A later definition of the same name wins, as at run time.
                name = prefix + own_name(node)
                self.functions[name] = FunctionSource(name, node, in_class)
            elif isinstance(node, ast.ClassDef):
                self._collect(node.body, f"{prefix}{node.name}.", node.name)
            elif isinstance(node, (ast.If, ast.Try)):
                for part in ("body", "orelse", "finalbody"):
                    self._collect(getattr(node, part, []), prefix, in_class)

    @property
    def own(self) -> dict[str, FunctionSource]:
        """The functions that are the module's own."""
        return {qualname: found for qualname, found in self.functions.items() if not found.module}

    def links(self, source: FunctionSource) -> dict[str, Fact]:
        """The facts by which the names in the function that are other modules' mean what these have."""
        links = self.linked.part(source.module).links
        names = {inner.id for inner in ast.walk(source.node) if isinstance(inner, ast.Name)} if links else set()
        return {name: fact for target in names & links.keys() for name, fact in links[target].items()}

    def function(self, qualname: str) -> FunctionSource:
        """The function of this name, be it lifted or made."""
        found = self.lifted.get(qualname) or self.made.get(qualname)
        return self.functions[qualname] if found is None else found

    def factory(self, qualname: str, parameter: str) -> str:
        """The builtin that makes the default of the parameter at each call; empty if it has an ordinary one."""
        source = self.made.get(qualname)
        known = None if source is None else self.classes[str(source.in_class)]
        return "" if known is None or source is None else known.made[source.node.name].factories.get(parameter, "")

    def is_frozen_init(self, qualname: str) -> bool:
        """Whether it is the `__init__` that was made for a class that is frozen."""
        source = self.made.get(qualname)
        return source is not None and self.classes[str(source.in_class)].is_frozen

    def fact(self, name: str) -> Fact | None:
        """What the global *name* is; None if the module does not bind it (then it may be a builtin)."""
        return self.facts.get(name)

    def origin(self, node: ast.expr) -> str:
        """The attribute of an imported module that the expression stands for; empty if it is none."""
        return origin_of(node, self.facts)

    def has_method(self, name: str) -> bool:
        """Whether some class whose instances native code knows has a method of this name, static and class methods included."""
        return any(found.member(name) is not None for found in self.classes.values())

    def has_accessor(self, name: str, kind: str) -> bool:
        """Whether some class whose instances native code knows reads or writes this attribute by a function."""
        return any(found.accessor(name, kind) is not None for found in self.classes.values())

    def has_cached(self, name: str) -> bool:
        """Whether some class whose instances native code knows has a cached property of this name, all of which only compute."""
        nodes = self._cached(name)
        read = {inner.attr for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
        return bool(nodes) and all(map(is_quiet, nodes)) and not any(map(self._cached, sorted(read)))

    def _cached(self, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions behind cached properties of this name."""
        members = [found.cached(name) for found in self.classes.values()]
        return [self.function(member.qualname).node for member in members if member is not None]

    def has_quiet_getters(self, name: str) -> bool:
        """Whether all that read this attribute by a function only compute something, as far as their source tells."""
        members = [found.accessor(name, GETTER) for found in self.classes.values()]
        nodes = [self.function(member.qualname).node for member in members if member is not None]
        return all(consists_of(node.body, COMPUTING) for node in nodes)

    def has_builtin_method(self, name: str) -> bool:
        """Whether some class whose instances native code knows has the method of this name from a builtin class."""
        return any(found.inherits(name) for found in self.classes.values())

    def has_operator(self, name: str) -> bool:
        """Whether some class whose instances native code knows says what the operator of this primitive means."""
        return any(map(self.has_method, METHODS.get(name, ())))

    @property
    def has_records(self) -> bool:
        """Whether it makes a class of named tuples."""
        return any(fact.kind == "named" for fact in self.facts.values())

    @property
    def has_defaultdict(self) -> bool:
        """Whether the module knows `collections.defaultdict`, so that what it reads items of may be one."""
        found = (fact.detail for fact in self.facts.values() if fact.kind in ("attribute", "module"))
        return not {"collections.defaultdict", "collections"}.isdisjoint(found)

    def described_classes(self) -> dict[str, str]:
        """Of each class, by name, what is known of its instances."""
        return {name: found.described() for name, found in self.classes.items()}

    def is_builtin(self, name: str) -> bool:
        return name not in self.facts and "*" not in self.facts and hasattr(builtins, name)

    def segment(self, source: FunctionSource) -> str:
        """The function's source lines, whole, for keys and messages."""
        node = source.node
        first = min([node.lineno] + [d.lineno for d in node.decorator_list])
        return "".join(self.linked.part(source.module).lines[first - 1 : node.end_lineno])
