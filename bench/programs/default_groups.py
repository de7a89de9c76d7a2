"""Words by their first letters and by their lengths, with collections.defaultdict.

Stresses items that a defaultdict makes: lists to append to, and counts.
"""

from collections import defaultdict


def setup():
    return (["abcdefghij"[number * number % 10] * (number % 7 + 1) + str(number % 100) for number in range(40_000)],)


def run(words):
    by_letter = defaultdict(list)
    lengths = defaultdict(int)
    for word in words:
        by_letter[word[0]].append(word)
        lengths[len(word)] += 1
    longest = {}
    for letter, group in sorted(by_letter.items()):
        longest[letter] = (len(group), max(group))
    return longest, sorted(lengths.items())
