"""Walking the stack through linked code, as profilers, debuggers and the C++ runtime do."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from tests.codegen.loading import INT, compile_at, load

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
