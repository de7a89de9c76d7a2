"""From an executed module to native calls: cold, warm, observed, changed and taken back."""

from __future__ import annotations

from tests.host.conftest import Host

TWICE = "def twice(x: float):\n    return x * 2.0\n"


def test_a_function_is_native_when_the_import_returns(host: Host) -> None:
    output = host.run(
        f"""
        m = load("m", {TWICE!r})
        print([m["twice"](x) for x in (1.5, -0.0, 3)], status("m", "twice"))
        """
    )
    assert output == "[3.0, -0.0, 6.0] ('native', 2)\n"
