"""Numbers and vowels in a text, found character by character.

Stresses iterating over a str, `in` on a str constant, comparing characters, and ord.
"""

VOWELS = "aeiou"


def setup():
    return ("order 66 shipped 2024-03-17, total 1299.50 including 19 percent tax; " * 400,)


def count_vowels(text):
    count = 0
    for c in text:
        if c in VOWELS:
            count += 1
    return count


def numbers(text):
    found = []
    value = 0
    inside = False
    for c in text:
        if "0" <= c <= "9":
            value = value * 10 + ord(c) - 48
            inside = True
        elif inside:
            found.append(value)
            value = 0
            inside = False
    if inside:
        found.append(value)
    return found


def run(text):
    return count_vowels(text), numbers(text)
