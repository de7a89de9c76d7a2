"""dict as a whole: displays, copies, clear, update, merging and comparison, by CPython's own functions.

Where keys of two dicts may meet, or values are compared, all of them are looked at first: only plain ones are left to C code
that could otherwise come to run code of the program (`emit/runtime/keys.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, keys, lists, plain_keys
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.c_methods import NOARGS
from pyvorin.compiler.primitives.dict_ import fail_unless_done
from pyvorin.compiler.primitives.keys import KINDS, MEMBER, OWN_KINDS, hash_of, require_plain
from pyvorin.compiler.primitives.registry import Constants, Folded, Types, primitive
from pyvorin.core.reasons import KEY_ERROR, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import CHAR, DICT_NAMES, NEVER, Type, as_element, dict_of, join, tuple_of


def is_key(ty: Type) -> bool:
    """Whether values of this static type can be searched for as keys."""
    return ty.name in KINDS or ty == CHAR


def joined(types: Types) -> Type:
    """The type of elements of all these types."""
    found = NEVER
    for ty in types:
        found = join(found, as_element(ty))
    return found


def _display(types: Types, constants: Constants) -> Type | None:
    members = {ty for ty in types[::2] if ty.name == MEMBER}
    if not all(is_key(ty) or ty.name in OWN_KINDS for ty in types[::2]) or len(members) > 1:
        return None
    return dict_of(joined(types[::2]), joined(types[1::2]))


@primitive("dict.make", "(boxed A...) -> dict", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_display)
def make(emit: Emitter, *items: str) -> str:
    """{k: v, …}: keys and values in turn.  The first of equal keys stays, with the last value."""
    assert emit.current is not None
    kinds = [arg.ty.name for arg in emit.current.args[::2]]
    hashes = [hash_of(emit, kind, key)[1] if kind in OWN_KINDS else "" for key, kind in zip(items[::2], kinds)]
    for key, kind in zip(items[::2], kinds):
        if kind not in OWN_KINDS:
            require_plain(emit, key)
    d = emit.fail_if_null(emit.call("PyDict_New", "ptr ()"))
    for key, value, hashed in zip(items[::2], items[1::2], hashes):
        if hashed:
            status = emit.call("_PyDict_SetItem_KnownHash", "i32 (ptr, ptr, ptr, i64)", d, key, value, hashed)
        else:
            status = emit.call("PyDict_SetItem", "i32 (ptr, ptr, ptr)", d, key, value)
        keep_if_done(emit, d, status)
    return d


def keep_if_done(emit: Emitter, made: str, status: str) -> None:
    """Leave with the exception that is set if the status is negative, and give back what was made so far."""
    failure = emit.op(f"icmp slt i32 {status}, 0")
    failed, kept = emit.new_label("failed"), emit.new_label("kept")
    emit.branch(failure, failed, kept, unlikely=True)
    emit.begin(failed)
    emit.decref(made)
    emit.jump(kept)
    emit.begin(kept)
    emit.leave_if(failure, 2)


@primitive(".copy", "(dict[K, V]) -> dict[K, V]", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("dict", "(dict[K, V]) -> dict[K, V]", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])
def copy(emit: Emitter, d: str) -> str:
    """Keys of a table with many holes are stored anew, which compares those of equal hashes (PyDict_Copy)."""
    require_plain_keys(emit, d)
    return emit.fail_if_null(emit.call("PyDict_Copy", "ptr (ptr)", d))


@primitive("dict.is", "(A) -> bool", rule=lambda types, constants: Folded(types[0].name in DICT_NAMES))
def is_dict(emit: Emitter, d: str) -> str:
    """Whether dict() of it is a copy; else its items are pairs."""
    return "false"


@primitive(".clear", "(dict[K, V]) -> none", effect=MUTATE)
def clear(emit: Emitter, d: str) -> str:
    emit.call("PyDict_Clear", "void (ptr)", d)
    return "false"


def _last_item(types: Types, constants: Constants) -> Type:
    return tuple_of(*types[0].args)


@primitive(".popitem", "(dict[K, V]) -> tuple", effect=MUTATE, exits=[KEY_ERROR], rule=_last_item)
def popitem(emit: Emitter, d: str) -> str:
    """An empty dict exits: CPython raises the KeyError."""
    emit.exit_if(emit.op(f"icmp eq i64 {emit.load('i64', d, emit.layout.dict_used, 'size')}, 0"), KEY_ERROR)
    return emit.fail_if_null(emit.op(f"call ptr {emit.slot('method', f'dict.popitem {NOARGS}')}(ptr {d}, ptr null)"))


def _merged(types: Types, constants: Constants) -> Type:
    (key, value), (other_key, other_value) = types[0].args, types[1].args
    return dict_of(join(key, other_key), join(value, other_value))


@primitive(".update", "(dict[A, B], dict[C, D]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("dict.take", "(dict[A, B], dict[C, D]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("dict.absorb", "(dict[A, B], dict[C, D]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
@primitive("ior", "(dict[A, B], dict[C, D]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH], in_place=True)
def update(emit: Emitter, d: str, other: str) -> str:
    _require_strangers(emit, d, other)
    fail_unless_done(emit, emit.call("PyDict_Update", "i32 (ptr, ptr)", d, other))
    return "false"


@primitive("or", "(dict[A, B], dict[C, D]) -> dict", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_merged)
def merge(emit: Emitter, d: str, other: str) -> str:
    require_plain_keys(emit, d)
    require_plain_keys(emit, other)
    made = emit.fail_if_null(emit.call("PyDict_Copy", "ptr (ptr)", d))
    keep_if_done(emit, made, emit.call("PyDict_Update", "i32 (ptr, ptr)", made, other))
    return made


def _declare_comparison(name: str, wanted: int) -> None:
    @primitive(name, "(dict[A, B], dict[C, D]) -> bool", effect=READ, exits=[RUNTIME_TYPE_MISMATCH])
    def compare(emit: Emitter, d: str, other: str) -> str:
        """By the numbers of their items; if these are equal, each key is looked for, and its values compared (dict_equal)."""
        sizes = [emit.load("i64", each, emit.layout.dict_used, "size") for each in (d, other)]
        look, done, start = emit.new_label("look"), emit.new_label("compared"), emit.label
        emit.branch(emit.op(f"icmp eq i64 {sizes[0]}, {sizes[1]}"), look, done)
        emit.begin(look)
        answer = emit.call_helper("pv_dict_equal", _write_equal, "i8 (ptr, ptr)", other, d)
        emit.exit_if(emit.op(f"icmp eq i8 {answer}, 2"), RUNTIME_TYPE_MISMATCH)
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        found = emit.phi("i8", ("0", start), (answer, last))
        return emit.op(f"icmp eq i8 {found}, {wanted}")


_declare_comparison("eq", 1)
_declare_comparison("ne", 0)


def _write_equal(unit: Unit) -> str:
    """``i8 pv_dict_equal(ptr into, ptr dict)``: 1: each key of the dict is in the other one, with an equal value, 0: not so,
    2: code of the program could decide."""
    unit.declare("PyObject_RichCompareBool", "i32 (ptr, ptr, i32)")
    unit.declare("PyErr_Clear", "void ()")
    inside = f"""{_search(unit)}
  %missing = icmp eq ptr %f, null
  br i1 %missing, label %unequal, label %known
