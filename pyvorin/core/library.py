"""What native code does in place of Python code of the standard library, and what of that code must still be as it was.

A function that the library writes in Python (`random.randrange`) looks up others when it runs, in a class or an object that a
program may change.  Whoever relies on the function relies on these, too: native code compares them at each entry
(`compiler/lower/assumptions.py`), the host says once what they are (`host/library.py`).
"""

from __future__ import annotations

MODULES = ("math", "random")
"""Modules of which functions are native."""

RANDOM_METHODS = ("randrange", "randint", "choice", "shuffle", "uniform", "seed", "_randbelow")
"""Methods of `random.Random` that are written in Python and done natively."""

GUARDS: dict[str, tuple[tuple[str, str, str | None], ...]] = {
    "random": (
        ("", "_inst", "_inst"),
        ("", "Random", "Random"),
        *(("Random", name, f"Random.{name}") for name in RANDOM_METHODS),
        ("Random", "random", None),
        ("Random", "getrandbits", None),
        ("Random.__base__", "random", "Random.random"),
        ("Random.__base__", "getrandbits", "Random.getrandbits"),
        *(("_inst", name, None) for name in (*RANDOM_METHODS, "random", "getrandbits")),
    )
}
"""By module: the namespace of what, a name in it, and the path of the object that it must be bound to; None if it must not be."""
