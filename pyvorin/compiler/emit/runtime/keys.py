"""Keys of dicts and sets: their hashes, and how they are compared (those that run no code: `plain_keys.py`)."""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import byte_text, plain_keys
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

MERSENNE = 2**61 - 1
"""Numbers are hashed modulo this prime (pyhash.h)."""


def write_hash_int(unit: Unit) -> str:
    """``i64 pv_hash_int(i64)``: the hash of an int (long_hash, longobject.c); never -1, which means an error."""
    return f"""
define internal i64 @pv_hash_int(i64 %v) alwaysinline nounwind {{
  %up = add i64 %v, {MERSENNE - 1}
  %small = icmp ult i64 %up, {2 * MERSENNE - 1}
  br i1 %small, label %done, label %large
large:
  %negative = icmp slt i64 %v, 0
  %flipped = sub i64 0, %v
  %size = select i1 %negative, i64 %flipped, i64 %v
  %rest = urem i64 %size, {MERSENNE}
  %back = sub i64 0, %rest
  %signed = select i1 %negative, i64 %back, i64 %rest
  br label %done
done:
  %h = phi i64 [ %v, %0 ], [ %signed, %large ]
  %error = icmp eq i64 %h, -1
  %r = select i1 %error, i64 -2, i64 %h
  ret i64 %r
}}"""


def write_hash_str(unit: Unit) -> str:
    """``i64 pv_hash_str(ptr)``: of an exact str, which keeps it once it was asked for."""
    return _write_kept_hash(unit, "pv_hash_str", unit.layout.str_hash)


def _write_kept_hash(unit: Unit, name: str, offset: int) -> str:
    unit.declare("PyObject_Hash", "i64 (ptr)")
    return f"""
define internal i64 @{name}(ptr %s) alwaysinline nounwind {{
  %hashp = getelementptr i8, ptr %s, i64 {offset}
  %known = load i64, ptr %hashp
  %missing = icmp eq i64 %known, -1
  br i1 %missing, label %compute, label %done, {UNLIKELY}
compute:
  %new = call i64 @PyObject_Hash(ptr %s)
  br label %done
done:
  %h = phi i64 [ %known, %0 ], [ %new, %compute ]
  ret i64 %h
}}"""


def write_hash_bytes(unit: Unit) -> str:
    """``i64 pv_hash_bytes(ptr)``: of an exact bytes object, which keeps it as a str does."""
    return _write_kept_hash(unit, "pv_hash_bytes", unit.layout.bytes_hash)


PRIMES = 11400714785074694791, 14029467366897019727, 2870177450012600261
"""_PyHASH_XXPRIME_1, 2 and 5 (tupleobject.c)."""


def write_plain_hash(unit: Unit) -> str:
    """``i64 pv_plain_hash(ptr object, i32 depth)``: the hash of a plain key, of whatever type; -1 if it is not plain."""
    from pyvorin.compiler.emit.runtime.integer import write_int_value

    unit.helper("pv_plain", plain_keys.write_plain)
    unit.helper("pv_hash_str", write_hash_str)
    unit.helper("pv_hash_int", write_hash_int)
    unit.helper("pv_int_value", write_int_value)
    unit.declare("PyObject_Hash", "i64 (ptr)")
    unit.declare("llvm.fshl.i64", "i64 (i64, i64, i64)")
    layout = unit.layout
    first, second, fifth = PRIMES
    return f"""
define internal i64 @pv_plain_hash(ptr %o, i32 %depth) nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %str = icmp eq ptr %type, @PyUnicode_Type
  br i1 %str, label %text, label %other
text:
  %th = call i64 @pv_hash_str(ptr %o)
  ret i64 %th
other:
  %int = icmp eq ptr %type, @PyLong_Type
  br i1 %int, label %number, label %more
number:
  %both = call {{ i64, i1 }} @pv_int_value(ptr %o)
  %value = extractvalue {{ i64, i1 }} %both, 0
  %fits = extractvalue {{ i64, i1 }} %both, 1
  br i1 %fits, label %small, label %ask
small:
  %ih = call i64 @pv_hash_int(i64 %value)
  ret i64 %ih
more:
  %tuple = icmp eq ptr %type, @PyTuple_Type
  br i1 %tuple, label %items, label %rest
rest:
  %plain = call i1 @pv_plain(ptr %o, i32 %depth)
  br i1 %plain, label %ask, label %no
ask:
  %h = call i64 @PyObject_Hash(ptr %o)
  ret i64 %h
items:
  %deep = icmp sgt i32 %depth, {plain_keys.DEEPEST}
  %deeper = add i32 %depth, 1
  %sizep = getelementptr i8, ptr %o, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  br i1 %deep, label %no, label %each, {UNLIKELY}
each:
  %i = phi i64 [ 0, %items ], [ %next, %mix ]
  %acc = phi i64 [ {fifth - 2**64 if fifth >= 2**63 else fifth}, %items ], [ %mixed, %mix ]
  %on = icmp slt i64 %i, %size
  br i1 %on, label %inside, label %end
inside:
  %base = getelementptr i8, ptr %o, i64 {layout.tuple_items}
  %at = getelementptr ptr, ptr %base, i64 %i
  %item = load ptr, ptr %at, {ALIAS["element"]}
  %lane = call i64 @pv_plain_hash(ptr %item, i32 %deeper)
  %bad = icmp eq i64 %lane, -1
  br i1 %bad, label %no, label %mix
mix:
  %times = mul i64 %lane, {second - 2**64}
  %sum = add i64 %acc, %times
  %turned = call i64 @llvm.fshl.i64(i64 %sum, i64 %sum, i64 31)
  %mixed = mul i64 %turned, {first - 2**64}
  %next = add i64 %i, 1
  br label %each
end:
  %long = xor i64 %size, {fifth ^ 3527539}
  %all = add i64 %acc, %long
  %error = icmp eq i64 %all, -1
  %r = select i1 %error, i64 1546275796, i64 %all
  ret i64 %r
no:
  ret i64 -1
}}"""


