"""How often each word occurs, with dict.get.

Stresses searching a dict by str and storing a small int under the key that was found.
"""


def setup():
    names = ["word" + str(number * number % 1009) for number in range(2000)]
    return ([names[number * 31 % 2000] for number in range(100_000)],)


def run(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
