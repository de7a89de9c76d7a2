"""The table of reasons is complete and consistent."""

from __future__ import annotations

import ast

import pytest

from pyvorin.core import reasons
from tests.project.source_tree import modules, relative

REQUIRED = [
    "UNSUPPORTED_AST_NODE",
    "TYPE_INFERENCE_FAILED",
    "RUNTIME_TYPE_MISMATCH",
    "BOUNDS_CHECK_FAILURE",
    "EXTERNAL_C_EXTENSION",
    "NETWORK_DEPENDENCY",
    "INTEGER_OVERFLOW",
    "ASSUMPTION_INVALIDATED",
    "UNPROFITABLE",
    "CACHE_CORRUPT",
    "INSECURE_CACHE",
    "COMPILER_CRASHED",
    "SOURCE_UNAVAILABLE",
]


def constants() -> dict[str, str]:
    return {
        name: value
        for name, value in vars(reasons).items()
        if name.isupper() and isinstance(value, str) and name not in ("FUNCTION", "CALL", "PROCESS")
    }


def test_a_constant_is_its_code() -> None:
    assert constants() == {code: code for code in reasons.TABLE}


def test_the_codes_that_are_api_exist() -> None:
    assert set(REQUIRED) <= set(reasons.TABLE)


@pytest.mark.parametrize("row", reasons.TABLE.values(), ids=lambda row: row.code)
def test_a_row_is_complete(row: reasons.Reason) -> None:
    assert row.scope in reasons.CONSEQUENCES
    assert row.message
    assert row.hint
    assert not row.message.endswith(".")
    assert not row.hint.endswith(".")
    values = {name: f"<{name}>" for name in row.fields}
    text = reasons.message(row.code, **values)
    assert all(value in text for value in values.values())
    assert "{" not in text
    assert ("function" in row.fields) == (row.scope != reasons.PROCESS)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValueError, match="'limit'"):
        reasons.message(reasons.TOO_LARGE, function="f", size=1, unit="lines")
    with pytest.raises(KeyError):
        reasons.message("UNHEARD_OF")


def test_every_reason_that_the_source_names_exists() -> None:
    unknown = []
    named = 0
    for path in modules("pyvorin"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            if node.value.id == "reasons" and node.attr.isupper():
                named += 1
                if not hasattr(reasons, node.attr):
                    unknown.append(f"{relative(path)}:{node.lineno}: reasons.{node.attr}")
    assert named > 20
    assert unknown == []
