"""Prices an inventory: goes over the items of a dict and looks each up in two others.

Stresses iterating over the items of a dict, and reading floats by str.
"""


def setup():
    names = ["item" + str(number) for number in range(5000)]
    stock = {name: number % 50 for number, name in enumerate(names)}
    prices = {name: number * 0.01 for number, name in enumerate(names)}
    weights = {name: number * 0.002 for number, name in enumerate(names) if number % 3}
    return stock, prices, weights


def run(stock, prices, weights):
    value = 0.0
    weight = 0.0
    missing = 0
    for name, count in stock.items():
        value += prices[name] * count
        if name in weights:
            weight += weights[name] * count
        else:
            missing += 1
    return value, weight, missing
