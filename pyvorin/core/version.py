"""The product's version and the version of the files it leaves in the cache.

`FORMAT` changes whenever a file of the cache, the manifest or the artifact's layout changes: files of another format live
in another directory and are never read.
"""

from __future__ import annotations

VERSION = "0.1.0"
FORMAT = 3

ABI = 2
"""Version of the struct through which native code and host share a group (docs/architecture.md, section 4)."""
