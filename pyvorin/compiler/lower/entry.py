"""Vectorcall entries: the C functions that CPython calls in place of a patched function.

A specialisation's entry trusts nothing: it checks the function's code, the tools that watch calls, the recursion limit, the
names the code relies on, the number and the types of the arguments.  Whatever does not fit continues at the `miss` slot with
the very arguments that came; so does a call whose native code took an exit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import OK, PENDING, RAISED, Emitter
from pyvorin.compiler.emit.runtime import buffers, stack
from pyvorin.compiler.emit.unit import ALIAS, Unit
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.lower import assumptions, watching
from pyvorin.compiler.lower.calls import prototype
from pyvorin.compiler.lower.drive import drive
from pyvorin.compiler.lower.function import frame_estimate
from pyvorin.compiler.lower.guarded import Guarded
from pyvorin.compiler.lower.looking import require_inside
from pyvorin.compiler.lower.nesting import define_continuation, give_back
from pyvorin.compiler.passes.analysis.recursion import called_by, recursive_among
from pyvorin.compiler.primitives.objects import boxed_or_null, unboxed
from pyvorin.core.layouts import ABSENT
from pyvorin.types.spec import BUFFER_NAMES, Type

PARAMETERS = "ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames"
ARGUMENTS = "ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames"
TRIPS = 32
"""So many calls more than four in five may exit before native code gives the function up: an exit costs the time until it is
taken, on top of CPython's own."""
NARGS = str(2**63 - 1)
"""Clears PY_VECTORCALL_ARGUMENTS_OFFSET, the top bit (PEP 590)."""


@dataclass(slots=True)
class NativeEntry:
    """The entry of one specialisation.

    index, counter: its place in the group's tables.  trips, unprofitable: counters of calls that exited, and of giving up.
    callees: qualified names of the functions that its code calls directly; defaults: for those whose default values it has
    compiled in, the `repr` of their `__defaults__`.  chain: how many native calls deep it can go without recursion.
    stored: indices of the parameters that are buffers and may be written.  looks: whether it looks into its arguments, as another
    one takes the same containers with something else inside.
    """

    instance: Instance
    name: str
    index: int
    counter: int
    trips: int
    unprofitable: int
    callees: list[str]
    defaults: dict[str, str]
    chain: int
    stored: set[int]
    looks: bool

    def define(self, unit: Unit) -> None:
        """Emit it into the unit."""
        instance = self.instance
        emit = Guarded(unit, "ptr")
        disabled = emit.slot_address(unit.slot("word", f"0 disabled{self.index} {self.unprofitable}"))
        emit.require(emit.op(f"icmp eq i64 {emit.load('i64', disabled, 0, 'slot')}, 0"))
        _require_code(emit, "%callable", instance.qualname)
        require_functions(emit, self.callees, self.defaults)
        depth = allowance(emit, instance, self.chain, thread_allows(emit, self.chain))
        holds = assumptions.call_check(emit)
        if holds is not None:
            emit.require(holds)
        args = _positional(emit, unit, instance, self.name)
        operands = [argument(emit, args, i, ty, i in self.stored) for i, ty in enumerate(instance.types)]
        if self.looks:
            for operand, ty in zip(operands, instance.types):
                require_inside(emit, operand, ty)
        status, value = call_instance(emit, instance, operands, depth)
        done, failed, exited = emit.new_label("done"), emit.new_label("failed"), emit.new_label("exited")
        pending = emit.new_label("pending")
        cases = f"i8 {OK}, label %{done} i8 {RAISED}, label %{failed}"
        if instance.may_resume:
            cases += f" i8 {PENDING}, label %{pending}"
        emit.do(f"switch i8 {status}, label %{exited} [ {cases} ]")
        if instance.may_resume:
            emit.begin(pending)
            emit.do(f"ret ptr {drive(emit)}")
        emit.begin(exited)
        self._give_up(emit, disabled)
        emit.begin(failed)
        emit.do("ret ptr null")
        emit.begin(done)
        _count(emit, self.counter)
        emit.do(f"ret ptr {value if instance.result.is_reference else boxed_or_null(emit, value, instance.result)}")
        _miss(emit, self.index)
        unit.entries.append(self.name)
        unit.define(emit.finish(f"define internal ptr @{self.name}({PARAMETERS}) nounwind"))

    def _give_up(self, emit: Guarded, disabled: str) -> None:
        """After an exit: a function that hardly ever comes to its end natively is left to CPython from then on."""
        if emit.unit.trips:
            emit.jump("miss")
            return
        trips = _count(emit, self.trips)
        ended = emit.op(f"load i64, ptr {emit.op(f'getelementptr i64, ptr @counters, i64 {self.counter}')}")
        allowed = emit.op(f"add i64 {emit.op(f'shl i64 {ended}, 2')}, {TRIPS}")
        off, again = emit.new_label("off"), "miss"
        emit.branch(emit.op(f"icmp sgt i64 {trips}, {allowed}"), off, again, unlikely=True)
        emit.begin(off)
        emit.store("i64", "1", disabled, 0, "slot")
        _count(emit, self.unprofitable)
        give_back(emit, "%callable")
        emit.jump("miss")