known:
  %foreign = icmp eq ptr %f, {dicts.FOREIGN}
  br i1 %foreign, label %no, label %both
both:
  %w = load ptr, ptr %f
  %same = icmp eq ptr %value, %w
  br i1 %same, label %next, label %look
look:
  %vplain = call i1 @pv_plain_soon(ptr %value)
  br i1 %vplain, label %second, label %no
second:
  %wplain = call i1 @pv_plain_soon(ptr %w)
  br i1 %wplain, label %ask, label %no
ask:
  %answer = call i32 @PyObject_RichCompareBool(ptr %value, ptr %w, i32 2)
  switch i32 %answer, label %failed [ i32 1, label %next
                                      i32 0, label %unequal ]
failed:
  call void @PyErr_Clear()
  br label %no
unequal:
  ret i8 0"""
    return _each(unit, "i8 @pv_dict_equal(ptr %into, ptr %d)", inside, ("1", "2"))


def _require(emit: Emitter, holds: str) -> None:
    emit.exit_if(emit.op(f"xor i1 {holds}, true"), RUNTIME_TYPE_MISMATCH)


def require_plain_dict(emit: Emitter, d: str) -> None:
    """Exit if comparing keys or values of the dict could run code of the program."""
    _require(emit, emit.call_helper("pv_dict_plain", _write_plain(values=True), "i1 (ptr)", d))


def require_plain_keys(emit: Emitter, d: str) -> None:
    """Exit if comparing a key of the dict could run code of the program."""
    _require(emit, emit.call_helper("pv_dict_keys_known", _write_keys_known, "i1 (ptr)", d))


def _write_keys_known(unit: Unit) -> str:
    """``i1 pv_dict_keys_known(ptr dict)``: whether all keys are plain, at once where the table says that all are strs."""
    unit.helper("pv_dict_plain_keys", _write_plain(values=False))
    layout = unit.layout
    if unit.python < (3, 11):
        return """
