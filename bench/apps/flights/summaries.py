"""Totals per group; a group is a small code: a carrier, an airport, a month, an hour."""

from __future__ import annotations


def group_counts(groups: list[int], count: int) -> list[int]:
    """How many rows each of the `count` groups has."""
    counts = [0] * count
    for group in groups:
        counts[group] += 1
    return counts


def group_totals(groups: list[int], values: list[float], count: int) -> list[float]:
    totals = [0.0] * count
    for group, value in zip(groups, values):
        totals[group] += value
    return totals


def group_means(groups: list[int], values: list[float], count: int) -> list[float]:
    """Mean value of each group, 0.0 for a group without rows."""
    totals = group_totals(groups, values, count)
    counts = group_counts(groups, count)
    return [total / size if size else 0.0 for total, size in zip(totals, counts)]


def group_variances(groups: list[int], values: list[float], count: int) -> list[float]:
    """Sample variance of each group around its own mean."""
    means = group_means(groups, values, count)
    squares = [0.0] * count
    sizes = [0] * count
    for i in range(len(groups)):
        group = groups[i]
        delta = values[i] - means[group]
        squares[group] += delta * delta
        sizes[group] += 1
    return [squares[k] / (sizes[k] - 1) if sizes[k] > 1 else 0.0 for k in range(count)]


def group_shares_above(groups: list[int], values: list[float], limit: float, count: int) -> list[float]:
    """Share of each group's rows whose value is above the limit."""
    above = [0] * count
    sizes = [0] * count
    for group, value in zip(groups, values):
        sizes[group] += 1
        if value > limit:
            above[group] += 1
    return [part / size if size else 0.0 for part, size in zip(above, sizes)]


def cross_means(
    rows: list[int], columns: list[int], values: list[float], row_count: int, column_count: int
) -> list[float]:
    """Means per pair of groups, row after row; 0.0 where a pair never occurs."""
    totals = [0.0] * (row_count * column_count)
    counts = [0] * (row_count * column_count)
    for row, column, value in zip(rows, columns, values):
        place = row * column_count + column
        totals[place] += value
        counts[place] += 1
    return [total / count if count else 0.0 for total, count in zip(totals, counts)]


def largest(values, size):
    """Positions of the `size` largest values, largest first, the earlier of equals first."""
    places = []
    for _ in range(min(size, len(values))):
        best = -1
        for i in range(len(values)):
            if i not in places and (best < 0 or values[i] > values[best]):
                best = i
        places.append(best)
    return places