def require_functions(emit: Guarded, qualnames: list[str], defaults: dict[str, str]) -> None:
    """The functions still have the code that was compiled, and those in *defaults* the default values.

    What the check of the group's assumptions looks at anyway is left to that.
    """
    checked = emit.unit.checked
    for qualname in sorted({*qualnames, *defaults}):
        text = defaults.get(qualname)
        if qualname not in checked or text not in (None, checked[qualname]):
            emit.require(assumptions.function_holds(emit, qualname, text))


def allowance(emit: Guarded, root: Instance, chain: int, remaining: str) -> str:
    """What the native code may do of the calls that the recursion limit leaves; any number if it cannot recurse.

    Each function that is on no cycle takes a level once at most.  One more is left, because a comparison takes a level of
    its own while it runs (PyObject_RichCompare, up to 3.11), and so do some calls of builtins: close to the limit CPython
    decides.
    """
    estimate = frame_estimate(emit.unit, root)
    if not recursive_among([root, *called_by(root)]):
        if root.may_resume or estimate > stack.UNSEEN:
            emit.require(emit.op(f"icmp sgt i64 {stack.room(emit)}, {estimate}"))
        return "0"
    word = stack.first(emit, emit.op(f"sub i64 {remaining}, {chain}"), estimate)
    emit.require(emit.op(f"icmp ne i64 {word}, 0"))
    return word


def call_instance(emit: Emitter, instance: Instance, operands: list[str], depth: str) -> tuple[str, str]:
    """Call the instance, holding the buffers among its arguments meanwhile: the status and the result."""
    held = [(operand, ty) for operand, ty in zip(operands, instance.types) if ty.name in BUFFER_NAMES]
    for operand, ty in held:
        buffers.hold(emit, operand, ty)
    result, types = prototype(instance)
    passed = ", ".join([f"{ty} {operand}" for ty, operand in zip(types, operands)] + [f"i64 {depth}"])
    both = emit.op(f"call fastcc {{ {result}, i8 }} @{instance.symbol}({passed})")
    for operand, ty in held:
        buffers.let_go(emit, operand, ty)
    status = emit.op(f"extractvalue {{ {result}, i8 }} {both}, 1")
    return status, emit.op(f"extractvalue {{ {result}, i8 }} {both}, 0")


