"""The checksum crc32 of bytes, by a table of 256 words.

Stresses iterating over bytes, exclusive or, shifts, and a list in a global.
"""


def make_table():
    table = []
    for index in range(256):
        value = index
        for _ in range(8):
            if value & 1:
                value = 0xEDB88320 ^ (value >> 1)
            else:
                value >>= 1
        table.append(value)
    return table


TABLE = make_table()


def setup():
    return (bytes(number * number % 253 for number in range(100_000)),)


def run(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF
