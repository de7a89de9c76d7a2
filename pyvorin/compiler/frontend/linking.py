"""Other modules of the program, compiled along with a module that uses them, as if all were one module.

    shapes.py   SCALE = 2                         SCALE becomes  shapes:SCALE
                def area(w, h): …                 area           shapes:area
    app.py      from shapes import area as a      a(1, 2)        shapes:area(1, 2)    where   a  is the same as  shapes:area
                import shapes                     shapes.SCALE   shapes:SCALE         where   shapes  is the module

In the trees of other modules each global name is spelt out in this way (with `OTHER` for the colon); what the module itself
imports of them is called what it is called there.  That a name of one module means what another one has is a fact, which native
code checks as any other.  Nothing but the names is changed: text, lines and what CPython makes of the functions are as they were.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pyvorin.cache.outline import OTHER, in_module
from pyvorin.compiler.frontend.facts import UNKNOWN, Binder, Fact, facts_of
from pyvorin.compiler.frontend.scope import bound_in, local_names

OWN = ("function", "class", "named")
"""The facts about what a module makes itself."""
SAME = "same"
"""The fact that a name means what another module has; `detail`: that, by its name here."""
MOST_MODULES = 24
MOST_TEXT = 1 << 20
"""So many other modules, and characters of their sources together, are compiled along; others are left to CPython."""


Read = Callable[[str], "tuple[str, str] | None"]
"""Gives path and text of the program's module of this name; None if these are not at hand."""


def nothing(module: str) -> None:
    """Of a module that is compiled by itself."""


class Part:
    """One module: its tree, in which names are spelt out later, and the facts about its own names.

    is_main: whether it is the module that is compiled, whose own names stay as they are.

    Raises:
        SyntaxError: the text is not Python of this version.
    """

    def __init__(self, name: str, path: str, text: str, is_main: bool):
        self.name, self.text, self.is_main = name, text, is_main
        self.is_package = path.endswith("__init__.py")
        self.tree = ast.parse(text, path)
        self.binder = Binder()
        self.binder.visit(self.tree)
        self.facts = facts_of(self.binder, set(_defined(self.tree.body)), self._absolute)
        self.links: dict[str, dict[str, Fact]] = {}
        """By the name of what it uses of another module, the facts by which that is what its own names mean."""

    def spelt(self, name: str) -> str:
        """What is called *name* in this module."""
        return name if self.is_main else in_module(self.name, name)

    def may_have_module(self, path: str) -> bool:
        """Whether it is a package, and does not say what else it has under this name."""
        fact = self.facts.get(path.rpartition(".")[2])
        return self.is_package and (fact is None or fact.detail == path)

    def imported(self) -> Iterator[str]:
        """What may be the names of other modules that it uses."""
        for fact in self.facts.values():
            if fact.kind == "attribute":
                yield fact.detail.rpartition(".")[0]
            if fact.kind in ("module", "attribute"):
                yield fact.detail
        for bindings in self.binder.bound.values():
            yield from (node.name for node in bindings if isinstance(node, ast.alias))

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The module that the statement imports from (importlib's `_resolve_name`)."""
        if not node.level:
            return node.module or ""
        above = node.level - self.is_package
        if self.name == "__main__" or above > self.name.count("."):
            return ""
        package = self.name.rsplit(".", above)[0] if above else self.name
        return f"{package}.{node.module}" if node.module else package


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, (ast.If, ast.Try)):
            for block in ("body", "orelse", "finalbody"):
                yield from _defined(getattr(node, block, []))


@dataclass(slots=True)
class Linked:
    """The module and what it uses of others, linked.

    parts: the modules, those that others use first, the module itself last.  facts: about all names.  named: the names of other
    modules that were looked for.
    """

    parts: list[Part]
    facts: dict[str, Fact] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)

    @property
    def tree(self) -> ast.Module:
        """All modules as one."""
        return ast.Module([node for part in self.parts for node in part.tree.body], [])

    def part(self, module: str) -> Part:
        """The module of this name, or the one that is compiled if there is none."""
        return next(part for part in self.parts if part.name == module or (part.is_main and not module))


