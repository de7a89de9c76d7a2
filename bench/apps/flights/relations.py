"""How two columns depend on each other."""

from __future__ import annotations

import math


def correlation(xs: list[float], ys: list[float]) -> float:
    """Pearson's coefficient; 0.0 where a column does not vary.

    Raises:
        ValueError: the columns have different lengths.
    """
    if len(xs) != len(ys):
        raise ValueError("columns of different lengths")
    mean_x = sum(xs) / len(xs)
    mean_y = sum(ys) / len(ys)
    xx = yy = xy = 0.0
    for x, y in zip(xs, ys):
        dx = x - mean_x
        dy = y - mean_y
        xx += dx * dx
        yy += dy * dy
        xy += dx * dy
    return xy / math.sqrt(xx * yy) if xx > 0.0 and yy > 0.0 else 0.0


def linear_fit(xs: list[float], ys: list[float]) -> tuple[float, float]:
    """Slope and intercept of the least-squares line."""
    mean_x = sum(xs) / len(xs)
    mean_y = sum(ys) / len(ys)
    xx = xy = 0.0
    for x, y in zip(xs, ys):
        xx += (x - mean_x) ** 2
        xy += (x - mean_x) * (y - mean_y)
    slope = xy / xx
    return slope, mean_y - slope * mean_x


def residual_deviation(xs: list[float], ys: list[float], slope: float, intercept: float) -> float:
    total = sum((y - (slope * x + intercept)) ** 2 for x, y in zip(xs, ys))
    return math.sqrt(total / (len(xs) - 2))


def average_ranks(values: list[float], low: int, high: int) -> list[float]:
    """Rank of each value, equal values sharing the mean of their ranks; for whole numbers within [low, high]."""
    counts = [0] * (high - low + 1)
    for value in values:
        counts[int(value) - low] += 1
    ranks = []
    before = 0
    for count in counts:
        ranks.append(before + (count + 1) / 2)
        before += count
    return [ranks[int(value) - low] for value in values]


def both_present(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """The pairs without a NaN, as two columns."""
    left = []
    right = []
    for x, y in zip(xs, ys):
        if x == x and y == y:
            left.append(x)
            right.append(y)
    return left, right
