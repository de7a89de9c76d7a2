"""A new list of floats from a list of floats.

Stresses a comprehension whose result leaves the function: bound by allocating a float object per element.
"""


def setup():
    return ([i * 0.5 for i in range(50_000)],)


def run(xs):
    return [x * 2.0 for x in xs]
