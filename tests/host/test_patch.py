"""A patched function is the same function for everyone who looks: identity, attributes, protocols, memory."""

from __future__ import annotations

import pytest

from tests.host.conftest import Host

SOURCE = """
def twice(x: float):
    "Two times x."
    return x * 2.0

def scaled(x: float):
    return x * 3.0
scaled.__defaults__ = (1.5,)

class A:
    def m(self, x: float):
        return x * 4.0
"""

SETUP = f"""
m = load("m", {SOURCE!r})
f, g, A = m["twice"], m["scaled"], m["A"]
def native(qualname):
    return status("m", qualname)[1]
f(1.0); g(1.0); A().m(1.0)
assert native("twice") == native("scaled") == native("A.m") == 1
"""


def run(host: Host, program: str, **options: object) -> str:
    import textwrap

    return host.run(SETUP + textwrap.dedent(program), **options)  # type: ignore[arg-type]


def test_what_reflection_sees_is_unchanged(host: Host) -> None:
    run(
        host,
        """
        import inspect, types, typing, dis, io, contextlib
        assert isinstance(f, types.FunctionType) and isinstance(f, types.LambdaType) and callable(f)
        assert inspect.isfunction(f) and inspect.isroutine(f) and not inspect.isbuiltin(f)
        assert str(inspect.signature(f)) == "(x: float)" and str(inspect.signature(A.m)) == "(self, x: float)"
        assert str(inspect.signature(g)) == "(x: float = 1.5)"
        assert (f.__name__, f.__qualname__, f.__module__, f.__doc__) == ("twice", "twice", "m", "Two times x.")
        assert f.__annotations__ == {"x": float} and typing.get_type_hints(f) == {"x": float}
        assert repr(f).startswith("<function twice at 0x") and f.__globals__ is m and f.__closure__ is None
        kind = type(f)
        assert (kind.__name__, kind.__qualname__, kind.__module__) == ("function", "function", "builtins")
        assert repr(kind) == "<class 'function'>" and kind.__doc__ == types.FunctionType.__doc__
        assert issubclass(kind, types.FunctionType) and kind.__mro__[-2:] == (types.FunctionType, object)
        assert kind.__basicsize__ == types.FunctionType.__basicsize__ and kind.__flags__ & (1 << 9) == 0
        assert sorted(set(dir(f)) ^ set(dir(lambda: 0))) == [] and "__dict__" in dir(f)
        assert types.FunctionType.__subclasses__() == []
        made = kind(f.__code__, {"__builtins__": {}}, "made")
        assert type(made) is types.FunctionType and made.__name__ == "made" and made(4.0) == 8.0
        try:
            class Sub(kind): pass
        except TypeError as error:
            assert "not an acceptable base type" in str(error)
        try:
            kind.attribute = 1
        except TypeError as error:
            assert "immutable type" in str(error)
        f.tag = [1]; assert f.__dict__ == {"tag": [1]} and vars(f) is f.__dict__; del f.tag
        f.__name__ = "other"; assert f.__name__ == "other"; f.__name__ = "twice"
        f.__doc__ = "new"; assert f.__doc__ == "new"
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            help(f); dis.dis(f)
        assert "new" in text.getvalue() and "RETURN_VALUE" in text.getvalue()
        """,
    )


def test_pickling_copying_weak_references_and_hashing(host: Host) -> None:
    run(
        host,
        """
        import copy, copyreg, io, multiprocessing.reduction, pickle, weakref
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for function in (f, A.m):
                assert pickle.loads(pickle.dumps(function, protocol)) is function
                assert pickle.loads(pickle._dumps(function, protocol)) is function
        own = io.BytesIO()
        pickler = pickle.Pickler(own); pickler.dispatch_table = {}; pickler.dump([f, f])
        assert pickle.loads(own.getvalue()) == [f, f]
        assert bytes(multiprocessing.reduction.ForkingPickler.dumps(f)) and copyreg.dispatch_table.get(type(f)) is None
        assert copy.copy(f) is f and copy.deepcopy([f])[0] is f
        local = type(f)(f.__code__, m, "nowhere")
        try:
            pickle.dumps(local)
        except (pickle.PicklingError, AttributeError) as error:
            assert "nowhere" in str(error) or "twice" in str(error)
        assert weakref.ref(f)() is f and {f: 1}[f] == 1 and hash(f) == object.__hash__(f) and f == f and f != g
        assert pickle.loads(pickle.dumps(A().m)).__func__ is A.m
        """,
    )


