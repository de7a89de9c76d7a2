"""What a module's source says by itself: its functions, and the facts about its global names.

A fact is something that the compiler may rely on because the source binds the name exactly once, at module level, and no
function rebinds it: a literal constant, a function, a class, an imported module or an attribute of one.  Native code checks every
fact that it used when it is entered (`lower/entry.py`); the host checks them when it binds (`host`).
"""

from __future__ import annotations

import ast
import builtins
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyvorin.compiler.frontend import named
from pyvorin.compiler.frontend.cached import is_quiet
from pyvorin.compiler.frontend.classes import GETTER, own_name, plain_classes, record_class
from pyvorin.compiler.frontend.operators import METHODS
from pyvorin.compiler.frontend.seen import GLOBAL, SeenNames
from pyvorin.types.spec import Type, as_element, instance_of, literal_type

UNKNOWN = "unknown"
BUILTINS = "builtins."
"""In front of a builtin's name, in the detail of a global that is bound to one: ``xrange = range``."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a global is: `kind` literal | function | class | module | attribute | unknown; `detail` as in the manifest."""

    kind: str
    detail: str = ""
    value: object = None


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


QUIET_NODES = (
    ast.Return, ast.If, ast.Expr, ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.BoolOp,
    ast.Compare, ast.IfExp, ast.Tuple, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


class ModuleSource:
    """The parsed module.

    Raises:
        SyntaxError: the text is not Python of this version.
    """

    def __init__(self, name: str, path: str, text: str, optimise: int = 0):
        self.name = name
        self.path = path
        self.text = text
        self.optimise = optimise
        self.tree = ast.parse(text, path)
        self.functions: dict[str, FunctionSource] = {}
        self.lifted: dict[str, FunctionSource] = {}
        """Functions that were inside others (`closures.py`), by qualified name."""
        self._collect(self.tree.body, "", None)
        binder = _Binder()
        binder.visit(self.tree)
        self.facts = _facts(binder, self.functions)
        once = [name for name, fact in self.facts.items() if fact.kind == "class"]
        self.classes = plain_classes(self.tree, once, self.is_builtin, self.origin)
        """The classes whose instances native code knows, by name."""
        records = [node for node in self.tree.body if isinstance(node, ast.ClassDef) and self._is_record(node.name)]
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
        for name, bindings in binder.bound.items():
            for node in bindings:
                ty = self._assumed_type(node)
                if ty is not None:
                    self.seen.assume(GLOBAL + name, ty)

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
        return _origin(node, self.facts)

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
        return all(isinstance(inner, QUIET_NODES) for node in nodes for part in node.body for inner in ast.walk(part))

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

    def segment(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The node's source lines, whole, for keys and messages."""
        # Not `splitlines`: to Python's tokenizer a form feed or a line separator inside a string ends no line.
        lines = list(io.StringIO(self.text, newline=None))
        first = min([node.lineno] + [d.lineno for d in node.decorator_list])
        return "".join(lines[first - 1 : node.end_lineno])


def _facts(binder: _Binder, functions: dict[str, FunctionSource]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {name: Fact(UNKNOWN) for name in binder.rebound}
    for name, bindings in binder.bound.items():
        bindings = [node for node in bindings if not _names_nothing(node, binder)]
        if not bindings and name not in binder.rebound:
            continue
        if len(bindings) != 1 or name in binder.rebound:
            facts[name] = Fact(UNKNOWN)
            continue
        facts[name] = _fact_of(name, bindings[0], facts, functions)
    return facts


def _names_nothing(node: ast.AST | None, binder: _Binder) -> bool:
    """Whether a value is a name that is not bound to anything, so that binding it to another one only raises NameError."""
    if not isinstance(node, ast.Name) or "*" in binder.bound:
        return False
    return node.id not in binder.bound and node.id not in binder.rebound and not hasattr(builtins, node.id)


def _fact_of(name: str, node: ast.AST | None, facts: dict[str, Fact], functions: dict[str, FunctionSource]) -> Fact:
    if isinstance(node, ast.FunctionDef):
        # A decorated function's global is what the decorators returned.
        return Fact("function", name) if not node.decorator_list and name in functions else Fact(UNKNOWN)
    if isinstance(node, (ast.ClassDef, ast.Call)):
        record = _record_of(name, node, facts)
        if record is not None:
            return Fact("named", " ".join(record.fields), record)
        return Fact("class", name) if isinstance(node, ast.ClassDef) else Fact(UNKNOWN)
    if isinstance(node, ast.alias):
        return Fact("module", node.name) if node.asname or "." not in node.name else Fact(UNKNOWN)
    if isinstance(node, ast.ImportFrom):
        origin = next(a.name for a in node.names if (a.asname or a.name) == name)
        if node.level or not node.module:
            return Fact(UNKNOWN)
        return Fact("attribute", f"{node.module}.{origin}")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        of = facts.get(node.value.id)
        return (
            Fact("attribute", f"{of.detail}.{node.attr}") if of is not None and of.kind == "module" else Fact(UNKNOWN)
        )
    if isinstance(node, ast.Name) and node.id not in facts and hasattr(builtins, node.id):
        return Fact("attribute", BUILTINS + node.id)
    if isinstance(node, ast.expr):
        known, value = fold(node, facts)
        if known:
            return Fact("literal", repr(value), value)
    return Fact(UNKNOWN)


def _record_of(name: str, node: ast.Call | ast.ClassDef, facts: dict[str, Fact]) -> named.Record | None:
    """The class of named tuples that is made under this name; None if it is none."""

    def known(value: ast.expr) -> tuple[bool, Any]:
        return fold(value, facts)

    if isinstance(node, ast.ClassDef):
        is_one = [_origin(base, facts) for base in node.bases] == [named.BASE]
        return named.of_class(node, known) if is_one else None
    return named.of_call(name, node, known) if _origin(node.func, facts) == named.MADE_BY else None


def _origin(node: ast.expr, facts: dict[str, Fact]) -> str:
    """The attribute of an imported module that the expression stands for; empty if it is none."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        fact = facts.get(node.value.id)
        return f"{fact.detail}.{node.attr}" if fact is not None and fact.kind == "module" else ""
    fact = facts.get(node.id) if isinstance(node, ast.Name) else None
    return fact.detail if fact is not None and fact.kind == "attribute" else ""


_UNARY: dict[type[ast.unaryop], Callable[[Any], object]] = {
    ast.USub: lambda a: -a,
    ast.UAdd: lambda a: +a,
    ast.Invert: lambda a: ~a,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}


def fold(node: ast.expr, facts: dict[str, Fact]) -> tuple[bool, object]:
    """(True, value) when the expression is a constant of immutable builtin type, computed as CPython would."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bytes, bool, type(None))):
        return True, node.value
    if isinstance(node, ast.Name):
        fact = facts.get(node.id)
        if fact is not None and fact.kind == "literal":
            return True, fact.value
    if isinstance(node, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in node.elts):
        parts = [fold(e, facts) for e in node.elts]
        return all(known for known, _ in parts), tuple(value for _, value in parts)
    operands: list[ast.expr] = []
    operate: Callable[..., object]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        operands, operate = [node.operand], _UNARY[type(node.op)]
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        operands, operate = [node.left, node.right], _BINARY[type(node.op)]
    if operands:
        folded = [fold(operand, facts) for operand in operands]
        if all(known and isinstance(value, (int, float)) for known, value in folded):
            try:
                return True, operate(*(value for _, value in folded))
            except (ArithmeticError, ValueError):
                return False, None
    return False, None


class _Binder(ast.NodeVisitor):
    """Every binding of a global name: at module level in `bound`, by a function's `global` or a `del` in `rebound`."""

    def __init__(self) -> None:
        self.bound: dict[str, list[ast.AST | None]] = {}
        self.rebound: set[str] = set()
        self._conditional = 0

    def bind(self, name: str, node: ast.AST | None) -> None:
        self.bound.setdefault(name, []).append(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bind(node.name, node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                self.rebound.update(inner.names)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bind(node.name, node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                self.rebound.update(inner.names)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, node.value)
            else:
                self.visit(target)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self.bind(node.target.id, node.value)
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self.bind(node.id, None)
            if isinstance(node.ctx, ast.Del):
                self.rebound.add(node.id)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name.split(".")[0], alias)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name, node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name, None)
        self.generic_visit(node)

    def _comprehension(self, node: ast.AST) -> None:
        return

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
