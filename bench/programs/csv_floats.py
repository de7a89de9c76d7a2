"""Lines of numbers as text: the mean and the largest value of each column, and what is missing.

Stresses split, float of text, and lists of floats that are updated by index.
"""


def setup():
    lines = []
    for number in range(4_000):
        fields = [f"{(number * factor % 10_007) / 100:.2f}" for factor in (31, 37, 41, 43, 47, 53)]
        if number % 10 == 0:
            fields[number // 10 % 6] = ""
        lines.append(",".join(fields) + "\n")
    return (lines,)


def run(lines):
    sums = [0.0] * 6
    counts = [0] * 6
    largest = [float("-inf")] * 6
    missing = 0
    for line in lines:
        fields = line.rstrip("\n").split(",")
        for i, field in enumerate(fields):
            if not field:
                missing += 1
                continue
            value = float(field)
            sums[i] += value
            counts[i] += 1
            if value > largest[i]:
                largest[i] = value
    return [total / count for total, count in zip(sums, counts)], largest, missing
