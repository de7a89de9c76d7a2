"""Totals over the lines of a file, some of which are dirty.

Stresses `with open`, a loop over the file, split, int and float of text, and a handler.
"""

import os
import tempfile


def setup():
    path = os.path.join(tempfile.gettempdir(), "pyvorin-bench-totals.csv")
    with open(f"{path}.{os.getpid()}", "w") as file:
        for i in range(20_000):
            price = "missing" if i % 50 == 7 else f"{(i * 104729 % 100000) / 100:.2f}"
            file.write(f"order-{i:05d},{i * 7919 % 97 + 1},{price},{'EUR' if i % 3 else 'USD'}\n")
    os.replace(file.name, path)
    return (path,)


def run(path):
    total = 0.0
    count = dirty = 0
    with open(path) as file:
        for line in file:
            name, number, price, currency = line.rstrip().split(",")
            try:
                amount = int(number) * float(price)
            except ValueError:
                dirty += 1
                continue
            if currency == "USD":
                amount *= 0.92
            total += amount
            count += len(name)
    return total, count, dirty
