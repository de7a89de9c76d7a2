"""Calls -> HIR: functions of the module, builtins, functions of known modules, methods."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend import collections_, mapping, operator_, ordered, raising, reduction, text
from pyvorin.compiler.frontend.applying import EXACT_STR
from pyvorin.compiler.frontend.arguments import bind, refuse_packed, wrong
from pyvorin.compiler.frontend.builtin_arguments import evaluated, in_order, takes
from pyvorin.compiler.frontend.class_tests import class_test
from pyvorin.compiler.frontend.closures import Lifted
from pyvorin.compiler.frontend.comprehension import spelled_out
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import check, check_detours
from pyvorin.compiler.frontend.expr import has_star, keep, operands
from pyvorin.compiler.frontend.first_item import first_item
from pyvorin.compiler.frontend.foreign import reason_for_module
from pyvorin.compiler.frontend.library import attribute_of, library_path
from pyvorin.compiler.frontend.named import Record
from pyvorin.compiler.frontend.parameters import handed_on
from pyvorin.compiler.frontend.records import named_tuple, replaced, stored_past_class
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.snapshots import CALL_VALUE
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import GIVEN, NAMES, SPREAD, Value
from pyvorin.compiler.primitives import table as registry
from pyvorin.core import reasons


def call(ctx: Context, node: ast.Call) -> Value:
    func = node.func
    packed = [keyword.value for keyword in node.keywords if keyword.arg is None]
    if (has_star(node.args) or packed) and all(_is_handed_on(ctx, value) for value in packed):
        return spread_call(ctx, node)
    refuse_packed(node)
    if isinstance(func, ast.Name):
        if func.id == EXACT_STR:
            return ctx.b.prim("str.check", ctx.expr(node.args[0]))
        if func.id in ctx.nested and not any(func.id in scope for scope in ctx.renamed):
            return lifted_function(ctx, node, ctx.nested[func.id])
        if ctx.variable(func.id) is not None:
            return call_value(ctx, node, func)
        fact = ctx.fact(func.id)
        if fact is not None and fact.kind == "function":
            return module_function(ctx, node, fact.detail)
        if fact is not None and fact.kind == "class":
            return construction(ctx, node, fact.detail)
        if fact is not None and fact.kind == "named":
            assert isinstance(fact.value, Record)
            return named_tuple(ctx, node, func.id, fact.value)
        name = ctx.named_builtin(func.id)
        if ctx.module.is_builtin(name):
            return builtin(ctx, node, name)
        if fact is not None and fact.kind == "attribute":
            return module_attribute(ctx, node, fact.detail)
        raise _unknown(node, f"'{func.id}'")
    if isinstance(func, ast.Attribute):
        if isinstance(func.value, ast.Name):
            stored = stored_past_class(ctx, node, func)
            if stored is not None:
                return stored
            fact = ctx.fact(func.value.id)
            if fact is not None and fact.kind == "module":
                return module_attribute(ctx, node, f"{fact.detail}.{func.attr}")
            kind = ctx.named_builtin(func.value.id) if ctx.variable(func.value.id) is None and fact is None else ""
            path = f"{kind}.{func.attr}"
            if ctx.module.is_builtin(kind) and (path in CLASS_METHODS or path in registry.THROUGH_CLASS):
                ctx.builtin(kind)
                value = CLASS_METHODS[path](ctx, node) if path in CLASS_METHODS else None
                return primitive(ctx, node, path, path) if value is None else value
        known = library_path(ctx, func)
        if known is not None and registry.knows(known):
            return module_attribute(ctx, node, known)
        return super_method(ctx, node, func) if is_super(ctx, func.value) else method(ctx, node, func)
    return called_object(ctx, node, func, "a computed callable")


def _is_handed_on(ctx: Context, node: ast.expr) -> bool:
    """Whether this is the function's own ``**`` parameter, which it only hands on."""
    if not isinstance(node, ast.Name) or ctx.inlined or ctx.renamed:
        return False
    return node.id == handed_on(ctx.module.function(ctx.qualname).node)


