"""Other modules of the program, compiled along with a module that uses them, as if all were one module.

    shapes.py   SCALE = 2                         SCALE becomes  shapes:SCALE
                def area(w, h): …                 area           shapes:area
    app.py      from shapes import area as a      a(1, 2)        shapes:area(1, 2)    where   a  is the same as  shapes:area
                import shapes                     shapes.SCALE   shapes:SCALE         where   shapes  is the module

In the trees of other modules each global name is spelt out in this way (with `OTHER` for the colon); what the module itself
imports of them is called what it is called there.  That a name of one module means what another one has is a fact, which native
code checks as any other.  Nothing but the names is changed: text, lines and what CPython makes of the functions are as they were.

Only what the module uses is looked at, and what that uses: a program may have thousands of modules.
"""

from __future__ import annotations

import ast
import builtins
import io
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import Protocol

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


class Sources(Protocol):
    """The program's other modules."""

    def knows(self, module: str) -> bool:
        """Whether the program has loaded a module of this name."""

    def read(self, module: str) -> tuple[str, str] | None:
        """Its path and text; None if these are not at hand."""


class Nothing:
    """For a module that is compiled by itself."""

    def knows(self, module: str) -> bool:
        return False

    def read(self, module: str) -> tuple[str, str] | None:
        return None


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
        self.used: dict[str, None] = {}
        """Its own names that are used here, if it is another module."""
        self.links: dict[str, dict[str, Fact]] = {}
        """By the name of what it uses of another module, the facts by which that is what its own names mean."""

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines, with their ends."""
        # Not `splitlines`: to Python's tokenizer a form feed or a line separator inside a string ends no line.
        return list(io.StringIO(self.text, newline=None))

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


class Linked:
    """The module, and what it uses of others.

    facts: about all names.  named: the names of other modules that were looked for.
    """

    def __init__(self, main: Part, sources: Sources):
        self.main, self.named = main, set[str]()
        self._sources = sources
        self._parts: dict[str, Part | None] = {main.name: main}
        self._names: dict[str, _Names] = {}
        self._pending: list[tuple[Part, str]] = []
        self._definitions: list[ast.stmt] = []
        self._size = 0
        known = [module for module in main.imported() if self._looks_for(module)]
        if known and OTHER not in main.text:
            self._names_of(main).visit(main.tree)
            while self._pending:
                self._define(*self._pending.pop())
        self.tree = ast.Module([*_bases_first(self._definitions), *main.tree.body], [])
        """All as one module."""
        self.facts = {
            part.spelt(name): _spelt_fact(part, part.facts[name])
            for part in self._found()
            for name in (part.facts if part.is_main else part.used)
        }

    def part(self, module: str) -> Part:
        """The module of this name, or the one that is compiled if there is none."""
        return self._parts.get(module) or self.main

    def bindings(self) -> Iterator[tuple[str, ast.AST | None]]:
        """What is bound to the names that are used, at module level."""
        for part in self._found():
            for name in part.binder.bound if part.is_main else part.used:
                yield from ((part.spelt(name), node) for node in part.binder.bound.get(name, ()))

    def use(self, part: Part, name: str) -> str:
        """What the name of a module is called here, where it is used."""
        if not part.is_main and name in part.facts and name not in part.used:
            part.used[name] = None
            self._pending.append((part, name))
        return part.spelt(name)

    def resolve(self, module: str, name: str) -> tuple[Part, str, Fact] | None:
        """Who makes what the module has under this name, its name there, and what it is; None if that is not known."""
        seen: list[tuple[str, str]] = []
        while (module, name) not in seen:
            seen.append((module, name))
            part = self._module(module)
            fact = None if part is None else part.facts.get(name)
            path = f"{module}.{name}"
            if part is not None and part.may_have_module(path) and self._module(path) is not None:
                # The import of a submodule binds its name in the package (`from . import ...` asks for it).
                return part, name, Fact("module", path)
            if part is None or fact is None or fact.kind == UNKNOWN:
                return None
            if fact.kind == SAME:
                spelt, _, name = fact.detail.rpartition(OTHER)
                module = spelt.replace(OTHER, ".") or self.main.name
            elif fact.kind == "attribute" and self._module(fact.detail.rpartition(".")[0]) is not None:
                module, _, name = fact.detail.rpartition(".")
            else:
                return part, name, fact
        return None

    def _found(self) -> list[Part]:
        return [part for part in self._parts.values() if part is not None]

    def _names_of(self, part: Part) -> _Names:
        if part.name not in self._names:
            self._names[part.name] = _Names(part, self)
        return self._names[part.name]

    def _define(self, part: Part, name: str) -> None:
        """Look at what another module binds to a name that is used here."""
        names = self._names_of(part)
        for node in part.binder.bound.get(name, ()):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._definitions.append(names.visit(node))
            elif isinstance(node, ast.expr):
                names.visit(node)
        for statement in part.tree.body if part.facts[name].kind == "class" else ():
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == name:
                    self._definitions.append(names.visit(statement))

    def _looks_for(self, module: str) -> bool:
        """Whether the program has the module; that it was asked for is noted."""
        if module.partition(".")[0] in sys.stdlib_module_names:
            return False
        self.named.add(module)
        return self._sources.knows(module)

    def _module(self, name: str) -> Part | None:
        """The program's module of this name, read when it is first asked for; None if it is none, or cannot be linked."""
        if name not in self._parts:
            package = self._parts.get(name.rpartition(".")[0])
            may_be = package is None or package.may_have_module(name)
            self._parts[name] = self._read(name) if may_be and self._looks_for(name) else None
        return self._parts[name]

    def _read(self, module: str) -> Part | None:
        path, text = (self._sources.read(module) if len(self._found()) <= MOST_MODULES else None) or ("", "")
        self._size += len(text)
        if not path or self._size > MOST_TEXT or OTHER in text:
            return None
        try:
            part = Part(module, path, text, is_main=False)
        except (SyntaxError, ValueError, RecursionError):
            return None
        bound = part.binder.bound.keys() | part.binder.rebound
        # In the body of a class a private name means another one.
        if any(name == "*" or (name.startswith("__") and not name.endswith("__")) for name in bound):
            return None
        return part


