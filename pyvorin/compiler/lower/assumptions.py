"""The check that the names which native code relies on still mean what they meant.

Every dict that matters (the module's globals, the builtins, the namespaces of imported modules) has a version that changes with
every store into it (`ma_version_tag`).  If no version has changed since the last check, nothing needs to be looked up;
else each name is looked up and compared by identity with the object that the host has verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyvorin.cache.outline import module_and_name
from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import attributes, stack
from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.lower.classes import UsedClass
from pyvorin.core.library import GUARDS

CHECK = "pv_assumptions_hold"


@dataclass(slots=True)
class Binding:
    """`name` in the dict of slot *scope* must be the object of slot *expected*; both are (kind, argument)."""

    scope: tuple[str, str]
    name: str
    expected: tuple[str, str] | None


@dataclass(slots=True)
class Assumptions:
    """What one group relies on.  `expected` None means: must not be bound (a builtin that is not shadowed)."""

    bindings: list[Binding] = field(default_factory=list)
    classes: dict[str, UsedClass] = field(default_factory=dict)
    functions: dict[str, str | None] = field(default_factory=dict)
    """The functions that must still have their code, and of those whose default values are used the `repr` of these."""

    def __bool__(self) -> bool:
        return bool(self.bindings or self.classes or self.functions)

    def require_global(self, name: str) -> None:
        module, own = module_and_name(name)
        self.bindings.append(Binding(("globals", module), own, ("global", name)))

    def require_builtin(self, name: str) -> None:
        """That the name is the builtin's, for functions of the module that it is prefixed with."""
        module, own = module_and_name(name)
        self.bindings.append(Binding(("globals", module), own, None))
        self.bindings.append(Binding(("builtins", module), own, ("builtin", name)))

    def require_attribute(self, module: str, name: str) -> None:
        self.bindings.append(Binding(("imported", f"{module}:__dict__"), name, ("imported", f"{module}:{name}")))

    def require_library(self, module: str) -> None:
        """What the functions of the module rely on themselves."""
        for owner, name, path in GUARDS.get(module, ()):
            scope = ("imported", f"{module}:{owner}.__dict__".replace(":.", ":"))
            binding = Binding(scope, name, None if path is None else ("imported", f"{module}:{path}"))
            if binding not in self.bindings:
                self.bindings.append(binding)


def call_check(emit: Emitter) -> str | None:
    """Whether the group's assumptions hold now, as an i1; None if it has none."""
    if not emit.unit.has_assumptions:
        return None
    return emit.op(f"call i1 @{CHECK}()")


def define_check(unit: Unit, assumptions: Assumptions) -> None:
    """Emit the check of a group, which `call_check` calls."""
    unit.has_assumptions, unit.checked = bool(assumptions), assumptions.functions
    if not assumptions:
        return
    scopes = list(dict.fromkeys(binding.scope for binding in assumptions.bindings))
    fast = Emitter(unit, "i1")
    same = "true"
    for index, scope in enumerate(scopes):
        namespace = fast.slot(*scope)
        saved = fast.load("i64", fast.slot_address(_word(unit, index)), 0, "slot")
        # A scope that is not there yet has the null dict; reading its version would fault.
        present = fast.op(f"icmp ne ptr {namespace}, null")
        read, done, at = fast.new_label("read"), fast.new_label("version"), fast.label
        fast.branch(present, read, done)
        fast.begin(read)
        version = fast.load("i64", namespace, unit.layout.dict_version, "type")
        equal = fast.op(f"icmp eq i64 {version}, {saved}")
        fast.jump(done)
        fast.begin(done)
        same = fast.op(f"and i1 {same}, {fast.phi('i1', ('false', at), (equal, read))}")
    for name in sorted(assumptions.classes):
        # The places of attributes are known for a version that was compared: at binding, no instance may have been there.
        seen = _compared(unit, name)
        same = fast.op(f"and i1 {same}, {_class_holds(fast, name, seen, bool(assumptions.classes[name].members))}")
    for qualname, defaults in sorted(assumptions.functions.items()):
        same = fast.op(f"and i1 {same}, {function_holds(fast, qualname, defaults)}")
    hold, look = fast.new_label("hold"), fast.new_label("look")
    fast.do(f"br i1 {same}, label %{hold}, label %{look}")
    fast.begin(hold)
    fast.do("ret i1 true")
    fast.begin(look)
    fast.do(f"ret i1 {fast.op('call i1 @pv_assumptions_look()')}")
    unit.define(fast.finish(f"define internal i1 @{CHECK}() nounwind"))
    _define_look(unit)
    _define_compare(unit, assumptions, scopes)


def _class_holds(emit: Emitter, name: str, seen: int, with_keys: bool) -> str:
    """Whether the class is there, with the version that is in the slot *seen*; *with_keys*: instances have no new attributes."""
    kind, at = emit.slot("class", name), emit.label
    read, done = emit.new_label("class"), emit.new_label("seen")
    emit.branch(emit.op(f"icmp ne ptr {kind}, null"), read, done)
    emit.begin(read)
    version = emit.op(f"zext i32 {emit.load('i32', kind, emit.layout.type_version, 'type')} to i64")
    known = emit.load("i64", emit.slot_address(seen), 0, "slot")
    equal = emit.op(f"icmp eq i64 {version}, {known}")
    if with_keys:
        equal = emit.op(f"and i1 {equal}, {attributes.keys_known(emit, kind, keys_seen(emit, name))}")
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", at), (equal, read))


