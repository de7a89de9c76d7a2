"""What slots hold that is the same in every process: constants, given by their `repr`, words, and functions of builtin types."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = {"None": None, "True": True, "False": False}
_SPECIAL = {"__builtins__": {}, "inf": float("inf"), "nan": float("nan"), "frozenset": frozenset}


def constant(text: str) -> object:
    """The object whose `repr` is `text`; an identifier is interned, as CPython interns those of compiled code.

    Raises ValueError if the text is not such a constant.
    """
    if text in _NAMES:
        return _NAMES[text]
    quote = text[:1]
    if quote in ("'", '"') and len(text) > 1 and text[-1] == quote and "\\" not in text and quote not in text[1:-1]:
        value: object = text[1:-1]
    elif text.isascii() and text.isdigit():
        value = int(text)
    else:
        try:
            value = eval(text, dict(_SPECIAL))  # of the same verified file as the machine code beside it
        except Exception as error:
            raise ValueError(f"not a constant: {text[:80]!r}: {error}") from None
    if type(value) is str and value.isidentifier():
        return sys.intern(value)
    return value


def write(slots: dict[str, dict[str, int]], words: list[int], keep: Callable[[object], int]) -> None:
    """Fill the slots of these kinds; *keep* gives the address of an object that stays.

    Raises ValueError if the manifest asks for something that there is not.
    """
    for text, index in slots.get("word", {}).items():
        words[index] = int(text.partition(" ")[0]) % 2**64
    for text, index in slots.get("object", {}).items():
        words[index] = keep(constant(text))
    if "method" in slots:
        from pyvorin.host import methods

        for text, index in slots["method"].items():
            words[index] = methods.address(text)
    if "definition" in slots:
        from pyvorin.host import methods

        for text, index in slots["definition"].items():
            words[index] = methods.definition(text)
    if "callable" in slots:
        from pyvorin.host import methods

        for text, index in slots["callable"].items():
            words[index] = keep(methods.member(text))