def spread_call(ctx: Context, node: ast.Call) -> Value:
    """A call of the form ``f(a, *items)`` of what may be a function of the module's; how many items there are types tell."""
    func = node.func
    if isinstance(func, ast.Attribute):
        if is_super(ctx, func.value):
            return super_method(ctx, node, func)
        if ctx.module.has_method(ctx.mangled(func.attr)):
            return own_method(ctx, node, func)
    if isinstance(func, ast.Name) and func.id not in ctx.nested:
        fact = ctx.fact(func.id)
        if fact is not None and fact.kind == "function":
            if ctx.detours is not None:
                _require_eligible(ctx, node, ctx.module.function(fact.detail).node)
            arguments = operands(ctx, _given(node))
            ctx.uses.callees.add(fact.detail)
            ctx.work += 1
            return ctx.b.emit(ops.CALL, arguments, "/".join([fact.detail, *_marks(node)]))
        if ctx.variable(func.id) is not None or (fact is not None and fact.kind == "class"):
            return called_object(ctx, node, func, f"'{func.id}'")
    refuse_packed(node)
    raise AssertionError("it has a star")


def _given(node: ast.Call) -> list[ast.expr]:
    """The expressions that the call evaluates for its arguments, in order."""
    given = [argument.value if isinstance(argument, ast.Starred) else argument for argument in node.args]
    return [*given, *(keyword.value for keyword in node.keywords)]


def _marks(node: ast.Call) -> list[str]:
    """What says of each argument how it is passed (`SPREAD` in `hir/ir.py`)."""
    marks = [SPREAD if isinstance(argument, ast.Starred) else GIVEN for argument in node.args]
    return [*(marks if SPREAD in marks else []), *(keyword.arg or NAMES for keyword in node.keywords)]


def call_value(ctx: Context, node: ast.Call, func: ast.Name) -> Value:
    """A call of what a local variable holds."""
    if node.keywords:
        return called_object(ctx, node, func, f"the local '{func.id}' with keyword arguments")
    callee = ctx.b.temp("callee")
    ctx.b.store(callee, ctx.expr(func))
    arguments = operands(ctx, node.args)
    ctx.work += 1
    return ctx.b.prim(CALL_VALUE, ctx.b.load(callee), *arguments)


def _unknown(node: ast.Call, callee: str) -> Reject:
    return Reject(reasons.UNSUPPORTED_CALL, node, callee=callee)


def called_object(ctx: Context, node: ast.Call, func: ast.expr, shown: str) -> Value:
    """A call of what may be an instance or a class of the program's."""
    if not ctx.module.classes:
        raise _unknown(node, shown)
    callee = ctx.b.temp("callee")
    ctx.b.store(callee, ctx.expr(func))
    arguments = operands(ctx, _given(node))
    ctx.work += 1
    called = "/".join(["operator call", *_marks(node)])
    return ctx.b.emit(ops.CALL, [ctx.b.load(callee), *arguments], called)


def is_super(ctx: Context, node: ast.expr) -> bool:
    """Whether the expression is `super(C, self)`, or `super()` in a method."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"):
        return False
    if node.keywords or not all(isinstance(argument, ast.Name) for argument in node.args):
        return False
    if not node.args and _owner_and_first(ctx) is None:
        return False
    return len(node.args) in (0, 2) and ctx.builtin("super")


def _owner_and_first(ctx: Context) -> tuple[str, str] | None:
    """What `super()` stands for: the class in whose body the function is, one that native code knows, and its first parameter."""
    source = ctx.module.functions.get(ctx.qualname)
    if source is None or source.in_class not in ctx.module.classes or ctx.renamed or ctx.inlined:
        return None
    arguments = source.node.args
    first = [*arguments.posonlyargs, *arguments.args][:1]
    if not first or source.qualname != f"{source.in_class}.{source.node.name}":
        return None
    return source.in_class, first[0].arg


def super_method(ctx: Context, node: ast.Call, func: ast.Attribute) -> Value:
    """The method that comes behind a class in the order of bases of the object's."""
    assert isinstance(func.value, ast.Call)
    known = _owner_and_first(ctx)
    if func.value.args:
        after, obj = func.value.args
        assert isinstance(after, ast.Name)
        fact = ctx.fact(after.id)
        if fact is None or fact.kind != "class":
            raise _unknown(node, "'super' of an unknown class")
        owner, value = fact.detail, ctx.expr(obj)
    else:
        assert known is not None
        owner, value = known[0], ctx.b.prim("use", ctx.b.load(known[1]))
    name = f"{owner}.{ctx.mangled(func.attr)}"
    receiver = ctx.b.temp("receiver")
    ctx.b.store(receiver, ctx.b.prim(f"super:{name}", value))
    arguments = operands(ctx, _given(node))
    ctx.work += 1
    called = "/".join([f"super {name}", *_marks(node)])
    return ctx.b.emit(ops.CALL, [ctx.b.load(receiver), *arguments], called)


