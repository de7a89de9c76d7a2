"""Arithmetic text cut into tokens: numbers, names, operators.

Stresses methods of single characters, slices, comparing strings, and appending them to a list.
"""


def setup():
    return ("total = price_1*(1 + 0.19) - rebate/2; if total >= limit: warn(total, 'over') # checked\n" * 120,)


def tokens(text):
    found = []
    size = len(text)
    at = 0
    while at < size:
        c = text[at]
        if c.isspace():
            at += 1
            continue
        start = at
        if c.isalpha() or c == "_":
            while at < size and (text[at].isalnum() or text[at] == "_"):
                at += 1
        elif c.isdigit():
            while at < size and (text[at].isdigit() or text[at] == "."):
                at += 1
        elif c == "'":
            at += 1
            while at < size and text[at] != "'":
                at += 1
            at += 1
        elif c == "#":
            while at < size and text[at] != "\n":
                at += 1
            continue
        elif text.startswith(("==", ">=", "<=", "!="), at):
            at += 2
        else:
            at += 1
        found.append(text[start:at])
    return found


def run(text):
    found = tokens(text)
    names = 0
    for token in found:
        if token.isidentifier() and token not in ("if", "else", "for"):
            names += 1
    return len(found), names, found[:20]