def observer_entry(unit: Unit, name: str, index: int, counter: int) -> None:
    """Emit an entry that counts calls, and shows some of them to the host, for a function whose types are still open."""
    emit = Guarded(unit, "ptr")
    count = _count(emit, counter)
    trigger = emit.load("i64", emit.slot_address(unit.slot("trigger", str(index))), 0, "slot")
    show = emit.new_label("show")
    emit.branch(emit.op(f"icmp sge i64 {count}, {trigger}"), show, "miss", unlikely=True)
    emit.begin(show)
    callback = emit.slot("callback", str(index))
    emit.require(emit.op(f"icmp ne ptr {callback}, null"))
    emit.require(emit.call_helper("pv_stack_calls_back", stack.write_callback, "i1 ()"))
    # What is called back is Python code, too.
    watching.require_unwatched(emit, emit.call("PyThreadState_Get", "ptr ()"))
    helper = unit.helper("pv_observe", _write_observe)
    emit.do(f"call void {helper}({ARGUMENTS}, ptr {callback})")
    emit.jump("miss")
    _miss(emit, index)
    unit.entries.append(name)
    unit.define(emit.finish(f"define internal ptr @{name}({PARAMETERS}) nounwind"))


def _write_observe(unit: Unit) -> str:
    """Call the callback with the function, a tuple of the arguments, and one of the names of the last ones if they have any;
    whatever it raises is forgotten."""
    for function, signature in {
        "PyTuple_New": "ptr (i64)",
        "PyObject_CallFunctionObjArgs": "ptr (ptr, ...)",
        "PyErr_Clear": "void ()",
    }.items():
        unit.declare(function, signature)
    from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref

    unit.helper("pv_incref", write_incref)
    unit.helper("pv_decref", write_decref)
    return f"""
define internal void @pv_observe({PARAMETERS}, ptr %callback) noinline nounwind {{
  %given = and i64 %nargsf, {NARGS}
  %plain = icmp eq ptr %kwnames, null
  br i1 %plain, label %begin, label %named
named:
  %names = getelementptr i8, ptr %kwnames, i64 {unit.layout.size}
  %count = load i64, ptr %names
  br label %begin
begin:
  %named_ones = phi i64 [ 0, %0 ], [ %count, %named ]
  %n = add i64 %given, %named_ones
  %tuple = call ptr @PyTuple_New(i64 %n)
  %nomem = icmp eq ptr %tuple, null
  br i1 %nomem, label %clear, label %loop
loop:
  %i = phi i64 [ 0, %begin ], [ %next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %call
body:
  %from = getelementptr ptr, ptr %args, i64 %i
  %arg = load ptr, ptr %from
  call void @pv_incref(ptr %arg)
  %items = getelementptr i8, ptr %tuple, i64 {unit.layout.tuple_items}
  %to = getelementptr ptr, ptr %items, i64 %i
  store ptr %arg, ptr %to
  %next = add i64 %i, 1
  br label %loop
call:
  %r = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %callback, ptr %callable, ptr %tuple, ptr %kwnames, ptr null)
  call void @pv_decref(ptr %tuple)
  %failed = icmp eq ptr %r, null
  br i1 %failed, label %clear, label %release
release:
  call void @pv_decref(ptr %r)
  ret void
clear:
  call void @PyErr_Clear()
  ret void
}}"""


def _require_code(emit: Guarded, function: str, qualname: str) -> None:
    code = emit.load("ptr", function, emit.layout.function_code, "type")
    emit.require(emit.op(f"icmp eq ptr {code}, {emit.slot('code', qualname)}"))


def thread_allows(emit: Guarded, chain: int) -> str:
    """Check that no tool watches this thread's calls and that the recursion limit leaves room; how many calls deep."""
    layout = emit.layout
    thread = emit.call("PyThreadState_Get", "ptr ()")
    watching.require_unwatched(emit, thread)
    if layout.thread_recursion_remaining != ABSENT:
        left = emit.load("i32", thread, layout.thread_recursion_remaining, "size")
    else:
        depth = emit.load("i32", thread, layout.thread_recursion_depth, "size")
        left = emit.op(f"sub i32 {emit.call('Py_GetRecursionLimit', 'i32 ()')}, {depth}")
    remaining = emit.op(f"sext i32 {left} to i64")
    emit.require(emit.op(f"icmp sgt i64 {remaining}, {chain}"))
    return remaining


