"""Run-length encoding of a text, and back.

Stresses iterating over characters, `text += part`, int of text, and repeating a string.
"""


def setup():
    return ("".join(c * (1 + ord(c) * 7 % 23) for c in "abracadabra, simsalabim, hokus pokus fidibus! " * 30),)


def encoded(text):
    out = ""
    previous = ""
    count = 0
    for c in text:
        if c == previous:
            count += 1
        else:
            if count:
                out += f"{count}{previous}"
            previous = c
            count = 1
    if count:
        out += str(count) + previous
    return out


def decoded(text):
    parts = []
    count = 0
    for c in text:
        if c.isdigit():
            count = count * 10 + int(c)
        else:
            parts.append(c * count)
            count = 0
    return "".join(parts)


def run(text):
    packed = encoded(text)
    return len(packed), packed[:60], decoded(packed) == text
