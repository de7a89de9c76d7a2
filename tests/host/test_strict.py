"""Strict mode: a module is fully native, or importing it says why it is not."""

from __future__ import annotations

from tests.host.conftest import Host

MIXED = "def twice(x: float):\n    return x * 2.0\n\ndef other(x):\n    while x:\n        x = x - 1\n"


def test_every_refusal_is_listed_with_place_node_and_hint(host: Host) -> None:
    output = host.run(
        f"""
        from pyvorin.host.strict import StrictModeError
        try:
            load("m", {MIXED!r})
        except StrictModeError as error:
            import pyvorin
            print(type(error) is pyvorin.StrictModeError, error.module, [d.code for d in error.diagnostics])
            print(error)
        """,
        strict=["m"],
        wait=False,
    )
    first, *rest = output.splitlines()
    assert first == "True m ['UNSUPPORTED_AST_NODE']"
    assert rest == [
        "module 'm' is not fully native: 1 refusal",
        f"  {host.directory}/m.py:4:1: UNSUPPORTED_AST_NODE: 'While' in 'other' is not compiled [While]",
        "    hint: multiply",
    ]


def test_a_native_module_passes_and_others_are_not_concerned(host: Host) -> None:
    output = host.run(
        f"""
        load("m", "def twice(x: float):\\n    return x * 2.0\\n")
        load("n", {MIXED!r})
        print(status("m", "twice"), status("n", "other"))
        """,
        strict=["m"],
    )
    assert output == "('native', 0) ('rejected', 0)\n"


def test_open_parameters_are_not_native(host: Host) -> None:
    output = host.run(
        """
        from pyvorin.host.strict import StrictModeError
        try:
            load("m", "def scale(x):\\n    return x * 3.0\\n")
        except StrictModeError as error:
            print([(d.code, d.function) for d in error.diagnostics])
        """,
        strict=["*"],
    )
    assert output == "[('OPEN_PARAMETER_TYPES', 'scale')]\n"


def test_no_compiler_is_a_refusal(host: Host) -> None:
    output = host.run(
        """
        from pyvorin.host.strict import StrictModeError
        sys.executable = "/nowhere"
        try:
            load("m", "def twice(x: float):\\n    return x * 2.0\\n")
        except StrictModeError as error:
            print([d.code for d in error.diagnostics])
        """,
        strict=["*"],
    )
    assert output == "['COMPILER_UNAVAILABLE']\n"
