"""Reading the tables of dicts in place (dictobject.c of each version): searches and the steps of iterations.

A dict's keys lie in an array of entries, in the order of insertion; a table of indices, one, two, four or eight bytes wide, is
searched by hash.  An entry is (hash, key, value), and from 3.11 on only (key, value) in a table in which every key is exactly a
str.  A dict that shares its keys with others (the `__dict__` of instances) has its values elsewhere and is left to CPython.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime import keys
from pyvorin.compiler.emit.unit import UNLIKELY, Unit

FOREIGN = "inttoptr (i64 1 to ptr)"
"""The result of a search that came to a key which only code of the program could compare."""
END, CHANGED = -1, -2
"""In place of a position: there is no more; the container is not as the iteration expects it."""
SEARCHES = {"str": "ptr", "bytes": "ptr", "int": "i64", "float": "double", "object": "ptr", "member": "ptr"}
"""The searches by the kind of key, with its LLVM type; an object must be plain."""
IN_SETS = {**SEARCHES, "any": "ptr", "new": "ptr"}
"""Those in sets: also of an object that need not be plain unless it has to be compared, and of one that is missing."""
KEPT = ("str", "bytes")
"""Kinds that are looked for in a table of strs as well: bytes of the same characters have the same hash."""


def table(unit: Unit) -> str:
    """Text: from the block `table`: defines %entries, %general (hashes are in the entries), %stride, %keyat."""
    layout = unit.layout
    head = f"""
table:
  %keysp = getelementptr i8, ptr %d, i64 {layout.dict_keys}
  %keys = load ptr, ptr %keysp
  %indices = getelementptr i8, ptr %keys, i64 {layout.keys_indices}"""
    if unit.python >= (3, 11):
        return (
            head
            + f"""
  %logp = getelementptr i8, ptr %keys, i64 {layout.keys_log_size}
  %log8 = load i8, ptr %logp
  %log = zext i8 %log8 to i64
  %size = shl i64 1, %log
  %logbytesp = getelementptr i8, ptr %keys, i64 {layout.keys_log_bytes}
  %logbytes8 = load i8, ptr %logbytesp
  %logbytes = zext i8 %logbytes8 to i64
  %bytes = shl i64 1, %logbytes
  %width = sub i64 %logbytes, %log
  %kindp = getelementptr i8, ptr %keys, i64 {layout.keys_kind}
  %kind = load i8, ptr %kindp
  %general = icmp eq i8 %kind, 0
  %stride = select i1 %general, i64 24, i64 16
  %keyat = select i1 %general, i64 8, i64 0
  %entries = getelementptr i8, ptr %indices, i64 %bytes"""
        )
    return (
        head
        + f"""
  %sizep = getelementptr i8, ptr %keys, i64 {layout.keys_size}
  %size = load i64, ptr %sizep
  %over1 = icmp ugt i64 %size, 255
  %over2 = icmp ugt i64 %size, 65535
  %over4 = icmp ugt i64 %size, 4294967295
  %w1 = zext i1 %over1 to i64
  %w2 = zext i1 %over2 to i64
  %w4 = zext i1 %over4 to i64
  %w12 = add i64 %w1, %w2
  %width = add i64 %w12, %w4
  %bytes = shl i64 %size, %width
  %general = icmp eq i64 0, 0
  %stride = add i64 24, 0
  %keyat = add i64 8, 0
  %entries = getelementptr i8, ptr %indices, i64 %bytes"""
    )


def _unshared(unit: Unit, empty: str, otherwise: str) -> str:
    """Goes to `table`; an empty dict that has its values elsewhere, as every new one has in 3.10, to *empty*."""
    return f"""
  %valuesp = getelementptr i8, ptr %d, i64 {unit.layout.dict_values}
  %values = load ptr, ptr %valuesp
  %shared = icmp ne ptr %values, null
  br i1 %shared, label %elsewhere, label %table, {UNLIKELY}
elsewhere:
  %filledp = getelementptr i8, ptr %d, i64 {unit.layout.dict_used}
  %filled = load i64, ptr %filledp
  %none.there = icmp eq i64 %filled, 0
  br i1 %none.there, label %{empty}, label %{otherwise}"""


def write_find(kind: str) -> Callable[[Unit], str]:
    """``ptr pv_dict_find_…(ptr dict, key, i64 hash)``: the address of the key's value, which follows that of the
    key; NULL if it is missing; FOREIGN."""

    def write(unit: Unit) -> str:
        unit.external("PyUnicode_Type")
        unit.external("_Py_NoneStruct")
        # In a table of strs nothing else is found.
        into = "label %search" if kind in KEPT else "label %general.only"
        gate = ""
        if kind == "object":
            # What is known to be of another type is compared with no more than its type here.
            gate = f"""
