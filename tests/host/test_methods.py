"""Addresses of the C functions behind methods, and the constants of the module `string`."""

from __future__ import annotations

import string

import pytest

from pyvorin.host import assumptions, methods, text_constants


def test_an_address_is_found_and_differs_by_method() -> None:
    assert methods.address("str.upper 4") != methods.address("str.lower 4")
    assert methods.address("str.upper 4") == methods.address("str.upper 4")


@pytest.mark.parametrize(
    "text", ["str.upper 8", "str.nothing 4", "str.maketrans 4", "nothing.upper 4", "str.__len__ 4"]
)
def test_what_is_not_as_declared_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"str|nothing"):
        methods.address(text)


def test_constants_are_those_of_the_module() -> None:
    assert {name: getattr(string, name) for name in text_constants.VALUES} == text_constants.VALUES


def test_a_constant_that_was_replaced_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert assumptions.imported("string", "digits") == string.digits
    monkeypatch.setattr(string, "digits", "01")
    assert assumptions.imported("string", "digits") is assumptions.ABSENT
