"""Words of a text in one form: lower case, without punctuation, without affixes.

Stresses split, strip, lower, startswith, endswith, slices of strings, and join.
"""


def setup():
    return (
        "The quick, brown fox -- it's RUNNING! -- jumped over (two) lazy dogs; \u201cWhy?\u201d asked Zo\u00eb's cats.\n"
        * 150,
    )


def normalised(word):
    word = word.strip(".,;:!?()\"'-\u201c\u201d").lower()
    if word.endswith("'s"):
        word = word.removesuffix("'s")
    if word.endswith(("ing", "ed")) and len(word) > 5:
        word = word[:-3] if word.endswith("ing") else word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word


def run(text):
    lines = []
    kept = 0
    for line in text.splitlines():
        words = []
        for part in line.split():
            word = normalised(part)
            if word and word.isalpha() and word != "the":
                words.append(word)
        kept += len(words)
        lines.append(" ".join(words))
    return kept, "\n".join(lines)[-200:]
