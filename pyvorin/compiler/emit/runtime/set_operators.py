"""The operators of sets that make a new one, as setobject.c has them: the same elements, in tables of the same sizes.

CPython compares two elements only where their hashes are the same and they are not one object.  So do these, natively: no set has
to be looked through beforehand for elements whose comparison is code of the program.

    ptr pv_set_or(ptr a, ptr b)        a new set, of the type of the first operand; NULL with MemoryError set; FOREIGN
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime.dicts import FOREIGN
from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.runtime.sets import each, table, write_find, write_insert, write_place
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

MAKERS = {"set": "PySet_New", "frozenset": "PyFrozenSet_New"}


def write_operator(name: str, kind: str) -> Callable[[Unit], str]:
    """The operator's function for a first operand of this kind."""

    def write(unit: Unit) -> str:
        unit.declare(MAKERS[kind], "ptr (ptr)")
        unit.helper("pv_decref", write_decref)
        unit.helper("pv_set_insert", write_insert)
        unit.helper("pv_set_place_any", write_place("any"))
        unit.helper("pv_set_find_any", write_find("any"))
        operands, begin, element = _PARTS[name](unit, MAKERS[kind])
        return f"""
define internal ptr @pv_{kind}_{name}({operands}) noinline nounwind {{
{begin}
begin:{table(unit)}
  br label %loop
{each("look", "give", before="%begin")}
look:
{element}
insert:
  %place = call ptr @pv_set_place_any(ptr %r, ptr %k, i64 %h)
  %strange = icmp eq ptr %place, {FOREIGN}
  br i1 %strange, label %foreign, label %known, {UNLIKELY}
known:
  %there = load ptr, ptr %place
  %missing = icmp eq ptr %there, null
  br i1 %missing, label %new, label %skip
new:
  %status = call i32 @pv_set_insert(ptr %r, ptr %place, ptr %k, i64 %h)
  %poor = icmp slt i32 %status, 0
  br i1 %poor, label %failed, label %skip, {UNLIKELY}
give:
  ret ptr %r
foreign:
  call void @pv_decref(ptr %r)
  ret ptr {FOREIGN}
failed:
  call void @pv_decref(ptr %r)
  ret ptr null
none:
  ret ptr null
}}"""

    return write


def _number(unit: Unit, name: str, of: str, field: str) -> str:
    """Text: defines *name* as the field of the set."""
    return f"""
  {name}.at = getelementptr i8, ptr {of}, i64 {getattr(unit.layout, field)}
  {name} = load i64, ptr {name}.at"""


def _made(maker: str, of: str) -> str:
    return f"""
  %r = call ptr @{maker}(ptr {of})
  %unmade = icmp eq ptr %r, null"""


def _union(unit: Unit, maker: str) -> tuple[str, str, str]:
    """A copy of the first one, to which the other one's elements are added; its table is made large enough before (set_merge)."""
    unit.helper("pv_set_resize", _write_resize)
    begin = f"""{_number(unit, "%a.used", "%a", "set_used")}{_number(unit, "%s.used", "%s", "set_used")}
  %a.empty = icmp eq i64 %a.used, 0
  %copied = select i1 %a.empty, ptr %s, ptr %a{_made(maker, "%copied")}
  br i1 %unmade, label %none, label %copy, {UNLIKELY}
copy:
  %same = icmp eq ptr %a, %s
  %s.empty = icmp eq i64 %s.used, 0
  %done1 = or i1 %same, %s.empty
  %done = or i1 %done1, %a.empty
  br i1 %done, label %give, label %measure
measure:{_number(unit, "%r.mask", "%r", "set_mask")}
  %both = add i64 %a.used, %s.used
  %filled = mul i64 %both, 5
  %three = mul i64 %r.mask, 3
  %roomy = icmp ult i64 %filled, %three
  br i1 %roomy, label %begin, label %grow
grow:
  %least = shl i64 %both, 1
  %grown = call i32 @pv_set_resize(ptr %r, i64 %least)
  %stuck = icmp slt i32 %grown, 0
  br i1 %stuck, label %failed, label %begin, {UNLIKELY}"""
    return "ptr %a, ptr %s", begin, "  br label %insert"


def _intersection(unit: Unit, maker: str) -> tuple[str, str, str]:
    """Of the smaller one, the elements that the other one has, too (set_intersection)."""
    begin = f"""{_number(unit, "%a.used", "%a", "set_used")}{_number(unit, "%b.used", "%b", "set_used")}
  %larger = icmp sgt i64 %b.used, %a.used
  %s = select i1 %larger, ptr %a, ptr %b
  %y = select i1 %larger, ptr %b, ptr %a
  %same = icmp eq ptr %a, %b
  %copied = select i1 %same, ptr %a, ptr null{_made(maker, "%copied")}
  br i1 %unmade, label %none, label %made, {UNLIKELY}
made:
  br i1 %same, label %give, label %begin"""
    return "ptr %a, ptr %b", begin, _found_in("%y", found="%insert", missing="%skip")


