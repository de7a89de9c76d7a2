"""Who has patched what in this process."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.host.binding import Binding
    from pyvorin.host.patch import Patch


class Registry:
    """All patches of this process, by the address of the function: what has to be undone, and who owns a function."""

    __slots__ = ("owners",)

    def __init__(self) -> None:
        self.owners: dict[int, tuple[Binding, Patch]] = {}

    def undo_all(self) -> None:
        """Give every function back to CPython."""
        for binding in {id(owner): owner for owner, _ in list(self.owners.values())}.values():
            binding.release()
