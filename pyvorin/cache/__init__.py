"""Compiled code on disk: where it lies, under which key, in which form, and how it is read and written safely.

Any doubt about a file is a miss, never an exception; `store.Store` is the only way in.
"""

CACHE_CORRUPT = "CACHE_CORRUPT"
CACHE_UNAVAILABLE = "CACHE_UNAVAILABLE"
INSECURE_CACHE = "INSECURE_CACHE"
NOEXEC_CACHE = "NOEXEC_CACHE"
"""As in `core/reasons.py`, whose table a warm start does not load, nor may noting a problem depend on opening a file; a test
compares them."""
