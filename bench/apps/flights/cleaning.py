"""From columns of text to columns of numbers: missing values, codes, clock times, filters."""

from __future__ import annotations

import math

MISSING = "NA"
DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def parse_floats(cells: list[str]) -> list[float]:
    """The numbers of a column, NaN where the value is missing."""
    return [math.nan if cell == MISSING else float(cell) for cell in cells]


def parse_ints(cells: list[str]) -> list[int]:
    """The whole numbers of a column that has no missing values."""
    return [int(cell) for cell in cells]


def count_missing(cells):
    return sum(1 for cell in cells if cell == MISSING)


def encode(cells: list[str]) -> tuple[list[int], list[str]]:
    """The column as small codes, and the label of each code in alphabetical order."""
    labels = sorted(set(cells))
    codes = {label: code for code, label in enumerate(labels)}
    return [codes[cell] for cell in cells], labels


def is_us_registration(tail: str) -> bool:
    """Whether a tail number is a US registration: N, one to five digits or letters, letters only at the end."""
    if len(tail) < 2 or len(tail) > 6 or tail[0] != "N":
        return False
    letters = 0
    for c in tail[1:]:
        if "0" <= c <= "9":
            if letters > 0:
                return False
        elif "A" <= c <= "Z":
            letters += 1
        else:
            return False
    return letters <= 2


def count_us_registrations(tails: list[str]) -> int:
    count = 0
    for tail in tails:
        if is_us_registration(tail):
            count += 1
    return count


def complete_rows(departure_delay: list[float], arrival_delay: list[float], air_time: list[float]) -> list[int]:
    """The positions of the flights that left, arrived, and have their time in the air recorded."""
    rows = []
    for i in range(len(departure_delay)):
        if math.isnan(departure_delay[i]) or math.isnan(arrival_delay[i]) or math.isnan(air_time[i]):
            continue
        rows.append(i)
    return rows


def take(column, rows):
    """The values of a column at the given positions, in their order."""
    return [column[row] for row in rows]


def minutes_of_day(clock: list[int]) -> list[int]:
    """Minutes since midnight of times written as hours * 100 + minutes."""
    return [hhmm // 100 * 60 + hhmm % 100 for hhmm in clock]


def days_of_year(months: list[int], days: list[int]) -> list[int]:
    """Day of a year of 365 days, counted from 0."""
    return [DAYS_BEFORE_MONTH[month - 1] + day - 1 for month, day in zip(months, days)]


def departure_minutes(year_days: list[int], clock: list[int], delays: list[float]) -> list[int]:
    """Minutes since New Year at which each flight really left."""
    return [day * 1440 + minute + int(delay) for day, minute, delay in zip(year_days, minutes_of_day(clock), delays)]


def in_time_order(minutes: list[int]) -> list[int]:
    """Positions in the order of time; flights of the same minute keep the order of the file."""
    return sorted(range(len(minutes)), key=minutes.__getitem__)


def count_outside(values: list[float], low: float, high: float) -> int:
    """How many values lie outside [low, high]."""
    count = 0
    for value in values:
        if not low <= value <= high:
            count += 1
    return count
