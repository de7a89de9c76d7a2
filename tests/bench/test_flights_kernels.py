"""The functions of the flights application, each against another way of computing the same."""

import bisect
import datetime
import math
import random
import statistics

import cleaning
import distribution
import geography
import pytest
import relations
import series
import summaries


@pytest.fixture
def values():
    generator = random.Random(13)
    return [round(generator.gauss(10.0, 40.0)) / 1.0 for _ in range(500)]


@pytest.fixture
def others(values):
    generator = random.Random(14)
    return [0.5 * value + generator.gauss(0.0, 5.0) for value in values]


def test_numbers_and_missing_values():
    numbers = cleaning.parse_floats(["1", "NA", "-2.5"])
    assert numbers[0] == 1.0
    assert math.isnan(numbers[1])
    assert numbers[2] == -2.5
    assert cleaning.count_missing(["NA", "1", "NA"]) == 2
    assert cleaning.parse_ints(["7", "-3"]) == [7, -3]
    with pytest.raises(ValueError, match="could not convert"):
        cleaning.parse_floats(["?"])


def test_encode_gives_codes_in_alphabetical_order():
    assert cleaning.encode(["UA", "AA", "UA", "B6"]) == ([2, 0, 2, 1], ["AA", "B6", "UA"])


@pytest.mark.parametrize(
    ("tail", "expected"),
    [("N14228", True), ("N1", True), ("N713EV", True), ("N9AB", True), ("N", False), ("", False), ("NA1", False),
     ("C1234", False), ("N123456", False), ("N12-A", False), ("N1ABC", False), ("D942DN", False)],
)  # fmt: skip
def test_registrations(tail, expected):
    assert cleaning.is_us_registration(tail) is expected
    assert cleaning.count_us_registrations([tail, "N1", tail]) == 1 + 2 * expected


def test_complete_rows_need_all_three():
    nan = math.nan
    assert cleaning.complete_rows([1.0, nan, 1.0, 1.0], [1.0, 1.0, nan, 1.0], [1.0, 1.0, 1.0, nan]) == [0]
    assert cleaning.take(["a", "b", "c"], [2, 0]) == ["c", "a"]


def test_times():
    assert cleaning.minutes_of_day([0, 5, 517, 2359]) == [0, 5, 317, 1439]
    dates = [datetime.date(2013, 1, 1) + datetime.timedelta(day) for day in range(365)]
    days = cleaning.days_of_year([date.month for date in dates], [date.day for date in dates])
    assert days == list(range(365))
    assert cleaning.departure_minutes([1], [100], [-5.0]) == [1440 + 60 - 5]
    assert cleaning.in_time_order([30, 10, 30, 20]) == [1, 3, 0, 2]
    assert cleaning.count_outside([1.0, 2.0, 3.0, math.nan], 1.5, 3.0) == 2


def test_moments(values):
    assert distribution.mean(values) == statistics.fmean(values)
    assert distribution.variance(values) == pytest.approx(statistics.variance(values))
    assert distribution.deviation(values) == pytest.approx(statistics.stdev(values))
    assert distribution.variance([4.0]) == 0.0
    spread, centre = statistics.pstdev(values), statistics.fmean(values)
    skewness = statistics.fmean(((value - centre) / spread) ** 3 for value in values)
    assert distribution.skewness(values) == pytest.approx(skewness)
    assert distribution.skewness([2.0, 2.0]) == 0.0
    with pytest.raises(ValueError, match="no values"):
        distribution.mean([])


def test_order_statistics(values):
    ordered = sorted(values)
    before = values[:]
    assert [distribution.nth_smallest(values, n) for n in range(len(values))] == ordered
    assert values == before
    assert distribution.extremes(values) == (ordered[0], ordered[-1])
    assert distribution.extremes([]) == (None, None)
    for percent in (0.0, 12.5, 50.0, 99.9, 100.0):
        place = (len(values) - 1) * percent / 100.0
        below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
        assert distribution.percentile(values, percent) == pytest.approx(below + (above - below) * (place % 1.0))
    for n in (-1, 500):
        with pytest.raises(IndexError):
            distribution.nth_smallest(values, n)


def test_histogram_counts_what_lies_outside_at_the_ends(values):
    counts = distribution.histogram(values, -60.0, 15.0, 10)
    edges = [-60.0 + 15.0 * i for i in range(1, 10)]
    expected = [0] * 10
    for value in values:
        expected[bisect.bisect_right(edges, value)] += 1
    assert counts == expected
    assert min(counts[0], counts[-1]) > 0
    assert distribution.entropy([5, 5, 0, 5, 5]) == 2.0


def test_outliers_and_clip(values):
    reach = 1.5 * statistics.stdev(values)
    centre = statistics.fmean(values)
    assert distribution.outliers(values, 1.5) == len([v for v in values if not centre - reach <= v <= centre + reach])
    assert distribution.outliers(values) < distribution.outliers(values, limit=1.5)
    assert distribution.clip([1.0, 5.0, 9.0], 2.0, 8.0) == [2.0, 5.0, 8.0]


