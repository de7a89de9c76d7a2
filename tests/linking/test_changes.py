"""What is compiled along with other modules is not what runs any more once one of them has changed."""

from __future__ import annotations

from .conftest import Program
from .test_programs import HELPERS, SHAPES


def test_rebinding(program: Program) -> None:
    """A name that is bound anew in either module counts from its next use on."""
    program.write(
        shapes=SHAPES + "\n    class P:\n        k = 3\n        def get(self, x):\n            return x * self.k\n",
        helpers=HELPERS,
        app="""
            import builtins
            from unittest import mock
            import shapes, helpers
            from shapes import area, P

            def total(n):
                t = 0
                for i in range(n):
                    t += area(i, 3) + shapes.limit(i)
                return t

            def gets(p, n):
                t = 0
                for i in range(n):
                    t += p.get(i)
                return t

            def show():
                print(total(20), gets(P(), 10))

            for _ in range(4):
                show()
            with mock.patch("helpers.scale", lambda v: v):
                show()
            with mock.patch("shapes.rescale", lambda v: -v):
                show()
            with mock.patch("shapes.area", lambda w, h: 1):
                show()
            with mock.patch("__main__.area", lambda w, h: 1):
                show()
            with mock.patch("shapes.FACTOR", 10):
                show()
            with mock.patch.object(P, "get", lambda self, x: 7):
                show()
            shapes.P.k = 4
            show()
            shapes.LIMITS = (5, 6.5)
            show()
            shapes.len = lambda x: 1
            show()
            del shapes.len
            show()
            old = shapes.area.__code__
            shapes.area.__code__ = (lambda w, h: 100).__code__
            show()
            shapes.area.__code__ = old
            show()
            def again(w, h):
                return w
            shapes.area = again
            show()
            names = globals()
            names["area"] = shapes.area
            show()
            kept, names["shapes"] = shapes, helpers
            helpers.limit = lambda i: -1
            show()
            names["shapes"] = kept
            show()
        """,
    )
    program.run()
    assert program.status["__main__.total"] == program.status["__main__.gets"] == "native"


def test_rebinding_in_the_middle_of_a_loop(program: Program) -> None:
    program.write(
        other="""
            def f(x):
                return x + 1

            def g(x):
                return x
        """,
        app="""
            import other
            from other import f

            def change(i):
                if i == 30:
                    other.g = lambda x: 1000

            def total(n, hook):
                t = 0
                for i in range(n):
                    hook(i)
                    t += f(i) + other.g(i)
                return t

            for _ in range(4):
                print(total(50, lambda i: None))
            print(total(50, change))
            print(total(50, change))
        """,
    )
    program.run()


def test_reloading(program: Program) -> None:
    program.write(
        other="""
            VALUE = 1
            def f(x):
                return x + VALUE
        """,
        app="""
            import importlib, sys
            import other
            from other import f

            def total(n):
                t = 0
                for i in range(n):
                    t += f(i) + other.f(i)
                return t

            for _ in range(4):
                print(total(20))
            importlib.reload(other)
            print(total(20))
            names = globals()
            names["f"] = other.f
            print(total(20))
            other.VALUE = 5
            print(total(20))
            del sys.modules["other"]
            print(total(20))
            names["other"] = importlib.import_module("other")
            print(total(20))
            import gc
            names["f"] = None
            gc.collect()
            try:
                total(3)
            except TypeError as error:
                print(error)
            names["f"] = other.f
            print(total(20))
        """,
    )
    program.run()
    assert program.status["__main__.total"] == "native"


def test_another_module_changes_between_runs(program: Program) -> None:
    """What was compiled along with it is compiled anew, be it a function, or a constant of a module without functions."""
    app = """
        import config
        from other import f

        def total(n):
            t = 0
            for i in range(n):
                t += f(i) * config.RATE
            return t

        for _ in range(4):
            print(total(20))
    """
    program.write(app=app, config="RATE = 3\n", other="def f(x):\n    return x + 1\n")
    first = program.run()
    assert program.status["__main__.total"] == "native"
    program.write(other="def f(x):\n    return x + 2\n")
    second = program.run()
    assert program.status["__main__.total"] == "native"
    program.write(config="RATE = 4\n")
    third = program.run()
    assert program.status["__main__.total"] == "native"
    assert len({first, second, third}) == 3
    program.run()
    assert program.status["__main__.total"] == "native"
