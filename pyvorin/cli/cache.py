"""`cache`: what is kept on disk."""

from __future__ import annotations

import argparse
import time

from pyvorin.cache import upkeep
from pyvorin.cache.location import Location
from pyvorin.core import config


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser("cache", help="list or clear what is kept on disk")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the files of the cache")
    listing.set_defaults(carry_out=list_files)
    clearing = actions.add_parser("clear", help="remove all files of the cache; running programs are not disturbed")
    clearing.set_defaults(carry_out=clear)


def location() -> Location:
    """Where this user's cache lies."""
    settings = config.load(project_dir=None)
    return Location.of_settings(settings.cache_dir, settings.trusted)


def list_files(options: argparse.Namespace) -> int:
    """Print one line for each file, and the sum."""
    found = upkeep.entries(location())
    for file in found:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.last_use))
        about = upkeep.describe(file)
        note = " ".join(part for part in (about.get("module"), about.get("failure")) if part)
        print(f"{file.kind:9} {file.size:>10} {used} {file.path}{f'  ({note})' if note else ''}")
    print(f"{len(found)} files, {sum(file.size for file in found)} bytes")
    return 0


def clear(options: argparse.Namespace) -> int:
    """Remove the files and print how many there were."""
    print(f"{upkeep.clear(location())} files removed")
    return 0
