"""What native code does in place of Python code of the standard library, and what of that code must still be as it was.

A function that the library writes in Python (`random.randrange`) looks up others when it runs, in a class or an object that a
program may change.  Whoever relies on the function relies on these, too: native code compares them at each entry
(`compiler/lower/assumptions.py`), the host says once what they are (`host/library.py`).
"""

from __future__ import annotations

C_FUNCTIONS = {
    "time": "time",
    "zlib": "zlib",
    "binascii": "binascii",
    "bisect": "_bisect",
    "heapq": "_heapq",
    "struct": "_struct",
    "functools": "_functools",
    "operator": "_operator",
}
"""Modules whose functions are those of a module in C, and the name that this gives for itself."""
ALIASES = {"bisect.bisect": "bisect_right", "bisect.insort": "insort_right"}
"""Functions that have another name of their own."""
MODULES = ("math", "random", "array", "collections", "datetime", *C_FUNCTIONS)
"""Modules of which functions are native."""

C_TYPES = ("itertools", "operator", "collections")
"""Modules of which types are used that are written in C."""
COUNTER_METHODS = ("__init__", "__missing__", "update", "most_common", "__delitem__")
"""Methods of `collections.Counter` that are written in Python and relied on."""

C_OBJECTS = {
    "pattern": ("re", "Pattern"),
    "match": ("re", "Match"),
    "date": ("datetime", "date"),
    "datetime": ("datetime", "datetime"),
    "timedelta": ("datetime", "timedelta"),
}
"""Static types of objects of C types: the module and the name there.  Programs call their methods, and do not make them."""

RANDOM_METHODS = ("randrange", "randint", "choice", "shuffle", "uniform", "expovariate", "seed", "_randbelow")
"""Methods of `random.Random` that are written in Python and done natively."""

GUARDS: dict[str, tuple[tuple[str, str, str | None], ...]] = {
    "collections": tuple(("Counter", name, f"Counter.{name}") for name in ("__missing__", "__init__")),
    "random": (
        ("", "_inst", "_inst"),
        ("", "_log", "_log"),
        ("", "Random", "Random"),
        *(("Random", name, f"Random.{name}") for name in RANDOM_METHODS),
        ("Random", "random", None),
        ("Random", "getrandbits", None),
        ("Random.__base__", "random", "Random.random"),
        ("Random.__base__", "getrandbits", "Random.getrandbits"),
        *(("_inst", name, None) for name in (*RANDOM_METHODS, "random", "getrandbits")),
    ),
}
"""By module: the namespace of what, a name in it, and the path of the object that it must be bound to; None if it must not be."""