def _positional(emit: Guarded, unit: Unit, instance: Instance, name: str) -> str:
    """The address of the arguments in the order of the parameters, keywords and defaults bound."""
    wanted = len(instance.types)
    given = emit.op(f"and i64 %nargsf, {NARGS}")
    plain = emit.op(f"and i1 {emit.op('icmp eq ptr %kwnames, null')}, {emit.op(f'icmp eq i64 {given}, {wanted}')}")
    if parameters_of(instance.untyped.source.node).keyword_only:
        plain = "false"
    if not wanted or wanted > 16:
        emit.require(plain)
        return "%args"
    bind, ready, start = emit.new_label("bind"), emit.new_label("ready"), emit.label
    emit.lines.insert(0, f"  %bound = alloca [{wanted} x ptr]")
    emit.branch(plain, ready, bind)
    emit.begin(bind)
    helper = _define_bind(unit, instance, name)
    complete = emit.op(f"call i1 {helper}({ARGUMENTS}, ptr %bound)")
    bound = emit.label
    emit.branch(complete, ready, "miss")
    emit.begin(ready)
    return emit.phi("ptr", ("%args", start), ("%bound", bound))


def _define_bind(unit: Unit, instance: Instance, name: str) -> str:
    """``i1 bind(callable, args, nargsf, kwnames, out)``: as CPython binds them, from the live `__defaults__`.

    False whenever anything is unusual (too many, unknown or repeated names, a missing argument): CPython raises then.
    Keyword names are compared by identity; a name that is equal but not interned is left to CPython.
    """
    emit = Emitter(unit, "i1")
    layout, wanted = unit.layout, len(instance.types)
    parameters = parameters_of(instance.untyped.source.node)
    first_keyword, positional = parameters.unnamed, len(parameters.positional)
    given = emit.op(f"and i64 %nargsf, {NARGS}")

    def refuse_unless(condition: str) -> None:
        following = emit.new_label("ok")
        emit.branch(condition, following, "no")
        emit.begin(following)

    refuse_unless(emit.op(f"icmp ule i64 {given}, {positional}"))
    for index in range(wanted):
        out = emit.op(f"getelementptr ptr, ptr %out, i64 {index}")
        take, none, done = emit.new_label("take"), emit.new_label("none"), emit.new_label("stored")
        emit.branch(emit.op(f"icmp ugt i64 {given}, {index}"), take, none)
        emit.begin(take)
        address = emit.op(f"getelementptr ptr, ptr %args, i64 {index}")
        emit.do(f"store ptr {emit.op(f'load ptr, ptr {address}')}, ptr {out}")
        emit.jump(done)
        emit.begin(none)
        emit.do(f"store ptr null, ptr {out}")
        emit.jump(done)
        emit.begin(done)
    keywords, defaults = emit.new_label("keywords"), emit.new_label("defaults")
    emit.branch(emit.op("icmp ne ptr %kwnames, null"), keywords, defaults)
    emit.begin(keywords)
    count = emit.load("i64", "%kwnames", layout.size, "size")
    loop, body = emit.new_label("loop"), emit.new_label("body")
    emit.jump(loop)
    emit.begin(loop)
    k, advanced, back = emit.name(), emit.name(), emit.new_label("next")
    emit.do(f"{k} = phi i64 [ 0, %{keywords} ], [ {advanced}, %{back} ]")
    emit.branch(emit.op(f"icmp slt i64 {k}, {count}"), body, defaults)
    emit.begin(body)
    items = emit.address("%kwnames", layout.tuple_items)
    key = emit.op(f"load ptr, ptr {emit.op(f'getelementptr ptr, ptr {items}, i64 {k}')}")
    place = "-1"
    for index in range(first_keyword, wanted):
        same = emit.op(f"icmp eq ptr {key}, {emit.slot('object', repr(instance.untyped.hir.params[index]))}")
        place = emit.select(same, "i64", str(index), place)
    refuse_unless(emit.op(f"icmp sge i64 {place}, 0"))
    out = emit.op(f"getelementptr ptr, ptr %out, i64 {place}")
    refuse_unless(emit.op(f"icmp eq ptr {emit.op(f'load ptr, ptr {out}')}, null"))
    value = emit.op(f"getelementptr ptr, ptr %args, i64 {emit.op(f'add i64 {given}, {k}')}")
    emit.do(f"store ptr {emit.op(f'load ptr, ptr {value}')}, ptr {out}")
    emit.jump(back)
    emit.begin(back)
    emit.do(f"{advanced} = add i64 {k}, 1")
    emit.jump(loop)
    emit.begin(defaults)
    tuple_ = emit.load("ptr", "%callable", layout.function_defaults, "type")
    measure, fill, start = emit.new_label("measure"), emit.new_label("fill"), emit.label
    emit.branch(emit.op(f"icmp ne ptr {tuple_}, null"), measure, fill)
    emit.begin(measure)
    size = emit.load("i64", tuple_, layout.size, "size")
    emit.jump(fill)
    emit.begin(fill)
    available = emit.phi("i64", ("0", start), (size, measure))
    for index in range(wanted):
        out = emit.op(f"getelementptr ptr, ptr %out, i64 {index}")
        missing, done = emit.new_label("missing"), emit.new_label("have")
        emit.branch(emit.op(f"icmp eq ptr {emit.op(f'load ptr, ptr {out}')}, null"), missing, done)
        emit.begin(missing)
        if index < positional:
            position = emit.op(f"sub i64 {available}, {positional - index}")
            refuse_unless(emit.op(f"icmp sge i64 {position}, 0"))
            base = emit.address(tuple_, layout.tuple_items)
            value = emit.op(f"load ptr, ptr {emit.op(f'getelementptr ptr, ptr {base}, i64 {position}')}")
        else:
            value = _named_default(emit, parameters.names[index], refuse_unless)
        emit.do(f"store ptr {value}, ptr {out}")
        emit.jump(done)
        emit.begin(done)
    emit.do("ret i1 true")
    emit.begin("no")
    emit.do("ret i1 false")
    unit.define(emit.finish(f"define internal i1 @bind.{name}({PARAMETERS}, ptr %out) noinline nounwind"))
    return f"@bind.{name}"