def link(main: Part, read: Read) -> Linked:
    """Read what the module uses of others, and spell the names out."""
    found = {main.name: main}
    linked = Linked([main])
    if OTHER not in main.text:
        _read_all(found, linked, read)
    names = {part.name: _Names(part, found) for part in found.values()}
    for part in found.values():
        names[part.name].take_over()
    for part in found.values():
        if len(found) > 1:
            names[part.name].visit(part.tree)
        for name, fact in part.facts.items():
            detail = part.spelt(fact.detail) if fact.kind in ("function", "class") else fact.detail
            linked.facts[part.spelt(name)] = Fact(fact.kind, detail, fact.value)
    return linked


def _read_all(found: dict[str, Part], linked: Linked, read: Read) -> None:
    looked_for: set[str] = set()
    size = 0
    order = [*found.values()]
    for part in order:
        for module in part.imported():
            if module in found or module in looked_for or module.partition(".")[0] in sys.stdlib_module_names:
                continue
            package = found.get(module.rpartition(".")[0])
            if package is not None and not package.may_have_module(module):
                continue
            looked_for.add(module)
            path, text = (read(module) if len(found) <= MOST_MODULES else None) or ("", "")
            size += len(text)
            if not path or size > MOST_TEXT or OTHER in text:
                continue
            try:
                other = Part(module, path, text, is_main=False)
            except (SyntaxError, ValueError, RecursionError):
                continue
            bound = other.binder.bound.keys() | other.binder.rebound
            # In the body of a class a private name means another one.
            if not any(name == "*" or (name.startswith("__") and not name.endswith("__")) for name in bound):
                found[module] = other
                order.append(other)
    linked.parts = order[::-1]
    linked.named = sorted(looked_for)


