"""Invoices, by a program of three modules.

Stresses calls of functions and methods of other modules, their constants, and objects of their classes.
"""

import programs._money as money
from programs._stock import Article, steps


def setup():
    prices = [(1.5 + i * 0.75, i % 9 * 0.25) for i in range(40)]
    orders = [(i * 7 % 40, i * 13 % 120, i % 3 == 0) for i in range(20_000)]
    return prices, orders


def run(prices, orders):
    articles = [Article(price, weight) for price, weight in prices]
    total = 0
    heaviest = 0.0
    for number, count, reduced in orders:
        article = articles[number]
        total += money.in_cents(money.taxed(article.price_of(count), reduced)) - steps(count)
        heaviest = max(heaviest, article.weight * count)
    return total, heaviest
