"""Gives a function object a native entry in place, and takes it back.

The function stays the same object with the same code, defaults, attributes and name; only the address in its vectorcall
field changes, and on 3.11 its type (`function_type.py`).  So references that others took early, bound methods, decorators,
signatures and pickling go on as before, and a native entry whose guards fail calls the original address on the same object.

A Patch does not keep its function alive; a function that is gone needs nothing to be undone.
"""

from __future__ import annotations

from _weakref import ref

from pyvorin.core import layouts
from pyvorin.host import function_type, memory
from pyvorin.host.namespace import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvorin.core.layouts import Layout
    from pyvorin.host.binding import Binding


class _Kind:
    """What patching needs to know about this interpreter, read once."""

    __slots__ = ("clears_version_cache", "function_type", "layout", "native_type", "standard")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.function_type = id(FunctionType)
        self.native_type = function_type.create(layout) if layout.version == (3, 11) else self.function_type
        # Not exported on 3.13, so it is read from a function that nobody else has seen.
        self.standard = memory.word(id(lambda: None) + layout.function_vectorcall)
        self.clears_version_cache = layout.version >= (3, 13)


_kind: _Kind | None = None


def _running() -> _Kind:
    global _kind
    if _kind is None:
        layout = layouts.running()
        if layout is None:
            raise LookupError("no table of layouts for this Python")
        _kind = _Kind(layout)
    return _kind


class Patch:
    """One patched function.

    reference: the function, weakly.  original: the address that a native entry calls when its guards fail.
    """

    __slots__ = ("_basis", "_version", "entry", "original", "reference")

    def __init__(
        self,
        reference: ref[FunctionType],
        entry: int,
        original: int,
        version: int,
        basis: tuple[object, int] | None,
    ) -> None:
        self.reference = reference
        self.entry = entry
        self.original = original
        self._version = version
        self._basis = basis


def standard_entry() -> int:
    """The address in the vectorcall field of every unpatched function: CPython's own."""
    return _running().standard


def is_patchable(function: object) -> bool:
    """Whether `function` is a Python function that nobody, Pyvorin included, has changed the vectorcall of."""
    kind = _running()
    return (
        type(function) is FunctionType and memory.word(id(function) + kind.layout.function_vectorcall) == kind.standard
    )


def apply(
    function: FunctionType, entry: int, on_death: Callable[[ref[FunctionType]], object] | None = None
) -> Patch | None:
    """Let calls of `function` go to the native code at `entry`.

    on_death: called with the weak reference when the function is freed.
    None if it cannot be patched: something else has put its own address there.  Raises whatever an audit hook raises.
    """
    kind = _running()
    if not is_patchable(function):
        return None
    layout, at = kind.layout, id(function)
    version = 0
    basis = None
    if layout.function_version != layouts.ABSENT:
        version = memory.half(at + layout.function_version)
        if kind.clears_version_cache:
            # 3.13 keeps a table from versions to functions, without references.  Assigning the defaults takes the function
            # out of it; a zero written by hand would leave its address there after its death.
            basis = _basis(function)
            function.__defaults__ = function.__defaults__
        # Specialised call sites compare this number and not the vectorcall field.
        memory.set_half(at + layout.function_version, 0)
    patch = Patch(ref(function, on_death), entry, kind.standard, version, basis)
    memory.set_word(at + layout.function_vectorcall, entry)
    if kind.native_type != kind.function_type:
        memory.set_word(at + layout.type, kind.native_type)
    return patch


def redirect(patch: Patch, entry: int) -> None:
    """Let calls of the patched function go to another native entry.  Nothing if the function is gone or no longer ours."""
    function = patch.reference()
    if function is not None and _is_in_place(patch, function):
        memory.set_word(id(function) + _running().layout.function_vectorcall, entry)
        patch.entry = entry


def undo(patch: Patch) -> None:
    """Give the function back to CPython.  Nothing if it is gone or somebody else has changed it since."""
    function = patch.reference()
    if function is None or not _is_in_place(patch, function):
        return
    kind = _running()
    layout, at = kind.layout, id(function)
    if kind.native_type != kind.function_type:
        memory.set_word(at + layout.type, kind.function_type)
    memory.set_word(at + layout.function_vectorcall, patch.original)
    if patch._basis is not None and patch._basis == _basis(function):
        # Up to 3.12 CPython gives a function without a version a new one; 3.13 never does, and would not specialise its calls
        # again.  The old number is right while everything that specialised call sites conclude from it is the same.
        memory.set_half(at + layout.function_version, patch._version)


def _basis(function: FunctionType) -> tuple[object, int]:
    """The code of a function and how many defaults it has: the values themselves are read at each call."""
    return function.__code__, len(function.__defaults__ or ())


def _is_in_place(patch: Patch, function: FunctionType) -> bool:
    return memory.word(id(function) + _running().layout.function_vectorcall) == patch.entry


class Registry:
    """All patches of this process, by the address of the function: what has to be undone, and who owns a function."""

    __slots__ = ("owners",)

    def __init__(self) -> None:
        self.owners: dict[int, tuple[Binding, Patch]] = {}

    def undo_all(self) -> None:
        """Give every function back to CPython."""
        for binding in {id(owner): owner for owner, _ in list(self.owners.values())}.values():
            binding.release()
