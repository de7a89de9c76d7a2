"""The sources of the program's other modules: of those that the program has loaded, as long as their files are what it loaded."""

from __future__ import annotations

from pyvorin.cache.key import decoded, text_digest
from pyvorin.cache.outline import NOT_LOADED
from pyvorin.compiler.frontend.module import ModuleSource
from pyvorin.messages import CompileRequest


class Others:
    """Those that a request names."""

    def __init__(self, request: CompileRequest):
        self._named = request.others

    def used(self, module: ModuleSource) -> list[tuple[str, str]]:
        """The modules that were looked for, and the digests of those that the program has loaded."""
        return [(name, self._named.get(name, ("", NOT_LOADED))[1]) for name in sorted(module.linked.named)]

    def are_same(self, module: ModuleSource, request: CompileRequest) -> bool:
        """Whether what was read of other modules is what another request would have had read."""
        return Others(request).used(module) == self.used(module)

    def knows(self, module: str) -> bool:
        return module in self._named

    def read(self, module: str) -> tuple[str, str] | None:
        """Path and text of the module; None if the program has no such module, or its file is not what it was."""
        if module not in self._named:
            return None
        path, wanted = self._named[module]
        try:
            with open(path, "rb") as file:
                text = decoded(file.read())
        except OSError:
            return None
        return (path, text) if text is not None and text_digest(text) == wanted else None
