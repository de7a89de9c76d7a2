"""Walking the stack through linked code, as profilers, debuggers and the C++ runtime do."""

from __future__ import annotations

import ctypes
from pathlib import Path
from struct import pack, unpack

import pytest

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf import unwind
from pyvorin.compiler.codegen.elf.relocatable import Section
from pyvorin.compiler.codegen.link import LinkError, link_shared
from tests.codegen.loading import INT, compile_at, load
from tests.codegen.test_image import contents, program_headers

# Too large a frame for anyone to guess where the caller's return address is.
THROUGH = """
declare i64 @NEXT(ptr)
define i64 @NAME(ptr %callback) {
  %room = alloca [SIZE x i64]
  %slot = getelementptr i64, ptr %room, i64 3
  store volatile i64 5, ptr %slot
  %result = CALL
  %again = load volatile i64, ptr %slot
  %sum = add i64 %result, %again
  ret i64 %sum
}
"""


def through(name: str, following: str | None, size: int) -> bytes:
    call = f"call i64 @{following}(ptr %callback)" if following else "call i64 %callback()"
    text = THROUGH.replace("CALL", call).replace("NAME", name).replace("SIZE", str(size))
    return compile_at(text.replace("declare i64 @NEXT(ptr)", f"declare i64 @{following}(ptr)" if following else ""))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_stack_is_walked_through_every_object(order: tuple[int, ...], tmp_path: Path) -> None:
    objects = [through("outer", "middle", 100), through("middle", "inner", 37), through("inner", None, 211)]
    image = load(tmp_path, [objects[index] for index in order], ["outer", "middle", "inner"])
    libc = ctypes.CDLL(None)
    frames = (ctypes.c_void_p * 64)()
    depth = []

    @ctypes.CFUNCTYPE(INT)
    def callback() -> int:
        depth.append(libc.backtrace(frames, 64))
        return 1

    assert image.function(0, INT, ctypes.c_void_p)(ctypes.cast(callback, ctypes.c_void_p)) == 1 + 3 * 5
    addresses = [frame or 0 for frame in frames[: depth[0]]]
    starts = [
        max((start for start in image.addresses if 0 < address - start < 200), default=0) for address in addresses
    ]
    positions = [starts.index(start) for start in image.addresses]
    assert positions[0] == positions[1] + 1 == positions[2] + 2
    assert depth[0] > positions[0] + 2


CIE = bytes.fromhex("14000000 00000000 01 7a5200 01 78 10 01 1b 0c0708 9001 0000")


def fde(position: int, length: int = 0x14) -> bytes:
    """An FDE at `position` of a table that begins with CIE."""
    return pack("<II", length, position + 4) + bytes(length - 4)


def table(data: bytes) -> Section:
    return Section(".eh_frame", elf.SHF_ALLOC, 8, len(data), data)


def test_entries_of_a_table() -> None:
    section = table(CIE + fde(24) + fde(48))
    assert unwind.prepare(section, "object") == [24, 48]
    assert (section.size, section.align) == (72, 4)


def test_terminator_within_is_cut_off() -> None:
    section = table(CIE + fde(24) + bytes(4))
    assert unwind.prepare(section, "object") == [24]
    assert section.data == CIE + fde(24)
    assert section.size == 48


OTHER_FORMS = {
    "personality": CIE.replace(b"zR", b"zP"),
    "version": CIE.replace(b"\1zR", b"\3zR"),
    "absolute": CIE.replace(b"\x01\x1b", b"\x01\x00"),
    "augmentation": CIE.replace(b"\x01\x1b", b"\x02\x1b"),
}


@pytest.mark.parametrize("cie", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_other_forms_are_kept_without_an_index(cie: bytes) -> None:
    assert len(cie) == len(CIE)
    section = table(cie + fde(24))
    assert unwind.prepare(section, "object") is None
    assert section.data == cie + fde(24)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (CIE[:-1], "record of length 20"),
        (CIE + b"\0\0\0", "truncated record"),
        (CIE + bytes(4) + CIE, "record of length 0"),
        (pack("<II", 2, 0) + bytes(8), "record of length 2"),
        (pack("<II", 10, 0) + bytes(8), "record of length 10"),
        (pack("<IIQ", 0xFFFF_FFFF, 20, 0), "64-bit record"),
    ],
)
def test_damaged_tables(data: bytes, reason: str) -> None:
    with pytest.raises(LinkError, match=reason):
        unwind.prepare(table(data), "object")


def test_image_without_search_table(tmp_path: Path) -> None:
    """One object's table of another form leaves the whole image without the index, but not without the tables."""
    objects = [through("outer", "inner", 10), through("inner", None, 10)]
    changed = objects[1].replace(b"\x01zR\0", b"\x01zX\0")
    assert changed != objects[1]
    assert load(tmp_path, [objects[0], changed], ["outer"]).addresses
    image = link_shared([objects[0], changed], table=["outer"])
    ((_, offset, address, size, _, _),) = program_headers(image, elf.PT_GNU_EH_FRAME)
    assert (image[offset : offset + 4], size) == (b"\x01\x1b\xff\xff", 8)
    (distance,) = unpack("<i", image[offset + 4 : offset + 8])
    assert contents(image, address + 4 + distance, 24)[8:12] == b"\x01zR\0"
