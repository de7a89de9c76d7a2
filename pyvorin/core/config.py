"""Every setting in one table, and how the settings of a process are found.

`load()` takes, for each row, the environment variable, else the project's file (`project_file.py`), else the default.  A value
that cannot be understood counts as absent; that and unknown PYVORIN_* variables become lines in `Settings.problems`, which
the log prints once: the program's own stderr stays as it is.

`docs/settings.md` is generated from the table.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Value = bool | int | float | str | tuple[str, ...]

PREFIX = "PYVORIN"

_NO = ("", "0", "off", "false", "no")
_YES = ("1", "on", "true", "yes")


class Setting:
    """One row of the table.

    parse: takes the text of a value and returns the value; ValueError, saying what is allowed, if it cannot be understood.
    enters_key: whether native code compiled under one value differs from that under another.
    in_file: whether a project's file may set it; what decides *which* native code is loaded, or whether any is, may only
    come from the user's environment.
    """

    __slots__ = ("allowed", "default", "doc", "enters_key", "in_file", "name", "parse", "variable")

    def __init__(
        self,
        name: str,
        default: Value,
        parse: Callable[[str], Value],
        allowed: str,
        doc: str,
        *,
        variable: str | None = None,
        enters_key: bool = False,
        in_file: bool = True,
    ) -> None:
        self.name = name
        self.variable = variable or f"{PREFIX}_{name.upper()}"
        self.default = default
        self.parse = parse
        self.allowed = allowed
        self.doc = doc
        self.enters_key = enters_key
        self.in_file = in_file


def _mode(text: str) -> str:
    word = text.strip().lower()
    if word in _NO:
        return "off"
    if word in _YES:
        return "on"
    if word == "strict":
        return "strict"
    raise ValueError("one of 0, 1, strict")


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word in _NO:
        return False
    if word in _YES:
        return True
    raise ValueError("0 or 1")


def _trips(text: str) -> str:
    word = text.strip().lower()
    if word == "quick":
        return word
    try:
        return "on" if _flag(text) else "off"
    except ValueError:
        raise ValueError("one of 0, 1, quick") from None


def _modules(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.replace("\n", ",").split(",") if name.strip())
    for name in names:
        if not all(part.replace("*", "x").isidentifier() for part in name.split(".")):
            raise ValueError("module names separated by commas")
    return names


def _strict(text: str) -> tuple[str, ...]:
    word = text.strip().lower()
    if word in _NO:
        return ()
    if word in _YES:
        return ("*",)
    return _modules(text)


def _report(text: str) -> str:
    word = text.strip()
    if word.lower() in _NO:
        return ""
    return "text" if word.lower() in _YES else word


def _directory(text: str) -> str:
    """The absolute path: the compile worker, which gets it too, has another working directory."""
    path = os.path.expanduser(text.strip())
    try:
        return os.path.abspath(path) if path else ""
    except FileNotFoundError:
        raise ValueError("an absolute path, as the working directory does not exist any more") from None


def _cpu(text: str) -> str:
    word = text.strip().lower().removeprefix("x86-64-")
    if word not in ("v2", "v3", "native"):
        raise ValueError("one of v2, v3, native")
    return word


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 86400.0:
        raise ValueError("a number of seconds above 0, at most 86400")
    return value


def _megabytes(text: str) -> int:
    word = text.strip()
    value = int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0
    if value < 64:
        raise ValueError("a whole number of megabytes, at least 64")
    return value


TABLE: tuple[Setting, ...] = (
    Setting(
        "mode",
        "off",
        _mode,
        "`0`, `1`, `strict`",
        "Switches Pyvorin on. `strict` is `1` together with `PYVORIN_STRICT=1`.",
        variable=PREFIX,
        in_file=False,
    ),
    Setting(
        "strict",
        (),
        _strict,
        "`0`, `1`, or module names separated by commas",
        "Importing one of these modules raises `pyvorin.StrictModeError` unless all of its functions are native. `1` means every "
        "module in scope.",
    ),
    Setting(
        "wait",
        False,
        _flag,
        "`0`, `1`",
        "Waits for the compiler: an import returns when everything that its source alone decides is native, and a call that "
        "makes a new specialisation wanted waits for it. Meant for tests, benchmarks and continuous integration.",
    ),
    Setting(
        "include",
        (),
        _modules,
        "module names separated by commas",
        "Modules to compile beside the program's own, such as a package in site-packages. A name stands for the module and "
        "everything below it; `*` stands for any characters.",
    ),
    Setting(
        "exclude",
        (),
        _modules,
        "module names separated by commas",
        "Modules to leave alone. Wins over `include`.",
    ),
    Setting(
        "log",
        False,
        _flag,
        "`0`, `1`",
        "Prints what is compiled, loaded and refused to stderr, through the logger `pyvorin`.",
    ),
    Setting(
        "report",
        "",
        _report,
        "`0`, `1`, or the path of a JSON file",
        "At exit, prints a report of native and other calls to stderr, or writes it to the file.",
    ),
    Setting(
        "cache_dir",
        "",
        _directory,
        "a directory",
        "Where compiled code is kept. Empty: the user's cache directory. It must be private: see `INSECURE_CACHE`.",
        in_file=False,
    ),
    Setting(
        "cpu",
        "v3",
        _cpu,
        "`v2`, `v3`, `native`",
        "The instructions that may be used: those of x86-64-v2, of x86-64-v3 (the v2 level where the processor lacks them), or "
        "all that this processor has.",
        enters_key=True,
    ),
    Setting(
        "compile_timeout",
        240.0,
        _seconds,
        "seconds",
        "Processor and wall-clock time after which the compiler gives up on one module.",
    ),
    Setting(
        "compile_memory_mb",
        2048,
        _megabytes,
        "megabytes",
        "Memory that a compile worker may use.",
    ),
    Setting(
        "debug",
        False,
        _flag,
        "`0`, `1`",
        "For work on Pyvorin itself: checks the intermediate form after every pass, and raises errors of the compiler.",
        in_file=False,
    ),
    Setting(
        "trips",
        "off",
        _trips,
        "`0`, `1`, `quick`",
        "For tests of Pyvorin itself: native code can be made to leave at any operation at which it could have to. `quick` "
        "optimises it less.",
        enters_key=True,
        in_file=False,
    ),
)

BY_NAME: dict[str, Setting] = {row.name: row for row in TABLE}


class Settings:
    """The settings of one process: one attribute per row of the table, and what was wrong with their sources.

    problems: sentences for the log.  trusted: False in a process with raised privileges, which uses neither the environment
    nor a cache of the user that started it.
    """

    mode: str
    strict: tuple[str, ...]
    wait: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    log: bool
    report: str
    cache_dir: str
    cpu: str
    compile_timeout: float
    compile_memory_mb: int
    debug: bool
    trips: str
    problems: list[str]
    trusted: bool

    __slots__ = (*BY_NAME, "problems", "trusted")

    def __init__(self, values: Mapping[str, Value | list[str]] | None = None) -> None:
        """Take `values` by name, and the default for each row that is absent there.  Raises KeyError for an unknown name."""
        for row in TABLE:
            setattr(self, row.name, row.default)
        for name, value in (values or {}).items():
            row = BY_NAME[name]
            setattr(self, row.name, _unplain(value, row.default))
        if self.mode == "strict" and not self.strict:
            self.strict = ("*",)
        self.problems = []
        self.trusted = True

    def override(self, name: str, value: object) -> None:
        """Set one value as a program gives it: as the text of the variable, or a bool, a number, a path, a list of names.

        Raises KeyError for an unknown name and ValueError, saying what is allowed, for a value that cannot be understood.
        """
        row = BY_NAME[name]
        if isinstance(value, bool):
            text = str(int(value))
        elif isinstance(value, (list, tuple)):
            text = ",".join(map(str, value))
        elif value is None or isinstance(value, (int, float)):
            text = "" if value is None else repr(value)
        else:
            text = str(os.fspath(value)) if hasattr(value, "__fspath__") else str(value)
        try:
            setattr(self, row.name, row.parse(text))
        except ValueError as error:
            raise ValueError(f"{name}={value!r}: expected {error}") from None
        if self.mode == "strict" and not self.strict:
            self.strict = ("*",)

    def to_data(self) -> dict[str, Value | list[str]]:
        """All values by name, as JSON can carry them: what the constructor takes in another process."""
        return {row.name: _plain(getattr(self, row.name)) for row in TABLE}

    def key_data(self) -> dict[str, Value | list[str]]:
        """The values that enter the cache key, by name: the field `settings` of a CompileRequest."""
        return {row.name: _plain(getattr(self, row.name)) for row in TABLE if row.enters_key}


def _plain(value: Value) -> Value | list[str]:
    return list(value) if isinstance(value, tuple) else value


def _unplain(value: Value | list[str], default: Value) -> Value | list[str]:
    return tuple(value) if isinstance(default, tuple) and isinstance(value, list) else value


def load(environ: Mapping[str, str] | None = None, project_dir: str | None = None) -> Settings:
    """The settings of this process.  Never raises because of what a variable or a file contains.

    environ: None means this process's environment.  Not looked at under `python -E` and `-I`, as CPython ignores its own
    variables there, nor with raised privileges.
    project_dir: the directory of the main script; the nearest project file there or above it counts.  None: no file.
    """
    settings = Settings()
    problems = settings.problems
    if elevated():
        settings.trusted = False
        return settings
    if project_dir is not None and not sys.flags.isolated:
        from pyvorin.core import project_file

        path, texts = project_file.find(project_dir, problems)
        for name, text in texts.items():
            row = BY_NAME.get(name)
            if row is None:
                problems.append(f"{path}: unknown setting {name!r}")
            elif not row.in_file:
                problems.append(f"{path}: {name!r} can only be set by the environment variable {row.variable}")
            else:
                _assign(settings, row, text, f"{path}: {name}")
    if not sys.flags.ignore_environment:
        _from_environment(settings, os.environ if environ is None else environ)
    if settings.mode == "strict" and not settings.strict:
        settings.strict = ("*",)
    return settings


def _from_environment(settings: Settings, environ: Mapping[str, str]) -> None:
    rows = {row.variable: row for row in TABLE}
    for variable in environ:
        if not variable.startswith(PREFIX):
            continue
        row = rows.get(variable)
        if row is not None:
            _assign(settings, row, environ[variable], variable)
        elif variable.startswith(PREFIX + "_"):
            settings.problems.append(f"unknown setting {variable}")


def _assign(settings: Settings, row: Setting, text: str, where: str) -> None:
    try:
        setattr(settings, row.name, row.parse(text))
    except ValueError as error:
        settings.problems.append(f"{where}={text!r} is ignored: expected {error}")


def elevated() -> bool:
    """Whether the process runs with other rights than those of the user that started it (set-user-ID and the like)."""
    return os.geteuid() != os.getuid() or os.getegid() != os.getgid()