def construction(ctx: Context, node: ast.Call, name: str) -> Value:
    """A new instance of a class of this module: an object, and the call of the class's `__init__`, if it has one."""
    known = ctx.module.classes[name]
    if known.members is not None and len(node.args) == 1 and not node.keywords:
        return ctx.b.prim(f"enum.find:{name}", ctx.expr(node.args[0]))
    if not known.is_constructible:
        raise _unknown(node, f"'{name}'")
    found = known.member("__init__")
    if found is None:
        if node.args or node.keywords:
            return wrong(ctx)
        return ctx.b.prim(known.made_by)
    return module_function(ctx, node, found.qualname, f"{name}/{found}")


def module_function(ctx: Context, node: ast.Call, qualname: str, makes: str | None = None) -> Value:
    """A call of a function of this module, with its arguments bound as CPython would bind them.

    makes: it is the `__init__` of an instance, which is made for it and is the value: the class, and how that has it.
    """
    function = ctx.module.function(qualname).node
    if ctx.detours is not None:
        _require_eligible(ctx, node, function)
    if makes is None and ctx.catchers:
        result = raising.in_place(ctx, node, qualname)
        if result is not None:
            return result
    args = bind(ctx, node, qualname, 0 if makes is None else 1)
    if args is None:
        return wrong(ctx)
    ctx.uses.callees.add(qualname)
    ctx.work += 1
    if makes is not None:
        return ctx.b.emit(ops.CALL, [ctx.b.prim(f"new:{makes}"), *args], f"new {qualname}")
    return ctx.b.emit(ops.CALL, args, qualname)


def lifted_function(ctx: Context, node: ast.Call, inner: Lifted) -> Value:
    """A call of a function inside this one; what it captures is read when it begins."""
    if inner.name in ctx.locals:
        ctx.b.prim("use", ctx.b.load(inner.name))
    qualname = inner.source.qualname
    values = bind(ctx, node, qualname, len(inner.free)) if inner.free else bind(ctx, node, qualname)
    if values is None:
        return wrong(ctx)
    captured = [ctx.b.prim("use", ctx.b.load(name)) for name in inner.free]
    ctx.uses.callees.add(qualname)
    ctx.work += 1
    result = ctx.b.emit(ops.CALL, [*captured, *values], qualname)
    if not inner.changed:
        return result
    for index, name in enumerate(inner.changed, 1):
        ctx.b.store(name, ctx.b.prim("unpack.item", result, ctx.b.const(index)))
    return ctx.b.prim("unpack.item", result, ctx.b.const(0))


