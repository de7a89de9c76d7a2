"""The constants of the module `string`: what its attributes must still be where native code has taken them for constants."""

from __future__ import annotations

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_PUNCTUATION = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
_SPACE = " \t\n\r\v\f"

VALUES = {
    "ascii_lowercase": _LOWER,
    "ascii_uppercase": _LOWER.upper(),
    "ascii_letters": _LOWER + _LOWER.upper(),
    "digits": _DIGITS,
    "hexdigits": _DIGITS + "abcdefABCDEF",
    "octdigits": "01234567",
    "punctuation": _PUNCTUATION,
    "whitespace": _SPACE,
    "printable": _DIGITS + _LOWER + _LOWER.upper() + _PUNCTUATION + _SPACE,
}
