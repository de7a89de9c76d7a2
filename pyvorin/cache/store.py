"""The cache as the rest of Pyvorin sees it: verified reading, atomic writing.

No method raises because of the state of the disk or of a file.  A file that is damaged is removed, one that somebody else could
have written is ignored, and both, like every error, are misses; `problems` says for the log what happened.

    store.get_index(key)              -> Index | None           which artifact, which signatures
    store.get_artifact(index.artifact) -> Artifact | None       verified, ready for dlopen

An artifact that cannot be written is not lost: its maker sends the bytes themselves, and `adopt` makes them loadable.
"""

from __future__ import annotations

import os

from pyvorin.cache import (
    CACHE_CORRUPT,
    CACHE_UNAVAILABLE,
    INSECURE_CACHE,
    artifact,
    files,
    image,
    index,
)
from pyvorin.cache.rows import ManifestError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from pyvorin.cache.artifact import Artifact
    from pyvorin.cache.index import Index
    from pyvorin.cache.key import Key
    from pyvorin.cache.location import Location
    from pyvorin.cache.lock import Lock

    T = TypeVar("T")

PREFIXES = {image.ARTIFACT: "a-", image.INDEX: "i-", image.OBJECT: "o-"}
_PROBLEMS = 100


class Store:
    """The cache of one environment.

    directory: `Environment.directory`.  problems: (reason code, detail) of all that went wrong, without repetition.
    """

    __slots__ = ("_may_write", "_reported", "directory", "location", "problems")

    def __init__(self, location: Location, directory: str) -> None:
        self.location = location
        self.directory = directory
        self.problems: list[tuple[str, str]] = location.problems
        self._may_write = True
        self._reported = 0

    def new_problems(self) -> list[tuple[str, str]]:
        """Those of `problems` that this method has not returned before: each is worth one line of the log."""
        new = self.problems[self._reported :]
        self._reported += len(new)
        return new

    @property
    def keeps(self) -> bool:
        """Whether later processes will find what is made now, as far as that can be told."""
        try:
            return self._may_write and self.location.writable(self.directory) is not None
        except Exception:  # whatever an audit hook of the program raises
            return False

    def get_index(self, key: Key) -> Index | None:
        """What is known about the module of this key."""
        return self._get(image.INDEX, key.digest, _read_index)

    def put_index(self, key: Key, found: Index) -> bool:
        """Replace what is known about the module; its `parts` become those of the key.  Whether it was kept."""
        found.parts = key.parts
        return self._put(image.INDEX, key.digest, key.digest, b"", found.render())

    def get_artifact(self, digest: str) -> Artifact | None:
        """The artifact of this digest, verified and open.  It is to be closed after loading."""
        return self._get(image.ARTIFACT, digest, _read_artifact)

    def put_artifact(self, manifest_text: str, elf: bytes) -> str | None:
        """Keep an artifact; `elf` is empty if nothing could be compiled.  Its digest; None if it could not be kept."""
        digest = artifact_digest(manifest_text, elf)
        return digest if self._put(image.ARTIFACT, digest, "-", elf, manifest_text) else None

    def adopt(self, manifest_text: str, elf: bytes) -> Artifact | None:
        """An artifact that is not in the cache, made loadable from memory; None if that is impossible here."""
        try:
            return artifact.in_memory(artifact_digest(manifest_text, elf), manifest_text, elf)
        except artifact.Unloadable as error:
            self._note(error.code, str(error))
        except Exception as error:  # MemoryError, and whatever an audit hook of the program raises
            self._note(CACHE_UNAVAILABLE, f"memory: {type(error).__name__}: {error}")
        return None

    def get_object(self, key: Key) -> tuple[bytes, str] | None:
        """The relocatable object of a group and the fragment of the manifest that belongs to it."""
        return self._get(image.OBJECT, key.digest, _read_object)

    def put_object(self, key: Key, content: bytes, fragment: str) -> bool:
        """Keep the object of a group.  Whether it was kept."""
        return self._put(image.OBJECT, key.digest, key.digest, content, fragment)

    def try_lock(self, key: Key) -> Lock | None:
        """The right to compile the module of this key; None while another process has it.

        Where nothing can be locked everybody is given the right: the same work is then done twice, with the same result.
        """
        from pyvorin.cache.lock import Lock  # not on the way of every start

        try:
            path = self.location.writable(self.directory)
            return Lock(None) if path is None else Lock.acquire(os.path.join(path, f"l-{key.digest}"))
        except Exception:
            return Lock(None)

    def _get(self, kind: str, name: str, read: Callable[[str, str], T | None]) -> T | None:
        if not _is_digest(name):
            self._note(CACHE_CORRUPT, f"{name[:60]!r} is not the name of an {kind}")
            return None
        path = ""
        try:
            for directory in self.location.readable(self.directory):
                path = os.path.join(directory, PREFIXES[kind] + name)
                try:
                    found = read(path, name)
                except files.Insecure as error:
                    self._note(INSECURE_CACHE, str(error))
                except (image.Corrupt, ManifestError) as error:
                    self._note(CACHE_CORRUPT, f"{path}: {error}")
                    files.remove(path)
                except artifact.Unloadable as error:
                    self._note(error.code, str(error))
                else:
                    if found is not None:
                        return found
        except Exception as error:  # any OSError, MemoryError, and whatever an audit hook of the program raises
            self._note(CACHE_UNAVAILABLE, f"{path}: {type(error).__name__}: {error}")
        return None

    def _put(self, kind: str, name: str, key: str, binary: bytes, text: str) -> bool:
        if not self._may_write:
            return False
        directory: str | None = None
        try:
            directory = self.location.writable(self.directory)
            if directory is not None:
                files.publish(directory, PREFIXES[kind] + name, image.pack(kind, key, binary, text))
                return True
        except Exception as error:
            self._note(CACHE_UNAVAILABLE, f"{directory}: {type(error).__name__}: {error}")
        # A disk that is full or read-only stays so; this process does not try again for every file.
        self._may_write = False
        return False

    def _note(self, code: str, detail: str) -> None:
        if (code, detail) not in self.problems and len(self.problems) < _PROBLEMS:
            self.problems.append((code, detail))


def artifact_digest(manifest_text: str, elf: bytes) -> str:
    """The name of an artifact, which its content alone decides."""
    return image.content_digest(image.ARTIFACT, "-", elf, manifest_text.encode("utf-8", "surrogatepass"))


def _is_digest(text: str) -> bool:
    return len(text) == 40 and not text.strip("0123456789abcdef")


def _read_index(path: str, key: str) -> Index | None:
    content = files.read(path)
    return None if content is None else index.parse(image.unpack(content, image.INDEX, key)[1])


def _read_object(path: str, key: str) -> tuple[bytes, str] | None:
    content = files.read(path)
    if content is None:
        return None
    binary, text, _ = image.unpack(content, image.OBJECT, key)
    return bytes(binary), text


def _read_artifact(path: str, name: str) -> Artifact | None:
    try:
        fd = files.open_trusted(path)
    except FileNotFoundError:
        return None
    try:
        binary, text, digest = image.unpack(files.read_all(fd), image.ARTIFACT, "-")
        if digest != name:
            raise image.Corrupt(f"it is the artifact {digest}")
    except BaseException:
        files.close(fd)
        raise
    return artifact.of_file(digest, text, binary, fd, path)
