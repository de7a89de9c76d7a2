"""Tuples as keys of which there are only the items: hashed and compared without making the tuple.

A *shape* has a letter for each item: ``i`` an int as a number, ``s`` a str, ``b`` a bytes object, ``o`` an object, looked at
if it is an int or a str.  What these do not decide, an item of another type on either side, is decided as ever, with a tuple
made for it.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime import byte_text, keys
from pyvorin.compiler.emit.runtime.dicts import FOREIGN
from pyvorin.compiler.emit.runtime.integer import write_int_value
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref, write_xdecref
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

LLVM = {"i": "i64", "s": "ptr", "b": "ptr", "o": "ptr"}
"""The letters of shapes, with the LLVM types of such items."""
Write = Callable[[Unit], str]


def parameters(shape: str) -> str:
    return ", ".join(f"{LLVM[kind]} %k{index}" for index, kind in enumerate(shape))


def _write_lane(unit: Unit) -> str:
    """``i64 pv_lane(ptr)``: the hash of an int of 64 bits or of a str; -1 of anything else."""
    unit.helper("pv_int_value", write_int_value)
    unit.helper("pv_hash_int", keys.write_hash_int)
    unit.helper("pv_hash_str", keys.write_hash_str)
    return f"""
define internal i64 @pv_lane(ptr %o) nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %int = icmp eq ptr %type, @{unit.external("PyLong_Type")[1:]}
  br i1 %int, label %number, label %other
number:
  %both = call {{ i64, i1 }} @pv_int_value(ptr %o)
  %value = extractvalue {{ i64, i1 }} %both, 0
  %fits = extractvalue {{ i64, i1 }} %both, 1
  br i1 %fits, label %small, label %no
small:
  %ih = call i64 @pv_hash_int(i64 %value)
  ret i64 %ih
other:
  %str = icmp eq ptr %type, @{unit.external("PyUnicode_Type")[1:]}
  br i1 %str, label %text, label %no
text:
  %th = call i64 @pv_hash_str(ptr %o)
  ret i64 %th
no:
  ret i64 -1
}}"""


def write_hash(shape: str) -> Write:
    """``i64 pv_items_hash_…(items)``: the hash of the tuple; -1 if an object among them is no int of 64 bits and no str."""

    def write(unit: Unit) -> str:
        unit.helper("pv_lane", _write_lane)
        unit.helper("pv_hash_int", keys.write_hash_int)
        unit.helper("pv_hash_str", keys.write_hash_str)
        unit.helper("pv_hash_bytes", keys.write_hash_bytes)
        unit.declare("llvm.fshl.i64", "i64 (i64, i64, i64)")
        first, second, fifth = keys.PRIMES
        function = {"i": "pv_hash_int", "s": "pv_hash_str", "b": "pv_hash_bytes", "o": "pv_lane"}
        text, mixed = "", str(fifth - 2**64 if fifth >= 2**63 else fifth)
        for n, kind in enumerate(shape):
            text += f"\n  %h{n} = call i64 @{function[kind]}({LLVM[kind]} %k{n})"
            if kind == "o":
                text += f"""
  %bad{n} = icmp eq i64 %h{n}, -1
  br i1 %bad{n}, label %no, label %mix{n}, {UNLIKELY}
mix{n}:"""
            text += f"""
  %times{n} = mul i64 %h{n}, {second - 2**64}
  %sum{n} = add i64 {mixed}, %times{n}
  %turned{n} = call i64 @llvm.fshl.i64(i64 %sum{n}, i64 %sum{n}, i64 31)
  %mixed{n} = mul i64 %turned{n}, {first - 2**64}"""
            mixed = f"%mixed{n}"
        no = "\nno:\n  ret i64 -1" if "o" in shape else ""
        return f"""
define internal i64 @pv_items_hash_{shape}({parameters(shape)}) nounwind {{{text}
  %all = add i64 {mixed}, {len(shape) ^ fifth ^ 3527539}
  %error = icmp eq i64 %all, -1
  %r = select i1 %error, i64 1546275796, i64 %all
  ret i64 %r{no}
}}"""

    return write


def write_same_object(unit: Unit) -> str:
    """``i32 pv_same_object(ptr, ptr)``: 1 or 0, whether two ints of 64 bits, or two strs, are equal; 2 of anything else."""
    unit.helper("pv_same_text", keys.write_same_text)
    unit.helper("pv_int_value", write_int_value)
    layout, ty = unit.layout, ALIAS["type"]
    return f"""
