"""One part of a text that is split, without a list of all (`passes/split_items.py`)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.emit.runtime import splitting
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE


@primitive("split.item", "(str, str, int) -> object", effect=ALLOC, exits=[BOUNDS_CHECK_FAILURE])
def split_item(emit: Emitter, s: str, separator: str, index: str) -> str:
    """``s.split(separator)[index]`` for a separator that is known and not empty, and a known index."""
    text, number = emit.known[separator], int(index)
    assert isinstance(text, str)
    forward = number >= 0
    by_char = len(text) == 1
    kind = "i32" if by_char else "ptr, i64"
    given = (str(ord(text)),) if by_char else (separator, str(len(text)))
    part = emit.call_helper(
        splitting.part_name(by_char, forward),
        splitting.write_part(by_char, forward),
        f"ptr (ptr, {kind}, i64)",
        s,
        *given,
        str(number if forward else -1 - number),
    )
    return _require(emit, part)


@primitive("split.item", "(str, int) -> object", effect=ALLOC, exits=[BOUNDS_CHECK_FAILURE])
def split_word(emit: Emitter, s: str, index: str) -> str:
    """``s.split()[index]`` for a known index that is not negative."""
    return _require(emit, emit.call_helper("pv_word", splitting.write_word, "ptr (ptr, i64)", s, index))


def _require(emit: Emitter, part: str) -> str:
    """The part; null is an exception that is set, or an index that is too large."""
    missing = emit.op(f"icmp eq ptr {part}, null")
    failed, short, done, start = emit.new_label("failed"), emit.new_label("short"), emit.new_label("part"), emit.label
    emit.branch(missing, short, done, unlikely=True)
    emit.begin(short)
    raised = emit.op(f"icmp ne ptr {emit.call('PyErr_Occurred', 'ptr ()')}, null")
    emit.jump(failed)
    emit.begin(failed)
    emit.jump(done)
    emit.begin(done)
    emit.leave_if(emit.phi("i1", ("false", start), (raised, failed)), RAISED)
    emit.exit_if(missing, BOUNDS_CHECK_FAILURE)
    return part
