"""Fields of text to numbers, where every field is one.

Stresses float() of text and a `try` that never fails; with `dirty_fields` it shows what failing costs.
"""


def setup():
    state = 12345
    fields = []
    for _ in range(20_000):
        state = state * 48271 % 2147483647
        fields.append(f"{state / 1e6:.3f}")
    return (fields,)


def run(fields):
    total = 0.0
    bad = 0
    for field in fields:
        try:
            value = float(field)
        except ValueError:
            bad += 1
            continue
        total += value * 1.2
    return total, bad
