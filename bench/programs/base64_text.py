"""Base64 of bytes, and back, written out.

Stresses bytes by index, shifts and masks, a table in a global, and joining characters.
"""

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
VALUES = {character: value for value, character in enumerate(ALPHABET)}


def setup():
    return (bytes(number * number % 251 for number in range(20_000)),)


def encode(data):
    out = []
    for i in range(0, len(data) - 2, 3):
        word = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2]
        out.append(ALPHABET[word >> 18])
        out.append(ALPHABET[(word >> 12) & 63])
        out.append(ALPHABET[(word >> 6) & 63])
        out.append(ALPHABET[word & 63])
    rest = len(data) % 3
    if rest == 1:
        word = data[-1] << 16
        out.append(ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63] + "==")
    elif rest == 2:
        word = (data[-2] << 16) | (data[-1] << 8)
        out.append(ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63] + ALPHABET[(word >> 6) & 63] + "=")
    return "".join(out)


def decode(text):
    out = bytearray()
    word = 0
    bits = 0
    for character in text:
        if character == "=":
            break
        word = (word << 6 | VALUES[character]) & 0xFFFFFF
        bits += 6
        if bits >= 8:
            bits -= 8
            out.append((word >> bits) & 255)
    return bytes(out)


def run(data):
    text = encode(data)
    return len(text), text[-40:], decode(text) == data
