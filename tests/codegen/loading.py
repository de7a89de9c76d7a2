"""Compile, link and load IR in this process, as the application does, and call what the table names."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cffi
import llvmlite.binding as llvm

from pyvorin.compiler.codegen.link import link_shared
from pyvorin.compiler.codegen.optimise import emit_object, optimise_module, parse
from pyvorin.compiler.codegen.target import Target, initialise, machine, resolve

V3 = resolve("v3")

INT = ctypes.c_int64
FLOAT = ctypes.c_double
OBJECT = ctypes.py_object


class Image:
    """A loaded shared object: the addresses in its table, and functions made of them."""

    def __init__(self, data: bytes, path: Path) -> None:
        path.write_bytes(data)
        ffi = cffi.FFI()
        ffi.cdef("extern int64_t pyvorin_table[];")
        self._library = ffi.dlopen(str(path))
        table = self._library.pyvorin_table
        self.addresses = [table[1 + index] for index in range(table[0])]

    def function(self, index: int, result: Any, *arguments: Any) -> Any:
        """The C function whose address is entry `index`; called with the GIL held."""
        return ctypes.PYFUNCTYPE(result, *arguments)(self.addresses[index])

    def words(self, index: int, count: int) -> list[int]:
        """`count` 64-bit words from the address in entry `index`."""
        return list((INT * count).from_address(self.addresses[index]))


def compile_at(ir_text: str, speed: int | str = 3, target: Target = V3) -> bytes:
    """The object for `ir_text` at an optimisation level, or by the "quick" pipeline."""
    module = parse(ir_text, name="test")
    if isinstance(speed, int):
        optimise_module(module, target, speed=speed)
    else:
        optimise_module(module, target, quick=True)
    return emit_object(module, target)


def assembly(ir_text: str, target: Target = V3) -> str:
    """The assembly text that `ir_text` is compiled to."""
    module = parse(ir_text, name="test")
    optimise_module(module, target)
    return str(machine(target).emit_assembly(module))


def emit_static(ir_text: str) -> bytes:
    """The object for `ir_text` compiled as position-dependent code, which a shared object cannot contain."""
    initialise()
    module = parse(ir_text, name="test")
    target = llvm.Target.from_default_triple()
    return bytes(target.create_target_machine(reloc="static", codemodel="small").emit_object(module))


def load(path: Path, objects: Sequence[bytes], table: Sequence[str]) -> Image:
    """Link `objects` with our own linker and load the image from a new file in the directory `path`."""
    return Image(link_shared(objects, table=table), path / f"image{len(list(path.iterdir()))}.so")