def write_same_text(unit: Unit) -> str:
    """``i1 pv_same_text(ptr, ptr)``: whether two exact strs that are different objects have the same characters."""
    unit.declare("PyUnicode_Compare", "i32 (ptr, ptr)")
    unit.declare("bcmp", "i32 (ptr, ptr, i64)")
    layout, value = unit.layout, ALIAS["value"]
    # The state: two bits "interned", three of the kind, "compact", "ascii" (`strings.py`).
    return f"""
define internal i1 @pv_same_text(ptr %a, ptr %b) nounwind {{
  %alp = getelementptr i8, ptr %a, i64 {layout.str_length}
  %blp = getelementptr i8, ptr %b, i64 {layout.str_length}
  %al = load i64, ptr %alp, {value}
  %bl = load i64, ptr %blp, {value}
  %long = icmp eq i64 %al, %bl
  br i1 %long, label %forms, label %no
forms:
  %asp = getelementptr i8, ptr %a, i64 {layout.str_state}
  %bsp = getelementptr i8, ptr %b, i64 {layout.str_state}
  %as = load i32, ptr %asp
  %bs = load i32, ptr %bsp
  %differ = xor i32 %as, %bs
  %form = and i32 %differ, 124
  %alike = icmp eq i32 %form, 0
  %bit = and i32 %as, 32
  %compact = icmp ne i32 %bit, 0
  %inplace = and i1 %alike, %compact
  br i1 %inplace, label %bytes, label %general
bytes:
  %kinds = lshr i32 %as, 2
  %kind = and i32 %kinds, 7
  %width = zext i32 %kind to i64
  %size = mul i64 %al, %width
  %abit = and i32 %as, 64
  %ascii = icmp ne i32 %abit, 0
  %data = select i1 %ascii, i64 {layout.sizeof_ascii}, i64 {layout.sizeof_compact}
  %at = getelementptr i8, ptr %a, i64 %data
  %bt = getelementptr i8, ptr %b, i64 %data
  %order = call i32 @bcmp(ptr %at, ptr %bt, i64 %size)
  %equal = icmp eq i32 %order, 0
  ret i1 %equal
general:
  %slow = call i32 @PyUnicode_Compare(ptr %a, ptr %b)
  %same = icmp eq i32 %slow, 0
  ret i1 %same
no:
  ret i1 false
}}"""


