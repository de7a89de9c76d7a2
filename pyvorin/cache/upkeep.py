"""Listing, clearing and limiting the cache.  For the command line and the compile worker; never on the way of a program's start.

Files that are in use can be removed at any time: a mapped library stays mapped, and a reader has the whole file.
"""

from __future__ import annotations

import os

from pyvorin.cache import files, image, index
from pyvorin.cache.rows import ManifestError
from pyvorin.cache.store import PREFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvorin.cache.location import Location

MAX_BYTES = 512 << 20
MAX_AGE = 30 * 24 * 3600
SWEEP_INTERVAL = 24 * 3600
_TEMPORARY_AGE = 3600
_MARK = "swept"

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()} | {"t-": "temporary", "l-": "lock"}


class File:
    """A file of the cache: its path, its kind ("artifact", "index", "object", "temporary", "lock"), size in bytes, last use.

    last_use: seconds since 1970, of the last reading or writing, as far as the file system records it (at least daily).
    """

    __slots__ = ("kind", "last_use", "path", "size")

    def __init__(self, path: str, kind: str, size: int, last_use: float) -> None:
        self.path = path
        self.kind = kind
        self.size = size
        self.last_use = last_use


def entries(location: Location) -> list[File]:
    """All files of the cache, of every version and environment, by path.  Files with names that are not ours are left out."""
    found = []
    for base in location.candidates:
        try:
            files.check_directory(base)
        except (OSError, files.Insecure):
            continue
        for directory in _environments(base):
            found += _files(directory)
    return sorted(found, key=lambda file: file.path)


def describe(file: File) -> dict[str, str]:
    """What an index says about itself: the named parts of its key, and its artifact or failure.  {} for anything else."""
    if file.kind != image.INDEX:
        return {}
    try:
        content = files.read(file.path)
        if content is None:
            return {}
        known = index.parse(image.unpack(content, image.INDEX, os.path.basename(file.path)[2:])[1])
    except (OSError, files.Insecure, image.Corrupt, ManifestError):
        return {}
    parts = dict(known.parts)
    parts["artifact"] = known.artifact or "-"
    if known.failure is not None:
        parts["failure"] = " ".join(known.failure[:2])
    return parts


def clear(location: Location) -> int:
    """Remove every file of the cache.  The number of files that are gone; directories stay."""
    found = entries(location)
    for file in found:
        files.remove(file.path)
    return sum(not os.path.lexists(file.path) for file in found)


def sweep(location: Location, now: float, *, max_bytes: int = MAX_BYTES, max_age: float = MAX_AGE) -> int:
    """Remove what has not been used for `max_age` seconds and then, the longest unused first, what exceeds `max_bytes`.

    now: the time, in seconds since 1970.  The number of files removed.
    """
    kept = []
    removed = 0
    for file in entries(location):
        age = now - file.last_use
        if age > (_TEMPORARY_AGE if file.kind == "temporary" else max_age):
            files.remove(file.path)
            removed += 1
        else:
            kept.append(file)
    total = sum(file.size for file in kept)
    for file in sorted(kept, key=lambda file: file.last_use):
        if total <= max_bytes:
            break
        files.remove(file.path)
        total -= file.size
        removed += 1
    return removed


def sweep_if_due(location: Location, now: float) -> bool:
    """Sweep unless that was done within a day; whether it was done.  Never raises because of the disk."""
    base = location.writable("")
    if base is None:
        return False
    mark = os.path.join(base, _MARK)
    try:
        if 0 <= now - os.stat(mark).st_mtime < SWEEP_INTERVAL:
            return False
    except OSError:
        pass
    try:
        files.publish(base, _MARK, (b"",))
        os.utime(mark, (now, now))
    except OSError:
        return False  # what cannot be marked would be swept by every worker
    sweep(location, now)
    return True


def _environments(base: str) -> Iterable[str]:
    for version in _subdirectories(base):
        if os.path.basename(version).startswith("v"):
            yield from _subdirectories(version)


def _subdirectories(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as found:
            return sorted(entry.path for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _files(directory: str) -> list[File]:
    result = []
    try:
        with os.scandir(directory) as found:
            for entry in found:
                kind = _KINDS.get(entry.name[:2])
                if kind is None or not entry.is_file(follow_symlinks=False):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # removed meanwhile
                result.append(File(entry.path, kind, status.st_size, max(status.st_atime, status.st_mtime)))
    except OSError:
        pass
    return result
