"""The most frequent words of a text, with collections.Counter.

Stresses split and lower, counting with a Counter, and most_common.
"""

from collections import Counter


def setup():
    words = ["Word" + str(number * number % 1009) for number in range(2000)]
    return (" ".join(words[number * 31 % 2000] + ("," if number % 9 == 0 else "") for number in range(20_000)),)


def run(text):
    counts = Counter()
    for word in text.split():
        word = word.strip(",").lower()
        if len(word) > 4:
            counts[word] += 1
    return counts.most_common(10), len(counts)