general.only:
  %type.at = getelementptr i8, ptr %key, i64 {unit.layout.type}
  %type = load ptr, ptr %type.at
  %is.str = icmp eq ptr %type, @PyUnicode_Type
  %may.be = or i1 %general, %is.str
  br i1 %may.be, label %search, label %missing"""
        elif kind not in KEPT:
            gate = "\ngeneral.only:\n  br i1 %general, label %search, label %missing"
        of_key = keys.parameters(kind, SEARCHES)
        identical = ""
        check = "label %hashes"
        if kind == "str":
            identical = """
identity:
  %is = icmp eq ptr %k, %key
  br i1 %is, label %found, label %hashes"""
            check = "label %identity"
        start = _unshared(unit, "missing", "foreign")
        return f"""
define internal ptr @pv_dict_find_{kind}(ptr %d, {of_key}, i64 %hash) nounwind {{{start}
{table(unit)}
  %mask = sub i64 %size, 1
  %first = and i64 %hash, %mask
  br {into}{gate}
search:
  br label %loop
loop:
  %i = phi i64 [ %first, %search ], [ %following, %next ]
  %perturb = phi i64 [ %hash, %search ], [ %shifted, %next ]
  switch i64 %width, label %eight [ i64 0, label %one
                                    i64 1, label %two
                                    i64 2, label %four ]
one:
  %p1 = getelementptr i8, ptr %indices, i64 %i
  %r1 = load i8, ptr %p1
  %x1 = sext i8 %r1 to i64
  br label %read
two:
  %p2 = getelementptr i16, ptr %indices, i64 %i
  %r2 = load i16, ptr %p2
  %x2 = sext i16 %r2 to i64
  br label %read
four:
  %p4 = getelementptr i32, ptr %indices, i64 %i
  %r4 = load i32, ptr %p4
  %x4 = sext i32 %r4 to i64
  br label %read
eight:
  %p8 = getelementptr i64, ptr %indices, i64 %i
  %x8 = load i64, ptr %p8
  br label %read
read:
  %ix = phi i64 [ %x1, %one ], [ %x2, %two ], [ %x4, %four ], [ %x8, %eight ]
  %live = icmp sge i64 %ix, 0
  br i1 %live, label %entry, label %hole
hole:
  %empty = icmp eq i64 %ix, -1
  br i1 %empty, label %missing, label %next
entry:
  %offset = mul i64 %ix, %stride
  %at = getelementptr i8, ptr %entries, i64 %offset
  %kp = getelementptr i8, ptr %at, i64 %keyat
  %k = load ptr, ptr %kp
  br {check}{identical}
hashes:
  %ownp = getelementptr i8, ptr %k, i64 {unit.layout.str_hash}
  %hp = select i1 %general, ptr %at, ptr %ownp
  %h = load i64, ptr %hp
  %hit = icmp eq i64 %h, %hash
  br i1 %hit, label %equalhash, label %next
{keys.compare(unit, kind)}
next:
  %shifted = lshr i64 %perturb, 5
  %five = mul i64 %i, 5
  %moved = add i64 %five, %shifted
  %onward = add i64 %moved, 1
  %following = and i64 %onward, %mask
  br label %loop
found:
  %vp = getelementptr i8, ptr %kp, i64 8
  ret ptr %vp
missing:
  ret ptr null
foreign:
  ret ptr {FOREIGN}
}}"""

    return write


def write_find_identical(unit: Unit) -> str:
    """``ptr pv_dict_find_identical(ptr dict, ptr key)``: the address of the value of this very key, an exact str, in a small
    table in which every key is one; NULL if it is not found so, which says nothing about equal keys.  From 3.11 on.
    """
    layout = unit.layout
    return f"""
