"""Finds the file with Pyvorin's table of a project, `[tool.pyvorin]` or `[tool:pyvorin]`; `project_table.py` reads it.

A start looks for it in each directory above the script, so a file that does not mention it is only read.
"""

from __future__ import annotations

import os
import stat

_LIMIT = 4 << 20


def find(directory: str, problems: list[str]) -> tuple[str, dict[str, str]]:
    """The path of the nearest file with a table of ours, from `directory` upwards, and the texts in it by name.

    ("", {}) if there is none.  A file that somebody else could have planted (owner neither this user nor root) is not read.
    """
    try:
        directory = os.path.abspath(directory)
    except FileNotFoundError:  # a relative path, and the working directory is gone
        return "", {}
    while True:
        for name, mark in (("pyproject.toml", b"pyvorin"), ("setup.cfg", b"[tool:pyvorin]")):
            path = os.path.join(directory, name)
            content = _content(path, problems)
            if mark in content:
                from pyvorin.core import project_table  # not on the way of every start

                read = project_table.read_toml if name.endswith(".toml") else project_table.read_cfg
                table = read(content, path, problems)
                if table is not None:
                    return path, table
        parent = os.path.dirname(directory)
        if parent == directory:
            return "", {}
        directory = parent


def _content(path: str, problems: list[str]) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except Exception:  # an OSError, or whatever an audit hook of the program raises
        return b""
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LIMIT:
            return b""
        content = os.read(fd, status.st_size + 1)
        if b"pyvorin" in content and status.st_uid not in (0, os.geteuid()):
            problems.append(f"{path} is not read: it belongs to another user")
            return b""
        return content
    except OSError:
        return b""
    finally:
        os.close(fd)