def test_every_way_to_call(host: Host) -> None:
    run(
        host,
        """
        import functools
        before = native("twice")
        assert f(x=2.0) == 4.0 and f(*[2.0]) == 4.0 and f(**{"x": 2.0}) == 4.0
        assert list(map(f, [1.0, 2.0])) == [2.0, 4.0] and sorted([2.0, 1.0], key=f) == [1.0, 2.0]
        assert functools.partial(f, 2.0)() == 4.0 and functools.reduce(lambda a, b: a + f(b), [1.0, 2.0], 0.0) == 6.0
        assert f.__call__(2.0) == 4.0 and type(f).__call__(f, 2.0) == 4.0
        assert native("twice") > before + 5
        assert g() == 4.5 and g(2.0) == 6.0
        missing = (), "missing 1 required positional argument: 'x'"
        for arguments, text in (missing, ((1.0, 2.0), "takes 1 positional argument but 2 were given")):
            try:
                f(*arguments)
            except TypeError as error:
                assert str(error) == "twice() " + text, error
        try:
            f(y=1.0)
        except TypeError as error:
            assert "unexpected keyword argument 'y'" in str(error)
        a = A()
        bound = a.m
        before = native("A.m")
        B = type("B", (A,), {"m": lambda self, x: super(B, self).m(x) + 1.0})
        assert bound(1.0) == a.m(1.0) == A.m(a, 1.0) == A.m.__get__(a)(1.0) == 4.0 and B().m(1.0) == 5.0
        assert native("A.m") == before + 5
        class C:
            value = property(lambda self: f(2.0)); __getitem__ = A.m; __call__ = A.m; s = staticmethod(f); c = classmethod(A.m)
        assert C().value == 4.0 and C()[2.0] == 8.0 and C()(2.0) == 8.0 and C.s(2.0) == 4.0 and C.c(2.0) == 8.0
        """,
    )


def test_call_sites_that_were_specialised_before_see_the_patch_and_its_end(host: Host) -> None:
    output = run(
        host,
        """
        def loop(n, f, a):
            for _ in range(n):
                f(1.0); a.m(1.0); a[1.0]; f(x=1.0)
        A.__getitem__ = A.m
        a = A()
        session._registry.undo_all()
        counts = []
        for _ in range(3):
            for patched in (False, True):
                if patched:
                    session.modules["m"].bind(m)
                else:
                    session._registry.undo_all()
                start = native("twice"), native("A.m")
                loop(1000, f, a)                 # the call sites get hot, and stay so through patching and its end
                counts.append((native("twice") - start[0], native("A.m") - start[1]))
        print(counts)
        """,
    )
    assert output == str([(0, 0), (1000, 2000)] * 3) + "\n"


def test_a_hundred_thousand_functions_made_patched_and_collected_leave_nothing(host: Host) -> None:
    output = run(
        host,
        """
        import gc, resource, sys, types
        from pyvorin.host import patch
        binding, _ = session._registry.owners[id(f)]
        entry = binding.group.entries[0]
        kind = type(f)
        class Holder: pass
        def rounds(n):
            for number in range(n):
                function = types.FunctionType(f.__code__, m, "made")
                applied = patch.apply(function, entry)
                assert function(2.0) == 4.0
                if number % 3 == 0:
                    patch.undo(applied)
                    assert type(function) is types.FunctionType and function(2.0) == 4.0
                if number % 5 == 0:          # a cycle through the function, for the collector
                    holder = Holder(); holder.function = function; function.holder = holder
        def size():
            gc.collect()
            return int(open("/proc/self/statm").read().split()[1])
        rounds(20_000)
        first = size()
        references = sys.getrefcount(types.FunctionType), sys.getrefcount(kind)
        rounds(80_000)
        after = sys.getrefcount(types.FunctionType), sys.getrefcount(kind)
        print(size() - first < 200, abs(after[0] - references[0]) < 5, abs(after[1] - references[1]) < 5)
        assert gc.get_referrers(kind) is not None and f(1.0) == 2.0
        """,
        timeout=120,
    )
    assert output == "True True True\n"


def test_the_interpreter_ends_well_with_functions_patched(host: Host) -> None:
    output = run(
        host,
        """
        import atexit, threading, weakref
        class Last:
            def __init__(self, function): self.function = function
            def __del__(self): print("deleted", self.function(1.0))
        keep = Last(f)
        f.me = keep                       # a cycle that only the end of the interpreter breaks
        builtins = __import__("builtins"); builtins.kept = f
        sys.modules["kept"] = f
        atexit.register(lambda: print("atexit", f(2.0)))
        thread = threading.Thread(target=lambda: [f(1.0) for _ in range(10_000)])
        thread.start()
        """,
    )
    assert output in ("atexit 4.0\ndeleted 2.0\n", "atexit 4.0\n")


@pytest.mark.parametrize("hook", ["object.__setattr__", "open", "import"])
def test_an_audit_hook_that_refuses_keeps_functions_in_cpython(host: Host, hook: str) -> None:
    output = host.run(
        f"""
        def refuse(event, arguments):
            if event == {hook!r} and active:
                raise RuntimeError("refused")
        active = False
        sys.addaudithook(refuse)
        settings.debug = False
        namespace = {{"__name__": "m"}}
        exec({SOURCE!r}, namespace)
        active = True
        session.module_executed("m", namespace, {SOURCE!r}.encode(), "m.py", (lambda: 0).__code__)
        active = False
        print(namespace["twice"](2.0), namespace["A"]().m(2.0))
        """
    )
    assert output == "4.0 8.0\n"
