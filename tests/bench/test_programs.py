"""The measured programs compute what they say, by another way of computing it."""

import base64
import cmath
import collections
import datetime
import importlib
import itertools
import math
import re
import zlib

import pytest
from harness.catalogue import own
from harness.checksum import checksum

TITLES = {program.name: program.title for program in own()}
NAMES = list(TITLES)


def load(name):
    program = importlib.import_module("programs." + name)
    return program, program.setup()


def test_there_are_the_programs():
    assert len(NAMES) >= 16


@pytest.mark.parametrize("name", NAMES)
def test_docstring_says_what_is_stressed(name):
    program, _ = load(name)
    assert program.__doc__.startswith(TITLES[name])
    assert "Stresses " in program.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_equal_arguments_give_the_same_result_and_only_a_mutator_changes_them(name):
    program, arguments = load(name)
    before = checksum(arguments)
    first = checksum(program.run(*arguments))
    assert (checksum(arguments) != before) == getattr(program, "MUTATES", False)
    again = program.setup()
    assert checksum(again) == before
    assert checksum(program.run(*again)) == first


def running_total(values):
    return list(itertools.accumulate(values, initial=0.0))[-1]


def test_sums():
    program, (values,) = load("sum_floats")
    assert program.run(values) == running_total(values)
    program, (values, limit) = load("filter_sum")
    assert program.run(values, limit) == running_total(value * 1.2 for value in values if value > limit)
    program, (values, nothing) = load("int_start_sum")
    total, empty = program.run(values, nothing)
    assert total == running_total(values)
    assert (type(empty), empty) == (int, 0)
    program, (xs, ys) = load("dot_product")
    assert program.run(xs, ys) == running_total(map(float.__mul__, xs, ys))


def test_array_scale_converges():
    program, (a, c, d) = load("array_scale")
    expected = [value * c + d for value in a]
    program.run(a, c, d)
    assert a.tolist() == expected
    for _ in range(100):
        program.run(a, c, d)
    assert set(a) == {2.0}


def test_integers():
    program, (count,) = load("int_loop")
    assert program.run(count) == sum(i * i % 7 + i % 4 for i in range(count))
    program, (n,) = load("fib")
    assert program.run(n) == 196418
    program, (limit,) = load("collatz")
    assert program.run(limit) == (2919, 216)
    program, (limit,) = load("gcd")
    pairs = itertools.product(range(1, limit), repeat=2)
    assert program.run(limit) == sum(math.gcd(a * 12, b * 18) for a, b in pairs)
    program, (limit,) = load("sieve")
    assert program.run(limit) == 9592
    program, (limit,) = load("count_primes")
    assert program.run(limit) == 1007


def test_lists():
    program, (xs,) = load("scale_list")
    assert program.run(xs) == [x + x for x in xs]
    program, (values, window) = load("moving_average")
    averages = program.run(values, window)
    expected = [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]
    assert averages == expected  # whole numbers far below 2**53: every order of summation is exact
    program, (values, low, width, bins) = load("histogram")
    assert sum(program.run(values, low, width, bins)) == len(values)
    assert program.run([-1.0, 0.0, 9.99, 10.0, 1e9], low, width, bins)[:2] == [3, 1]
    program, (values, n) = load("quickselect")
    assert program.run(values, n) == sorted(values)[n]
    program, (values,) = load("extremes")
    assert program.run(values) == (min(values), max(values))
    assert program.run([]) == (None, None)
    program, (values,) = load("argmax")
    assert program.run(values) == values.index(max(values))
    program, (a, b, n) = load("matmul")
    rows = [a[i * n : i * n + n] for i in range(n)]
    columns = [b[j::n] for j in range(n)]
    assert program.run(a, b, n) == [running_total(map(float.__mul__, row, col)) for row in rows for col in columns]


def test_dicts_and_sets():
    program, (words,) = load("word_count")
    assert program.run(words) == collections.Counter(words)
    program, (numbers,) = load("counter_loop")
    assert program.run(numbers) == collections.Counter(numbers)
    program, (rows,) = load("group_by")
    keys = {row[:2] for row in rows}
    assert program.run(rows) == {key: running_total(row[2] for row in rows if row[:2] == key) for key in keys}
    program, (numbers,) = load("dedupe")
    assert program.run(numbers) == list(dict.fromkeys(numbers))
    program, (left, right) = load("hash_join")
    amounts = [(amount, weight) for key, amount in left[:50] for other, weight in right if key == other]
    assert program.run(left[:50], right) == (math.fsum(a * w for a, w in amounts), len(amounts))
    program, arguments = load("inventory")
    stock, prices, weights = arguments
    assert program.run(*arguments) == (
        running_total(prices[name] * count for name, count in stock.items()),
        running_total(weights[name] * count for name, count in stock.items() if name in weights),
        len(stock) - len(weights),
    )


