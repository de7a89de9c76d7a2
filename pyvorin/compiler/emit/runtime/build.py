"""One str of several, as an f-string makes it."""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import UNLIKELY, Unit

ASCII = 0b110_0000
"""Of the state: compact and ascii."""


def build(emit: Emitter, parts: Sequence[str]) -> str:
    """The parts one after the other: a new reference, or NULL with MemoryError."""
    count = len(parts)
    empty = emit.slot("object", "''")
    signature = f"ptr ({', '.join(['ptr'] * (1 + count))})"
    return emit.call_helper(f"pv_str_build{count}", lambda unit: _write(unit, count), signature, empty, *parts)


def _write(unit: Unit, count: int) -> str:
    """ASCII is copied at once; of anything else, and of more than there can be, PyUnicode_Join makes what it is."""
    unit.declare("PyUnicode_New", "ptr (i64, i32)")
    unit.declare("PyUnicode_Join", "ptr (ptr, ptr)")
    unit.declare("PyTuple_New", "ptr (i64)")
    emit = Emitter(unit, "ptr")
    lengths, states = [], []
    for index in range(count):
        lengths.append(emit.load("i64", f"%p{index}", unit.layout.str_length, "value"))
        states.append(emit.load("i32", f"%p{index}", unit.layout.str_state, "value"))
    total, state = lengths[0], states[0]
    for length, other in zip(lengths[1:], states[1:]):
        total = emit.op(f"add i64 {total}, {length}")
        state = emit.op(f"and i32 {state}, {other}")
    plain, other_, copy, done = (emit.new_label(hint) for hint in ("plain", "other", "copy", "done"))
    is_ascii = emit.op(f"icmp eq i32 {emit.op(f'and i32 {state}, {ASCII}')}, {ASCII}")
    emit.branch(is_ascii, plain, other_)
    emit.begin(plain)
    made = emit.call("PyUnicode_New", "ptr (i64, i32)", total, "127")
    emit.do(f"br i1 {emit.op(f'icmp eq ptr {made}, null')}, label %{done}, label %{copy}, {UNLIKELY}")
    emit.begin(copy)
    place = emit.address(made, unit.layout.sizeof_ascii)
    for index, length in enumerate(lengths):
        source = emit.address(f"%p{index}", unit.layout.sizeof_ascii)
        emit.call("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)", place, source, length, "false")
        place = emit.address(place, length)
    emit.jump(done)
    emit.begin(done)
    emit.do(f"ret ptr {made}")
    emit.begin(other_)
    parts = emit.call("PyTuple_New", "ptr (i64)", str(count))
    fill, out = emit.new_label("fill"), emit.new_label("out")
    emit.do(f"br i1 {emit.op(f'icmp eq ptr {parts}, null')}, label %{out}, label %{fill}, {UNLIKELY}")
    emit.begin(out)
    emit.do("ret ptr null")
    emit.begin(fill)
    for index in range(count):
        emit.incref(f"%p{index}")
        emit.store("ptr", f"%p{index}", parts, unit.layout.tuple_items + 8 * index, "element")
    joined = emit.call("PyUnicode_Join", "ptr (ptr, ptr)", "%empty", parts)
    emit.decref(parts)
    emit.do(f"ret ptr {joined}")
    parameters = ", ".join(["ptr %empty", *(f"ptr %p{index}" for index in range(count))])
    return emit.finish(f"define internal ptr @pv_str_build{count}({parameters}) nounwind")
