"""The statistics of repeated timings."""

import statistics

import pytest
from harness.samples import geometric_mean, paired_ratios, quartiles, ratio_of_medians, three_sigma


def test_three_sigma_drops_what_is_far_away():
    steady = [1.0, 1.01, 0.99, 1.02, 0.98] * 4
    assert three_sigma([*steady, 9.0]) == (steady, [9.0])


def test_three_sigma_keeps_the_order():
    times = [1.03, 1.0, 1.02, 1.01]
    assert three_sigma(times) == (times, [])


@pytest.mark.parametrize("count", range(2, 11))
def test_three_sigma_cannot_drop_from_ten_or_fewer(count):
    times = [1.0] * (count - 1) + [1e6]
    assert three_sigma(times) == (times, [])


def test_three_sigma_can_drop_from_eleven():
    assert three_sigma([1.0] * 10 + [1e6]) == ([1.0] * 10, [1e6])


def test_three_sigma_of_one_and_of_none():
    assert three_sigma([2.5]) == ([2.5], [])
    with pytest.raises(statistics.StatisticsError):
        three_sigma([])


def test_ratio_of_medians_says_how_many_times_faster_the_second_is():
    assert ratio_of_medians([3.0, 3.3, 2.7], [1.0, 1.1, 0.9]) == 3.0


def test_ratio_of_medians_filters_first():
    times = [1.0] * 10 + [2.0] * 10 + [1000.0]  # the outlier decides on which side the middle lies
    assert statistics.median(times) == 2.0
    assert ratio_of_medians(times, [1.0] * 7) == 1.5


def test_quartiles():
    assert quartiles([5.0, 1.0, 3.0, 2.0, 4.0]) == (2.0, 3.0, 4.0)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)


def test_paired_ratios_cancel_a_slow_phase_of_the_machine():
    assert paired_ratios([2.0, 8.0, 2.0], [1.0, 4.0, 1.0]) == [2.0, 2.0, 2.0]
    with pytest.raises(ValueError, match="pairs"):
        paired_ratios([1.0], [1.0, 2.0])


def test_geometric_mean():
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([2.0, 4.0, 8.0]) == pytest.approx(4.0)
    with pytest.raises(ValueError, match="no ratios"):
        geometric_mean([])
    with pytest.raises(ValueError, match=r"positive|domain"):
        geometric_mean([0.0])
