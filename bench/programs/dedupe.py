"""A list without its duplicates, in order.

Stresses searching a set by int and adding to it.
"""


def setup():
    return ([number * 48_271 % 30_011 for number in range(100_000)],)


def run(numbers):
    seen = set()
    unique = []
    for number in numbers:
        if number not in seen:
            seen.add(number)
            unique.append(number)
    return unique