def _difference(unit: Unit, maker: str) -> tuple[str, str, str]:
    """The elements that the other one has not; a much larger one is copied, and loses what the other one has (set_difference)."""
    unit.helper("pv_set_lose", _write_lose)
    begin = f"""{_number(unit, "%s.used", "%s", "set_used")}{_number(unit, "%b.used", "%b", "set_used")}
  %quarter = ashr i64 %s.used, 2
  %large = icmp sgt i64 %quarter, %b.used
  %copied = select i1 %large, ptr %s, ptr null{_made(maker, "%copied")}
  br i1 %unmade, label %none, label %made, {UNLIKELY}
made:
  br i1 %large, label %lose, label %begin
lose:
  %lost = call i1 @pv_set_lose(ptr %r, ptr %b)
  br i1 %lost, label %give, label %foreign"""
    return "ptr %s, ptr %b", begin, _found_in("%b", found="%skip", missing="%insert")


def _symmetric_difference(unit: Unit, maker: str) -> tuple[str, str, str]:
    """A copy of the second one, which loses what the first one has, too, and gets what only that has."""
    unit.helper("pv_set_drop", _write_drop)
    begin = f"""{_made(maker, "%b")}
  br i1 %unmade, label %none, label %begin, {UNLIKELY}"""
    element = f"""{_found_in("%r", found="%discard", missing="%insert")}
discard:
  call void @pv_set_drop(ptr %r, ptr %f)
  br label %skip"""
    return "ptr %s, ptr %b", begin, element


_PARTS = {"or": _union, "and": _intersection, "sub": _difference, "xor": _symmetric_difference}
"""By operator: the parameters, of which %s is the set that is gone through; what is done first; then with each element."""


def _found_in(of: str, found: str, missing: str) -> str:
    return f"""  %f = call ptr @pv_set_find_any(ptr {of}, ptr %k, i64 %h)
  %odd = icmp eq ptr %f, {FOREIGN}
  br i1 %odd, label %foreign, label %looked, {UNLIKELY}
looked:
  %no = icmp eq ptr %f, null
  br i1 %no, label {missing}, label {found}"""


def _write_lose(unit: Unit) -> str:
    """``i1 pv_set_lose(ptr r, ptr s)``: remove from *r*, a copy that only we have, what *s* has; false is FOREIGN.

    Whoever was copied has the elements still, so none of them dies.
    """
    unit.helper("pv_set_drop", _write_drop)
    return f"""
define internal i1 @pv_set_lose(ptr %r, ptr %s) nounwind {{{table(unit)}
  br label %loop
{each("look", "end")}
look:
{_found_in("%r", found="%discard", missing="%skip")}
discard:
  call void @pv_set_drop(ptr %r, ptr %f)
  br label %skip
end:
  ret i1 true
foreign:
  ret i1 false
}}"""


def _write_drop(unit: Unit) -> str:
    """``void pv_set_drop(ptr set, ptr entry)``: remove the element of the entry, which lives on elsewhere (set_discard_entry)."""
    unit.external("_PySet_Dummy")
    return f"""
define internal void @pv_set_drop(ptr %r, ptr %f) nounwind {{
  %element = load ptr, ptr %f
  %dummy = load ptr, ptr @_PySet_Dummy
  store ptr %dummy, ptr %f
  %hashp = getelementptr i8, ptr %f, i64 8
  store i64 -1, ptr %hashp
  %usedp = getelementptr i8, ptr %r, i64 {unit.layout.set_used}
  %used = load i64, ptr %usedp, {ALIAS["size"]}
  %fewer = sub i64 %used, 1
  store i64 %fewer, ptr %usedp, {ALIAS["size"]}
  call void @pv_decref(ptr %element)
  ret void
}}"""


def _write_resize(unit: Unit) -> str:
    """``i32 pv_set_resize(ptr set, i64 least)``: a table of more than so many entries, 8 at least, for a set without entries of
    removed elements (set_table_resize); -1 with MemoryError set."""
    unit.declare("PyMem_Calloc", "ptr (i64, i64)")
    unit.declare("PyMem_Free", "void (ptr)")
    unit.declare("PyErr_NoMemory", "ptr ()")
    unit.declare("llvm.ctlz.i64", "i64 (i64, i1)")
    unit.helper("pv_set_place_new", write_place("new"))
    layout = unit.layout
    return f"""
define internal i32 @pv_set_resize(ptr %s, i64 %least) noinline nounwind {{{table(unit)}
  %zeros = call i64 @llvm.ctlz.i64(i64 %least, i1 false)
  %bits = sub i64 64, %zeros
  %size = shl i64 1, %bits
  %larger = call ptr @PyMem_Calloc(i64 %size, i64 16)
  %poor = icmp eq ptr %larger, null
  br i1 %poor, label %failed, label %fill, {UNLIKELY}
fill:
  %newmask = sub i64 %size, 1
  store ptr %larger, ptr %tablep
  store i64 %newmask, ptr %maskp
  br label %loop
{each("put", "end", before="%fill")}
put:
  %place = call ptr @pv_set_place_new(ptr %s, ptr %k, i64 %h)
  %placeh = getelementptr i8, ptr %place, i64 8
  store ptr %k, ptr %place
  store i64 %h, ptr %placeh
  br label %skip
end:
  %first = getelementptr i8, ptr %s, i64 {layout.set_smalltable}
  %own = icmp eq ptr %table, %first
  br i1 %own, label %done, label %drop
drop:
  call void @PyMem_Free(ptr %table)
  br label %done
done:
  ret i32 0
failed:
  call ptr @PyErr_NoMemory()
  ret i32 -1
}}"""
