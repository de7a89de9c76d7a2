"""Lists and totals of the lines of a file, by comprehensions.

Stresses generator expressions and list comprehensions over a file, with split, int and float of text.
"""

import os
import tempfile


def setup():
    path = os.path.join(tempfile.gettempdir(), "pyvorin-bench-comprehensions.csv")
    with open(f"{path}.{os.getpid()}", "w") as file:
        for i in range(20_000):
            file.write(f"order-{i:05d},{i * 7919 % 97 + 1},{(i * 104729 % 100000) / 100:.2f}\n")
    os.replace(file.name, path)
    return (path,)


def run(path):
    with open(path) as file:
        rows = [line.rstrip().split(",") for line in file if line[-2] != "7"]
    with open(path) as file:
        units = sum(int(line.split(",")[1]) for line in file)
    with open(path) as file:
        cheap = any(float(line.split(",")[2]) < 0.0 for line in file)
    return len(rows), units, cheap
