"""The programs that are run with and without Pyvorin: one beginning, many endings, and the modules that these import."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
import sys


def double(values):
    return [value * 2.0 for value in values]


class Account:
    def __init__(self, balance):
        self.balance = balance

    def interest(self, rate):
        return self.balance * rate


print(double([1.0, 2.5, -0.0]), Account(200.0).interest(0.5))
print(sys.argv, sys.path, sys.flags, sys.warnoptions, sys.orig_argv[1:])
print(__name__, __file__, __spec__ and __spec__.name, __package__, type(__loader__).__name__)
print(sorted(name for name in globals() if not name.startswith("__")), __builtins__)
print(sys.modules[__name__].__dict__ is globals(), sys.excepthook is sys.__excepthook__)
"""

ENDINGS = {
    "normal": "",
    "exception": """
def fail(n):
    return 1 // n


fail(0)
""",
    "replaced exception": """
def get(mapping):
    return mapping["a"]


try:
    get({})
except KeyError as error:
    raise ValueError(get.__name__) from None
""",
    "chained exception": """
def get(values):
    return values[3]


try:
    get([1.0])
except IndexError:
    get(None)
""",
    "exit status": "sys.exit(3)\n",
    "exit text": "sys.exit('gone')\n",
    "missing module": "import no_such_module\n",
    "missing name": "from os import no_such_name\n",
    "module with an error": "import faulty\n",
    "module with a syntax error": "import unparsable\n",
    "module with an error, by importlib": "import importlib\nimportlib.import_module('faulty')\n",
    "module with a syntax error, by importlib": "import importlib\nimportlib.import_module('unparsable')\n",
    "module that misses another": "import importlib\nimportlib.import_module('incomplete')\n",
    "standard input": "print(input() + sys.stdin.read())\n",
    "warning": """
import warnings
warnings.warn("look out", stacklevel=1)
import faulty_later
faulty_later.warn()
""",
    "stack": """
import traceback


def show():
    traceback.print_stack()


show()
print(sys._getframe().f_back is None)
""",
    "stack in a module": "import deep\n",
    "recursion": """
def descend(n):
    return descend(n + 1)


descend(0)
""",
    "interrupt": """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)
""",
    "killed": """
import os, signal
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGTERM)
""",
    "exit without cleaning up": "import os\nsys.stdout.flush()\nos._exit(7)\n",
    "work at exit": "import atexit\natexit.register(lambda: print('last', double([3.0])))\n",
    "undefined name": """
def use():
    return undefined_name


use()
""",
    "definitions in branches and loops": """
if double([]):
    def never():
        return 0
for i in range(3):
    def last():
        return i
    print(last())
""",
}

MODULES = {
    "faulty": """
import sys


def increment(x):
    return x + 1


increment(None)
""",
    "unparsable": "def f(:\n    pass\n",
    "incomplete": "import json\nimport no_such_module\n",
    "faulty_later": """
import warnings


def warn():
    warnings.warn("there", stacklevel=2)
""",
    "deep": """
import sys
import traceback

traceback.print_stack()
depth = 0
frame = sys._getframe()
while frame:
    depth += 1
    frame = frame.f_back
print(depth)
""",
}


def write(directory: Path, ending: str) -> None:
    """Write `app.py` with this ending, and the modules, into the directory."""
    (directory / "app.py").write_text(HEAD + ENDINGS[ending])
    for name, text in MODULES.items():
        (directory / f"{name}.py").write_text(text)
