"""Sums by group over the rows of a csv.reader.

Stresses a loop over an iterator of the standard library, rows that are lists of text, and a dict of totals.
"""

import csv
import os
import tempfile


def setup():
    path = os.path.join(tempfile.gettempdir(), "pyvorin-bench-groups.csv")
    with open(f"{path}.{os.getpid()}", "w", newline="") as file:
        writer = csv.writer(file)
        for i in range(10_000):
            writer.writerow([f"shop {i * 31 % 17}", i % 5, round(i * 0.25 % 99, 2), f'said "{i}", twice'])
    os.replace(file.name, path)
    return (path,)


def run(path):
    totals = {}
    items = 0
    with open(path, newline="") as file:
        for row in csv.reader(file):
            shop = row[0]
            count = int(row[1])
            items += count
            totals[shop] = totals.get(shop, 0.0) + count * float(row[2])
    return items, sorted(totals.items())
