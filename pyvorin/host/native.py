"""Opens a verified artifact and hands out its groups of native functions.

In: the path of a shared object whose content has been checked.  Out: a Library.  Nothing of it is ever closed or freed: native
code may be running in any thread, and is referred to by function objects that outlive every object here.
"""

from __future__ import annotations

from pyvorin.core.version import ABI
from pyvorin.host._ffi import ffi

_libraries: list[object] = []


class LoadError(Exception):
    """The shared object cannot be used; the text says why.  To be treated as if it were not in the cache."""


class Group:
    """The entries, slots and counters of functions that were compiled together: the memory itself, not a copy.

    entries: the addresses of the native functions, by index.  slots, counters: writable, by index.
    """

    __slots__ = ("_group", "counters", "entries", "n_counters", "n_slots", "slots")

    def __init__(self, group: object) -> None:
        self._group = group
        self.n_slots: int = group.n_slots  # type: ignore[attr-defined]
        self.n_counters: int = group.n_counters  # type: ignore[attr-defined]
        self.slots = group.slots  # type: ignore[attr-defined]
        self.counters = group.counters  # type: ignore[attr-defined]
        self.entries: list[int] = [group.entries[index] for index in range(group.n_entries)]  # type: ignore[attr-defined]

    def resume_table(self) -> bytes:
        """What says where CPython can go on in the middle of these functions: JSON (docs/exits.md)."""
        return bytes(ffi.buffer(self._group.resume, self._group.resume_size))  # type: ignore[attr-defined]


class Library:
    """One loaded artifact.

    address: where its table lies.  The loader knows a file again, whatever name it is opened by, and then answers with the
    same memory: two libraries of one address are one.
    """

    __slots__ = ("address", "groups")

    def __init__(self, address: int, groups: list[Group]) -> None:
        self.address = address
        self.groups = groups


def load(path: str) -> Library:
    """Open the shared object at `path`.  Raises LoadError."""
    try:
        # NODELETE: cffi closes its handle when the interpreter shuts down, while functions may still refer to the code.
        handle = ffi.dlopen(path, ffi.RTLD_NOW | ffi.RTLD_LOCAL | ffi.RTLD_NODELETE)
        table = handle.pyvorin_table
    except (OSError, AttributeError) as error:
        raise LoadError(str(error)) from None
    _libraries.append(handle)
    groups = []
    for index in range(table.n_groups):
        group = table.groups[index]
        if group.abi != ABI:
            raise LoadError(f"{path}: version {group.abi} of the group's form, not {ABI}")
        groups.append(Group(group))
    return Library(int(ffi.cast("uintptr_t", ffi.addressof(table))), groups)
