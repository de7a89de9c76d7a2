"""Fields of text to numbers, of which 5 % are none.

Stresses a handler that is hit often; the other fields are those of `clean_fields`.
"""


def setup():
    state = 12345
    fields = []
    for number in range(20_000):
        state = state * 48271 % 2147483647
        fields.append(("n/a", "", "12,5", "-")[number // 20 % 4] if number % 20 == 0 else f"{state / 1e6:.3f}")
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
