"""Sums by a pair of keys: a tuple is made for each row.

Stresses hashing and comparing tuples, and floats that a dict holds.
"""


def setup():
    regions = ["north", "south", "east", "west"]
    return ([(regions[number % 4], number % 12, number * 0.25) for number in range(50_000)],)


def run(rows):
    sums = {}
    for region, month, amount in rows:
        key = (region, month)
        sums[key] = sums.get(key, 0.0) + amount
    return sums
