"""The only file operations of the cache: read a whole file that can be trusted, publish one, check a directory.

Everything else in the cache goes through these, so one fault-injection test covers every system call.  The invariants:

- A published file is complete and never changes: it is written aside under a name of its own and renamed.
- What is read belongs to this user or to root and can be written by nobody else, as does everything on the way to it; this is
  asked of the open file, not of its name.
- Nothing here follows a symbolic link that another user could have made.
"""

from __future__ import annotations

import os
import stat

MAX_SIZE = 256 << 20
"""Bytes; a longer file is none of ours."""

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Insecure(Exception):
    """Somebody else could have written this file, or could replace it; the text says why."""


def read(path: str) -> bytes | None:
    """The whole content of the file; None if there is none.  Raises Insecure, and OSError for anything else."""
    try:
        fd = open_trusted(path)
    except FileNotFoundError:
        return None
    try:
        return read_all(fd)
    finally:
        close(fd)


def open_trusted(path: str) -> int:
    """A descriptor, for reading, of a regular file that only this user or root could have written.  Raises Insecure, OSError."""
    try:
        # O_NONBLOCK: opening a pipe that was planted here would otherwise wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == 40:  # ELOOP: the last part of the path is a symbolic link, which is never ours
            raise Insecure(f"{path} is a symbolic link") from None
        raise
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise Insecure(f"{path} is not a regular file")
        if status.st_uid not in (os.geteuid(), 0):
            raise Insecure(f"{path} belongs to user {status.st_uid}")
        if status.st_mode & WRITABLE_BY_OTHERS:
            raise Insecure(f"{path} can be written by others (mode {stat.S_IMODE(status.st_mode):o})")
        if status.st_size > MAX_SIZE:
            raise OSError(27, "longer than any file of the cache", path)
    except BaseException:
        close(fd)
        raise
    return fd


def close(fd: int) -> None:
    """Close a descriptor that nothing was written through.  Linux closes it even where it reports an error."""
    try:
        os.close(fd)
    except OSError:
        pass


def read_all(fd: int) -> bytes:
    """Everything from the descriptor's position on, as far as its size says now."""
    wanted = os.fstat(fd).st_size
    content = os.read(fd, wanted + 1)
    while len(content) <= wanted:  # one read returns it all except on some network file systems
        more = os.read(fd, wanted + 1 - len(content))
        if not more:
            break
        content += more
    return content


def publish(directory: str, name: str, pieces: tuple[bytes, ...]) -> None:
    """Write a file of mode 0600 and give it its name at once.  Raises OSError; no part of it is left behind then.

    Not synced: after a power failure the file may be damaged, which its digest shows.
    """
    temporary = os.path.join(directory, f"t-{os.getpid()}-{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(temporary, flags, 0o600)
    try:
        try:
            os.fchmod(fd, 0o600)  # the umask may have taken bits away
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[os.write(fd, view) :]
        finally:
            os.close(fd)
        os.rename(temporary, os.path.join(directory, name))
    except BaseException:
        remove(temporary)
        raise


def remove(path: str) -> None:
    """Remove a file, if that is possible."""
    try:
        os.unlink(path)
    except OSError:
        pass


def make_directory(path: str) -> None:
    """Make the directory and those above it that are missing, each of mode 0700.  Raises OSError."""
    missing = []
    while not _exists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for step in reversed(missing):
        try:
            os.mkdir(step, 0o700)
        except FileExistsError:
            continue  # another process was faster; check_directory() decides about what it made
        if os.lstat(step).st_mode & 0o777 != 0o700:
            os.chmod(step, 0o700)  # a umask that takes away the owner's own bits


def _exists(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_directory(path: str, *, shared: bool = False) -> None:
    """Return if nobody but this user and root can write to, or replace, the directory at this absolute path.

    shared: the directory itself may be one like /tmp, in which this user's own directory will be made.

    Raises Insecure, FileNotFoundError if it does not exist, and OSError for anything else.

    Every step is checked on the way down.  A directory that others can write to is passed only if it is sticky (/tmp): there
    nobody can replace what belongs to another user.  A symbolic link is followed if its owner is this user or root: nobody else
    can have made it, and as the directory that it lies in was checked, nobody else can replace it.
    """
    trusted = (os.geteuid(), 0)
    current = "/"
    steps = [step for step in path.split("/") if step not in ("", ".")][::-1]
    _check_step("/", os.lstat("/"), trusted, private=not steps and not shared)
    links = 0
    while steps:
        step = steps.pop()
        if step == "..":
            current = os.path.dirname(current)
            continue
        following = os.path.join(current, step)
        status = os.lstat(following)
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if status.st_uid not in trusted:
                raise Insecure(f"{following} is a symbolic link of user {status.st_uid}")
            if links > 40:
                raise Insecure(f"{path} leads through too many symbolic links")
            target = os.readlink(following)
            steps += [part for part in target.split("/") if part not in ("", ".")][::-1]
            if target.startswith("/"):
                current = "/"
            continue
        _check_step(following, status, trusted, private=not steps and not shared)
        current = following


def _check_step(path: str, status: os.stat_result, trusted: tuple[int, int], private: bool) -> None:
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(20, "not a directory", path)
    if status.st_uid not in trusted:
        raise Insecure(f"{path} belongs to user {status.st_uid}")
    if status.st_mode & WRITABLE_BY_OTHERS and (private or not status.st_mode & stat.S_ISVTX):
        raise Insecure(f"{path} can be written by others (mode {stat.S_IMODE(status.st_mode):o})")
