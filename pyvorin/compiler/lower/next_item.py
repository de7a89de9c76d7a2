"""The next item of an iterator of CPython's: by its type's own C function where that runs no code of the program.

Whom that function calls could otherwise not see the frame of the function that native code executes; so all other iterators
are asked by an outcall.  Where the C function raises, the outcall is made after all, with an iterator that raises this exception:
it comes out of the frame.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import ALIAS, Unit
from pyvorin.compiler.lower.resume import fetch_exception

QUIET = (
    "PyListIter_Type",
    "PyTupleIter_Type",
    "PyDictIterItem_Type",
    "PyDictIterKey_Type",
    "PyDictIterValue_Type",
    "PySetIter_Type",
    "PyUnicodeIter_Type",
    "PyBytesIter_Type",
    "PyRangeIter_Type",
    "PyListRevIter_Type",
)
"""The iterators of builtin containers."""
FILES = ("_io:TextIOWrapper", "_io:BufferedReader", "_io:StringIO")
"""An open file is its own iterator.  It calls what it is made of, which is no code of the program unless that has written a
codec, or the raw file, itself."""
POOLS = tuple(
    f"itertools:{name}" for name in ("permutations", "combinations", "combinations_with_replacement", "product")
)
"""What has taken all items that it will ever need when it was made."""
WRAPPERS = (
    ("_csv:Reader", "csv_input"),
    ("itertools:islice", "slice_source"),
    ("builtins:enumerate", "enumerate_source"),
)
"""What makes its items of those of one other iterator, by C code alone; and where that is."""
ZIPS = (("builtins:zip", "zip_sources"), ("itertools:zip_longest", "longest_sources"))
"""The same of several iterators, which a tuple holds."""


def is_quiet(emit: Emitter, iterator: str) -> str:
    """Whether asking the iterator for its next item runs no code of the program."""
    return emit.call_helper("pv_quiet", _write_quiet, "i1 (ptr)", iterator)


def _write_quiet(unit: Unit) -> str:
    """``i1 pv_quiet(ptr iterator)``"""
    unit.helper("pv_quiet_alone", _write_alone)
    unit.helper("pv_quiet_all", _write_all)
    emit = Emitter(unit, "i1")
    kind = emit.type_of("%it")
    alone = emit.op("call i1 @pv_quiet_alone(ptr %it)")
    wrapped = [(name, field, "pv_quiet_alone") for name, field in WRAPPERS]
    wrapped += [(name, field, "pv_quiet_all") for name, field in ZIPS]
    _return_if(emit, alone, lambda: "true")
    for name, field, helper in wrapped:
        offset = getattr(emit.layout, field)
        _return_if(
            emit,
            emit.op(f"icmp eq ptr {kind}, {emit.slot('imported', name)}"),
            lambda offset=offset, helper=helper: emit.op(  # type: ignore[misc]
                f"call i1 @{helper}(ptr {emit.load('ptr', '%it', offset, 'value')})"
            ),
        )
    emit.do("ret i1 false")
    return emit.finish("define internal i1 @pv_quiet(ptr %it) nounwind")


def _return_if(emit: Emitter, condition: str, value: Callable[[], str]) -> None:
    yes, no = emit.new_label("yes"), emit.new_label("no")
    emit.branch(condition, yes, no)
    emit.begin(yes)
    emit.do(f"ret i1 {value()}")
    emit.begin(no)


def _write_alone(unit: Unit) -> str:
    """``i1 pv_quiet_alone(ptr iterator)``: it asks no other iterator.  Null is one that has ended, and is not asked any more."""
    emit = Emitter(unit, "i1")
    _return_if(emit, emit.op("icmp eq ptr %it, null"), lambda: "true")
    kind, found = emit.type_of("%it"), "false"
    # Those of a module that is not imported have no objects.
    known = [*map(emit.unit.external, QUIET), *(emit.slot("imported", name) for name in (*FILES, *POOLS))]
    for one in known:
        found = emit.op(f"or i1 {found}, {emit.op(f'icmp eq ptr {kind}, {one}')}")
    emit.do(f"ret i1 {found}")
    return emit.finish("define internal i1 @pv_quiet_alone(ptr %it) nounwind")


def _write_all(unit: Unit) -> str:
    """``i1 pv_quiet_all(ptr tuple)``: `pv_quiet_alone` of all items."""
    unit.helper("pv_quiet_alone", _write_alone)
    layout = unit.layout
    return f"""
define internal i1 @pv_quiet_all(ptr %t) nounwind {{
  %sizep = getelementptr i8, ptr %t, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %quiet ]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %inside, label %yes
inside:
  %base = getelementptr i8, ptr %t, i64 {layout.tuple_items}
  %at = getelementptr ptr, ptr %base, i64 %i
  %it = load ptr, ptr %at
  %alone = call i1 @pv_quiet_alone(ptr %it)
  %next = add i64 %i, 1
  br i1 %alone, label %quiet, label %no
quiet:
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def next_item(unit: Unit, name: str, general: str, slot: int, counted: bool) -> str:
    """Define the function *name*, which gives the next item of its last argument (a new reference), END behind the last one, or
    NULL with an exception set; the outcall's own function is *general*, and has the same arguments.

    slot: where the Python function is once the host has made it for good; until then it may look at what it gives.
    """

    def write(unit: Unit) -> str:
        emit = Emitter(unit, "ptr")
        left = "i64 %left, " if counted else ""
        kind = emit.type_of("%it")
        quiet = is_quiet(emit, "%it")
        direct, call, found, none, raised, ended, failed, raising = map(
            emit.new_label, ("direct", "call", "found", "none", "raised", "ended", "failed", "raising")
        )
        made_for_good = emit.op(f"icmp ne ptr {emit.load('ptr', emit.slot_address(slot), 0, 'slot')}, null")
        emit.branch(emit.op(f"and i1 {quiet}, {made_for_good}"), direct, call)
        emit.begin(call)
        emit.do(f"ret ptr {emit.op(f'call ptr @{general}({left}ptr %it)')}")
        emit.begin(direct)
        function = emit.load("ptr", kind, emit.layout.type_iternext, "value")
        item = emit.op(f"call ptr {function}(ptr %it)")
        emit.branch(emit.op(f"icmp eq ptr {item}, null"), none, found)
        emit.begin(found)
        emit.do(f"ret ptr {item}")
        emit.begin(none)
        emit.branch(emit.op(f"icmp eq ptr {emit.call('PyErr_Occurred', 'ptr ()')}, null"), ended, raised)
        emit.begin(raised)
        error = fetch_exception(emit)
        unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
        made = emit.op(
            f"call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr {emit.slot('raising')}, ptr {error}, ptr null)"
        )
        emit.decref(error)
        emit.branch(emit.op(f"icmp eq ptr {made}, null"), failed, raising)
        emit.begin(raising)
        result = emit.op(f"call ptr @{general}({left}ptr {made})")
        emit.decref(made)
        emit.do(f"ret ptr {result}")
        emit.begin(failed)
        emit.do("ret ptr null")
        emit.begin(ended)
        end = emit.slot("ended")
        emit.incref(end)
        emit.do(f"ret ptr {end}")
        return emit.finish(f"define internal ptr @{name}({left}ptr %it) noinline nounwind")

    return unit.helper(name, write)
