"""Reading the tables of sets in place (setobject.c): searches and the steps of iterations.

An entry is (key, hash).  A free one has no key; that of a removed element has the hash -1, which no object has.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime import keys, plain_keys
from pyvorin.compiler.emit.runtime.dicts import CHANGED, END, FOREIGN, IN_SETS
from pyvorin.compiler.emit.runtime.refcount import write_incref
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

PROBES = 9
"""So many neighbours are looked at before the search jumps (LINEAR_PROBES)."""


def table(unit: Unit) -> str:
    """Text: defines %mask and %table of the set %s."""
    layout = unit.layout
    return f"""
  %maskp = getelementptr i8, ptr %s, i64 {layout.set_mask}
  %mask = load i64, ptr %maskp
  %tablep = getelementptr i8, ptr %s, i64 {layout.set_table}
  %table = load ptr, ptr %tablep"""


def each(found: str, end: str, start: str = "0", before: str = "%0") -> str:
    """The walk over the entries from number *start*, entered from the block *before*.

    At the label *found* ``%i`` is the number of an entry that has an element, ``%k`` that, ``%h`` its hash; `skip` goes on to
    the next, and *end* is where it is over.
    """
    return f"""loop:
  %i = phi i64 [ {start}, {before} ], [ %next, %skip ]
  %more = icmp ule i64 %i, %mask
  br i1 %more, label %inside, label %{end}
inside:
  %offset = shl i64 %i, 4
  %at = getelementptr i8, ptr %table, i64 %offset
  %k = load ptr, ptr %at
  %free = icmp eq ptr %k, null
  %hp = getelementptr i8, ptr %at, i64 8
  %h = load i64, ptr %hp
  %removed = icmp eq i64 %h, -1
  %hole = or i1 %free, %removed
  br i1 %hole, label %skip, label %{found}
skip:
  %next = add i64 %i, 1
  br label %loop"""


def _search(unit: Unit) -> str:
    """From the label `look` on: a ``%k`` that is text is searched for in ``%y``, with the entry ``%f1`` at `found`; for what is
    no text, `other` follows."""
    return f"""look:
  %typep = getelementptr i8, ptr %k, i64 {unit.layout.type}
  %type = load ptr, ptr %typep
  %str = icmp eq ptr %type, @PyUnicode_Type
  br i1 %str, label %text, label %other
text:
  %f1 = call ptr @pv_set_find_str(ptr %y, ptr %k, i64 %h)
  br label %found
other:"""


def write_find(kind: str) -> Callable[[Unit], str]:
    """``ptr pv_set_find_…(ptr set, key, i64 hash)``: the address of the entry, NULL if it is missing, FOREIGN."""
    return _write_search(f"pv_set_find_{kind}", kind, "null")


def write_place(kind: str) -> Callable[[Unit], str]:
    """``ptr pv_set_place_…``: as `write_find`, and where the key is missing the free entry that it would take."""
    return _write_search(f"pv_set_place_{kind}", kind, "%at")


def _write_search(name: str, kind: str, free: str) -> Callable[[Unit], str]:
    """*free* is the result where the search ends at a free entry."""

    def write(unit: Unit) -> str:
        unit.external("PyUnicode_Type")
        unit.external("_Py_NoneStruct")
        return f"""
define internal ptr @{name}(ptr %s, {keys.parameters(kind, IN_SETS)}, i64 %hash) nounwind {{{table(unit)}
  %first = and i64 %hash, %mask
  br label %jump
jump:
  %i = phi i64 [ %first, %0 ], [ %onward, %far ]
  %perturb = phi i64 [ %hash, %0 ], [ %shifted, %far ]
  %last = add i64 %i, {PROBES}
  %whole = icmp ule i64 %last, %mask
  %until = select i1 %whole, i64 %last, i64 %i
  br label %loop
loop:
  %j = phi i64 [ %i, %jump ], [ %following, %neighbour ]
  %offset = shl i64 %j, 4
  %at = getelementptr i8, ptr %table, i64 %offset
  %k = load ptr, ptr %at
  %free = icmp eq ptr %k, null
  br i1 %free, label %missing, label %hashes
hashes:
  %hp = getelementptr i8, ptr %at, i64 8
  %h = load i64, ptr %hp
  %hit = icmp eq i64 %h, %hash
  br i1 %hit, label %equalhash, label %next
{keys.compare(unit, kind)}
next:
  %more = icmp ult i64 %j, %until
  br i1 %more, label %neighbour, label %far
neighbour:
  %following = add i64 %j, 1
  br label %loop
far:
  %shifted = lshr i64 %perturb, 5
  %five = mul i64 %i, 5
  %moved = add i64 %five, %shifted
  %unmasked = add i64 %moved, 1
  %onward = and i64 %unmasked, %mask
  br label %jump
found:
  ret ptr %at
missing:
  ret ptr {free}
foreign:
  ret ptr {FOREIGN}
}}"""

    return write


def write_insert(unit: Unit) -> str:
    """``i32 pv_set_insert(ptr set, ptr entry, ptr key, i64 hash)``: a new key, into the free entry; -1 with an exception set.

    As set_add_entry does it.  Where the table is to grow, or has entries of removed elements, one of which the key might take,
    that is CPython's business.
    """
    unit.declare("PySet_Add", "i32 (ptr, ptr)")
    unit.helper("pv_incref", write_incref)
    layout = unit.layout
    return f"""