def _spelt_fact(part: Part, fact: Fact) -> Fact:
    return Fact(fact.kind, part.spelt(fact.detail), fact.value) if fact.kind in ("function", "class") else fact


def _bases_first(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The same statements, classes behind those of them that they derive from."""
    classes = {node.name: node for node in statements if isinstance(node, ast.ClassDef)}
    found: dict[ast.stmt, None] = {}

    def add(node: ast.stmt, below: tuple[str, ...]) -> None:
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in classes and base.id not in below:
                    add(classes[base.id], (*below, base.id))
        found.setdefault(node)

    for node in statements:
        add(node, ())
    return [*found]


class _Names(ast.NodeTransformer):
    """Spells out the global names of one module."""

    def __init__(self, part: Part, linked: Linked):
        self.part, self.linked = part, linked
        self.imported: dict[str, str] = {}
        """By its own name here, what a name means that is another module's."""
        self.functions: list[set[str]] = []
        """The names that are local to the functions around, innermost last."""
        self.in_class: list[set[str]] = []
        """Those that the body of the class binds that is executed here."""

    def _is_global(self, name: str) -> bool:
        return not any(name in names for names in (*self.functions, *self.in_class[-1:]))

    def _is_imported(self, name: str) -> bool:
        """Whether the name is what another module makes; what else it has from there is its own from now on."""
        fact = self.part.facts.get(name)
        if fact is not None and fact.kind == "attribute":
            found = self.linked.resolve(*fact.detail.rpartition(".")[::2])
            if found is not None:
                owner, own, what = found
                self.part.facts[name] = Fact(SAME, owner.spelt(own)) if what.kind in OWN else what
                if what.kind in OWN:
                    self.imported[name] = self.linked.use(owner, own)
        return name in self.imported

    def _spelt(self, name: str) -> str:
        """What a global name means."""
        if self._is_imported(name):
            target = self.imported[name]
            self.part.links.setdefault(target, {})[self.part.spelt(name)] = Fact(SAME, target)
            return target
        if self.part.is_main:
            return name
        bound = self.part.binder.bound.keys() | self.part.binder.rebound
        is_builtin = name not in bound and hasattr(builtins, name) and not name.startswith("__")
        return name if is_builtin and name not in self.linked.main.binder.bound else self.linked.use(self.part, name)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if self._is_global(node.id):
            is_imported = self._is_imported(node.id)
            fact = self.part.facts.get(node.id)
            # What a class's body says of itself by functions of the library is known by their names.
            is_library = self.in_class and fact is not None and fact.kind in ("attribute", "module")
            if is_imported or not is_library:
                node.id = self._spelt(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        of = self._module(node.value)
        found = None if of is None else self.linked.resolve(of[0], node.attr)
        if of is None or found is None or found[2].kind not in (*OWN, "literal") or not isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
            return node
        (module, facts), (owner, own, _) = of, found
        target = self.linked.use(owner, own)
        self.part.links.setdefault(target, {}).update(facts)
        if owner.name != module:
            self.part.links[target][self.linked.part(module).spelt(node.attr)] = Fact(SAME, target)
        return ast.copy_location(ast.Name(target, node.ctx), node)

    def _module(self, node: ast.expr) -> tuple[str, dict[str, Fact]] | None:
        """The module that the expression is, and the facts by which it is that one; None if it is none."""
        if isinstance(node, ast.Name) and self._is_global(node.id):
            self._is_imported(node.id)
            fact = self.part.facts.get(node.id)
            return (
                (fact.detail, {self.part.spelt(node.id): fact}) if fact is not None and fact.kind == "module" else None
            )
        of = self._module(node.value) if isinstance(node, ast.Attribute) else None
        if of is None or not isinstance(node, ast.Attribute):
            return None
        found = self.linked.resolve(of[0], node.attr)
        if found is None or found[2].kind != "module":
            return None
        return found[2].detail, {**of[1], self.linked.part(of[0]).spelt(node.attr): found[2]}

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