define internal i32 @pv_same_object(ptr %a, ptr %b) nounwind {{
  %identical = icmp eq ptr %a, %b
  br i1 %identical, label %equal, label %types
types:
  %atp = getelementptr i8, ptr %a, i64 {layout.type}
  %btp = getelementptr i8, ptr %b, i64 {layout.type}
  %at = load ptr, ptr %atp, {ty}
  %bt = load ptr, ptr %btp, {ty}
  %alike = icmp eq ptr %at, %bt
  br i1 %alike, label %kind, label %unknown
kind:
  %str = icmp eq ptr %at, @{unit.external("PyUnicode_Type")[1:]}
  br i1 %str, label %text, label %number
text:
  %sametext = call i1 @pv_same_text(ptr %a, ptr %b)
  br i1 %sametext, label %equal, label %different
number:
  %int = icmp eq ptr %at, @{unit.external("PyLong_Type")[1:]}
  br i1 %int, label %ints, label %unknown
ints:
  %av = call {{ i64, i1 }} @pv_int_value(ptr %a)
  %bv = call {{ i64, i1 }} @pv_int_value(ptr %b)
  %ai = extractvalue {{ i64, i1 }} %av, 0
  %bi = extractvalue {{ i64, i1 }} %bv, 0
  %af = extractvalue {{ i64, i1 }} %av, 1
  %bf = extractvalue {{ i64, i1 }} %bv, 1
  %fit = and i1 %af, %bf
  br i1 %fit, label %values, label %unknown
values:
  %sameint = icmp eq i64 %ai, %bi
  br i1 %sameint, label %equal, label %different
equal:
  ret i32 1
different:
  ret i32 0
unknown:
  ret i32 2
}}"""


def _write_same_int(unit: Unit) -> str:
    """``i32 pv_same_int(ptr, i64)``: 1 or 0, whether an exact int is this number; 2 of anything else."""
    unit.helper("pv_int_value", write_int_value)
    return f"""
define internal i32 @pv_same_int(ptr %o, i64 %v) alwaysinline nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %int = icmp eq ptr %type, @{unit.external("PyLong_Type")[1:]}
  br i1 %int, label %number, label %unknown
number:
  %both = call {{ i64, i1 }} @pv_int_value(ptr %o)
  %value = extractvalue {{ i64, i1 }} %both, 0
  %fits = extractvalue {{ i64, i1 }} %both, 1
  %is = icmp eq i64 %value, %v
  %equal = and i1 %is, %fits
  %r = zext i1 %equal to i32
  ret i32 %r
unknown:
  ret i32 2
}}"""


def _write_same_bytes(unit: Unit) -> str:
    """``i32 pv_same_bytes(ptr, ptr)``: 1 or 0, whether an object is bytes equal to these; 2 if it is none: CPython may warn."""
    unit.helper("pv_bytes_compare", byte_text.write_compare)
    return f"""
define internal i32 @pv_same_bytes(ptr %o, ptr %b) alwaysinline nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %bytes = icmp eq ptr %type, @{unit.external("PyBytes_Type")[1:]}
  br i1 %bytes, label %text, label %unknown
text:
  %order = call i64 @pv_bytes_compare(ptr %o, ptr %b)
  %equal = icmp eq i64 %order, 0
  %r = zext i1 %equal to i32
  ret i32 %r
unknown:
  ret i32 2
}}"""


_SAME = {"i": "pv_same_int", "s": "pv_same_object", "b": "pv_same_bytes", "o": "pv_same_object"}
"""The comparisons by the letters of shapes."""


def compare(unit: Unit, shape: str) -> str:
    """As `keys.compare`: is %k, whose hash is that of the items, equal to the tuple of them?

    Items are compared in order, and the first pair that differs decides (tuplerichcompare).
    """
    unit.helper("pv_same_object", write_same_object)
    unit.helper("pv_same_int", _write_same_int)
    unit.helper("pv_same_bytes", _write_same_bytes)
    layout = unit.layout
    text = f"""