define internal i1 @pv_dict_keys_known(ptr %d) nounwind {
  %plain = call i1 @pv_dict_plain_keys(ptr %d)
  ret i1 %plain
}"""
    return f"""
define internal i1 @pv_dict_keys_known(ptr %d) nounwind {{
  %keysp = getelementptr i8, ptr %d, i64 {layout.dict_keys}
  %keys = load ptr, ptr %keysp
  %kindp = getelementptr i8, ptr %keys, i64 {layout.keys_kind}
  %kind = load i8, ptr %kindp
  %texts = icmp eq i8 %kind, 1
  br i1 %texts, label %yes, label %look
yes:
  ret i1 true
look:
  %plain = call i1 @pv_dict_plain_keys(ptr %d)
  ret i1 %plain
}}"""


def _require_strangers(emit: Emitter, d: str, other: str) -> None:
    """All keys of *other* are plain, and searching for them in *d* comes to none that is not."""
    _require(emit, emit.call_helper("pv_dict_joins", _write_joins, "i1 (ptr, ptr)", d, other))


def require_countable(emit: Emitter, d: str, xs: str) -> None:
    """Exit if adding to the values that the dict has for the list's items, if any, could run code of the program: a key that a
    search comes to, or one of these values, is no plain one.  The rest of the dict is not looked at."""
    _require(emit, emit.call_helper("pv_dict_counts", _write_counts, "i1 (ptr, ptr)", xs, d))


def _write_counts(unit: Unit) -> str:
    """``i1 pv_dict_counts(ptr list, ptr dict)``."""
    unit.helper("pv_dict_counts_one", _write_counts_one)
    test = "  %holds = call i1 @pv_dict_counts_one(ptr %d, ptr %o)"
    return lists.each(unit, "pv_dict_counts", test, "ptr %d")


def _write_counts_one(unit: Unit) -> str:
    """``i1 pv_dict_counts_one(ptr into, ptr key)``."""
    return f"""
