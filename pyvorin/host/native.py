"""Opens a verified artifact and hands out its groups of native functions.

In: the path of a shared object whose content has been checked.  Nothing of it is ever closed or freed: native
code may be running in any thread, and is referred to by function objects that outlive every object here.
"""

from __future__ import annotations

from pyvorin.core.version import ABI
from pyvorin.host._ffi import ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.cache.artifact import Artifact
    from pyvorin.cache.store import Store

_libraries: list[object] = []


class LoadError(Exception):
    """The shared object cannot be used; the text says why.  To be treated as if it were not in the cache."""


class Group:
    """The entries, slots and counters of functions that were compiled together.

    entries: the addresses of the native functions, by index.  slots: the memory itself, writable, by index.
    """

    __slots__ = ("_group", "entries", "n_slots", "slots")

    def __init__(self, group: object) -> None:
        self._group = group
        self.n_slots: int = group.n_slots  # type: ignore[attr-defined]
        self.slots = group.slots  # type: ignore[attr-defined]
        self.entries: list[int] = ffi.unpack(group.entries, group.n_entries)  # type: ignore[attr-defined]

    def read_counters(self) -> list[int]:
        """The counters as they are now, by index."""
        return ffi.unpack(self._group.counters, self._group.n_counters)  # type: ignore[attr-defined, no-any-return]

    def count(self, counter: int) -> None:
        """Add one to a counter."""
        self._group.counters[counter] += 1  # type: ignore[attr-defined]

    def resume_table(self) -> bytes:
        """What says where CPython can go on in the middle of these functions: JSON (docs/exits.md)."""
        return bytes(ffi.buffer(self._group.resume, self._group.resume_size))  # type: ignore[attr-defined]


def load(path: str) -> tuple[int, list[Group]]:
    """Open the shared object at `path`: the address of its table, and its groups.  Raises LoadError.

    The loader knows a file again, whatever name it is opened by, and then answers with the same memory: where two addresses
    are the same, it is one library.
    """
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
    return int(ffi.cast("uintptr_t", ffi.addressof(table))), groups


def load_for(name: str, artifact: Artifact, store: Store, owners: dict[int, str]) -> list[Group]:
    """The groups of the module's own instance of the artifact's library.  Raises LoadError.

    owners: whose each library is, by the address of its table.  Two modules of the same source share an artifact, but each needs
    slots of its own: the second gets a copy.
    """
    assert artifact.path is not None
    address, groups = load(artifact.path)
    if owners.setdefault(address, name) == name:
        return groups
    with open(artifact.path, "rb") as file:
        copy = store.adopt(artifact.manifest_text, file.read())
    if copy is None or copy.path is None:
        raise LoadError("a second instance of the library cannot be loaded from memory")
    with copy:
        address, groups = load(copy.path)
    owners[address] = name
    return groups
