"""Several relocatable objects as one: a main object, and parts that call its symbols by names of their own.

A part was compiled without knowing for whom (`codegen/partition.py`); its *bindings* say what its symbols are here: a symbol of
the main object or of another part, and an offset from it.  What is hidden in a bundle is known inside it only, so two bundles
may use the same names, and the same part with other bindings.

    magic, length of the directory, directory as JSON: [[bytes, bindings], …], the main object first; the objects
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, Symbol, read

MAGIC = b"\x7fPVBUNDLE"
_LENGTH = 8

Bindings = dict[str, tuple[str, int]]


def pack(main: bytes, parts: Sequence[tuple[bytes, Bindings]]) -> bytes:
    """The objects as one."""
    directory = json.dumps([[len(main), {}], *([len(data), bindings] for data, bindings in parts)]).encode("ascii")
    head = MAGIC + len(directory).to_bytes(_LENGTH, "little") + directory
    return b"".join([head, main, *(data for data, _ in parts)])


def is_bundle(data: bytes) -> bool:
    return data.startswith(MAGIC)


def unpack(data: bytes, name: str) -> list[Relocatable]:
    """The objects, in which names of the bundle's own are distinct from those of other bundles.  Raises LinkError."""
    try:
        start = len(MAGIC) + _LENGTH
        end = start + int.from_bytes(data[len(MAGIC) : start], "little")
        directory = json.loads(data[start:end])
        objects, bindings = [], []
        for number, (size, bound) in enumerate(directory):
            objects.append(read(data[end : end + size], f"{name}, part {number}"))
            bindings.append({local: (str(symbol), int(offset)) for local, (symbol, offset) in bound.items()})
            end += size
    except (ValueError, TypeError, AttributeError) as error:
        raise LinkError(f"{name}: {error}") from None
    if not objects:
        raise LinkError(f"{name}: an empty bundle")
    for owner, bound in zip(objects, bindings):
        for symbol in _global_symbols(owner):
            if symbol.name in bound:
                symbol.name = _inside(name, *bound[symbol.name])
            elif symbol.visibility == elf.STV_HIDDEN:
                symbol.name = _inside(name, symbol.name, 0)
    main = objects[0]
    defined = {symbol.name: symbol for symbol in _global_symbols(main) if symbol.place != elf.SHN_UNDEF}
    for symbol_name, offset in dict.fromkeys(place for bound in bindings for place in bound.values() if place[1]):
        start_of = defined.get(_inside(name, symbol_name, 0))
        if start_of is None:
            raise LinkError(f"{name}: a part needs {symbol_name!r}, which the main object does not define")
        place = Symbol(
            _inside(name, symbol_name, offset),
            elf.STB_GLOBAL,
            elf.STT_NOTYPE,
            elf.STV_HIDDEN,
            start_of.place,
            start_of.value + offset,
            0,
        )
        main.symbols.append(place)
    return objects


def _global_symbols(owner: Relocatable) -> list[Symbol]:
    return [symbol for symbol in owner.symbols if symbol.binding != elf.STB_LOCAL and symbol.name]


def _inside(bundle: str, name: str, offset: int) -> str:
    return f"{bundle}: {name} + {offset}"