define internal i1 @pv_dict_counts_one(ptr %into, ptr %key) nounwind {{
{_search(unit)}
  %foreign = icmp eq ptr %f, {dicts.FOREIGN}
  br i1 %foreign, label %no, label %looked
looked:
  %new = icmp eq ptr %f, null
  br i1 %new, label %yes, label %old
old:
  %value = load ptr, ptr %f
  %plainvalue = call i1 @pv_plain(ptr %value, i32 0)
  br i1 %plainvalue, label %yes, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def _write_joins(unit: Unit) -> str:
    """``i1 pv_dict_joins(ptr into, ptr dict)``: as `pv_dict_takes`, at once where both tables say that all keys are strs."""
    unit.helper("pv_dict_takes", _write_takes)
    look = "  %takes = call i1 @pv_dict_takes(ptr %into, ptr %d)\n  ret i1 %takes\n}"
    head = "\ndefine internal i1 @pv_dict_joins(ptr %into, ptr %d) nounwind {\n"
    if unit.python < (3, 11):
        return head + look
    tests = "".join(
        f"""  %{name}keysp = getelementptr i8, ptr %{name}, i64 {unit.layout.dict_keys}
  %{name}keys = load ptr, ptr %{name}keysp
  %{name}kindp = getelementptr i8, ptr %{name}keys, i64 {unit.layout.keys_kind}
  %{name}kind = load i8, ptr %{name}kindp
  %{name}texts = icmp eq i8 %{name}kind, 1
"""
        for name in ("into", "d")
    )
    both = "  %texts = and i1 %intotexts, %dtexts\n  br i1 %texts, label %yes, label %look\n"
    return f"{head}{tests}{both}yes:\n  ret i1 true\nlook:\n{look}"


def _each(unit: Unit, head: str, inside: str, answers: tuple[str, str] = ("true", "false")) -> str:
    """LLVM text of a function that looks at each %key and %value of the dict %d until `inside` goes to `no` and not to `next`.

    answers: what it returns where all went to `next`, and at `no`.
    """
    result = head.partition(" ")[0]
    unit.helper("pv_dict_next", dicts.write_next)
    unit.helper("pv_dict_entry", dicts.write_entry)
    return f"""
define internal {head} nounwind {{
  %usedp = getelementptr i8, ptr %d, i64 {unit.layout.dict_used}
  %used = load i64, ptr %usedp
  %many = icmp uge i64 %used, {1 << 31}
  %begin = shl i64 %used, 32
  br i1 %many, label %no, label %loop
loop:
  %place = phi i64 [ %begin, %0 ], [ %onward, %next ]
  %index = phi i64 [ 0, %0 ], [ %count, %next ]
  %at = call i64 @pv_dict_next(ptr %d, i64 %place, i64 %index)
  %end = icmp eq i64 %at, {dicts.END}
  br i1 %end, label %yes, label %step
step:
  %changed = icmp eq i64 %at, {dicts.CHANGED}
  br i1 %changed, label %no, label %entry
entry:
  %kp = call ptr @pv_dict_entry(ptr %d, i64 %at)
  %key = load ptr, ptr %kp
  %vp = getelementptr i8, ptr %kp, i64 8
  %value = load ptr, ptr %vp
{inside}
next:
  %behind = add i64 %at, 1
  %onward = or i64 %begin, %behind
  %count = add i64 %index, 1
  br label %loop
yes:
  ret {result} {answers[0]}
no:
  ret {result} {answers[1]}
}}"""


def _write_plain(values: bool) -> Callable[[Unit], str]:
    def write(unit: Unit) -> str:
        unit.helper("pv_plain_soon", plain_keys.write_plain_soon)
        name = "pv_dict_plain" if values else "pv_dict_plain_keys"
        more = """
  %plainvalue = call i1 @pv_plain_soon(ptr %value)
  br i1 %plainvalue, label %next, label %no"""
        inside = f"""
  %plain = call i1 @pv_plain_soon(ptr %key)
  br i1 %plain, label %{"values" if values else "next"}, label %no{chr(10) + "values:" + more if values else ""}"""
        return _each(unit, f"i1 @{name}(ptr %d)", inside)

    return write


def _write_takes(unit: Unit) -> str:
    """``i1 pv_dict_takes(ptr into, ptr dict)``."""
    inside = f"""{_search(unit)}
  %foreign = icmp eq ptr %f, {dicts.FOREIGN}
  br i1 %foreign, label %no, label %next"""
    return _each(unit, "i1 @pv_dict_takes(ptr %into, ptr %d)", inside)


def _search(unit: Unit) -> str:
    """LLVM text that looks for %key in the dict %into; the address of its value is %f.  A key that is not plain goes to `no`."""
    unit.helper("pv_plain_soon", plain_keys.write_plain_soon)
    unit.helper("pv_hash_str", keys.write_hash_str)
    unit.helper("pv_dict_find_str", dicts.write_find("str"))
    unit.helper("pv_dict_find_object", dicts.write_find("object"))
    unit.declare("PyObject_Hash", "i64 (ptr)")
    unit.external("PyUnicode_Type")
    return f"""
  %typep = getelementptr i8, ptr %key, i64 {unit.layout.type}
  %type = load ptr, ptr %typep
  %str = icmp eq ptr %type, @PyUnicode_Type
  br i1 %str, label %text, label %other
text:
  %h1 = call i64 @pv_hash_str(ptr %key)
  %f1 = call ptr @pv_dict_find_str(ptr %into, ptr %key, i64 %h1)
  br label %found
other:
  %plain = call i1 @pv_plain_soon(ptr %key)
  br i1 %plain, label %hash, label %no
hash:
  %h2 = call i64 @PyObject_Hash(ptr %key)
  %f2 = call ptr @pv_dict_find_object(ptr %into, ptr %key, i64 %h2)
  br label %found
found:
  %f = phi ptr [ %f1, %text ], [ %f2, %hash ]"""