def _named_default(emit: Emitter, name: str, refuse_unless: Callable[[str], None]) -> str:
    """The default of a parameter that can only be given by name."""
    defaults = emit.load("ptr", "%callable", emit.layout.function_kwdefaults, "type")
    refuse_unless(emit.op(f"icmp ne ptr {defaults}, null"))
    value = emit.call("PyDict_GetItem", "ptr (ptr, ptr)", defaults, emit.slot("object", repr(name)))
    refuse_unless(emit.op(f"icmp ne ptr {value}, null"))
    return value


def argument(emit: Guarded, args: str, index: int, ty: Type, stored: bool) -> str:
    """The argument as a native value; a type that does not fit is a miss, and so is a read-only buffer that is stored into."""
    address = emit.op(f"getelementptr ptr, ptr {args}, i64 {index}") if index else args
    obj = emit.op(f"load ptr, ptr {address}, {ALIAS['element']}")
    if ty.name in BUFFER_NAMES:
        for condition in buffers.conditions(emit, obj, ty, stored):
            emit.require(condition)
        return obj
    return unboxed(emit, obj, ty, emit.require)


def _count(emit: Guarded, counter: int) -> str:
    pointer = emit.op(f"getelementptr i64, ptr @counters, i64 {counter}")
    count = emit.op(f"load i64, ptr {pointer}, {ALIAS['counter']}")
    more = emit.op(f"add i64 {count}, 1")
    emit.do(f"store i64 {more}, ptr {pointer}, {ALIAS['counter']}")
    return more


def _miss(emit: Guarded, index: int) -> None:
    """Leave the entry, its stack frame included: it may be large, and calls that are handed on may nest."""
    emit.begin("miss")
    continued = define_continuation(emit.unit, index, PARAMETERS, ARGUMENTS)
    emit.do(f"ret ptr {emit.op(f'musttail call ptr {continued}({ARGUMENTS})')}")
