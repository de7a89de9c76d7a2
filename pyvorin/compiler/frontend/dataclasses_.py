"""What `dataclasses` makes for a class: functions that have no source of their own, written down here.

    @dataclass                      def __init__(self, x, y=0, zs=list()):
    class P:                            self.x = x
        x: int                          self.y = y
        y: int = 0                      self.zs = zs
        zs: list = field(default_factory=list)

The same class is made here, in the compiler's process, by the `dataclasses` of the same interpreter.  The functions of the
program's class are taken for these as long as their code is that of this one's (`host/codes.py`).
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import Any

from pyvorin.compiler.frontend.quiet import consists_of
from pyvorin.core.codedigest import made_digest

FACTORIES: dict[str, type] = {"list": list, "dict": dict, "set": set}
"""The default factories that are known, all builtins."""
COMPARISONS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_QUIET_CALLS = frozenset(
    {"abs", "min", "max", "len", "int", "float", "round", "isinstance", "ValueError", "TypeError", "object.__setattr__"}
)
_QUIET = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.Raise, ast.Pass, ast.Expr, ast.Assert, ast.Return, ast.Constant,
    ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """default: its expression.  factory: or the builtin that makes one for each object; `init`, `keyword`, `compare` as of
    `dataclasses.field`."""

    name: str
    default: ast.expr | None
    factory: str = ""
    init: bool = True
    keyword: bool = False
    compare: bool = True
    passed_on: bool = False
    """Whether it is an `InitVar`: an argument that `__post_init__` is given, and no attribute."""


@dataclass(frozen=True, slots=True)
class Made:
    """A function that was made for a class: its source, as it were, and the digest of its code and of what that refers to.

    factories: of parameters that have one, the builtin whose call is their default."""

    node: ast.FunctionDef
    digest: str
    factories: dict[str, str]


def options_of(decorators: list[ast.expr]) -> dict[str, object] | None:
    """What the decorator `dataclass` is given; None if the class has another decorator, or none."""
    if len(decorators) != 1:
        return None
    node = decorators[0]
    found: dict[str, object] = {}
    if isinstance(node, ast.Call):
        if node.args or not all(k.arg is not None and isinstance(k.value, ast.Constant) for k in node.keywords):
            return None
        found = {str(k.arg): k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        node = node.func
    return found if ast.unparse(node) in ("dataclass", "dataclasses.dataclass") else None


def fields_of(node: ast.ClassDef, inherited: Iterable[Field], options: dict[str, object]) -> list[Field] | None:
    """The fields of the class; None if there is more to them than is known here."""
    found, keyword = {field.name: field for field in inherited}, bool(options.get("kw_only", False))
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        text = ast.unparse(statement.annotation).strip("'\"")
        name = text.partition("[")[0].rpartition(".")[2]
        if name == "KW_ONLY":
            keyword = True
        if name in ("ClassVar", "KW_ONLY"):
            continue
        field = _field(statement.target.id, statement.value, keyword)
        if field is not None and name == "InitVar":
            field = None if field.factory or options.get("slots") else replace(field, passed_on=True)
        elif "InitVar" in text or "KW_ONLY" in text:
            return None
        if field is None or "ClassVar" in text or field.name.startswith("__") or field.name in ("self", "other"):
            return None
        found[field.name] = field
    fields = [*found.values()]
    if options.get("slots") and any(not field.init and field.default is not None for field in fields):
        return None
    has_default = [
        field.default is not None or bool(field.factory) for field in fields if field.init and not field.keyword
    ]
    return fields if has_default == sorted(has_default) else None


def _field(name: str, value: ast.expr | None, keyword: bool) -> Field | None:
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) in ("field", "dataclasses.field")):
        return Field(name, value, keyword=keyword)
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    flags: dict[str, object] = {"init": True, "kw_only": keyword, "compare": True, "repr": True, "hash": None}
    if value.args or not given.keys() <= flags.keys() | {"default", "default_factory", "metadata"}:
        return None
    for flag in given.keys() & flags.keys():
        constant = given[flag]
        if not isinstance(constant, ast.Constant):
            return None
        flags[str(flag)] = constant.value
    default, factory = given.get("default"), given.get("default_factory")
    if factory is not None and not (isinstance(factory, ast.Name) and factory.id in FACTORIES):
        return None
    made_by = "" if factory is None else ast.unparse(factory)
    return Field(name, default, made_by, bool(flags["init"]), bool(flags["kw_only"]), bool(flags["compare"]))


def made_for(
    node: ast.ClassDef,
    fields: list[Field],
    options: dict[str, object],
    bound: Iterable[str],
    post_init: ast.stmt | None,
) -> dict[str, Made]:
    """The functions that are made for the class, by name.

    bound: the names that its body binds, for which none is made.  post_init: its `__post_init__`, if it has one.
    """
    try:
        kind = _same_class(fields, options, bound, post_init is not None)
    except (TypeError, ValueError):
        return {}
    found: dict[str, Made] = {}
    for name, texts in _texts(fields, options, post_init).items():
        function = vars(kind).get(name)
        if name in set(bound) or not isinstance(function, FunctionType):
            continue
        for text in texts:
            parsed = ast.parse(text).body[0]
            assert isinstance(parsed, ast.FunctionDef)
            if name != "__init__" and not _is_alike(text, function.__code__):
                continue
            for inner in ast.walk(parsed):
                if isinstance(inner, (ast.stmt, ast.expr, ast.arg)):
                    ast.copy_location(inner, node)
            factories = {field.name: field.factory for field in fields if field.factory and name == "__init__"}
            found[name] = Made(parsed, made_digest(function), factories)
            break
    return found


def _same_class(fields: list[Field], options: dict[str, object], bound: Iterable[str], has_post_init: bool) -> type:
    """A class with the same fields."""
    described: list[tuple[str, Any, Any]] = []
    for field in fields:
        more: dict[str, Any] = {}
        if field.factory:
            more["default_factory"] = FACTORIES[field.factory]
        elif field.default is not None:
            more["default"] = 0
        made = dataclasses.field(init=field.init, kw_only=field.keyword, compare=field.compare, **more)
        kind = dataclasses.InitVar[int] if field.passed_on else int
        described.append((field.name, kind, made))
    names = {name: (lambda self: None) for name in bound if name.startswith("__") and name != "__slots__"}
    if has_post_init:
        names["__post_init__"] = lambda self: None
    given: dict[str, Any] = {name: value for name, value in options.items() if name not in ("slots", "weakref_slot")}
    return dataclasses.make_dataclass("Same", described, namespace=names, **given)


def _texts(fields: list[Field], options: dict[str, object], post_init: ast.stmt | None) -> dict[str, list[str]]:
    """The source of each function, in the forms that it has had."""
    found: dict[str, list[str]] = {}
    if options.get("init", True) and (post_init is None or _is_quiet(post_init)):
        found["__init__"] = [_init_text(fields, has_post_init=post_init is not None)]
    compared = [field.name for field in fields if field.compare and not field.passed_on]
    mine, other = (_tuple_text(owner, compared) for owner in ("self", "other"))
    head, end = "(self, other):\n if other.__class__ is self.__class__:\n  return ", "\n return NotImplemented"
    if options.get("eq", True):
        each = " and ".join(f"self.{name}==other.{name}" for name in compared) or "True"
        same = head.replace(":\n", ":\n if self is other:\n  return True\n", 1)
        found["__eq__"] = [f"def __eq__{head}{mine}=={other}{end}", f"def __eq__{same}{each}{end}"]
    if options.get("order"):
        for name, sign in COMPARISONS.items():
            found[name] = [f"def {name}{head}{mine}{sign}{other}{end}"]
    return found


def _tuple_text(owner: str, names: list[str]) -> str:
    return f"({','.join(f'{owner}.{name}' for name in names)},)" if names else "()"


def _init_text(fields: list[Field], has_post_init: bool) -> str:
    def parameter(field: Field) -> str:
        if field.factory:
            return f"{field.name}={field.factory}()"
        return field.name if field.default is None else f"{field.name}={ast.unparse(field.default)}"

    taken = [field for field in fields if field.init]
    parameters = ["self", *(parameter(field) for field in taken if not field.keyword)]
    named = [parameter(field) for field in taken if field.keyword]
    lines = []
    for field in fields:
        if (field.init or field.factory) and not field.passed_on:
            lines.append(f" self.{field.name} = {field.name if field.init else f'{field.factory}()'}")
    passed_on = ", ".join(field.name for field in fields if field.passed_on)
    lines += [f" self.__post_init__({passed_on})"] * has_post_init
    return f"def __init__({', '.join([*parameters, *(['*', *named] if named else [])])}):\n" + "\n".join(
        lines or [" pass"]
    )


def _is_quiet(post_init: ast.stmt) -> bool:
    """Whether it does nothing that could have to be gone on with in the middle: there is no place for that in what was made."""
    if not isinstance(post_init, ast.FunctionDef) or post_init.decorator_list:
        return False
    return consists_of(post_init.body, _QUIET, _QUIET_CALLS)


def _is_alike(text: str, code: CodeType) -> bool:
    namespace: dict[str, Any] = {}
    exec(compile(text, "", "exec", dont_inherit=True), namespace)
    own = next(value for name, value in namespace.items() if name != "__builtins__").__code__
    parts = ("co_code", "co_names", "co_varnames", "co_consts")
    return all(getattr(own, part) == getattr(code, part) for part in parts)
