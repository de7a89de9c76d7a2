"""Joins two tables on an int key, as a database does: an index of one, a search for each row of the other.

Stresses a dict of lists, `setdefault`, and a search that fails as often as not.
"""


def setup():
    left = [(number * 3 % 20_000, number * 0.5) for number in range(20_000)]
    right = [(number * 7 % 40_000, number) for number in range(40_000)]
    return left, right


def run(left, right):
    index = {}
    for key, amount in left:
        index.setdefault(key, []).append(amount)
    total = 0.0
    matches = 0
    for key, weight in right:
        amounts = index.get(key)
        if amounts is not None:
            for amount in amounts:
                total += amount * weight
                matches += 1
    return total, matches
