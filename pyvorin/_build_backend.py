"""The build backend (PEP 517, PEP 660): setuptools', with the start-up file added to every wheel, editable ones included.

setuptools has no option for a file at the root of site-packages that works in both kinds of wheel: `data_files` and a
`build_py` of one's own reach normal wheels only.

The wheel is written anew with sorted members and one fixed time, so that two builds of the same source are the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import time
import zipfile
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

from pyvorin import startup_file

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

_EARLIEST = 315532800  # 1980-01-01, the first date that a zip archive can hold


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """The file name of the wheel built into `wheel_directory`."""
    # setuptools copies into this directory and never removes from it, so a deleted module would live on in the wheel.
    shutil.rmtree(os.path.join("build", "lib"), ignore_errors=True)
    name = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return _complete(wheel_directory, name)


def build_editable(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """The file name of the editable wheel built into `wheel_directory`."""
    name = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    return _complete(wheel_directory, name)


def _complete(directory: str, name: str) -> str:
    """Put the start-up file into the wheel `name`, list it in RECORD (by which pip removes it), and make it reproducible."""
    path = os.path.join(directory, name)
    with zipfile.ZipFile(path) as wheel:
        members = {info.filename: wheel.read(info) for info in wheel.infolist() if not info.is_dir()}
    members[startup_file.NAME] = startup_file.TEXT.encode("ascii")
    record = next(member for member in members if member.endswith(".dist-info/RECORD"))
    del members[record]
    rows = [_record_row(member, content) for member, content in sorted(members.items())]
    members[record] = "".join([*rows, f"{record},,\n"]).encode()

    moment = time.gmtime(max(_EARLIEST, int(os.environ.get("SOURCE_DATE_EPOCH", _EARLIEST))))[:6]
    aside = path + ".tmp"
    with zipfile.ZipFile(aside, "w") as wheel:
        for member, content in sorted(members.items(), key=_metadata_last):
            info = zipfile.ZipInfo(member, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            wheel.writestr(info, content)
    os.replace(aside, path)
    return name


def _record_row(member: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
    return f"{member},sha256={digest},{len(content)}\n"


def _metadata_last(item: tuple[str, bytes]) -> tuple[bool, str]:
    """The order that the wheel format recommends: the .dist-info directory at the end of the archive."""
    return ".dist-info/" in item[0], item[0]
