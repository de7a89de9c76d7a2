"""Link with the system's linker, for objects that our own refuses.

Same contract as `link.link_shared`: one exported table, everything else hidden, no text relocations, bound at load,
never unmapped.  GNU ld and LLVM's lld understand every option used here, directly or through a C compiler.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

from pyvorin.compiler.codegen.elf.format import LinkError, UnsupportedObject

_TIME_LIMIT = 60.0  # seconds; the linker needs milliseconds
_OPTIONS = (
    "-shared",
    "--build-id=none",
    "--hash-style=sysv",
    "--eh-frame-hdr",
    "--no-as-needed",
    "-Bsymbolic",
    "-z", "text",
    "-z", "now",
    "-z", "relro",
    "-z", "nodelete",
    "-z", "noexecstack",
)  # fmt: skip


def find_linker() -> list[str] | None:
    """The command that links: `ld` itself, else a C compiler that calls one; None when there is neither."""
    for name in ("ld", "ld.lld"):
        path = shutil.which(name)
        if path:
            return [path]
    for name in ("cc", "gcc", "clang"):
        path = shutil.which(name)
        if path:
            return [path, "-nostdlib"]
    return None


def link_with_system(
    objects: Sequence[bytes],
    *,
    table: Sequence[str],
    table_symbol: str = "pyvorin_table",
    needed: Sequence[str] = ("libm.so.6",),
) -> bytes:
    """The shared object made of `objects` by the system's linker; see `link.link_shared`.

    Raises UnsupportedObject when there is no linker, LinkError with the linker's own words when it fails.
    """
    linker = find_linker()
    if linker is None:
        raise UnsupportedObject("no system linker (ld, cc) was found")
    with tempfile.TemporaryDirectory(prefix="pyvorin-link-") as directory:
        inputs = []
        for number, data in enumerate([*objects, _table_object(table, table_symbol)]):
            inputs.append(_write(directory, f"{number}.o", data))
        script = _write(directory, "exports", f"{{ global: {table_symbol}; local: *; }};\n".encode())
        output = os.path.join(directory, "image.so")
        options = [*_OPTIONS, f"--version-script={script}"]
        if len(linker) > 1:
            options = [options[0], *(f"-Wl,{option}" if option != "-z" else option for option in options[1:])]
            options = _join_z(options)
        command = [*linker, *options, "-o", output, *inputs, *(f"-l:{name}" for name in needed)]
        _run(command)
        with open(output, "rb") as file:
            return file.read()


def _join_z(options: list[str]) -> list[str]:
    """For a compiler's command line: `-z word` is passed to the linker as it stands, without `-Wl,`."""
    joined = []
    previous = ""
    for option in options:
        joined.append(option.removeprefix("-Wl,") if previous == "-z" else option)
        previous = option
    return joined


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIME_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LinkError(f"the system linker could not be run: {error}") from None
    if done.returncode:
        raise LinkError(f"the system linker failed: {done.stderr.decode('utf-8', 'replace').strip()}")


def _write(directory: str, name: str, data: bytes) -> str:
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def _table_object(table: Sequence[str], table_symbol: str) -> bytes:
    """An object that defines the exported table."""
    from pyvorin.compiler.codegen.optimise import emit_object, parse
    from pyvorin.compiler.codegen.target import resolve

    names = [_quoted(name) for name in table]
    declarations = "".join(f"@{name} = external hidden global i8\n" for name in names)
    entries = ", ".join(f"ptr @{name}" for name in names)
    pointers = f"[{len(names)} x ptr]"
    value = f"{{ i64 {len(names)}, {pointers} {f'[{entries}]' if names else 'zeroinitializer'} }}"
    text = f"{declarations}@{_quoted(table_symbol)} = constant {{ i64, {pointers} }} {value}\n"
    return emit_object(parse(text, name="table"), resolve("v2"))


def _quoted(name: str) -> str:
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02x}" for byte in name.encode()
    )
    return f'"{escaped}"'
