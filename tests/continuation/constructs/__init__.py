"""Small programs, one per construct; the walker leaves each of them at every operation in turn.

All define `f(a, b, xs, d, o)` after the helpers of `programs.HELPERS`; the arguments are those of the random programs.
"""

from __future__ import annotations

from tests.continuation.constructs import blocks, loops, values

CONSTRUCTS = {**loops.CONSTRUCTS, **blocks.CONSTRUCTS, **values.CONSTRUCTS}