define internal ptr @pv_dict_find_identical(ptr %d, ptr %key) alwaysinline nounwind {{
  %valuesp = getelementptr i8, ptr %d, i64 {layout.dict_values}
  %values = load ptr, ptr %valuesp
  %own = icmp eq ptr %values, null
  %keysp = getelementptr i8, ptr %d, i64 {layout.dict_keys}
  %keys = load ptr, ptr %keysp
  %kindp = getelementptr i8, ptr %keys, i64 {layout.keys_kind}
  %kind = load i8, ptr %kindp
  %strs = icmp eq i8 %kind, 1
  %logp = getelementptr i8, ptr %keys, i64 {layout.keys_log_size}
  %log8 = load i8, ptr %logp
  %small = icmp ult i8 %log8, 8
  %fits.1 = and i1 %own, %strs
  %fits = and i1 %fits.1, %small
  %hashp = getelementptr i8, ptr %key, i64 {layout.str_hash}
  %hash = load i64, ptr %hashp
  br i1 %fits, label %search, label %missing
search:
  %log = zext i8 %log8 to i64
  %size = shl i64 1, %log
  %mask = sub i64 %size, 1
  %indices = getelementptr i8, ptr %keys, i64 {layout.keys_indices}
  %entries = getelementptr i8, ptr %indices, i64 %size
  %first = and i64 %hash, %mask
  br label %loop
loop:
  %i = phi i64 [ %first, %search ], [ %following, %next ]
  %perturb = phi i64 [ %hash, %search ], [ %shifted, %next ]
  %ixp = getelementptr i8, ptr %indices, i64 %i
  %ix8 = load i8, ptr %ixp
  %ix = sext i8 %ix8 to i64
  %live = icmp sge i64 %ix, 0
  br i1 %live, label %entry, label %hole
hole:
  %empty = icmp eq i8 %ix8, -1
  br i1 %empty, label %missing, label %next
entry:
  %at = getelementptr [2 x ptr], ptr %entries, i64 %ix
  %k = load ptr, ptr %at
  %same = icmp eq ptr %k, %key
  br i1 %same, label %found, label %next
next:
  %shifted = lshr i64 %perturb, 5
  %five = mul i64 %i, 5
  %moved = add i64 %five, %shifted
  %onward = add i64 %moved, 1
  %following = and i64 %onward, %mask
  br label %loop
found:
  %vp = getelementptr i8, ptr %at, i64 8
  ret ptr %vp
missing:
  ret ptr null
}}"""


def write_next(unit: Unit) -> str:
    """``i64 pv_dict_next(ptr dict, i64 place, i64 index)``: the position of the next entry, END or CHANGED.

    *place* is the size that the dict had when the iteration began, times 2**32, plus the position to begin at; *index* says how
    many items were given: all that were expected means that keys were exchanged (dictiter_iternextkey).
    """
    layout = unit.layout
    return f"""
define internal i64 @pv_dict_next(ptr %d, i64 %place, i64 %index) nounwind {{
  %began = lshr i64 %place, 32
  %start = and i64 %place, 4294967295
  %usedp = getelementptr i8, ptr %d, i64 {layout.dict_used}
  %used = load i64, ptr %usedp
  %resized = icmp ne i64 %used, %began
  br i1 %resized, label %changed, label %look, {UNLIKELY}
look:{_unshared(unit, "end", "changed")}
{table(unit)}
  %countp = getelementptr i8, ptr %keys, i64 {layout.keys_entries}
  %count = load i64, ptr %countp
  br label %loop
loop:
  %i = phi i64 [ %start, %table ], [ %next, %skip ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %inside, label %end
inside:
  %offset = mul i64 %i, %stride
  %at = getelementptr i8, ptr %entries, i64 %offset
  %kp = getelementptr i8, ptr %at, i64 %keyat
  %vp = getelementptr i8, ptr %kp, i64 8
  %v = load ptr, ptr %vp
  %live = icmp ne ptr %v, null
  br i1 %live, label %found, label %skip
skip:
  %next = add i64 %i, 1
  br label %loop
found:
  %unexpected = icmp sge i64 %index, %began
  %r = select i1 %unexpected, i64 {CHANGED}, i64 %i
  ret i64 %r
end:
  ret i64 {END}
changed:
  ret i64 {CHANGED}
}}"""


def write_entry(unit: Unit) -> str:
    """``ptr pv_dict_entry(ptr dict, i64 position)``: the address of a key, which that of its value follows."""
    return f"""
define internal ptr @pv_dict_entry(ptr %d, i64 %i) nounwind {{
  br label %table
{table(unit)}
  %offset = mul i64 %i, %stride
  %at = getelementptr i8, ptr %entries, i64 %offset
  %kp = getelementptr i8, ptr %at, i64 %keyat
  ret ptr %kp
}}"""