def function_holds(emit: Emitter, qualname: str, defaults: str | None) -> str:
    """Whether the function is there, with the code, and the default values, that it had."""
    function, at = emit.slot("function", qualname), emit.label
    read, done = emit.new_label("function"), emit.new_label("known")
    emit.branch(emit.op(f"icmp ne ptr {function}, null"), read, done)
    emit.begin(read)
    code = emit.load("ptr", function, emit.layout.function_code, "type")
    equal = emit.op(f"icmp eq ptr {code}, {emit.slot('code', qualname)}")
    if defaults is not None:
        live = emit.load("ptr", function, emit.layout.function_defaults, "type")
        expected = emit.slot("defaults", f"{qualname} {defaults}")
        # A function without defaults has NULL there, and so has the slot of one whose defaults are others.
        there = emit.op(f"icmp ne ptr {expected}, null")
        known = emit.op(f"and i1 {there}, {emit.op(f'icmp eq ptr {live}, {expected}')}")
        equal = emit.op(f"and i1 {equal}, {known}")
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", at), (equal, read))


def keys_seen(emit: Emitter, name: str) -> str:
    """How many keys the instances of the class shared when the host looked at it."""
    return emit.load("i64", emit.slot_address(emit.unit.slot("keys", name)), 0, "slot")


def _word(unit: Unit, index: int) -> int:
    return unit.slot("word", f"0 version{index}")


def _compared(unit: Unit, name: str) -> int:
    """The version of the class at the last comparison in which all that is to be known of it was."""
    return unit.slot("word", attributes.compared(name))


def _define_look(unit: Unit) -> None:
    """Compare all names; if some differ let the host look again, at the 1st, 2nd, 4th, 8th… failure only."""
    unit.helper("pv_decref", write_decref)
    unit.declare("PyObject_CallNoArgs", "ptr (ptr)")
    unit.declare("PyErr_Clear", "void ()")
    unit.helper("pv_stack_calls_back", stack.write_callback)
    failures = unit.slot("word", "0 failures")
    unit.define(
        f"""
define internal i1 @pv_assumptions_look() noinline nounwind {{
  %first = call i1 @pv_assumptions_compare()
  br i1 %first, label %hold, label %fail
hold:
  ret i1 true
fail:
  %fp = getelementptr ptr, ptr @slots, i64 {failures}
  %n0 = load i64, ptr %fp
  %n = add i64 %n0, 1
  store i64 %n, ptr %fp
  %less = and i64 %n, %n0
  %power = icmp eq i64 %less, 0
  br i1 %power, label %ask, label %no
ask:
  %cp = getelementptr ptr, ptr @slots, i64 {unit.slot("revalidate")}
  %callback = load ptr, ptr %cp
  %known = icmp ne ptr %callback, null
  br i1 %known, label %room, label %no
room:
  %enough = call i1 @pv_stack_calls_back()
  br i1 %enough, label %call, label %no
call:
  %r = call ptr @PyObject_CallNoArgs(ptr %callback)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %clear, label %again
clear:
  call void @PyErr_Clear()
  ret i1 false
again:
  call void @pv_decref(ptr %r)
  %second = call i1 @pv_assumptions_compare()
  ret i1 %second
no:
  ret i1 false
}}"""
    )


def _define_compare(unit: Unit, assumptions: Assumptions, scopes: list[tuple[str, str]]) -> None:
    """Look up every name; if all are as expected, remember the dicts' versions."""
    emit = Emitter(unit, "i1")
    unit.declare("PyDict_GetItem", "ptr (ptr, ptr)")
    for binding in assumptions.bindings:
        namespace = emit.slot(*binding.scope)
        name = emit.slot("object", repr(binding.name))
        _require(emit, emit.op(f"icmp ne ptr {namespace}, null"))
        # Names are exact str with known hashes: the look-up runs no code of the program.
        found = emit.call("PyDict_GetItem", "ptr (ptr, ptr)", namespace, name)
        if binding.expected is None:
            _require(emit, emit.op(f"icmp eq ptr {found}, null"))
        else:
            _require(emit, emit.op(f"icmp ne ptr {found}, null"))
            _require(emit, emit.op(f"icmp eq ptr {found}, {emit.slot(*binding.expected)}"))
    for qualname, defaults in sorted(assumptions.functions.items()):
        _require(emit, function_holds(emit, qualname, defaults))
    for name, used in sorted(assumptions.classes.items()):
        _require(emit, _class_holds(emit, name, unit.slot("classversion", name), bool(used.members)))
        for kind, argument in sorted(used.members):
            _require(emit, emit.op(f"icmp ne ptr {emit.slot(kind, argument)}, null"))
        for attribute in sorted(used.attributes):
            place = emit.load("i64", emit.slot_address(unit.slot("attribute", f"{name} {attribute}")), 0, "slot")
            in_dict = emit.op(f"icmp eq i64 {place}, {attributes.IN_DICT}")
            _require(emit, emit.op(f"or i1 {in_dict}, {emit.op(f'icmp sge i64 {place}, 0')}"))
    for name in sorted(assumptions.classes):
        known = emit.load("i64", emit.slot_address(unit.slot("classversion", name)), 0, "slot")
        emit.store("i64", known, emit.slot_address(_compared(unit, name)), 0, "slot")
    for index, scope in enumerate(scopes):
        version = emit.load("i64", emit.slot(*scope), unit.layout.dict_version, "type")
        emit.store("i64", version, emit.slot_address(_word(unit, index)), 0, "slot")
    emit.do("ret i1 true")
    emit.begin("no")
    emit.do("ret i1 false")
    unit.define(emit.finish("define internal i1 @pv_assumptions_compare() noinline nounwind"))


def _require(emit: Emitter, condition: str) -> None:
    following = emit.new_label("ok")
    emit.branch(condition, following, "no")
    emit.begin(following)