equalhash:
  %typep = getelementptr i8, ptr %k, i64 {layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %tuple = icmp eq ptr %type, @{unit.external("PyTuple_Type")[1:]}
  br i1 %tuple, label %measure, label %foreign
measure:
  %countp = getelementptr i8, ptr %k, i64 {layout.size}
  %count = load i64, ptr %countp, {ALIAS["size"]}
  %long = icmp eq i64 %count, {len(shape)}
  br i1 %long, label %item0, label %foreign"""
    for n, kind in enumerate(shape):
        function = _SAME[kind]
        on = f"item{n + 1}" if n + 1 < len(shape) else "found"
        text += f"""
item{n}:
  %itemp{n} = getelementptr i8, ptr %k, i64 {layout.tuple_items + 8 * n}
  %item{n}.o = load ptr, ptr %itemp{n}, {ALIAS["element"]}
  %same{n} = call i32 @{function}(ptr %item{n}.o, {LLVM[kind]} %k{n})
  switch i32 %same{n}, label %foreign [ i32 1, label %{on}
                                        i32 0, label %next ]"""
    return text


def write_make(shape: str) -> Write:
    """``ptr pv_items_make_…(items)``: a new tuple of them, or null with MemoryError set."""

    def write(unit: Unit) -> str:
        unit.declare("PyTuple_New", "ptr (i64)")
        unit.declare("PyLong_FromLongLong", "ptr (i64)")
        unit.helper("pv_incref", write_incref)
        unit.helper("pv_decref", write_decref)
        text = ""
        for n, kind in enumerate(shape):
            if kind == "i":
                text += f"""
  %i{n} = call ptr @PyLong_FromLongLong(i64 %k{n})
  %none{n} = icmp eq ptr %i{n}, null
  br i1 %none{n}, label %undo, label %put{n}, {UNLIKELY}
put{n}:"""
            else:
                text += f"\n  call void @pv_incref(ptr %k{n})"
            text += f"""
  %p{n} = getelementptr i8, ptr %t, i64 {unit.layout.tuple_items + 8 * n}
  store ptr {"%i" if kind == "i" else "%k"}{n}, ptr %p{n}, {ALIAS["element"]}"""
        undo = "\nundo:\n  call void @pv_decref(ptr %t)\n  ret ptr null" if "i" in shape else ""
        return f"""
define internal ptr @pv_items_make_{shape}({parameters(shape)}) nounwind noinline {{
  %t = call ptr @PyTuple_New(i64 {len(shape)})
  %failed = icmp eq ptr %t, null
  br i1 %failed, label %no, label %fill, {UNLIKELY}
fill:{text}
  ret ptr %t{undo}
no:
  ret ptr null
}}"""

    return write


def _general(unit: Unit, shape: str, table: str) -> str:
    """The search with a tuple, which lies on the stack: making one might start a garbage collection, so run any code."""
    unit.helper("pv_xdecref", write_xdecref)
    unit.declare("PyLong_FromLongLong", "ptr (i64)")
    numbers = [n for n, kind in enumerate(shape) if kind == "i"]
    text, bad = "general:", "false"
    for n in numbers:
        text += f"""
  %i{n} = call ptr @PyLong_FromLongLong(i64 %k{n})
  %none{n} = icmp eq ptr %i{n}, null
  %bad{n} = or i1 {bad}, %none{n}"""
        bad = f"%bad{n}"
    fields = [("i64", "1", 0), ("ptr", "@PyTuple_Type", unit.layout.type), ("i64", str(len(shape)), unit.layout.size)]
    fields += [
        ("ptr", f"%{'i' if n in numbers else 'k'}{n}", unit.layout.tuple_items + 8 * n) for n in range(len(shape))
    ]
    for number, (llvm, value, offset) in enumerate(fields):
        text += f"""
  %field{number} = getelementptr i8, ptr %key, i64 {offset}
  store {llvm} {value}, ptr %field{number}"""
    drops = "".join(f"\n  call void @pv_xdecref(ptr %i{n})" for n in numbers)
    return f"""
{text}
  br i1 {bad}, label %failed, label %hash
failed:
  call void @PyErr_Clear()
  br label %give
hash:
  %gh = call i64 @pv_plain_hash(ptr %key, i32 0)
  %rough = icmp eq i64 %gh, -1
  br i1 %rough, label %give, label %search
search:
  %gat = call ptr @pv_{table}_find_object(ptr %d, ptr %key, i64 %gh)
  br label %give
give:
  %gr = phi ptr [ {FOREIGN}, %failed ], [ {FOREIGN}, %hash ], [ %gat, %search ]
  %gr.hash = phi i64 [ -1, %failed ], [ -1, %hash ], [ %gh, %search ]{drops}
  br label %done"""


def write_seek(shape: str, table: str, find: Callable[[str], Write]) -> Write:
    """``{ ptr, i64 } pv_dict_seek_…(ptr dict, items)``: what the search for the tuple gives (`dicts.write_find`), and its hash.

    table: ``dict`` or ``set``; *find* writes the search of that kind of table.
    """

    def write(unit: Unit) -> str:
        unit.helper(f"pv_items_hash_{shape}", write_hash(shape))
        unit.helper(f"pv_{table}_find_items_{shape}", find(f"items_{shape}"))
        unit.helper(f"pv_{table}_find_object", find("object"))
        unit.helper("pv_plain_hash", keys.write_plain_hash)
        unit.declare("PyErr_Clear", "void ()")
        unit.external("PyTuple_Type")
        given = parameters(shape)
        return f"""
define internal {{ ptr, i64 }} @pv_{table}_seek_{shape}(ptr %d, {given}) nounwind {{
  %key = alloca [{unit.layout.tuple_items + 8 * len(shape)} x i8], align 16
  %h = call i64 @pv_items_hash_{shape}({given})
  %odd = icmp eq i64 %h, -1
  br i1 %odd, label %general, label %quick, {UNLIKELY}
quick:
  %at = call ptr @pv_{table}_find_items_{shape}(ptr %d, {given}, i64 %h)
  %strange = icmp eq ptr %at, {FOREIGN}
  br i1 %strange, label %general, label %done, {UNLIKELY}{_general(unit, shape, table)}
done:
  %ra = phi ptr [ %at, %quick ], [ %gr, %give ]
  %rh = phi i64 [ %h, %quick ], [ %gr.hash, %give ]
  %r0 = insertvalue {{ ptr, i64 }} undef, ptr %ra, 0
  %r1 = insertvalue {{ ptr, i64 }} %r0, i64 %rh, 1
  ret {{ ptr, i64 }} %r1
}}"""

    return write
