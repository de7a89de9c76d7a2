"""The right to compile a module: of all processes that want the same, one does it."""

from __future__ import annotations

import os

from pyvorin.cache import files


class Lock:
    """An exclusive lock of the kernel's, which ends with the process that holds it however that ends."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    @classmethod
    def acquire(cls, path: str) -> Lock | None:
        """The lock on this file, which is made if it does not exist and says nothing by existing; None if it is taken.

        Raises OSError if the file cannot be opened or locked.
        """
        import fcntl

        lock = cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        try:
            fcntl.flock(lock._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
        except BlockingIOError:
            return None
        return lock

    def release(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            files.close(fd)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()
