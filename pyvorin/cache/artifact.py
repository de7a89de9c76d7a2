"""A verified artifact: its manifest, and a path under which the dynamic loader finds exactly the bytes that were verified.

Between checking a file by its name and loading it by its name, the name could come to mean another file, so the loader is given
the open file itself, through /proc/self/fd.  Where the file system forbids execution, and for code that was never written to a
disk, the verified bytes are put into a sealed anonymous file.

glibc answers a path that it has seen with the library that it has, and descriptor numbers are used again; so every path is
made different from all before it in the process.
"""

from __future__ import annotations

import os

from pyvorin.cache import NOEXEC_CACHE, files

_serials = iter(range(1, 1 << 62))
"""Counts the paths given out in this process, in one step that no other thread can come into.

Continues in a forked child, which has its parent's libraries.
"""


class Unloadable(Exception):
    """There is no way to load the code here.  `code` is the reason code, the text its detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Artifact:
    """A verified artifact, open until its library has been loaded:

        with store.get_artifact(digest) as artifact:
            if artifact.path: native.load(artifact.path)

    digest: its name in the cache.  manifest_text: see `manifest.parse`.  path: for dlopen; None if there is no native code in it.
    """

    __slots__ = ("_fd", "digest", "manifest_text", "path")

    def __init__(self, digest: str, manifest_text: str, fd: int | None = None, path: str | None = None) -> None:
        self.digest = digest
        self.manifest_text = manifest_text
        self.path = path
        self._fd = fd

    def close(self) -> None:
        """Close the file.  `path` means nothing from then on; what was loaded through it stays."""
        fd, self._fd, self.path = self._fd, None, None
        if fd is not None:
            files.close(fd)

    def __enter__(self) -> Artifact:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:
            pass  # closed behind our back, or the interpreter is shutting down


def of_file(digest: str, manifest_text: str, binary: memoryview, fd: int, path: str) -> Artifact:
    """The artifact whose verified content was read from `fd`, which now belongs to it.  Raises Unloadable, OSError."""
    found = Artifact(digest, manifest_text, fd)
    if binary and not os.fstatvfs(fd).f_flag & os.ST_NOEXEC:
        found.path = _unique_path(fd) or path
        return found
    found.close()
    return in_memory(digest, manifest_text, binary)


def in_memory(digest: str, manifest_text: str, binary: bytes | memoryview) -> Artifact:
    """The artifact with its code in a sealed anonymous file.  Raises Unloadable."""
    if not binary:
        return Artifact(digest, manifest_text)
    import fcntl

    try:
        fd = _memory_file()
    except (OSError, AttributeError) as error:
        raise Unloadable(NOEXEC_CACHE, str(error)) from None
    found = Artifact(digest, manifest_text, fd)  # which closes the file if anything fails from here on
    try:
        view = memoryview(binary)
        while view:
            view = view[os.write(fd, view) :]
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    except OSError as error:
        raise Unloadable(NOEXEC_CACHE, str(error)) from None
    found.path = _unique_path(fd)
    if found.path is None:
        raise Unloadable(NOEXEC_CACHE, "/proc is not mounted")
    return found


def _memory_file() -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    executable = 0x10  # MFD_EXEC, needed where the kernel's vm.memfd_noexec is 1; unknown before Linux 6.3
    try:
        return os.memfd_create("pyvorin", flags | executable)
    except OSError as error:
        if error.errno != 22:  # EINVAL
            raise
        return os.memfd_create("pyvorin", flags)


def _unique_path(fd: int) -> str | None:
    """A path of the open file that differs, as a text, from all that were given out before; None without /proc.

    The count is written in binary with two spellings of a step that leads nowhere: "./" and "/".
    """
    if not os.path.exists(f"/proc/self/fd/{fd}"):
        return None
    steps = "".join("./" if bit == "1" else "/" for bit in f"{next(_serials):b}")
    return f"/proc/self/fd/{steps}{fd}"
