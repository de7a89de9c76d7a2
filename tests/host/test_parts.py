"""The small parts of the host, each by itself: layouts, declarations, digests, discovery, signatures, facts, constants."""

from __future__ import annotations

import array
import datetime
import functools
import math
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pyvorin import messages
from pyvorin.cache import manifest
from pyvorin.core import layouts
from pyvorin.core.codedigest import code_digest
from pyvorin.host import _ffi_build, assumptions, library, literals, module, namespace, observe, probe, session
from pyvorin.host.assumptions import ABSENT

ROOT = Path(__file__).resolve().parents[2]


OF_LIBRARY = {
    "date_has_zone": datetime.datetime,
    "date_data": datetime.date,
    "delta_days": datetime.timedelta,
    "pattern_text": re.Pattern,
}
"""Rows that are compared with objects of the library where that is bound."""


class TestLayouts:
    def test_the_running_interpreter_agrees(self) -> None:
        assert probe.problem() is None
        assert probe.array_problem() is None
        assert not probe.is_free_threaded()

    @pytest.mark.parametrize("row", [row[0] for row in layouts._ROWS if not row[0].startswith("thread_")])
    def test_a_wrong_offset_is_noticed(self, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
        layout = layouts.running()
        assert layout is not None
        if getattr(layout, row) == layouts.ABSENT:
            pytest.skip("not a field of this version")
        unchecked = {"refcount", "function_version", "type_version", "type_methods", "type_members"}
        unchecked |= {
            "interpreter_monitoring_version",
            "type_getset",
            "type_dict",
            "type_cache",
            "type_subclasses",
            "type_weaklist",
        }
        if row in unchecked:
            pytest.skip("holds nothing that Python shows; its struct's size is checked")
        changed = layouts.Layout(layout.version)
        setattr(changed, row, getattr(layout, row) + 8)
        if row in OF_LIBRARY:
            kind = OF_LIBRARY[row]
            assert library.attribute(sys.modules[kind.__module__], kind.__module__, kind.__name__) is kind
            monkeypatch.setattr(layouts, "running", lambda: changed)
            assert library.attribute(sys.modules[kind.__module__], kind.__module__, kind.__name__) is ABSENT
            return
        readings = probe._array_readings if row.startswith(("array", "sizeof_array")) else probe._readings
        # Reading stops at the first disagreement, so no read goes astray.
        assert any(expected != found for _, expected, found in readings(changed))

    def test_every_row_has_a_value_for_each_version(self) -> None:
        for layout in layouts.BY_VERSION.values():
            assert all(isinstance(getattr(layout, row[0]), int) for row in layouts._ROWS)


def test_the_declarations_are_those_of_the_generator(tmp_path: Path) -> None:
    fresh = tmp_path / "_ffi.py"
    _ffi_build.generate(str(fresh))
    assert fresh.read_text() == Path(_ffi_build.PATH).read_text()


def test_what_is_spelt_twice_is_the_same() -> None:
    assert session.OPTIMISE_SHIFT == messages.OPTIMISE_SHIFT
    assert module.HOT == messages.HOT
    assert observe.NATIVE == manifest.NATIVE


class TestCodeDigest:
    SOURCE = (
        "def f(a, b=1, *, c=2):\n    def g():\n        return a, {1, 'x', None}\n"
        "    return g, 0.0, 'é', b'x', (1, (2.0, True))\n"
    )

    def digest(self, source: str) -> str:
        return code_digest(compile(source, "x.py", "exec", dont_inherit=True))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("0.0", "-0.0"),
            ("0.0", "0"),
            ("True", "1"),
            ("'x', None", "'y', None"),
            ("b=1", "b"),
            ("b=1", "d=1"),
            ("def f", "\ndef f"),
            ("return a", "return b"),
            ("b'x'", "b'y'"),
            ("*, c", "c"),
            ("b'x'", "'x'"),
        ],
    )
    def test_what_the_code_does_counts(self, old: str, new: str) -> None:
        assert self.digest(self.SOURCE) != self.digest(self.SOURCE.replace(old, new))

    def test_it_is_the_same_in_other_processes_and_after_running(self) -> None:
        program = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pyvorin.core.codedigest import code_digest\n"
            f"print(code_digest(compile({self.SOURCE!r}, 'other.py', 'exec')))"
        )
        found = {
            subprocess.run(
                [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True
            ).stdout
            for seed in ("1", "2", "3")
        }
        assert found == {self.digest(self.SOURCE) + "\n"}
        scope: dict[str, types.FunctionType] = {}
        exec("def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t\n", scope)
        before = code_digest(scope["f"].__code__)
        scope["f"](10_000)  # specialises the instructions in place
        assert code_digest(scope["f"].__code__) == before


class TestDiscovery:
    SOURCE = """
import functools, math
from functools import wraps
def plain(): pass
@functools.lru_cache
def cached(): pass
def known(f):
    @wraps(f)
    def wrapper(*a): return f(*a)
    return wrapper
def unknown(f):
    def wrapper(*a): return f(*a)
    return wrapper
@known
def under_known(): pass
@unknown
@unknown
def under_unknown(): pass
class A:
    def m(self): pass
    @staticmethod
    def s(): pass
    @classmethod
    def c(cls): pass
    @property
    def p(self): pass
    @p.setter
    def p(self, value): pass
    @functools.cached_property
    def cp(self): pass
    class B:
        def n(self): pass
class Hostile:
    def __getattribute__(self, name): raise SystemExit("touched")
    def __eq__(self, other): raise SystemExit("touched")
    __hash__ = None
hostile = Hostile()
alias = plain
"""

    def test_everything_that_the_module_made_is_found_once_and_nothing_runs(self) -> None:
        scope: dict[str, object] = {"__name__": "m"}
        exec(compile(self.SOURCE, "m.py", "exec", dont_inherit=True), scope)
        found = list(namespace.functions(scope))
        assert len(found) == len({id(function) for function in found})
        names = {(function.__code__.co_name) for function in found}
        expected = {"plain", "cached", "known", "unknown", "wrapper", "under_known", "under_unknown"}
        expected |= {"m", "s", "c", "p", "cp", "n", "__getattribute__", "__eq__"}
        assert names == expected
        assert sum(function.__code__.co_name == "p" for function in found) == 2

    def test_what_was_imported_belongs_to_others(self) -> None:
        scope: dict[str, object] = {
            "__name__": "m",
            "wraps": functools.wraps,
            "Path": Path,
            "TestDiscovery": TestDiscovery,
        }
        assert list(namespace.functions(scope)) == []


class TestSignatures:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (1, "int"),
            (2**63 - 1, "int"),
            (-(2**63), "int"),
            (2**63, "object"),
            (True, "bool"),
            (None, "none"),
            (0.5, "float"),
            ("é", "str"),
            (b"", "bytes"),
            ([], "list[?]"),
            ([1.0], "list[float]"),
            ([1, 2**70], "list[object]"),
            ({}, "dict[?, ?]"),
            ([1] * 1000 + [None], "list[union[int, none]]"),
            ((1, "a"), "tuple[int, str]"),
            ((1,) * 9, "tuples[int]"),
            (range(3), "range"),
            ([[1.0], [2.0]], "list[list[float]]"),
            (array.array("d"), "array[d]"),
            (object(), "object"),
            (int, "object"),
        ],
    )
    def test_type_of(self, value: object, expected: str) -> None:
        assert observe.type_of(value) == expected

    def test_numpy(self) -> None:
        numpy = pytest.importorskip("numpy")
        assert observe.type_of(numpy.zeros(3)) == "ndarray[float64]"
        assert observe.type_of(numpy.zeros(3, "i4")) == "ndarray[int32]"
        assert observe.type_of(numpy.zeros((3, 3))) == observe.type_of(numpy.float64(1)) == "object"

    def test_subclasses_are_objects(self) -> None:
        class Int(int): ...

        class List(list): ...

        assert observe.type_of(Int(1)) == observe.type_of(List()) == "object"

    def test_defaults_count_and_what_native_code_does_not_take_does_not(self) -> None:
        def f(a: object, b: object = 1.5, c: object = "x") -> None: ...

        def g(a: object, *, b: object = 1) -> None: ...

        def h(*a: object) -> None: ...

        assert observe.signature_of(f, (1,)) == "int, float, str"
        assert observe.signature_of(f, (1, 2, 3)) == "int, int, int"
        assert observe.signature_of(f, ()) is observe.signature_of(f, (1,) * 4) is None
        assert observe.signature_of(f, (1, 2, 3), names=("b",)) is observe.signature_of(h, (1,)) is None
        assert observe.signature_of(f, (1, "y", 2), names=("c", "b")) == "int, int, str"
        assert observe.signature_of(g, (1,)) == "int, int"
        assert observe.signature_of(g, (1, 2.5), names=("b",)) == "int, float"


