"""Writes `_ffi.py`, the C declarations that the host needs, in the form that cffi reads without parsing C.

Run `python -m pyvorin.host._ffi_build` after changing CDEF; a test compares the file with what this generates.
Parsing the same text at start-up would cost each program 40 ms.
"""

from __future__ import annotations

import os

CDEF = """
typedef struct {
    int64_t abi;
    int64_t n_entries;
    int64_t n_slots;
    int64_t n_counters;
    uintptr_t *entries;
    uintptr_t *slots;
    int64_t *counters;
    int64_t resume_size;
    char *resume;
} pyvorin_group;

typedef struct {
    int64_t n_groups;
    pyvorin_group *groups[];
} pyvorin_table_t;

extern pyvorin_table_t pyvorin_table;
"""

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_ffi.py")


def generate(path: str = PATH) -> None:
    """Write the module to `path`."""
    import cffi

    builder = cffi.FFI()
    builder.cdef(CDEF)
    builder.set_source("pyvorin.host._ffi", None)
    builder.emit_python_code(path)


if __name__ == "__main__":
    generate()
