"""Observers that stand by until a module has its first answer."""

from __future__ import annotations

from tests.host.conftest import Host

UNTIL = """
import gc, time
gc.disable()
def until(condition, work):
    "Work until the condition holds; whether it has."
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        for _ in range(100):
            work()
    return condition()
"""
FUNCTIONS = """
def slow_f(x):
    return x * 2.0
class A:
    def area(self, x):
        return x * 3.0
    @property
    def half(self):
        return self
"""


def test_a_program_that_collects_no_garbage_becomes_native(host: Host) -> None:
    output = host.run(
        UNTIL
        + f"""
m = load('m', {FUNCTIONS!r})
print(status('m', 'slow_f'))
print(until(lambda: (status('m', 'slow_f') or ('',))[0] == 'native', lambda: m['slow_f'](1.0)))
print(m['slow_f'](4.0), m['slow_f'](4), session.modules['m'].standby)
""",
        wait=False,
    )
    assert output == "None\nTrue\n8.0 8.0 None\n"


def test_what_functions_are_called_with_is_seen_before_there_is_an_answer(host: Host) -> None:
    output = host.run(
        UNTIL
        + f"""
m = load('m', {FUNCTIONS!r})
a = m['A']()
for _ in range(3):
    m['slow_f'](1.0), a.area(2.0)
seen = {{name: found for name, found in session.modules['m'].signatures.items() if found}}
print(session.modules['m'].loaded, sorted(seen), seen['slow_f'])
""",
        wait=False,
    )
    assert output == "None ['A.area', 'slow_f'] ['float']\n"


def test_the_second_program_finds_them_in_the_cache(host: Host) -> None:
    program = f"load('m', {FUNCTIONS!r}); print(session._intake._next_id - 1, len(session._registry.owners))"
    assert host.run(program, wait=False) == "2 3\n"
    assert host.run(program.replace("'m'", "'other'"), wait=False) == "1 3\n"


def test_a_module_of_many_functions_has_several_copies(host: Host) -> None:
    text = "".join(f"def slow_{index}(x):\n    return x * {index}.0\n" for index in range(40))
    output = host.run(
        f"""
m = load('m', {text!r})
print(len(session._registry.owners), [m[f'slow_{{index}}'](2.0) for index in range(0, 40, 13)])
for index in range(40):
    m[f'slow_{{index}}'](1.0), m[f'slow_{{index}}'](1.0)
print(len([name for name, found in session.modules['m'].signatures.items() if found]))
""",
        wait=False,
    )
    assert output == "40 [0.0, 26.0, 52.0, 78.0]\n40\n"


def test_what_is_not_compiled_is_given_back(host: Host) -> None:
    """By a refusal, and by a worker that fails."""
    for name in ("f", "crash_f"):
        text = f"def {name}(x):\n    return x if x else None\n"
        output = host.run(
            UNTIL
            + f"""
settings.debug = False
m = load('m{name}', {text!r})
print(len(session._registry.owners))
print(until(lambda: not session._registry.owners, lambda: m['{name}'](1.0)), session.modules['m{name}'].standby)
""",
            wait=False,
        )
        assert output == "1\nTrue None\n", name


def test_a_worker_that_hangs_costs_the_first_program_a_moment(host: Host) -> None:
    """The program goes on without observers, and without an error."""
    output = host.run(
        """
import pyvorin.host.standby
pyvorin.host.standby.FIRST_SECONDS = 0.0
m = load('m', "def twice(x):\\n    return x * 2.0\\n")
print(session.modules['m'].standby, m['twice'](2.0))
""",
        wait=False,
    )
    assert output == "None 4.0\n"


def test_only_what_later_programs_will_find_is_waited_for(host: Host) -> None:
    for keeps, waited in ((True, [2.0]), (False, [])):
        output = host.run(
            f"""
import pyvorin.host.intake
found = []
pyvorin.host.intake.Intake.wait = lambda self, module, seconds=None: found.append(seconds)
session.store._may_write = {keeps}
load('m', "def twice(x):\\n    return x * 2.0\\n")
print(found)
""",
            wait=False,
            cache_dir=str(host.directory / f"cache{keeps}"),
        )
        assert output == f"{waited}\n"