def test_floats():
    program, arguments = load("mandelbrot")
    inside = program.iterations(0.0, 0.0, 100)
    assert inside == 100
    assert program.iterations(2.0, 2.0, 100) == 1
    assert 0 < program.run(*arguments) < 60 * 60 * 100
    program, (positions, velocities, masses, step, steps) = load("nbody")
    start = program.run(positions, velocities, masses, step, 0)
    end = program.run(positions, velocities, masses, step, steps)
    assert start != end
    assert end == pytest.approx(start, rel=1e-3)  # energy is kept, but for the error of the steps


def test_texts():
    program, (a, b) = load("levenshtein")
    assert program.run("kitten", "sitting") == 3
    assert program.run("", "abc") == 3
    assert abs(len(a) - len(b)) <= program.run(a, b) <= max(len(a), len(b))
    program, (text,) = load("string_scan")
    assert program.run(text) == (len(re.findall("[aeiou]", text)), [int(n) for n in re.findall("[0-9]+", text)])
    assert program.run("x9")[1] == [9]


def test_generators():
    program, (values,) = load("generators")
    squares = sum(v * v for v in range(3, 30_001, 3))
    assert program.run(values) == (squares, False, True, max(v ^ 21845 for v in values))


def test_checksums_and_encodings():
    program, (data,) = load("crc32")
    assert program.run(data) == zlib.crc32(data)
    program, (data,) = load("base64_text")
    assert program.encode(data) == base64.b64encode(data).decode()
    assert program.run(data)[2]


def test_searches():
    program, arguments = load("queens")
    assert program.run(*arguments) == 40
    program, (costs,) = load("permutations")
    orders = [list(order) for order in itertools.permutations(range(1, len(costs)))]
    assert sorted(program.orders(list(range(1, len(costs))))) == orders
    best, order = program.run(costs)
    assert best == sum(costs[a][b] for a, b in itertools.pairwise([0, *order, 0]))
    program, (things, capacity) = load("knapsack")
    value, chosen = program.run(things, capacity)
    assert sum(things[index][0] for index in chosen) <= capacity
    assert sum(things[index][1] for index in chosen) == value


def test_transforms():
    program, (values,) = load("fft")
    found = program.run(values)
    for frequency in (0, 1, 16, 511):
        whole = sum(value * cmath.exp(-2j * math.pi * frequency * at / len(values)) for at, value in enumerate(values))
        assert math.isclose(found[frequency], abs(whole), rel_tol=1e-6, abs_tol=1e-6)
    program, (a, b) = load("matmul_rows")
    columns = list(zip(*b))
    assert program.multiply(a, b)[3] == [running_total(map(float.__mul__, a[3], column)) for column in columns]


def test_dates():
    program, (texts,) = load("parse_dates")
    days, seconds = program.parse("2024-03-01T10:20:30")
    assert days == (datetime.date(2024, 3, 1) - datetime.date(1970, 1, 1)).days
    assert seconds == 10 * 3600 + 20 * 60 + 30
    assert program.run(texts)[1] >= len(texts) // 50


def test_groups():
    program, (rows,) = load("group_rows")
    sums = collections.Counter()
    for row in rows:
        if row["country"] != "pl":
            sums[row["customer"]] += row["amount"] * row["units"]
    assert {name: total for name, total, *_ in program.run(rows)}.items() <= sums.items()
    program, (text,) = load("word_counter")
    words = collections.Counter(word.strip(",").lower() for word in text.split())
    assert program.run(text) == (words.most_common(10), len(words))


def test_invoices():
    program, (prices, orders) = load("invoices")
    total, heaviest = program.run(prices, orders)
    wanted = 0
    for number, count, reduced in orders:
        step = sum(count >= limit for limit in (10, 25, 100))
        net = prices[number][0] * count * (1.0 - 0.03 * step)
        wanted += int(net * (1.07 if reduced else 1.19) * 100.0 + 0.5) - step
    assert (total, heaviest) == (wanted, max(prices[number][1] * count for number, count, _ in orders))
