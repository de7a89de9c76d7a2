"""Lines of comma-separated fields read, computed with, and written again.

Stresses split, strip, float and int of text, and f-strings with decimal places.
"""


def setup():
    lines = []
    for i in range(2_000):
        lines.append(
            f"order-{i:05d}, {i * 7919 % 97 + 1} ,{(i * 104729 % 100000) / 100:.2f},  {'EUR' if i % 3 else 'USD'}"
        )
    return (lines,)


def run(lines):
    written = []
    total = 0.0
    for line in lines:
        name, count, price, currency = line.split(",")
        number = int(count)
        amount = number * float(price)
        if currency.strip() == "USD":
            amount *= 0.92
        total += amount
        written.append(f"{name.upper()};{number};{amount:.2f}")
    return total, "\n".join(written)[-120:]
