"""Modules that are never compiled into, by what they are: extension modules, and those that wait for the network."""

from __future__ import annotations

import sys

from pyvorin.core import reasons

NETWORK = frozenset(
    [
        "socket",
        "ssl",
        "http",
        "urllib",
        "urllib3",
        "requests",
        "httpx",
        "aiohttp",
        "ftplib",
        "smtplib",
        "poplib",
        "imaplib",
        "telnetlib",
        "socketserver",
        "xmlrpc",
        "websockets",
        "boto3",
        "botocore",
        "paramiko",
        "grpc",
    ]
)
"""Top-level packages whose calls wait for the network."""

EXTENSION = frozenset(
    ["numpy", "pandas", "scipy", "torch", "tensorflow", "sklearn", "polars", "pyarrow", "cv2", "PIL", "lxml"]
)
"""Well-known top-level packages whose work is done by extension modules of their own."""

COMPILERS = frozenset(["numba", "cython", "jax", "torch", "tensorflow", "taichi", "pythran"])
"""Top-level packages whose decorators compile functions themselves."""


def reason_for_module(path: str) -> str | None:
    """The reason for which a call of `module.attribute` is refused, or None if nothing special is known of the module."""
    top = path.split(".")[0]
    if top in NETWORK:
        return reasons.NETWORK_DEPENDENCY
    if top in EXTENSION or (top in sys.builtin_module_names and top != "math"):
        return reasons.EXTERNAL_C_EXTENSION
    return None
