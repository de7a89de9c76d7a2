"""Where the cache lies, and whether it may be used.

PYVORIN_CACHE_DIR decides if it is set.  Otherwise the first of these that is usable: the user's cache directory by the rule of
platformdirs (written out here, as importing it costs 20 ms; a test asserts that both agree), a directory in XDG_RUNTIME_DIR,
one of the user's own in the directory for temporary files.  If none is, nothing is kept: what is compiled lives in memory.

A directory is checked each time it is opened, so one that is made, removed or opened to others while the program runs
is noticed.
"""

from __future__ import annotations

import os

from pyvorin.cache import CACHE_UNAVAILABLE, INSECURE_CACHE, files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APPLICATION = "pyvorin"


class Location:
    """The directories in which the cache may lie, the first one first.  None at all: nothing is kept.

    problems: (reason code, detail) of those that were refused, without repetition; for the log.
    """

    __slots__ = ("candidates", "problems")

    def __init__(self, candidates: tuple[str, ...]) -> None:
        self.candidates = candidates
        self.problems: list[tuple[str, str]] = []

    @classmethod
    def of_settings(cls, cache_dir: str, trusted: bool = True, environ: Mapping[str, str] | None = None) -> Location:
        """The location under the settings `cache_dir` (absolute, or "") and `trusted`.

        A process with raised privileges (trusted is False) keeps nothing.
        """
        if not trusted:
            return cls(())
        if cache_dir:
            return cls((cache_dir,))
        environ = os.environ if environ is None else environ
        candidates = [user_cache_dir(environ)]
        runtime = environ.get("XDG_RUNTIME_DIR", "")
        if runtime.startswith("/"):
            candidates.append(os.path.join(runtime, APPLICATION))
        temporary = environ.get("TMPDIR", "")
        candidates.append(
            os.path.join(temporary if temporary.startswith("/") else "/tmp", f"{APPLICATION}-{os.geteuid()}")
        )
        return cls(tuple(path for path in candidates if path is not None))

    def readable(self, directory: str) -> Iterator[str]:
        """The paths of the subdirectory `directory` in all candidates where it exists and is private."""
        for candidate in self.candidates:
            path = os.path.join(candidate, directory)
            if self._is_private(path):
                yield path

    def writable(self, directory: str) -> str | None:
        """The path of the subdirectory in the first candidate where it is, or can be made, private and writable."""
        for candidate in self.candidates:
            path = os.path.join(candidate, directory)
            if not self._is_private(path) and not self._make(path):
                continue
            if os.access(path, os.W_OK | os.X_OK):
                return path
            self._note(CACHE_UNAVAILABLE, f"{path} cannot be written to")
        return None

    def _is_private(self, path: str) -> bool:
        try:
            files.check_directory(path)
        except FileNotFoundError:
            return False
        except files.Insecure as error:
            self._note(INSECURE_CACHE, str(error))
            return False
        except OSError as error:
            self._note(CACHE_UNAVAILABLE, f"{path}: {error.strerror}")
            return False
        return True

    def _make(self, path: str) -> bool:
        """Make the directory if what exists of its path is safe: nothing is left in a place that is not to be used."""
        existing = path
        while not os.path.lexists(existing):
            existing = os.path.dirname(existing)
        if existing == path:
            # It was refused; or another process has made it since it was looked for.
            return self._is_private(path)
        try:
            files.check_directory(existing, shared=True)
            files.make_directory(path)
        except files.Insecure as error:
            self._note(INSECURE_CACHE, str(error))
            return False
        except OSError as error:
            self._note(CACHE_UNAVAILABLE, f"{path}: {error.strerror}")
            return False
        # In a shared directory another user may have been faster.
        return self._is_private(path)

    def _note(self, code: str, detail: str) -> None:
        if (code, detail) not in self.problems:
            self.problems.append((code, detail))


def user_cache_dir(environ: Mapping[str, str]) -> str | None:
    """The directory that `platformdirs.user_cache_dir("pyvorin", appauthor=False)` names; None where that raises."""
    cache_home = environ.get("XDG_CACHE_HOME", "")
    if cache_home.startswith("/"):
        return os.path.join(cache_home, APPLICATION)
    home = environ.get("HOME")
    if home is None or not home.startswith("/"):
        import pwd

        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:  # a user that the system does not know, as in some containers
            return None
        if not home.startswith("/"):
            return None
    return os.path.join(home.rstrip("/"), ".cache", APPLICATION) if home.strip("/") else f"/.cache/{APPLICATION}"
