"""The start-up file, by which `PYVORIN=1` reaches an interpreter: `pyvorin.pth` beside the package, in site-packages.

CPython's `site` executes its one line at each start.  Without PYVORIN in the environment that is one look-up, and no module of
ours is imported.  Under `-E` and `-I` the variable is ignored, as CPython ignores its own.  A start-up file that has
outlived its package is silent: the line asks the path finder first, and `origin` tells a package from the bare directory
that an incomplete removal leaves (which would count as a namespace package).
"""

from __future__ import annotations

NAME = "pyvorin.pth"

TEXT = (
    "import os, sys; os.environ.get('PYVORIN', '0') not in ('', '0') and not sys.flags.ignore_environment"
    " and getattr(sys.modules['_frozen_importlib_external'].PathFinder.find_spec('pyvorin'), 'origin', None)"
    " and __import__('pyvorin.autostart').autostart.start()\n"
)