def test_bootstrap_draws_with_the_stated_generator():
    values = [1.0, 2.0, 4.0]
    state, means = 1, []
    for _ in range(5):
        draws = []
        for _ in range(40):
            state = state * 48271 % (2**31 - 1)
            draws.append(values[state % 3])
        means.append(math.fsum(draws) / 40)
    assert distribution.bootstrap_means(values, 5, 40) == means
    assert distribution.bootstrap_means(values, 5, 40, seed=2) != means


def test_moving_statistics(values):
    for window in (1, 7, 500):
        runs = [values[i : i + window] for i in range(len(values) - window + 1)]
        assert series.moving_average(values, window) == pytest.approx([statistics.fmean(run) for run in runs])
        deviations = [statistics.pstdev(run) for run in runs]
        assert series.moving_deviation(values, window) == pytest.approx(deviations, abs=1e-5)
    for window in (0, 501):
        with pytest.raises(ValueError, match="window"):
            series.moving_average(values, window)
    assert series.exponential_average([8.0, 0.0, 4.0], 0.5) == [8.0, 4.0, 4.0]


def test_autocorrelation(values):
    assert series.autocorrelation(values, 0) == pytest.approx(1.0)
    assert series.autocorrelation([1.0, -1.0] * 50, 1) == pytest.approx(-0.99)


def test_runs_and_stretches():
    generator = random.Random(5)
    for _ in range(50):
        values = [float(generator.randint(-5, 5)) for _ in range(generator.randint(1, 12))]
        spans = [(i, j) for i in range(len(values)) for j in range(i, len(values))]
        late = [(j - i + 1, -i) for i, j in spans if min(values[i : j + 1]) > 1.0]
        length, start = max(late, default=(0, 0))
        assert series.longest_run_above(values, 1.0) == (-start, length)
        best, first, last = series.worst_stretch(values, 0.5)
        assert best == max(sum(v - 0.5 for v in values[i : j + 1]) for i, j in spans)
        assert best == sum(v - 0.5 for v in values[first : last + 1])
        assert series.peak(values) == (values.index(max(values)), max(values))


def test_previous_in_group():
    previous = series.previous_in_group([0, 1, 0, 0, 1], [1.0, 2.0, 3.0, 4.0, 5.0], 2)
    assert [None if math.isnan(value) else value for value in previous] == [None, None, 1.0, 3.0, 2.0]
    assert relations.both_present(previous, [9.0] * 5) == ([1.0, 3.0, 2.0], [9.0] * 3)


def test_relations(values, others):
    assert relations.correlation(values, others) == pytest.approx(statistics.correlation(values, others))
    assert relations.correlation([1.0, 1.0], [1.0, 2.0]) == 0.0
    with pytest.raises(ValueError, match="different lengths"):
        relations.correlation(values, [1.0])
    slope, intercept = relations.linear_fit(values, others)
    assert (slope, intercept) == pytest.approx(tuple(statistics.linear_regression(values, others)))
    residuals = [y - (slope * x + intercept) for x, y in zip(values, others)]
    expected = math.sqrt(math.fsum(r * r for r in residuals) / (len(values) - 2))
    assert relations.residual_deviation(values, others, slope, intercept) == pytest.approx(expected)


def test_ranks_share_ties(values):
    ordered = sorted(values)
    expected = [(bisect.bisect_left(ordered, v) + 1 + bisect.bisect_right(ordered, v)) / 2 for v in values]
    assert relations.average_ranks(values, int(ordered[0]), int(ordered[-1])) == expected


def test_geography():
    assert geography.great_circle(0.0, 0.0, 0.0, 90.0) == pytest.approx(math.pi / 2 * geography.EARTH_RADIUS_MILES)
    assert geography.great_circle(40.0, -73.0, 40.0, -73.0) == 0.0
    assert geography.route_lengths([0], [1], [0.0, 0.0], [0.0, 90.0])[0] == geography.great_circle(0.0, 0.0, 0.0, 90.0)
    assert geography.speeds([300.0], [30.0]) == [600.0]
    assert geography.relative_errors([11.0, 5.0], [10.0, math.nan]) == [0.1]


def test_groups(values):
    groups = [int(value) % 4 for value in values]
    members = [[v for v, g in zip(values, groups) if g == k] for k in range(4)]
    assert summaries.group_counts(groups, 5) == [*map(len, members), 0]
    assert summaries.group_totals(groups, values, 5) == [*map(sum, members), 0.0]
    assert summaries.group_means(groups, values, 5) == [*map(statistics.fmean, members), 0.0]
    assert summaries.group_variances(groups, values, 5) == pytest.approx([*map(statistics.variance, members), 0.0])
    shares = [len([v for v in member if v > 15.0]) / len(member) for member in members]
    assert summaries.group_shares_above(groups, values, 15.0, 5) == [*shares, 0.0]
    assert summaries.cross_means([0, 1, 1], [1, 0, 0], [3.0, 4.0, 8.0], 2, 2) == [0.0, 3.0, 6.0, 0.0]
    assert summaries.largest([3.0, 9.0, 9.0, 1.0], 3) == [1, 2, 0]
    assert summaries.largest([3.0], 12) == [0]
