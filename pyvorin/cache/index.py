"""The index of a module: which artifact belongs to a module key, and which signatures its functions were called with.

Replaced atomically whenever more is known; the artifacts themselves never change.

    artifact	5f0c…              the artifact, or - if there is none yet
    failure	COMPILER_TIMEOUT	detail	1764000000      why not, and when (seconds since 1970)
    lags                        if more was known than the artifact was compiled for
    part	python	cpython 3.11.7 …   the key's parts by name
    signature	total	list[float]    in the order of their frequency
"""

from __future__ import annotations

from pyvorin.cache.rows import ManifestError, escape, split_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RETRY_SECONDS = 24 * 3600
"""After this time a module that the compiler failed on is tried again."""


class Index:
    """What is known about a module.

    artifact: digest, or None.  signatures: for each qualified name those that were observed, the commonest first.
    parts: the parts of the module key, by name.  failure: (reason code, detail, time of day in seconds since 1970), or None.
    lags: whether large functions of the artifact were compiled for less than was seen.
    """

    __slots__ = ("artifact", "failure", "lags", "parts", "signatures")

    def __init__(
        self,
        artifact: str | None,
        signatures: Mapping[str, Iterable[str]] | None = None,
        parts: Iterable[tuple[str, str]] = (),
        failure: tuple[str, str, int] | None = None,
        lags: bool = False,
    ) -> None:
        self.artifact = artifact
        self.signatures: dict[str, list[str]] = {name: list(found) for name, found in (signatures or {}).items()}
        self.parts = list(parts)
        self.failure = failure
        self.lags = lags

    def failed_recently(self, now: float) -> bool:
        """Whether compiling failed so short a time before `now` (seconds since 1970) that it is not to be tried again yet.

        A time in the future counts as long ago: a clock that was set wrong must not stop the compiler for years.
        """
        return self.failure is not None and 0 <= now - self.failure[2] < RETRY_SECONDS

    def render(self) -> str:
        """The text of the index."""
        rows = [("artifact", self.artifact or "-")]
        if self.failure is not None:
            code, detail, when = self.failure
            rows.append(("failure", code, detail, str(when)))  # type: ignore[arg-type]
        if self.lags:
            rows.append(("lags",))  # type: ignore[arg-type]
        rows += [("part", name, text) for name, text in self.parts]  # type: ignore[misc]
        for qualname, found in self.signatures.items():
            rows += [("signature", qualname, signature) for signature in found]  # type: ignore[misc]
        return "".join("\t".join(map(escape, row)) + "\n" for row in rows)


def parse(text: str) -> Index:
    """The index that `text` is.  Raises ManifestError."""
    index = Index(None)
    try:
        for line in text.split("\n")[:-1]:
            kind, *fields = split_row(line)
            if kind == "signature":
                qualname, signature = fields
                index.signatures.setdefault(qualname, []).append(signature)
            elif kind == "part":
                name, value = fields
                index.parts.append((name, value))
            elif kind == "artifact":
                (digest,) = fields
                index.artifact = None if digest == "-" else digest
            elif kind == "lags":
                () = fields
                index.lags = True
            elif kind == "failure":
                code, detail, when = fields
                index.failure = (code, detail, int(when))
            else:
                raise ManifestError(f"unknown row of an index: {kind[:40]!r}")
    except ManifestError:
        raise
    except ValueError as error:
        raise ManifestError(f"bad row of an index: {error}") from None
    return index
