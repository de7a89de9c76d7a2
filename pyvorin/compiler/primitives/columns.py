"""The columns of a list of rows, lists or tuples: what `zip(*rows)` gives."""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import lists
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives import list_, tuple_
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import OBJECT, Type, item_of, list_of, tuples_of


@dataclass(frozen=True, slots=True)
class Rows:
    """How rows of one kind are read."""

    pattern: str
    exact: Type
    type_object: str

    def at(self, emit: Emitter, rows: str, index: str) -> str:
        """The row at this index; what is of another type exits."""
        return unbox(emit, list_.item(emit, rows, index), self.exact)

    def item(self, emit: Emitter, row: str, index: str) -> str:
        return list_.item(emit, row, index) if self.exact.name == "list" else tuple_.item(emit, row, index)


KINDS = (
    Rows("list[T]", list_of(OBJECT), "PyList_Type"),
    Rows("tuple", tuples_of(OBJECT), "PyTuple_Type"),
    Rows("tuples[T]", tuples_of(OBJECT), "PyTuple_Type"),
)


def _column(types: Types, constants: Constants) -> Type:
    return tuples_of(item_of(types[0].args[0]))


def _declare(kind: Rows) -> None:
    @primitive("zip.size", f"(list[{kind.pattern}]) -> int", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
    def shortest(emit: Emitter, rows: str) -> str:
        """The length of the shortest of the rows; 0 if there is none."""
        name = f"pv_{kind.exact.name}_shortest"
        size = emit.call_helper(name, lists.write_shortest(name, kind.type_object), "i64 (ptr)", rows)
        emit.exit_if(emit.op(f"icmp slt i64 {size}, 0"), RUNTIME_TYPE_MISMATCH)
        return size

    signature = f"(list[{kind.pattern}], int) -> tuples"

    @primitive("zip.column", signature, effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_column)
    def column(emit: Emitter, rows: str, index: str) -> str:
        """A tuple of the items at this index of all the rows, which may have become shorter."""
        count = list_.size_of(emit, rows)

        def look(at: str) -> None:
            size = emit.load("i64", kind.at(emit, rows, at), emit.layout.size, "size")
            emit.exit_if(emit.op(f"icmp sge i64 {index}, {size}"), RUNTIME_TYPE_MISMATCH)

        emit.each_index(count, look)
        made = emit.fail_if_null(emit.call("PyTuple_New", "ptr (i64)", count))

        def put(at: str) -> None:
            item = kind.item(emit, list_.item(emit, rows, at), index)
            emit.incref(item)
            place = emit.op(f"getelementptr ptr, ptr {emit.address(made, emit.layout.tuple_items)}, i64 {at}")
            emit.store("ptr", item, place, 0, "element")

        emit.each_index(count, put)
        return made


for _kind in KINDS:
    _declare(_kind)