class TestFacts:
    def test_literals_hold_by_type_and_every_bit(self) -> None:
        def holds(value: object, detail: str) -> bool:
            return assumptions.holds("literal", "x", detail, {"x": value}, lambda f, q: False) is value

        assert holds(1, "1")
        assert holds(-0.0, "-0.0")
        assert holds((1, (2.0, "a")), "(1, (2.0, 'a'))")
        assert not holds(True, "1")
        assert not holds(0.0, "-0.0")
        assert not holds(1.0, "1")
        assert not holds([1], "[1]")
        assert not holds(float("nan"), "nan")
        assert not holds(type("Fake", (), {"__repr__": lambda self: "1"})(), "1")
        assert not holds((1, [2]), "(1, [2])")

    def test_a_name_that_is_not_bound_is_absent(self) -> None:
        for kind in ("literal", "function", "module", "attribute"):
            assert assumptions.holds(kind, "x", "1", {}, lambda f, q: True) is ABSENT

    def test_modules_and_attributes(self) -> None:
        def holds(kind: str, value: object, detail: str) -> bool:
            return assumptions.holds(kind, "x", detail, {"x": value}, lambda f, q: False) is not ABSENT

        assert holds("module", math, "math")
        assert not holds("module", math, "array")
        assert not holds("module", types.ModuleType("math"), "math")
        assert holds("attribute", math.sqrt, "math.sqrt")
        assert not holds("attribute", math.sin, "math.sqrt")
        assert not holds("attribute", None, "no_such_module.sqrt")
        assert assumptions.imported("math", "__dict__") is math.__dict__

    def test_functions_hold_in_their_own_namespace_only(self) -> None:
        scope: dict[str, object] = {}
        exec("def f(): pass", scope)
        assert assumptions.holds("function", "f", "f", scope, lambda f, q: q == "f") is scope["f"]
        assert assumptions.holds("function", "f", "g", scope, lambda f, q: q == "f") is ABSENT
        assert assumptions.holds("function", "f", "f", {"f": scope["f"]}, lambda f, q: True) is ABSENT

    def test_builtins_are_cpythons_own(self) -> None:
        import builtins

        fake = {**vars(builtins), "len": lambda x: 0, "range": type("range", (), {}), "abs": math.fabs}
        for name in ("len", "range", "abs"):
            assert assumptions.genuine_builtin(name, {}) is getattr(builtins, name)
            assert assumptions.genuine_builtin(name, {name: getattr(builtins, name)}) is ABSENT
            assert assumptions.genuine_builtin(name, {"__builtins__": fake}) is ABSENT
        assert assumptions.genuine_builtin("nothing", {}) is ABSENT

    def test_defaults(self) -> None:
        def f(a: object = 1, b: object = -0.0) -> None: ...

        assert assumptions.constant_defaults(f, "(1, -0.0)") is f.__defaults__
        assert assumptions.constant_defaults(f, "(1, 0.0)") is ABSENT
        assert assumptions.constant_defaults(lambda: 0, "None") is ABSENT


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        7,
        -(2**70),
        1.5,
        -0.0,
        math.inf,
        -math.inf,
        1e-320,
        "",
        "name",
        "it's",
        'say "x"',
        "a\\b\n\té�",
        b"\x00'",
        (),
        (1,),
        ("a", (None, 2.5)),
        frozenset({1, 2}),
        2j,
    ],
)
def test_constants_come_back_as_they_were(value: object) -> None:
    found = literals.constant(repr(value))
    assert (type(found), repr(found)) == (type(value), repr(value))
    if isinstance(value, str) and value.isidentifier():
        assert found is sys.intern(value)


def test_what_is_no_constant_is_refused() -> None:
    for text in ("", "x", "1 +", "__import__('os')", "open('x')"):
        with pytest.raises(ValueError, match="not a constant"):
            literals.constant(text)
