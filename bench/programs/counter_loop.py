"""How often each number occurs: `if x in counts: counts[x] += 1`.

Stresses searching a dict by int, for which no int object has to be made, and counting in place.
"""


def setup():
    return ([number * 7919 % 101 * (number % 7) for number in range(200_000)],)


def run(numbers):
    counts = {}
    for number in numbers:
        if number in counts:
            counts[number] += 1
        else:
            counts[number] = 1
    return counts
