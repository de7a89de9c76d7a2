"""The next item of an iterator of CPython's: by its type's own C function where that runs no code of the program.

Whom that function calls could otherwise not see the frame of the function that native code executes; so all other iterators
are asked by an outcall.  Where the C function raises, the outcall is made after all, with an iterator that raises this exception:
it comes out of the frame.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit
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
READER = "_csv:Reader"
"""The rows of a `csv.reader` are made by C code of the lines of another iterator."""


def is_quiet(emit: Emitter, iterator: str) -> str:
    """Whether asking the iterator for its next item runs no code of the program."""
    kind = emit.type_of(iterator)
    quiet = _is_one(emit, kind, (*FILES, *POOLS))
    other, rows, done, start = emit.new_label("other"), emit.new_label("rows"), emit.new_label("asked"), emit.label
    emit.branch(quiet, done, other)
    emit.begin(other)
    emit.branch(_is_one(emit, kind, (READER,), ()), rows, done)
    emit.begin(rows)
    lines = _is_one(emit, emit.type_of(emit.load("ptr", iterator, emit.layout.csv_input, "value")), FILES)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("true", start), ("false", other), (lines, last))


def _is_one(emit: Emitter, kind: str, imported: tuple[str, ...], builtin: tuple[str, ...] = QUIET) -> str:
    """Whether the type is one of these; those of a module that is not imported have no objects."""
    found = "false"
    for known in (*(emit.slot("imported", name) for name in imported), *map(emit.unit.external, builtin)):
        found = emit.op(f"or i1 {found}, {emit.op(f'icmp eq ptr {kind}, {known}')}")
    return found


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
