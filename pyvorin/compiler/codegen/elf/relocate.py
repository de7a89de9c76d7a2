"""Fill in the references between sections, and list those that only the dynamic loader can fill in.

Two steps, because the size of what is added (GOT, call stubs, dynamic relocations) must be known before anything has an
address: `scan` finds out what the relocations need, `apply` computes the values once the layout is made.

Rules, those of the AMD64 ABI section 4.4 (S = symbol, A = addend, P = place, G = GOT slot, L = call stub or symbol):
64: S+A; PC32, PC64: S+A-P; PLT32: L+A-P; GOTPCREL, GOTPCRELX, REX_GOTPCRELX: G+A-P.  Code is never changed by the
dynamic loader (no text relocations).  `mov slot(%rip), reg` for a symbol of our own becomes `lea symbol(%rip), reg`,
the relaxation of section B.2 of that ABI, so that objects refer to each other without a load.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError, UnsupportedObject
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, Section, Symbol
from pyvorin.compiler.codegen.elf.resolve import Import, Meaning

STUB_SIZE = 8
_STUB = Struct("<HiH")
_JUMP_THROUGH_SLOT, _PADDING = 0x25FF, 0xCCCC  # jmp *slot(%rip); int3; int3
_WORD = Struct("<i")
_QUAD = Struct("<q")
_MOV, _LEA = 0x8B, 0x8D
_THROUGH_GOT = (elf.R_GOTPCREL, elf.R_GOTPCRELX, elf.R_REX_GOTPCRELX)


class Needs:
    """What the relocations of all objects ask for.

    `slots`: symbols that need a GOT slot, `stubs`: imports that are called directly, each with its index; `imports`
    in the order of their dynamic symbol numbers, from 1; `pointers`: 64-bit words that the dynamic loader fills in.
    """

    __slots__ = ("imports", "pointers", "slots", "stubs")

    def __init__(self) -> None:
        self.imports: list[Import] = []
        self.slots: dict[Meaning, int] = {}
        self.stubs: dict[Import, int] = {}
        self.pointers = 0

    @property
    def dynamic_count(self) -> int:
        """How many dynamic relocations `apply` will return at most (a slot for an absolute symbol needs none)."""
        return self.pointers + len(self.slots)


def scan(objects: Sequence[Relocatable], meanings: Sequence[Sequence[Meaning]]) -> Needs:
    """Check every relocation against what its symbol turned out to be, and count what is needed.

    Raises UnsupportedObject for references that position-independent code does not contain.
    """
    needs = Needs()
    slots, stubs = needs.slots, needs.stubs
    for owner, row in zip(objects, meanings, strict=True):
        for section in owner.sections:
            writable = section.flags & elf.SHF_WRITE
            for offset, kind, number, addend in section.relocations:
                target = row[number]
                if kind in _THROUGH_GOT:
                    if target not in slots and not _relaxable(section, offset, kind, target, addend):
                        slots[target] = len(slots)
                        _use(needs, target)
                elif kind == elf.R_64:
                    if not writable:
                        raise UnsupportedObject(f"{owner.name}: a pointer in {section.name}, which is not writable")
                    needs.pointers += 1
                    _use(needs, target)
                elif type(target) is Import:
                    if kind != elf.R_PLT32:
                        raise UnsupportedObject(
                            f"{owner.name}: {section.name} refers to {target.name!r}, which is no part of the objects, "
                            "without going through the GOT (not position independent)"
                        )
                    if target not in stubs:
                        stubs[target] = len(stubs)
                        slots.setdefault(target, len(slots))
                        _use(needs, target)
    return needs


def _use(needs: Needs, target: Meaning) -> None:
    if type(target) is Import and target.number < 0:
        needs.imports.append(target)
        target.number = len(needs.imports)


def apply(
    image: bytearray,
    objects: Sequence[Relocatable],
    meanings: Sequence[Sequence[Meaning]],
    needs: Needs,
    got: Section,
    stubs: Section,
) -> list[tuple[int, int, int]]:
    """Write the final values into `image`; return (offset, info, addend) of each relocation left to the dynamic loader.

    Raises LinkError for an offset that does not fit its 32-bit field and for a symbol in a section that is not loaded.
    """
    dynamic: list[tuple[int, int, int]] = []
    _fill_slots(image, needs, got, dynamic)
    for target, index in needs.stubs.items():
        here = stubs.address + STUB_SIZE * index
        distance = got.address + 8 * needs.slots[target] - (here + 6)
        _STUB.pack_into(image, stubs.offset + STUB_SIZE * index, _JUMP_THROUGH_SLOT, distance, _PADDING)
    for owner, row in zip(objects, meanings, strict=True):
        addresses = _addresses(row, needs, stubs)
        for section in owner.sections:
            if section.relocations:
                _apply_section(image, owner, section, row, addresses, needs, got, dynamic)
    return dynamic


def _addresses(row: Sequence[Meaning], needs: Needs, stubs: Section) -> list[int | None]:
    """For each symbol number the address that direct references use: an import's is that of its call stub."""
    addresses: list[int | None] = []
    for target in row:
        if type(target) is Symbol:
            place = target.place
            addresses.append(place.address + target.value if type(place) is Section else None)
        else:
            index = needs.stubs.get(target)  # type: ignore[arg-type]
            addresses.append(None if index is None else stubs.address + STUB_SIZE * index)
    return addresses


