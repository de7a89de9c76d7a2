"""Damaged objects: an error in every case, never a crash, a hang or another exception."""

from __future__ import annotations

import random
import time
from struct import pack_into, unpack_from

import pytest

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.link import LinkError, UnsupportedObject, link_shared
from tests.codegen import samples
from tests.codegen.loading import compile_at
from tests.codegen.patching import sections, set_relocations, symbol_count

SAMPLE = compile_at(samples.COUNTER)
OTHER = compile_at(samples.TWICE)


def attempt(data: bytes) -> bool:
    """Link `data` with a sound object: True if it was accepted.  Anything but LinkError propagates and fails the test."""
    try:
        link_shared([data, OTHER], table=["bump"])
    except LinkError:
        return False
    return True


def test_the_sample_itself_is_sound() -> None:
    assert attempt(SAMPLE)


def test_every_truncation_is_refused() -> None:
    start = time.monotonic()
    accepted = [size for size in range(len(SAMPLE)) if attempt(SAMPLE[:size])]
    assert accepted == []
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits(seed: int) -> None:
    """Most single flips change code or data, which nobody can notice here; those in the headers must not escape."""
    choice = random.Random(seed)
    for _ in range(400):
        data = bytearray(SAMPLE)
        for _ in range(choice.choice((1, 1, 2, 8))):
            data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
        attempt(bytes(data))


@pytest.mark.parametrize("seed", range(2))
def test_header_words_replaced(seed: int) -> None:
    """Sizes, offsets and numbers replaced by the values that overflow or point elsewhere."""
    choice = random.Random(seed)
    (start,) = unpack_from("<Q", SAMPLE, 40)
    words = (0, 1, 7, 0xFF, 0xFFF1, 0xFFF2, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, len(SAMPLE))
    for _ in range(400):
        data = bytearray(SAMPLE)
        region = choice.choice(((0, 64), (start, len(SAMPLE)), (64, len(SAMPLE))))
        width = choice.choice((2, 4, 8))
        position = choice.randrange(region[0], region[1] - width)
        pack_into({2: "<H", 4: "<I", 8: "<Q"}[width], data, position, choice.choice(words) % 256**width)
        attempt(bytes(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too short"),
        (bytes(64), "not a 64-bit little-endian ELF file"),
        (b"!<arch>\n" + bytes(100), "not a 64-bit little-endian ELF file"),
        (SAMPLE[:4] + b"\1" + SAMPLE[5:], "not a 64-bit little-endian ELF file"),
        (SAMPLE[:16] + b"\3\0" + SAMPLE[18:], "not an x86-64 relocatable object"),
        (SAMPLE[:18] + b"\xb7\0" + SAMPLE[20:], "not an x86-64 relocatable object"),
        (SAMPLE[:58] + b"\x20\0" + SAMPLE[60:], "section headers of 32 bytes"),
        (SAMPLE[:62] + b"\xff\0" + SAMPLE[64:], "is not a string table"),
        (SAMPLE[:-1], "truncated"),
        (link_shared([SAMPLE, OTHER], table=[]), "not an x86-64 relocatable object"),
    ],
    ids=["empty", "zeros", "archive", "32-bit", "shared", "aarch64", "header-size", "names", "truncated", "image"],
)
def test_reasons(data: bytes, reason: str) -> None:
    with pytest.raises(LinkError, match=reason):
        link_shared([data], table=[])


def test_relocation_that_does_not_reach() -> None:
    """Data 2 GiB away from the code that uses it."""
    far = compile_at("@far = global [2147483000 x i8] zeroinitializer")
    near = compile_at("@far = external hidden global i8\n@end = global [9000 x i8] zeroinitializer\n"
                      "define i8 @f() { %p = getelementptr i8, ptr @far, i64 2147482000\n"
                      " %v = load i8, ptr %p\n %w = load i8, ptr @end\n %x = add i8 %v, %w\n ret i8 %x }")  # fmt: skip
    with pytest.raises(LinkError, match=r"too far|more than code can reach"):
        link_shared([near, far], table=["f"])


def test_overlapping_sections_are_refused() -> None:
    """Sections that all claim the same bytes would make a small file take long to link."""
    data = bytearray(SAMPLE)
    (start,) = unpack_from("<Q", data, 40)
    (count,) = unpack_from("<H", data, 60)
    for number in range(1, count):
        if unpack_from("<I", data, start + 64 * number + 4)[0] == elf.SHT_PROGBITS:
            pack_into("<QQ", data, start + 64 * number + 24, 0, len(data))
    with pytest.raises(LinkError, match="overlap"):
        link_shared([bytes(data)], table=[])


def test_relocation_of_a_symbol_that_does_not_exist() -> None:
    count = symbol_count(SAMPLE)
    with pytest.raises(LinkError, match=f"names symbol {count}, which does not exist"):
        link_shared([set_relocations(SAMPLE, number=count)], table=[])


REFUSED = {10: "R_X86_64_32", 11: "R_X86_64_32S", 19: "R_X86_64_TLSGD", 22: "R_X86_64_GOTTPOFF", 99: "of type 99"}


@pytest.mark.parametrize(("kind", "name"), REFUSED.items())
def test_refused_relocations_are_named(kind: int, name: str) -> None:
    with pytest.raises(UnsupportedObject, match=rf"relocation {name} in \.text"):
        link_shared([set_relocations(SAMPLE, kind=kind)], table=[])


def test_relocation_beyond_the_end() -> None:
    data = bytearray(SAMPLE)
    code = next(row for row in sections(SAMPLE) if row[2] & elf.SHF_EXECINSTR and row[5])
    table = next(row for row in sections(SAMPLE) if row[1] == elf.SHT_RELA and sections(SAMPLE)[row[7]] == code)
    for offset, accepted in ((code[5] - 4, True), (code[5] - 3, False), (code[5], False), (2**64 - 1, False)):
        pack_into("<Q", data, table[4], offset)
        assert attempt(bytes(data)) is accepted, offset