define internal i32 @pv_set_insert(ptr %s, ptr %at, ptr %key, i64 %hash) nounwind {{
  %fillp = getelementptr i8, ptr %s, i64 {layout.set_fill}
  %fill = load i64, ptr %fillp
  %maskp = getelementptr i8, ptr %s, i64 {layout.set_mask}
  %mask = load i64, ptr %maskp
  %filled = add i64 %fill, 1
  %five = mul i64 %filled, 5
  %three = mul i64 %mask, 3
  %roomy = icmp ult i64 %five, %three
  %usedp = getelementptr i8, ptr %s, i64 {layout.set_used}
  %used = load i64, ptr %usedp, {ALIAS["size"]}
  %clean = icmp eq i64 %fill, %used
  %simple = and i1 %roomy, %clean
  br i1 %simple, label %put, label %other
put:
  call void @pv_incref(ptr %key)
  store ptr %key, ptr %at
  %hashp = getelementptr i8, ptr %at, i64 8
  store i64 %hash, ptr %hashp
  store i64 %filled, ptr %fillp
  %more = add i64 %used, 1
  store i64 %more, ptr %usedp, {ALIAS["size"]}
  ret i32 0
other:
  %status = call i32 @PySet_Add(ptr %s, ptr %key)
  ret i32 %status
}}"""


def write_next(unit: Unit) -> str:
    """``i64 pv_set_next(ptr set, i64 place)``: as `dicts.write_next`."""
    return f"""
define internal i64 @pv_set_next(ptr %s, i64 %place) nounwind {{{table(unit)}
  %began = lshr i64 %place, 32
  %start = and i64 %place, 4294967295
  %usedp = getelementptr i8, ptr %s, i64 {unit.layout.set_used}
  %used = load i64, ptr %usedp
  %resized = icmp ne i64 %used, %began
  br i1 %resized, label %changed, label %loop, {UNLIKELY}
{each("found", "end", start="%start")}
found:
  ret i64 %i
end:
  ret i64 {END}
changed:
  ret i64 {CHANGED}
}}"""


def write_plain(unit: Unit) -> str:
    """``i1 pv_set_plain(ptr set)``: whether all elements are plain keys."""
    unit.helper("pv_plain_soon", plain_keys.write_plain_soon)
    return f"""
define internal i1 @pv_set_plain(ptr %s) nounwind {{{table(unit)}
  br label %loop
{each("look", "yes")}
look:
  %plain = call i1 @pv_plain_soon(ptr %k)
  br i1 %plain, label %skip, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def write_meet(unit: Unit) -> str:
    """``i1 pv_sets_meet(ptr x, ptr y)``: all elements of *x* are plain, and searching for them in *y* comes to none that is not.

    A *y* that is not much larger is looked at as a whole, which is quicker than searching.
    """
    unit.helper("pv_set_plain", write_plain)
    unit.helper("pv_set_find_str", write_find("str"))
    unit.helper("pv_set_find_object", write_find("object"))
    used = unit.layout.set_used
    return f"""
define internal i1 @pv_sets_meet(ptr %s, ptr %y) nounwind {{{table(unit)}
  %xp = getelementptr i8, ptr %s, i64 {used}
  %yp = getelementptr i8, ptr %y, i64 {used}
  %xu = load i64, ptr %xp
  %yu = load i64, ptr %yp
  %most = mul i64 %xu, 4
  %comparable = icmp ule i64 %yu, %most
  %own = call i1 @pv_set_plain(ptr %s)
  br i1 %own, label %size, label %no
size:
  br i1 %comparable, label %whole, label %loop
whole:
  %all = call i1 @pv_set_plain(ptr %y)
  ret i1 %all
{each("look", "yes", before="%size")}
{_search(unit)}
  %f2 = call ptr @pv_set_find_object(ptr %y, ptr %k, i64 %h)
  br label %found
found:
  %f = phi ptr [ %f1, %text ], [ %f2, %other ]
  %foreign = icmp eq ptr %f, {FOREIGN}
  br i1 %foreign, label %no, label %skip
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def write_within(unit: Unit) -> str:
    """``i8 pv_set_within(ptr x, ptr y)``: 1: all elements of *x* are in *y*, 0: not all, 2: code of the program could decide."""
    unit.helper("pv_plain", plain_keys.write_plain)
    unit.helper("pv_set_find_str", write_find("str"))
    unit.helper("pv_set_find_object", write_find("object"))
    return f"""
define internal i8 @pv_set_within(ptr %s, ptr %y) nounwind {{{table(unit)}
  br label %loop
{each("look", "yes")}
{_search(unit)}
  %plain = call i1 @pv_plain(ptr %k, i32 0)
  br i1 %plain, label %search, label %foreign
search:
  %f2 = call ptr @pv_set_find_object(ptr %y, ptr %k, i64 %h)
  br label %found
found:
  %f = phi ptr [ %f1, %text ], [ %f2, %search ]
  %unknown = icmp eq ptr %f, {FOREIGN}
  br i1 %unknown, label %foreign, label %known
known:
  %missing = icmp eq ptr %f, null
  br i1 %missing, label %no, label %skip
yes:
  ret i8 1
no:
  ret i8 0
foreign:
  ret i8 2
}}"""