def _apply_section(
    image: bytearray,
    owner: Relocatable,
    section: Section,
    row: Sequence[Meaning],
    addresses: Sequence[int | None],
    needs: Needs,
    got: Section,
    dynamic: list[tuple[int, int, int]],
) -> None:
    base, shift = section.address, section.offset - section.address
    for offset, kind, number, addend in section.relocations:
        where = base + offset
        if kind == elf.R_64:
            _pointer(image, where + shift, where, row[number], addend, dynamic)
            continue
        if kind in _THROUGH_GOT:
            target = row[number]
            if _relaxable(section, offset, kind, target, addend):
                image[where + shift - 2] = _LEA
                goal = addresses[number]
            else:
                goal = got.address + 8 * needs.slots[target]
        else:
            goal = addresses[number]
        if goal is None:
            raise LinkError(f"{owner.name}: {section.name} refers to {_describe(row[number])}, which has no address")
        value = goal + addend - where
        if kind == elf.R_PC64:
            _QUAD.pack_into(image, where + shift, _wrapped(value))
        elif -0x8000_0000 <= value <= 0x7FFF_FFFF:
            _WORD.pack_into(image, where + shift, value)
        else:
            raise LinkError(f"{owner.name}: {section.name}+{offset:#x} is too far from {_describe(row[number])}")


def _relaxable(section: Section, offset: int, kind: int, target: Meaning, addend: int) -> bool:
    """Does `mov slot(%rip), reg` load the address of a symbol of our own, so that `lea` can compute it?"""
    return (
        kind != elf.R_GOTPCREL
        and addend == -4
        and offset >= 2
        and type(target) is Symbol
        and type(target.place) is Section
        and section.data is not None
        and section.data[offset - 2] == _MOV
    )


def _fill_slots(image: bytearray, needs: Needs, got: Section, dynamic: list[tuple[int, int, int]]) -> None:
    for target, index in needs.slots.items():
        where = got.address + 8 * index
        if type(target) is Import:
            dynamic.append((where, target.number << 32 | elf.R_GLOB_DAT, 0))
        else:
            _pointer(image, got.offset + 8 * index, where, target, 0, dynamic)


def _pointer(
    image: bytearray, position: int, where: int, target: Meaning, addend: int, dynamic: list[tuple[int, int, int]]
) -> None:
    """Let the word at address `where` hold the address of `target` plus `addend`."""
    if type(target) is Import:
        dynamic.append((where, target.number << 32 | elf.R_64, addend))
        return
    assert type(target) is Symbol
    if type(target.place) is Section:
        dynamic.append((where, elf.R_RELATIVE, _wrapped(target.place.address + target.value + addend)))
    elif target.place == elf.SHN_ABS or target.place == elf.SHN_UNDEF:  # symbol number 0 counts as zero
        _QUAD.pack_into(image, position, _wrapped(target.value + addend))
    else:
        raise LinkError(f"a pointer to {_describe(target)}, which has no address")


def _wrapped(value: int) -> int:
    """`value` as a signed 64-bit number, modulo 2**64: what the arithmetic of addresses is."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _describe(target: Meaning) -> str:
    return repr(target.name) if target.name else "an unnamed symbol"
