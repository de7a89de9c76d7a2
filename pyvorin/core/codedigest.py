"""A digest of what a function does: equal for the same source in every process, whoever compiled it.

A function may be replaced by native code only while its live code object is what CPython makes of the source that was
compiled: import hooks that rewrite modules (pytest's assertions, macros) and assignments to `__code__` show up here.
`hash(code)` and `marshal` will not do: the one varies between processes, the other with what happens to be interned.
"""

from __future__ import annotations

from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
else:
    CodeType = type((lambda: None).__code__)  # as the module `types` has it, which a warm start does not load

DIGEST_SIZE, MADE_DIGEST_SIZE = 16, 8

_PLAIN = frozenset({int, float, bool, str, bytes, type(None)})
"""Types of constants of which the text of a tuple of them says all."""


def code_digest(code: CodeType) -> str:
    """The digest of a code object, in hexadecimal: of its instructions, constants (nested code too), names and signature.

    The file name does not count, nor do the columns of the instructions; the first line does.
    """
    parts: list[bytes] = []
    _add_code(parts, code)
    return blake2b(b"".join(parts), digest_size=DIGEST_SIZE).hexdigest()


def made_digest(function: FunctionType) -> str:
    """The digest of a function that `dataclasses` has made, and of the builtins that it refers to: those in its cells."""
    parts = [code_digest(function.__code__)]
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            content = None
        # Without `repr` or `==`, which may run anything.
        known = [kind.__name__ for kind in (list, dict, set, object) if content is kind]
        parts += known or [f"{type(content).__module__}.{type(content).__name__}"]
    return blake2b(" ".join(parts).encode("utf-8", "surrogatepass"), digest_size=MADE_DIGEST_SIZE).hexdigest()


def _add_code(parts: list[bytes], code: CodeType) -> None:
    # co_code is the code as compiled: specialised and instrumented instructions are undone in the copy that CPython hands out.
    _add(parts, b"C", code.co_code)
    constants = code.co_consts
    is_plain = _PLAIN.issuperset([type(constant) for constant in constants])
    facts = (
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_nlocals,
        code.co_flags,
        code.co_firstlineno,
        code.co_name,
        code.co_varnames,
        code.co_names,
        code.co_freevars,
        code.co_cellvars,
        constants if is_plain else len(constants),
    )
    # The text tells 1 from 1.0 and True, 0.0 from -0.0, and keeps every bit of a finite float; lone surrogates are escaped.
    _add(parts, b"#", ascii(facts).encode("ascii"))
    if not is_plain:
        for constant in constants:
            _add_constant(parts, constant)


def _add_constant(parts: list[bytes], value: object) -> None:
    if isinstance(value, CodeType):
        _add_code(parts, value)
    elif type(value) is tuple:
        _add(parts, b"(", str(len(value)).encode())
        for item in value:
            _add_constant(parts, item)
    elif type(value) is frozenset:
        # The order of a set of str varies between processes.
        _add(parts, b"{", str(len(value)).encode())
        items: list[bytes] = []
        for item in value:
            inner: list[bytes] = []
            _add_constant(inner, item)
            items.append(b"".join(inner))
        parts.extend(sorted(items))
    else:
        _add(parts, b"=", f"{type(value).__name__} {value!a}".encode("ascii"))


def _add(parts: list[bytes], kind: bytes, content: bytes) -> None:
    # Length first, so that no two different lists of parts join to the same bytes.
    parts.append(b"%c%d:%b" % (kind, len(content), content))