class _Names(ast.NodeTransformer):
    """Spells out the global names of one module."""

    def __init__(self, part: Part, parts: dict[str, Part]):
        self.part, self.parts = part, parts
        self.main = next(part for part in parts.values() if part.is_main)
        self.imported: dict[str, str] = {}
        """By its own name here, what a name means that is another module's."""
        self.functions: list[set[str]] = []
        """The names that are local to the functions around, innermost last."""
        self.in_class: list[set[str]] = []
        """Those that the body of the class binds that is executed here."""

    def take_over(self) -> None:
        """Learn what the module's own names mean that it has from others."""
        for name, fact in [*self.part.facts.items()]:
            if fact.kind != "attribute":
                continue
            found = self._resolve(*fact.detail.rpartition(".")[::2], [])
            if found is None:
                continue
            owner, own, what = found
            if what.kind in OWN:
                self.imported[name] = owner.spelt(own)
                self.part.facts[name] = Fact(SAME, owner.spelt(own))
            else:
                self.part.facts[name] = what

    def _resolve(self, module: str, name: str, seen: list[tuple[str, str]]) -> tuple[Part, str, Fact] | None:
        """Who makes what the module has under this name, its name there, and what it is; None if that is not known."""
        part = self.parts.get(module)
        if part is None:
            return None
        fact = part.facts.get(name)
        path = f"{module}.{name}"
        if path in self.parts and (fact is None or fact.detail == path):
            # The import of a submodule binds its name in the package (`from . import …` asks for it).
            return part, name, Fact("module", path)
        if fact is None or (module, name) in seen:
            return None
        if fact.kind == UNKNOWN:
            return None
        if fact.kind == SAME or (fact.kind == "attribute" and fact.detail.rpartition(".")[0] in self.parts):
            where = fact.detail.rpartition(OTHER)[::2] if fact.kind == SAME else fact.detail.rpartition(".")[::2]
            owner = where[0].replace(OTHER, ".") or self.main.name
            return self._resolve(owner, where[1], [*seen, (module, name)])
        return part, name, fact

    def _is_global(self, name: str) -> bool:
        return not any(name in names for names in (*self.functions, *self.in_class[-1:]))

    def _spelt(self, name: str) -> str:
        """What a global name means."""
        if name in self.imported:
            target = self.imported[name]
            self.part.links.setdefault(target, {})[self.part.spelt(name)] = Fact(SAME, target)
            return target
        if self.part.is_main:
            return name
        bound = self.part.binder.bound.keys() | self.part.binder.rebound
        is_builtin = name not in bound and hasattr(builtins, name) and not name.startswith("__")
        return name if is_builtin and name not in self.main.binder.bound else self.part.spelt(name)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if self._is_global(node.id):
            fact = self.part.facts.get(node.id)
            # What a class's body says of itself by functions of the library is known by their names.
            if not (self.in_class and fact is not None and fact.kind in ("attribute", "module")):
                node.id = self._spelt(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        of = self._module(node.value)
        found = None if of is None else self._resolve(of[0], node.attr, [])
        if of is None or found is None or found[2].kind not in (*OWN, "literal") or not isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
            return node
        (module, facts), (owner, own, _) = of, found
        target = owner.spelt(own)
        self.part.links.setdefault(target, {}).update(facts)
        if owner.name != module:
            self.part.links[target][self.parts[module].spelt(node.attr)] = Fact(SAME, target)
        return ast.copy_location(ast.Name(target, node.ctx), node)

    def _module(self, node: ast.expr) -> tuple[str, dict[str, Fact]] | None:
        """The module that the expression is, and the facts by which it is that one; None if it is none."""
        if isinstance(node, ast.Name) and self._is_global(node.id):
            fact = self.part.facts.get(node.id)
            return (
                (fact.detail, {self.part.spelt(node.id): fact}) if fact is not None and fact.kind == "module" else None
            )
        of = self._module(node.value) if isinstance(node, ast.Attribute) else None
        if of is None or not isinstance(node, ast.Attribute):
            return None
        found = self._resolve(of[0], node.attr, [])
        if found is None or found[2].kind != "module":
            return None
        return found[2].detail, {**of[1], self.parts[of[0]].spelt(node.attr): found[2]}

    def visit_Global(self, node: ast.Global) -> ast.Global:
        node.names = [self._spelt(name) for name in node.names]
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        names = local_names(node)
        if not self.functions and not self.in_class and not self.part.is_main:
            node.name = self.part.spelt(node.name)
        self._visit(node.args)
        if node.returns is not None:
            node.returns = self.visit(node.returns)
        around, self.in_class = self.in_class, []
        self.functions.append(names)
        for statement in node.body:
            self._visit(statement)
        self.functions.pop()
        self.in_class = around
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        args = node.args
        self._visit(args)
        names = {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if arg}
        self.functions.append(names)
        node.body = self.visit(node.body)
        self.functions.pop()
        return node

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> ast.AST:
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        targets = (inner for part in node.generators for inner in ast.walk(part.target))
        self.functions.append({inner.id for inner in targets if isinstance(inner, ast.Name)})
        self.in_class.append(set())
        for index, part in enumerate(node.generators):
            self._visit(part.target)
            if index:
                part.iter = self.visit(part.iter)
            part.ifs = [self.visit(condition) for condition in part.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.visit(node.key), self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        self.in_class.pop()
        self.functions.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.bases = [self.visit(base) for base in node.bases]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        is_outermost = not self.functions and not self.in_class
        self.in_class.append(bound_in(node.body))
        for statement in node.body:
            self._visit(statement)
        self.in_class.pop()
        if is_outermost and not self.part.is_main:
            node.name = self.part.spelt(node.name)
        return node

    def _visit(self, node: ast.AST) -> None:
        """What is changed in place."""
        self.visit(node)
