"""All orders of some things, by a recursive generator; the cheapest round trip among them.

Stresses a generator that consumes itself, list slices, and a matrix of ints.
"""


def setup():
    n = 7
    return ([[abs(i * 17 % 11 - j * 5 % 7) + (i != j) for j in range(n)] for i in range(n)],)


def orders(things):
    if len(things) <= 1:
        yield things
        return
    for i in range(len(things)):
        for rest in orders(things[:i] + things[i + 1 :]):
            yield [things[i], *rest]


def run(costs):
    best = None
    best_order = []
    for order in orders(list(range(1, len(costs)))):
        total = costs[0][order[0]] + costs[order[-1]][0]
        for i in range(len(order) - 1):
            total += costs[order[i]][order[i + 1]]
        if best is None or total < best:
            best = total
            best_order = order
    return best, best_order
