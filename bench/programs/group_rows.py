"""Rows that are dicts, as from csv.DictReader or JSON: sum, count and maximum for each customer, and those sorted.

Stresses reading items of dicts with values of several types, a dict of lists, and sorting by an item of a tuple.
"""


def setup():
    rows = []
    for number in range(20_000):
        rows.append(
            {
                "customer": "c" + str(number * 7919 % 500),
                "country": ("de", "fr", "it", "pl")[number % 4],
                "amount": (number * 104_729 % 10_000) / 100,
                "units": number % 9 + 1,
            }
        )
    return (rows,)


def run(rows):
    groups = {}
    for row in rows:
        if row["country"] == "pl":
            continue
        amount = row["amount"] * row["units"]
        group = groups.get(row["customer"])
        if group is None:
            groups[row["customer"]] = [amount, 1, amount]
        else:
            group[0] += amount
            group[1] += 1
            if amount > group[2]:
                group[2] = amount
    result = [(name, group[0], group[0] / group[1], group[2]) for name, group in groups.items()]
    result.sort(key=lambda entry: entry[1], reverse=True)
    return result[:20]
