"""Reads the text of Pyvorin's table of a project: `[tool.pyvorin]` of pyproject.toml or `[tool:pyvorin]` of setup.cfg.

The standard readers cost more than the whole warm start of a process (configparser 9 ms; tomllib exists only from 3.11 on), so
one flat table is read by hand.  What such a table may hold is small: strings, booleans, numbers and arrays of strings.
Anything else is reported and ignored, never guessed.

    [tool.pyvorin]                      ->   {"include": "orders,rows", "wait": "true"}
    include = ["orders", "rows"]
    wait = true
"""

from __future__ import annotations


def read_cfg(content: bytes, path: str, problems: list[str]) -> dict[str, str] | None:
    """The options of `[tool:pyvorin]` as configparser would give them; None if there is no such section.

    Lines that begin with # or ; are comments, indented lines continue a value, and inside a value nothing is a comment.
    """
    table: dict[str, str] | None = None
    name = ""
    for line in content.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text.startswith("[") and line[0] == "[":
            if table is not None:
                break
            if text.partition("]")[0] == "[tool:pyvorin":
                table = {}
        elif table is None:
            continue
        elif line[0].isspace() and name:
            table[name] = f"{table[name]}\n{text}".lstrip("\n")
        else:
            cut = min((at for at in (text.find("="), text.find(":")) if at >= 0), default=-1)
            if cut < 0:
                problems.append(f"{path}: not understood: {text!r}")
                continue
            name = text[:cut].strip().lower()
            table[name] = text[cut + 1 :].strip()
    return table


def read_toml(content: bytes, path: str, problems: list[str]) -> dict[str, str] | None:
    """The keys of `[tool.pyvorin]`, each as the text that the environment would have; None if there is no such table.

    Other spellings of the table (`pyvorin.wait = true` under `[tool]`, an inline table) are not recognised.
    """
    table: dict[str, str] | None = None
    lines = iter(content.decode("utf-8", "replace").splitlines())
    for line in lines:
        text = _without_comment(line).strip()
        if text.startswith("["):
            if table is not None:
                break
            if [part.strip().strip("\"'") for part in text.strip("[]").split(".")] == ["tool", "pyvorin"]:
                table = {}
            continue
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            if text and table is not None:
                problems.append(f"{path}: not understood: {text!r}")
            continue
        for quotes in ('"""', "'''"):
            if value.startswith(quotes):
                value = _multiline(line, quotes, lines)
                break
        else:
            while value.startswith("[") and _open_brackets(value):
                more = next(lines, None)
                if more is None:
                    break
                value = f"{value} {_without_comment(more).strip()}".strip()
        if table is None:
            continue
        plain = _value(value)
        if plain is None:
            problems.append(f"{path}: the value of {key!r} is not understood: {value}")
        else:
            table[key.strip("\"'").replace("-", "_")] = plain
    return table


def _without_comment(line: str) -> str:
    for at, char in _outside_strings(line):
        if char == "#":
            return line[:at]
    return line


def _open_brackets(text: str) -> bool:
    """Whether an array that begins in `text` does not end in it."""
    chars = [char for _, char in _outside_strings(text)]
    return chars.count("[") > chars.count("]")


def _outside_strings(line: str) -> list[tuple[int, str]]:
    """The characters that are not part of a string, with their positions."""
    result = []
    quote = ""
    escaped = False
    for at, char in enumerate(line):
        if not quote:
            if char in "\"'":
                quote = char
            else:
                result.append((at, char))
        elif escaped:
            escaped = False
        elif char == quote:
            quote = ""
        elif char == "\\" and quote == '"':
            escaped = True
    return result


def _multiline(line: str, quotes: str, lines: object) -> str:
    """Skip a multi-line string, whose text no setting needs, so that nothing inside it is taken for a table."""
    rest = line.partition(quotes)[2]
    while quotes not in rest:
        following = next(lines, None)  # type: ignore[call-overload]
        if following is None:
            break
        rest = following
    return quotes


def _value(text: str) -> str | None:
    if text in ("true", "false"):
        return text
    if text.startswith("[") and text.endswith("]"):
        # No setting has a value that contains a comma or an array in an array, so a comma always separates.
        items = [item.strip() for item in text[1:-1].split(",")]
        if items[-1] == "":
            items.pop()
        strings = [None if item.startswith("[") else _value(item) for item in items]
        return None if None in strings else ",".join(item for item in strings if item is not None)
    for quote in "\"'":
        if len(text) >= 2 and text[0] == quote == text[-1] and quote not in text[1:-1]:
            return None if quote == '"' and "\\" in text else text[1:-1]
    number = text.replace("_", "")
    try:
        float(number)
    except ValueError:
        return None
    return number
