"""A list of floats, with one int in the middle, copied by append().

Stresses leaving native code in the middle of a loop and coming back: everything before the odd element has been done.
"""


def setup():
    values = [number * 0.5 for number in range(100_000)]
    values[50_000] = 7
    return (values,)


def run(values):
    result = []
    add_all(values, result)
    return len(result), result[50_000], result[-1]


def add_all(values, result):
    for value in values:
        result.append(value * 2.0)
