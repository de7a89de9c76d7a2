"""A session that patches nothing and remembers what it was told: shows what reaches the real one, and when.

Put in the place of `pyvorin.host.session` by the start-up line of the tests.  A function counts as patched when it has the
attribute `seen`: the number of the sweep that found it.
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType

from pyvorin.core.config import Settings

told: list[tuple[str, str]] = []
"""What the session was told, in order: the kind of message and the module's name.  Without the tests' own modules."""


class Session:
    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._sweeps = 0

    @classmethod
    def start(cls, settings: Settings) -> Session:
        told.append(("start", settings.mode))
        return cls()

    def module_executed(self, name: str, namespace: dict, source: bytes, path: str, code: CodeType) -> None:
        with open(path, "rb") as file:
            assert file.read() == source
        assert code.co_filename == path
        if not name.startswith("tests"):
            told.append(("module", name))

    def main_script(self, namespace: dict, source: bytes, path: str, code: CodeType) -> None:
        assert compile(source, path, "exec", dont_inherit=True) == code
        told.append(("script", namespace["__name__"]))
        self._wanted = {constant.co_name for constant in code.co_consts if isinstance(constant, CodeType)}

    def sweep(self, namespace: dict) -> bool:
        self._sweeps += 1
        for name in list(self._wanted):
            value = namespace.get(name)
            if isinstance(value, FunctionType):
                value.seen = self._sweeps
                self._wanted.discard(name)
            elif isinstance(value, type):
                for method in vars(value).values():
                    if isinstance(method, FunctionType):
                        method.seen = self._sweeps
                self._wanted.discard(name)
        return not self._wanted

    def uninstall(self) -> None:
        told.append(("uninstall", ""))


def take_the_place_of_the_session() -> None:
    """Have this module be `pyvorin.host.session` in this process."""
    sys.modules["pyvorin.host.session"] = sys.modules[__name__]
