"""Moving average over a list of floats.

Stresses indexed reads at two places of a list and appending to a new list.
"""


def setup():
    return [float(i * 7919 % 1000) for i in range(50_000)], 50


def run(values, window):
    total = 0.0
    for i in range(window):
        total += values[i]
    averages = [total / window]
    for i in range(window, len(values)):
        total += values[i] - values[i - window]
        averages.append(total / window)
    return averages
