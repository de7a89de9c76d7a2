"""Parsing in another process, where the compiler of this one must not make trees.

CPython 3.11 makes the objects of a tree with a counter of depth that all such conversions share (`PyAST_mod2obj`, Python-ast.c):
one in the midst of another ends that with a SystemError.  It comes to that when a garbage collection during the program's
`ast.parse` runs a finalizer of the program, and this leaves native code for the first time.
"""

from __future__ import annotations

import sys

from pyvorin.host.continuation.positions import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_CHILD = """
import pickle, sys
text, file, flags, optimise = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps(compile(text, file, "exec", flags, True, optimise)))
"""


def is_needed() -> bool:
    """Whether this thread is in `ast.parse` already, on a version where that matters."""
    parse = getattr(sys.modules.get("ast"), "parse", None)
    code = getattr(parse, "__code__", None)
    if VERSION != (3, 11) or code is None:
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def parse(text: str, file: str, flags: int, optimise: int) -> Any:
    """The tree of the text, as `compile` with these flags gives it."""
    import pickle
    import subprocess

    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _CHILD]
    given = pickle.dumps((text, file, flags, optimise))
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return pickle.loads(done.stdout)
