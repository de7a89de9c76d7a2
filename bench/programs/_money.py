"""Sums of money and taxes: a part of `invoices`."""

RATE = 0.19
REDUCED = 0.07


def taxed(net, reduced):
    return net * (1.0 + (REDUCED if reduced else RATE))


def in_cents(amount):
    return int(amount * 100.0 + 0.5)