def _require_eligible(ctx: Context, node: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """The callee can be compiled, or is at most refused for its types: else only this call is left to CPython."""
    try:
        check(function, ctx.module)
        check_detours(function, ctx.module)
    except Reject as refusal:
        raise _unknown(node, f"'{function.name}' ({refusal.code} at line {function.lineno})") from None


Macro = Callable[[Context, ast.Call], "Value | None"]
"""Gives None for a call of another form than it handles."""


def _reduction(macro: Callable[[Context, ast.Call], Value], most: int, keywords: frozenset[str] = frozenset()) -> Macro:
    def lower(ctx: Context, node: ast.Call) -> Value | None:
        if not node.args and macro not in (reduction.as_list, reduction.as_tuple, mapping.as_set, mapping.as_frozenset):
            return None
        if len(node.args) > most or not {k.arg for k in node.keywords} <= keywords:
            return None
        return macro(ctx, node)

    return lower


def _divmod(ctx: Context, node: ast.Call) -> Value | None:
    if len(node.args) != 2 or node.keywords:
        return None
    a, b = operands(ctx, node.args)
    return ctx.b.prim("tuple.make", ctx.b.prim("floordiv", a, b), ctx.b.prim("mod", a, b))


def _dict(ctx: Context, node: ast.Call) -> Value | None:
    return None if len(node.args) + bool(node.keywords) > 1 else mapping.as_dict(ctx, node)


def _bytes_of(name: str) -> Macro:
    """bytes() or bytearray() of a generator expression: of a list of what it gives."""

    def lower(ctx: Context, node: ast.Call) -> Value | None:
        items = spelled_out(ctx, node.args[0]) if len(node.args) == 1 and not node.keywords else None
        if not isinstance(items, ast.GeneratorExp):
            return None
        return ctx.b.prim(name, reduction.collected(ctx, items, partial=False))

    return lower


MACROS: dict[str, Macro] = {
    "isinstance": class_test("isinstance"),
    "issubclass": class_test("issubclass"),
    "sum": _reduction(reduction.total, 2, frozenset({"start"})),
    "any": _reduction(reduction.quantifier, 1),
    "all": _reduction(reduction.quantifier, 1),
    "min": _reduction(reduction.extreme, 99, frozenset({"default", "key"})),
    "max": _reduction(reduction.extreme, 99, frozenset({"default", "key"})),
    "list": _reduction(reduction.as_list, 1),
    "tuple": _reduction(reduction.as_tuple, 1),
    "set": _reduction(mapping.as_set, 1),
    "frozenset": _reduction(mapping.as_frozenset, 1),
    "dict": _dict,
    "sorted": _reduction(reduction.in_order, 1, frozenset({"key", "reverse"})),
    "bytes": _bytes_of("bytes"),
    "bytearray": _bytes_of("bytearray"),
    "divmod": _divmod,
    "next": first_item,
}
"""Builtins that are written in terms of other primitives; all others are primitives of their own name."""
CLASS_METHODS: dict[str, Macro] = {"dict.fromkeys": mapping.from_keys}
"""And methods that are called through their builtin class."""


def builtin(ctx: Context, node: ast.Call, name: str) -> Value:
    ctx.builtin(name)
    if name in {"locals", "vars", "globals", "eval", "exec", "dir", "super", "compile", "__import__", "breakpoint"}:
        raise Reject(reasons.DYNAMIC_SCOPE, node, name=f"{name}()")
    if name in MACROS:
        value = MACROS[name](ctx, node)
        if value is not None:
            return value
    return primitive(ctx, node, name, name)


def module_attribute(ctx: Context, node: ast.Call, path: str) -> Value:
    code = reason_for_module(path)
    if not (registry.knows(path) or path in collections_.MAKERS or path == reduction.FOLDED) and code is not None:
        raise Reject(code, node, name=path)
    ctx.uses.attributes.add(attribute_of(path))
    if path in collections_.MAKERS:
        made = collections_.MAKERS[path](ctx, node)
        if made is not None:
            return made
    if path == "dataclasses.replace" and len(node.args) == 1 and node.keywords:
        return replaced(ctx, node)
    if path == reduction.FOLDED and 2 <= len(node.args) <= 3 and not node.keywords:
        return reduction.folded(ctx, node)
    count, lower = FUNCTIONS.get(path, (0, None))
    if lower is not None and len(node.args) == count and not node.keywords:
        return lower(ctx, node)
    return primitive(ctx, node, path, path)


FUNCTIONS = {**ordered.FUNCTIONS, **operator_.FUNCTIONS}
"""By path, the number of arguments of the form that is native, and what lowers it."""


def primitive(ctx: Context, node: ast.Call, name: str, shown: str) -> Value:
    if not registry.knows(name):
        raise _unknown(node, f"'{shown}'")
    if node.keywords and name not in registry.KEYWORDS:
        raise Reject(reasons.UNSUPPORTED_CALL, node, callee=f"'{shown}' with keyword arguments")
    args = evaluated(ctx, in_order(node, name), registry.LEFT_OUT.get(name))
    if name.partition(".")[0] in HIDDEN:
        args.insert(0, ctx.b.prim(HIDDEN[name.partition(".")[0]], ctx.b.const(None)))
    return ctx.operator(name, *args)


HIDDEN = {"random": "random.hidden"}
"""Modules whose functions are methods of an object of theirs, and the primitive that gives it."""


def own_method(ctx: Context, node: ast.Call, func: ast.Attribute) -> Value:
    """A call of what may be a method of the program's; what the object is decides (`infer/specialise.py`).

    The method is looked for before the arguments are evaluated, as CPython does.
    """
    name = ctx.mangled(func.attr)
    receiver = ctx.b.temp("receiver")
    ctx.b.store(receiver, ctx.b.prim(f"method:{name}", ctx.expr(func.value)))
    arguments = operands(ctx, _given(node))
    ctx.work += 1
    called = "/".join([f".{name}", *_marks(node)])
    return ctx.b.emit(ops.CALL, [ctx.b.load(receiver), *arguments], called)


def method(ctx: Context, node: ast.Call, func: ast.Attribute) -> Value:
    name = f".{func.attr}"
    if ctx.module.has_method(ctx.mangled(func.attr)) and (not registry.knows(name) or not takes(node, name)):
        return own_method(ctx, node, func)
    if func.attr == "_replace" and node.keywords and not node.args and ctx.module.has_records:
        return own_method(ctx, node, func)
    is_plain = not node.keywords and not any(isinstance(spelled_out(ctx, a), ast.GeneratorExp) for a in node.args)
    if is_plain and ctx.module.has_builtin_method(func.attr):
        return own_method(ctx, node, func)
    if func.attr == "__class__":
        return called_object(ctx, node, func, "the class of an object")
    special = None if node.keywords else mapping.METHODS.get((func.attr, len(node.args)))
    if special is not None:
        variables = [ctx.b.temp("receiver"), *(ctx.b.temp("arg") for _ in node.args)]
        for variable, part in zip(variables, (func.value, *node.args)):
            ctx.b.store(variable, ctx.expr(part))
        return special(ctx, variables[0], variables[1:], node)
    if name == ".format" and isinstance(func.value, ast.Constant) and isinstance(func.value.value, str):
        made = text.format_call(ctx, node, func.value.value)
        if made is not None:
            return made
    if name == ".sort" and node.keywords and not node.args and {k.arg for k in node.keywords} <= {"key", "reverse"}:
        return reduction.sort(ctx, node, func.value)
    if name == ".update" and node.keywords and not node.args:
        kept = keep(ctx, ctx.expr(func.value), *(keyword.value for keyword in node.keywords))
        return ctx.b.prim("dict.take", kept(), mapping.named_items(ctx, node))
    if name == ".extend" and len(node.args) == 1 and not node.keywords:
        items = spelled_out(ctx, node.args[0])
        if isinstance(items, ast.GeneratorExp):
            return reduction.extend(ctx, func.value, items)
    if not registry.knows(name):
        raise _unknown(node, f"the method '.{func.attr}'")
    arguments = in_order(node, name)
    receiver = ctx.expr(func.value)
    if name == ".join" and len(arguments) == 1:
        items = spelled_out(ctx, arguments[0] or node)
        if isinstance(items, ast.GeneratorExp):
            temp = ctx.b.temp("separator")
            ctx.b.store(temp, receiver)
            parts = reduction.collected(ctx, items, items is arguments[0])
            return ctx.raising(name, ctx.b.load(temp), parts)
    given = [argument for argument in arguments if argument is not None]
    kept = keep(ctx, receiver, *given)
    args = evaluated(ctx, arguments)
    return ctx.raising(name, kept(), *args)
