"""What passes between the application's process and its compile workers: two messages, as pure data.

A message is one JSON object on one line.  The order of the fields is fixed and mappings are sorted, so equal messages are equal
bytes: a request is its own reproducer.  No live object, no pickle.  `from_json` accepts only what `to_json` can produce
and raises MessageError, which says what is wrong, for anything else.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[object], bool]


class MessageError(ValueError):
    """The bytes are not a message of this kind."""


class _Message:
    """Common form: `FIELDS` names each field with its check, in the order in which they are written."""

    __slots__ = ()
    FIELDS: tuple[tuple[str, Check, str], ...] = ()

    def to_data(self) -> dict[str, object]:
        """The fields as JSON can carry them."""
        return {name: getattr(self, name) for name, _, _ in self.FIELDS}

    def to_json(self) -> str:
        """One line of ASCII without its end of line.  Raises MessageError if a field has a value that must not be sent."""
        import json

        data = self.to_data()
        _validate(type(self), data)
        ordered = {name: _ordered(value) for name, value in data.items()}
        return json.dumps(ordered, allow_nan=False, separators=(",", ":"))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.to_data() == other.to_data()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.to_data().items())})"


def _parse(kind: type[_Message], line: str | bytes) -> dict[str, object]:
    import json

    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"{kind.__name__}: not JSON: {error}") from None
    if not isinstance(data, dict):
        raise MessageError(f"{kind.__name__}: not an object")
    _validate(kind, data)
    return data


def _validate(kind: type[_Message], data: dict[str, object]) -> None:
    names = [name for name, _, _ in kind.FIELDS]
    missing = [name for name in names if name not in data]
    unknown = [name for name in data if name not in names]
    if missing or unknown:
        raise MessageError(f"{kind.__name__}: missing fields {missing}, unknown fields {unknown}")
    for name, check, expected in kind.FIELDS:
        if not check(data[name]):
            raise MessageError(f"{kind.__name__}: {name} must be {expected}, not {str(data[name])[:80]!r}")


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value


def _int(value: object) -> bool:
    return type(value) is int


def _bool(value: object) -> bool:
    return type(value) is bool


def _str(value: object) -> bool:
    return type(value) is str


def _str_or_none(value: object) -> bool:
    return value is None or type(value) is str


def _number(value: object) -> bool:
    return type(value) in (int, float)


def _strings(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(type(item) is str for item in value)


def _settings(value: object) -> bool:
    return isinstance(value, dict) and all(
        type(name) is str and (type(item) in (bool, int, float, str) or _strings(item)) for name, item in value.items()
    )


def _signatures(value: object) -> bool:
    return isinstance(value, dict) and all(type(name) is str and _strings(item) for name, item in value.items())


def _pairs(value: object) -> bool:
    return isinstance(value, dict) and all(
        type(name) is str and _strings(item) and len(item) == 2 for name, item in value.items()
    )


def _diagnostics(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, dict) for item in value)


def _events(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(item, (list, tuple))
        and len(item) == 3
        and type(item[0]) is str
        and type(item[1]) is int
        and type(item[2]) is str
        for item in value
    )


def _error(value: object) -> bool:
    return value is None or (_strings(value) and len(value) == 2)  # type: ignore[arg-type]


class CompileRequest(_Message):
    """Compile one module: its source and the facts that decide what is generated.

    id: chosen by the application, repeated in the result.
    module, path: the module's dotted name and file; the source is compiled as if it were read from there.
    flags: `__future__` bits of `compile()`, and the optimise level (0, 1, 2) shifted left by OPTIMISE_SHIFT.
    settings: those that enter the key, by name.
    signatures: for each function's qualified name the signatures seen so far, the commonest first.
    static_only: analyse and diagnose, generate nothing.
    others: the program's other modules that are loaded: of each name the file and the digest of the text.
    """

    __slots__ = ("flags", "id", "module", "others", "path", "settings", "signatures", "source", "static_only")
    FIELDS = (
        ("id", _int, "an int"),
        ("module", _str, "a str"),
        ("path", _str, "a str"),
        ("source", _str, "a str"),
        ("flags", _int, "an int"),
        ("settings", _settings, "an object of plain values"),
        ("signatures", _signatures, "an object of arrays of str"),
        ("static_only", _bool, "a bool"),
        ("others", _pairs, "an object of pairs of str"),
    )

    def __init__(
        self,
        id: int,
        module: str,
        path: str,
        source: str,
        flags: int = 0,
        settings: dict[str, object] | None = None,
        signatures: dict[str, list[str]] | None = None,
        static_only: bool = False,
        others: dict[str, list[str]] | None = None,
    ) -> None:
        self.id = id
        self.module = module
        self.path = path
        self.source = source
        self.flags = flags
        self.settings = settings or {}
        self.signatures = signatures or {}
        self.static_only = static_only
        self.others = others or {}

    @classmethod
    def from_json(cls, line: str | bytes) -> CompileRequest:
        """The request in one line.  Raises MessageError."""
        return cls(**_parse(cls, line))  # type: ignore[arg-type]


OPTIMISE_SHIFT = 32
"""Above every bit that `compile()` defines for its flags."""
HEADS = "@"
"""Behind a qualified name, among the signatures of a request: what was seen at heads of its loops, each as the number of the
root and the types of the operands there."""
HOT, NATIVE = "@hot", "@native"
"""Among the signatures of a request: the functions that CPython calls although they are compiled as a part of others, and those
that have native entries (`compiler/deferral.py`)."""
ALL = "*"
"""In place of a hot function: every one is to have an entry."""


class CompileResult(_Message):
    """The answer to a request.

    ok: the request was carried out, even if no function could be compiled.
    artifact: digest of the artifact in the cache; None if nothing was compiled.
    manifest: the artifact's manifest; None if there is none.
    code: the artifact's ELF image in base64 if the worker could not write it to the cache, else None.
    diagnostics: each refusal as `Diagnostic.to_data()`.
    events: (stage, line, text) for the log.
    compile_ms: wall-clock milliseconds.
    error: None, or a reason code and its detail; `ok` is then False.
    lags: large functions were not compiled for all that was seen: the same request, some time later, will be.
    """

    __slots__ = ("artifact", "code", "compile_ms", "diagnostics", "error", "events", "id", "lags", "manifest", "ok")
    FIELDS = (
        ("id", _int, "an int"),
        ("ok", _bool, "a bool"),
        ("artifact", _str_or_none, "a str or null"),
        ("manifest", _str_or_none, "a str or null"),
        ("code", _str_or_none, "a str or null"),
        ("diagnostics", _diagnostics, "an array of objects"),
        ("events", _events, "an array of [str, int, str]"),
        ("compile_ms", _number, "a number"),
        ("error", _error, "null or [str, str]"),
        ("lags", _bool, "a bool"),
    )

    def __init__(
        self,
        id: int,
        ok: bool,
        artifact: str | None = None,
        manifest: str | None = None,
        code: str | None = None,
        diagnostics: list[dict[str, object]] | None = None,
        events: list[list[object]] | None = None,
        compile_ms: float = 0.0,
        error: list[str] | None = None,
        lags: bool = False,
    ) -> None:
        self.id = id
        self.ok = ok
        self.lags = lags
        self.artifact = artifact
        self.manifest = manifest
        self.code = code
        self.diagnostics = diagnostics or []
        self.events = events or []
        self.compile_ms = compile_ms
        self.error = error

    @classmethod
    def from_json(cls, line: str | bytes) -> CompileResult:
        """The result in one line.  Raises MessageError."""
        return cls(**_parse(cls, line))  # type: ignore[arg-type]