def write_same_items(unit: Unit) -> str:
    """``i32 pv_same_items(ptr, ptr)``: 1 or 0, whether two tuples are equal, as far as strs, ints and bytes decide it; 2 if they
    do not.

    Items are compared in order, and the first pair that differs decides (tuplerichcompare).
    """
    from pyvorin.compiler.emit.runtime.integer import write_int_value

    unit.helper("pv_same_text", write_same_text)
    unit.helper("pv_bytes_compare", byte_text.write_compare)
    unit.helper("pv_int_value", write_int_value)
    unit.external("PyBytes_Type")
    layout, ty, size = unit.layout, ALIAS["type"], ALIAS["size"]
    return f"""
define internal i32 @pv_same_items(ptr %a, ptr %b) nounwind {{
  %atp = getelementptr i8, ptr %a, i64 {layout.type}
  %btp = getelementptr i8, ptr %b, i64 {layout.type}
  %at = load ptr, ptr %atp, {ty}
  %bt = load ptr, ptr %btp, {ty}
  %atuple = icmp eq ptr %at, @PyTuple_Type
  %btuple = icmp eq ptr %bt, @PyTuple_Type
  %tuples = and i1 %atuple, %btuple
  br i1 %tuples, label %measure, label %unknown
measure:
  %asp = getelementptr i8, ptr %a, i64 {layout.size}
  %bsp = getelementptr i8, ptr %b, i64 {layout.size}
  %as = load i64, ptr %asp, {size}
  %bs = load i64, ptr %bsp, {size}
  %long = icmp eq i64 %as, %bs
  br i1 %long, label %each, label %unknown
each:
  %i = phi i64 [ 0, %measure ], [ %next, %same ]
  %more = icmp slt i64 %i, %as
  br i1 %more, label %pair, label %equal
pair:
  %offset = shl i64 %i, 3
  %place = add i64 %offset, {layout.tuple_items}
  %xp = getelementptr i8, ptr %a, i64 %place
  %yp = getelementptr i8, ptr %b, i64 %place
  %x = load ptr, ptr %xp, {ALIAS["element"]}
  %y = load ptr, ptr %yp, {ALIAS["element"]}
  %identical = icmp eq ptr %x, %y
  br i1 %identical, label %same, label %types
types:
  %xtp = getelementptr i8, ptr %x, i64 {layout.type}
  %ytp = getelementptr i8, ptr %y, i64 {layout.type}
  %xt = load ptr, ptr %xtp, {ty}
  %yt = load ptr, ptr %ytp, {ty}
  %alike = icmp eq ptr %xt, %yt
  br i1 %alike, label %kind, label %unknown
kind:
  %str = icmp eq ptr %xt, @PyUnicode_Type
  br i1 %str, label %text, label %number
text:
  %sametext = call i1 @pv_same_text(ptr %x, ptr %y)
  br i1 %sametext, label %same, label %different
number:
  %int = icmp eq ptr %xt, @PyLong_Type
  br i1 %int, label %ints, label %bytes
bytes:
  %isbytes = icmp eq ptr %xt, @PyBytes_Type
  br i1 %isbytes, label %octets, label %unknown
octets:
  %order = call i64 @pv_bytes_compare(ptr %x, ptr %y)
  %samebytes = icmp eq i64 %order, 0
  br i1 %samebytes, label %same, label %different
ints:
  %xv = call {{ i64, i1 }} @pv_int_value(ptr %x)
  %yv = call {{ i64, i1 }} @pv_int_value(ptr %y)
  %xi = extractvalue {{ i64, i1 }} %xv, 0
  %yi = extractvalue {{ i64, i1 }} %yv, 0
  %xf = extractvalue {{ i64, i1 }} %xv, 1
  %yf = extractvalue {{ i64, i1 }} %yv, 1
  %fit = and i1 %xf, %yf
  br i1 %fit, label %values, label %unknown
values:
  %sameint = icmp eq i64 %xi, %yi
  br i1 %sameint, label %same, label %different
same:
  %next = add i64 %i, 1
  br label %each
equal:
  ret i32 1
different:
  ret i32 0
unknown:
  ret i32 2
}}"""


ITEMS = "items_"
"""In front of a shape: the kind of search for a tuple of which there are only the items (`item_keys.py`)."""


def parameters(kind: str, searches: dict[str, str]) -> str:
    """LLVM text of what a search for a key of this kind is given."""
    from pyvorin.compiler.emit.runtime import item_keys

    return item_keys.parameters(kind.removeprefix(ITEMS)) if kind.startswith(ITEMS) else f"{searches[kind]} %key"


