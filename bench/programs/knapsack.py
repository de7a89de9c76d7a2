"""The best value that fits into a knapsack, and which things give it: a table of lists of ints.

Stresses reading and writing lists of lists by two indices, and max of two.
"""


def setup():
    things = [(number * 37 % 23 + 1, number * 53 % 101 + 1) for number in range(60)]
    return things, 300


def run(things, capacity):
    table = [[0] * (capacity + 1) for _ in range(len(things) + 1)]
    for i, (weight, value) in enumerate(things, 1):
        for room in range(capacity + 1):
            if weight <= room:
                table[i][room] = max(table[i - 1][room], table[i - 1][room - weight] + value)
            else:
                table[i][room] = table[i - 1][room]
    chosen = []
    room = capacity
    for i in range(len(things), 0, -1):
        if table[i][room] != table[i - 1][room]:
            chosen.append(i - 1)
            room -= things[i - 1][0]
    return table[-1][capacity], chosen[::-1]
