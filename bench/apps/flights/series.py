"""Columns read as series in time: moving statistics, memory, runs."""

from __future__ import annotations

import math


def moving_average(values: list[float], window: int) -> list[float]:
    """Mean of each run of `window` neighbours; the first mean ends at position window - 1.

    Raises:
        ValueError: the window is empty or longer than the series.
    """
    if window < 1 or window > len(values):
        raise ValueError("the window does not fit the series")
    total = sum(values[:window])
    averages = [total / window]
    for i in range(window, len(values)):
        total += values[i] - values[i - window]
        averages.append(total / window)
    return averages


def moving_deviation(values: list[float], window: int) -> list[float]:
    """Standard deviation of each run of `window` neighbours, from running sums of the centred values."""
    centre = sum(values) / len(values)
    total = 0.0
    squares = 0.0
    deviations = []
    for i in range(len(values)):
        value = values[i] - centre
        total += value
        squares += value * value
        if i >= window:
            gone = values[i - window] - centre
            total -= gone
            squares -= gone * gone
        if i >= window - 1:
            spread = squares / window - (total / window) ** 2
            deviations.append(math.sqrt(spread) if spread > 0.0 else 0.0)
    return deviations


def exponential_average(values: list[float], weight: float = 0.05) -> list[float]:
    """Each value smoothed with all that came before; `weight` is the share of the newest."""
    averages = []
    level = values[0]
    for value in values:
        level += weight * (value - level)
        averages.append(level)
    return averages


def autocorrelation(values: list[float], lag: int) -> float:
    """Correlation of the series with itself `lag` places earlier."""
    centre = sum(values) / len(values)
    total = 0.0
    for value in values:
        total += (value - centre) ** 2
    shifted = 0.0
    for i in range(lag, len(values)):
        shifted += (values[i] - centre) * (values[i - lag] - centre)
    return shifted / total


def peak(values):
    """Position and size of the largest value; the first of equals."""
    best = 0
    for i, value in enumerate(values):
        if value > values[best]:
            best = i
    return best, values[best]


def longest_run_above(values: list[float], limit: float) -> tuple[int, int]:
    """Start and length of the longest run of values above the limit."""
    best_start, best_length = 0, 0
    start = 0
    for i, value in enumerate(values):
        if value > limit:
            if i - start + 1 > best_length:
                best_start, best_length = start, i - start + 1
        else:
            start = i + 1
    return best_start, best_length


def worst_stretch(values: list[float], norm: float) -> tuple[float, int, int]:
    """The stretch with the largest sum of (value - norm): that sum, first and last position (Kadane's scan)."""
    best = values[0] - norm
    best_first = best_last = 0
    current = 0.0
    first = 0
    for i in range(len(values)):
        if current <= 0.0:
            current = 0.0
            first = i
        current += values[i] - norm
        if current > best:
            best = current
            best_first, best_last = first, i
    return best, best_first, best_last


def previous_in_group(groups: list[int], values: list[float], count: int) -> list[float]:
    """For each position the value at the last earlier position of the same group, NaN for the first of a group."""
    last = [math.nan] * count
    previous = []
    for group, value in zip(groups, values):
        previous.append(last[group])
        last[group] = value
    return previous
