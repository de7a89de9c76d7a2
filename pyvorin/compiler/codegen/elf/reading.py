"""Read the objects of an image, and keep what was read for the next image with the same ones.

A worker links anew whenever a function has one more signature; all other groups are as they were.  What a link writes into
an object is written by each link again: where its sections are (`layout.place`), and that its unwind table has no end of its
own (`unwind.prepare`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.codegen.elf import bundle
from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, read


class Reader:
    """Reads the objects of one image after the other; what the last one had is known."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Relocatable]] = {}
        self._read = 0

    def read(self, objects: Sequence[bytes]) -> list[Relocatable]:
        """The relocatable objects that these are, or have in them if they are bundles.

        Raises:
            LinkError: one is damaged.
            UnsupportedObject: one has what only a full linker can link.
        """
        parts: list[Relocatable] = []
        known: dict[bytes, list[Relocatable]] = {}
        for data in objects:
            # An object that is there twice is two.
            own = self._known.pop(data, None) or self._anew(data)
            parts += own
            if not any(map(_has_commons, own)):
                known[data] = own
        self._known = known
        return parts

    def _anew(self, data: bytes) -> list[Relocatable]:
        # The names of a bundle's own symbols have this name in them, so it must be new.
        name = f"object {self._read}"
        self._read += 1
        return bundle.unpack(data, name) if bundle.is_bundle(data) else [read(data, name)]


def _has_commons(part: Relocatable) -> bool:
    """Whether a link gives a symbol of it another place (`resolve.resolve`)."""
    return any(symbol.place == elf.SHN_COMMON for symbol in part.symbols)