def compare(unit: Unit, kind: str) -> str:
    """LLVM text of a search, from the block `equalhash`: is %k, whose hash is that of %key, equal to it?

    Goes to `found`, to `next`, or to `foreign` where only code of the program could tell.
    """
    from pyvorin.compiler.emit.runtime import item_keys
    from pyvorin.compiler.emit.runtime.integer import write_int_value

    if kind.startswith(ITEMS):
        return item_keys.compare(unit, kind.removeprefix(ITEMS))
    if kind == "member":
        # It equals nothing else, but what that has for `__eq__` would be asked.
        return """
equalhash:
  %same = icmp eq ptr %k, %key
  br i1 %same, label %found, label %foreign"""
    unit.helper("pv_plain", plain_keys.write_plain)
    typep = (
        f"%typep = getelementptr i8, ptr %k, i64 {unit.layout.type}\n  %type = load ptr, ptr %typep, {ALIAS['type']}"
    )

    def compare_texts(kind: str, equal: str, unlike: str) -> str:
        return f"""
equalhash:
  %same = icmp eq ptr %k, %key
  br i1 %same, label %found, label %look
look:
  {typep}
  %exact = icmp eq ptr %type, @{kind}
  br i1 %exact, label %text, label %{unlike}
text:
  {equal}
  br i1 %equal, label %found, label %next"""

    other = """
other:
  %plain = call i1 @pv_plain(ptr %k, i32 0)
  br i1 %plain, label %next, label %foreign"""
    if kind == "str":
        unit.helper("pv_same_text", write_same_text)
        # What is plain and no str never equals one.
        equal = "%equal = call i1 @pv_same_text(ptr %k, ptr %key)"
        return compare_texts("PyUnicode_Type", equal, "other") + other
    if kind == "bytes":
        unit.helper("pv_bytes_compare", byte_text.write_compare)
        unit.external("PyBytes_Type")
        # Nothing else that is plain has its hash but a str of the same characters, of which CPython may warn.
        equal = "%order = call i64 @pv_bytes_compare(ptr %k, ptr %key)\n  %equal = icmp eq i64 %order, 0"
        return compare_texts("PyBytes_Type", equal, "foreign")
    if kind in ("int", "float"):
        # Numbers of another type may be equal to it; they are left to CPython.
        unit.external("PyLong_Type")
        unit.external("PyFloat_Type")
        if kind == "int":
            unit.helper("pv_int_value", write_int_value)
            test = """
  %both = call { i64, i1 } @pv_int_value(ptr %k)
  %kv = extractvalue { i64, i1 } %both, 0
  %fits = extractvalue { i64, i1 } %both, 1
  %is = icmp eq i64 %kv, %key
  %equal = and i1 %is, %fits"""
        else:
            test = f"""
  %kvp = getelementptr i8, ptr %k, i64 {unit.layout.float_value}
  %kv = load double, ptr %kvp, {ALIAS["value"]}
  %equal = fcmp oeq double %kv, %key"""
        return f"""
equalhash:
  {typep}
  %exact = icmp eq ptr %type, @{"PyLong_Type" if kind == "int" else "PyFloat_Type"}
  br i1 %exact, label %number, label %other
number:{test}
  br i1 %equal, label %found, label %next
other:
  %str = icmp eq ptr %type, @PyUnicode_Type
  %none = icmp eq ptr %k, @_Py_NoneStruct
  %unlike = or i1 %str, %none
  br i1 %unlike, label %next, label %foreign"""
    if kind == "new":
        return "equalhash:\n  br label %next"
    unit.declare("PyObject_RichCompareBool", "i32 (ptr, ptr, i32)")
    unit.declare("PyErr_Clear", "void ()")
    unit.helper("pv_same_items", write_same_items)
    text = first = ""
    if kind == "any":
        unit.helper("pv_same_object", item_keys.write_same_object)
        first = """
  %alike = call i32 @pv_same_object(ptr %k, ptr %key)
  switch i32 %alike, label %items [ i32 1, label %found
                                    i32 0, label %next ]
items:"""
        text = """
  %keyplain = call i1 @pv_plain(ptr %key, i32 0)
  br i1 %keyplain, label %both, label %foreign
both:"""
    return f"""
equalhash:
  %same = icmp eq ptr %k, %key
  br i1 %same, label %found, label %look
look:{first}
  %quick = call i32 @pv_same_items(ptr %k, ptr %key)
  switch i32 %quick, label %general.way [ i32 1, label %found
                                          i32 0, label %next ]
general.way:{text}
  %plain = call i1 @pv_plain(ptr %k, i32 0)
  br i1 %plain, label %ask, label %foreign
ask:
  %answer = call i32 @PyObject_RichCompareBool(ptr %k, ptr %key, i32 2)
  %equal = icmp eq i32 %answer, 1
  br i1 %equal, label %found, label %unequal
unequal:
  %different = icmp eq i32 %answer, 0
  br i1 %different, label %next, label %failed
failed:
  call void @PyErr_Clear()
  br label %foreign"""
