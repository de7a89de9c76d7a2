"""Where CPython keeps the fields of its objects: one row per field, one column per minor version.

The compiler writes these offsets into native code, the host reads and writes a few of them through cffi; `host/probe.py`
compares them with live objects before anything is patched.  Offsets and sizes are in bytes, measured with `offsetof` and
`sizeof` against the headers of 3.10.13, 3.11.7, 3.12.1 and 3.13.0 (x86-64, default builds).  A field that a version does not
have is ABSENT there, and must not be used.

    layouts.BY_VERSION[3, 12].int_digits    ->    24
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False

ABSENT = -1

VERSIONS = ((3, 10), (3, 11), (3, 12), (3, 13))

_ROWS: tuple[tuple[str, int, int, int, int], ...] = (
    # PyObject and PyVarObject; 3.12 and later keep the flag "immortal" in the reference count's 32 low bits
    ("refcount", 0, 0, 0, 0),
    ("type", 8, 8, 8, 8),
    ("size", 16, 16, 16, 16),
    # PyFunctionObject
    ("function_globals", 16, 16, 16, 16),
    ("function_builtins", 24, 24, 24, 24),
    ("function_code", 48, 48, 48, 48),
    ("function_defaults", 56, 56, 56, 56),
    ("function_kwdefaults", 64, 64, 64, 64),
    ("function_closure", 72, 72, 72, 72),
    ("function_vectorcall", 120, 120, 128, 128),
    # what specialised call sites compare: 0 sends them back to the general call
    ("function_version", ABSENT, 128, 136, 136),
    ("sizeof_function", 128, 136, 144, 144),
    # PyDictObject
    ("dict_used", 16, 16, 16, 16),
    ("dict_version", 24, 24, 24, 24),
    ("dict_keys", 32, 32, 32, 32),
    ("dict_values", 40, 40, 40, 40),
    # PyDictKeysObject: 3.10 has the size of the table of indices, later versions two logarithms and a kind, a byte each
    ("keys_size", 8, ABSENT, ABSENT, ABSENT),
    ("keys_log_size", ABSENT, 8, 8, 8),
    ("keys_log_bytes", ABSENT, 9, 9, 9),
    ("keys_kind", ABSENT, 10, 10, 10),
    ("keys_entries", 32, 24, 24, 24),
    ("keys_indices", 40, 32, 32, 32),
    # PySetObject, and the iterators of dictobject.c and setobject.c
    ("set_fill", 16, 16, 16, 16),
    ("set_used", 24, 24, 24, 24),
    ("set_mask", 32, 32, 32, 32),
    ("set_table", 40, 40, 40, 40),
    ("set_smalltable", 64, 64, 64, 64),
    ("iterator_container", 16, 16, 16, 16),
    ("csv_input", 16, 16, 16, 16),
    ("slice_source", 16, 16, 16, 16),
    ("enumerate_source", 24, 24, 24, 24),
    ("zip_sources", 24, 24, 24, 24),
    ("longest_sources", 32, 32, 32, 32),
    ("iterator_used", 24, 24, 24, 24),
    ("iterator_position", 32, 32, 32, 32),
    ("dict_iterator_left", 48, 48, 48, 48),
    ("set_iterator_left", 40, 40, 40, 40),
    # PyListObject, PyTupleObject
    ("list_items", 24, 24, 24, 24),
    ("list_allocated", 32, 32, 32, 32),
    ("tuple_items", 24, 24, 24, 24),
    # PyFloatObject
    ("float_value", 16, 16, 16, 16),
    # PyLongObject: signed digit count up to 3.11; from 3.12 a tag, digit count << 3 | (1: zero, 2: negative)
    ("int_size", 16, 16, ABSENT, ABSENT),
    ("int_tag", ABSENT, ABSENT, 16, 16),
    ("int_digits", 24, 24, 24, 24),
    # PyByteArrayObject
    ("bytearray_allocated", 24, 24, 24, 24),
    ("bytearray_start", 40, 40, 40, 40),
    # PyDateTime_Date and PyDateTime_DateTime (datetime.h), of which all fields are bytes; PyDateTime_Delta, which has three ints
    ("date_has_zone", 24, 24, 24, 24),
    ("date_data", 25, 25, 25, 25),
    ("delta_days", 24, 24, 24, 24),
    # PatternObject (sre.h): the text that was compiled, a str or bytes
    ("pattern_text", 48, 48, 48, 48),
    # PyBytesObject
    ("bytes_hash", 24, 24, 24, 24),
    ("bytes_data", 32, 32, 32, 32),
    # PyASCIIObject, PyCompactUnicodeObject: the text of a compact str follows the struct; a kind of 1, 2 or 4 bytes in the state
    ("str_length", 16, 16, 16, 16),
    ("str_hash", 24, 24, 24, 24),
    ("str_state", 32, 32, 32, 32),
    ("sizeof_ascii", 48, 48, 40, 40),
    ("sizeof_compact", 72, 72, 56, 56),
    # arrayobject of arraymodule.c; its type code is the first byte of what array_descr points to
    ("array_items", 24, 24, 24, 24),
    ("array_descr", 40, 40, 40, 40),
    ("array_exports", 56, 56, 56, 56),
    ("sizeof_array", 64, 64, 64, 64),
    # PyTypeObject
    ("type_basicsize", 32, 32, 32, 32),
    ("type_vectorcall_offset", 56, 56, 56, 56),
    ("type_flags", 168, 168, 168, 168),
    ("type_iternext", 224, 224, 224, 224),
    ("type_methods", 232, 232, 232, 232),
    ("type_members", 240, 240, 240, 240),
    ("type_getset", 248, 248, 248, 248),
    ("type_base", 256, 256, 256, 256),
    ("type_dict", 264, 264, 264, 264),
    ("type_dictoffset", 288, 288, 288, 288),
    ("type_alloc", 304, 304, 304, 304),
    ("type_new", 312, 312, 312, 312),
    ("type_bases", 336, 336, 336, 336),
    ("type_mro", 344, 344, 344, 344),
    ("type_cache", 352, 352, 352, 352),
    ("type_subclasses", 360, 360, 360, 360),
    ("type_weaklist", 368, 368, 368, 368),
    ("type_version", 384, 384, 384, 384),
    ("sizeof_type", 408, 408, 416, 416),
    # PyHeapTypeObject: the keys that the dicts of a class's instances share
    ("type_keys", 872, 872, 880, 880),
    # PyDictKeysObject: a byte with the binary logarithm of the size of the hash table in bytes (3.10: the size in entries), which
    # lies in front of the entries; how many of these are used; an entry's size, and where in it the key is
    ("keys_index_size", 8, 9, 9, 9),
    ("keys_used", 32, 24, 24, 24),
    ("keys_indices", 40, 32, 32, 32),
    ("sizeof_shared_entry", 24, 16, 16, 16),
    ("shared_entry_key", 8, 0, 0, 0),
    # What lies before an object with attributes: its dict (3.12: or, marked by the low bit, one less than the address of the
    # values), and the address of the values that it has in the order of the shared keys
    ("managed_dict", ABSENT, -24, -24, -24),
    ("managed_values", ABSENT, -32, ABSENT, ABSENT),
    # PyDictValues of 3.13, behind the object: whether they are its own (a byte), and the first of them
    ("inline_valid", ABSENT, ABSENT, ABSENT, 3),
    ("inline_values", ABSENT, ABSENT, ABSENT, 8),
    # PyDictValues: how many values there is room for (3.11, 3.12: the bytes in front of the first one), and how many there are
    ("values_capacity", ABSENT, -1, -1, 0),
    ("values_size", ABSENT, -2, -2, 1),
    # PyGC_Head, in front of an object: 0 if it is not tracked
    ("gc_head", -16, -16, -16, -16),
    # PyMemberDescrObject, PyMemberDef
    ("descriptor_member", 40, 40, 40, 40),
    ("member_offset", 16, 16, 16, 16),
    # PyCFunctionObject
    ("builtin_definition", 16, 16, 16, 16),
    ("builtin_self", 24, 24, 24, 24),
    ("builtin_vectorcall", 48, 48, 48, 48),
    # PyMethodDescrObject; what it points to is a PyMethodDef { name, function, flags, doc }
    ("descriptor_method", 40, 40, 40, 40),
    ("sizeof_descriptor", 56, 56, 56, 56),
    # PyThreadState
    ("thread_interpreter", 16, 16, 16, 16),
    ("thread_profile_function", 56, 64, 64, 80),
    ("thread_trace_function", 64, 72, 72, 88),
    ("thread_trace_object", 80, 88, 88, 104),
    # the version of what is monitored: in 3.12 the interpreter's (pycore_interp.h), in 3.13 all but the low byte of each thread's
    # word of what interrupts it
    ("interpreter_monitoring_version", ABSENT, ABSENT, 48, ABSENT),
    ("thread_eval_breaker", ABSENT, ABSENT, ABSENT, 24),
    # 3.10 counts the depth up to the limit in the interpreter's state; later versions count what remains down to zero
    ("thread_recursion_depth", 32, ABSENT, ABSENT, ABSENT),
    ("thread_recursion_remaining", ABSENT, 32, 28, 44),
    ("thread_recursion_limit", ABSENT, 36, 32, 48),
    # CFrame.use_tracing is its first member: an int in 3.10, a byte in 3.11
    ("thread_cframe", 48, 56, ABSENT, ABSENT),
)

SIZEOF_POINTER = 8

IMMORTAL = {(3, 10): False, (3, 11): False, (3, 12): True, (3, 13): True}
"""Whether an object whose 32 low bits of the reference count are negative must not be counted (PEP 683)."""


class Layout:
    """The offsets and sizes of one minor version, one attribute per row."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> int: ...

    def __init__(self, version: tuple[int, int]) -> None:
        self.version = version
        column = 1 + VERSIONS.index(version)
        vars(self).update([(row[0], row[column]) for row in _ROWS])

    def __repr__(self) -> str:
        return f"Layout({self.version})"


if TYPE_CHECKING:
    BY_VERSION: dict[tuple[int, int], Layout]


def __getattr__(name: str) -> object:
    """`BY_VERSION`, made when the compiler first asks: a start needs the running version's layout alone."""
    if name != "BY_VERSION":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = {version: Layout(version) for version in VERSIONS}
    return found


_running: Layout | None = None


def running() -> Layout | None:
    """The layout of the running interpreter's version, None if the table has none.  It is one object, made by the first call."""
    global _running
    version = (sys.version_info[0], sys.version_info[1])
    if _running is None and version in VERSIONS:
        _running = Layout(version)
    return _running
