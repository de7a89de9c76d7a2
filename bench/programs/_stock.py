"""What `invoices` sells: a part of that program."""

DISCOUNT = 0.03
LIMITS = (10, 25, 100)


class Article:
    def __init__(self, price, weight):
        self.price = price
        self.weight = weight

    def price_of(self, count):
        return self.price * count * (1.0 - DISCOUNT * steps(count))


def steps(count):
    found = 0
    for limit in LIMITS:
        if count >= limit:
            found += 1
    return found
