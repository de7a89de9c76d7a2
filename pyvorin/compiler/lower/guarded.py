"""The emitter of entries."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter


class Guarded(Emitter):
    """An emitter of an entry: what does not hold goes to the label `miss`."""

    def require(self, condition: str) -> None:
        following = self.new_label("ok")
        self.branch(condition, following, "miss")
        self.begin(following)
