"""Distances and speeds."""

from __future__ import annotations

import math

EARTH_RADIUS_MILES = 3958.8


def great_circle(latitude_a, longitude_a, latitude_b, longitude_b):
    """Miles between two places given in degrees, by the haversine formula on a sphere."""
    a = math.radians(latitude_a)
    b = math.radians(latitude_b)
    half_latitude = math.sin((b - a) / 2.0)
    half_longitude = math.sin(math.radians(longitude_b - longitude_a) / 2.0)
    h = half_latitude * half_latitude + math.cos(a) * math.cos(b) * half_longitude * half_longitude
    return 2.0 * EARTH_RADIUS_MILES * math.asin(math.sqrt(h))


def route_lengths(
    origins: list[int], destinations: list[int], latitudes: list[float], longitudes: list[float]
) -> list[float]:
    """Great-circle length of each flight's route in miles; NaN where an airport's place is unknown."""
    lengths = []
    for origin, destination in zip(origins, destinations):
        lengths.append(
            great_circle(latitudes[origin], longitudes[origin], latitudes[destination], longitudes[destination])
        )
    return lengths


def speeds(distances: list[float], air_times: list[float]) -> list[float]:
    """Miles per hour from miles and minutes."""
    return [distance / (minutes / 60.0) for distance, minutes in zip(distances, air_times)]


def relative_errors(measured: list[float], expected: list[float]) -> list[float]:
    """abs(measured - expected) / expected for each pair that has an expected value."""
    return [abs(m - e) / e for m, e in zip(measured, expected) if not math.isnan(e)]
