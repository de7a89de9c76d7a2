"""`python -m pyvorin`."""

from __future__ import annotations

import sys


def _main() -> int:
    # `-m` puts the current directory first on the path, where a program's own ast.py or json.py would be taken for the
    # standard library's by the modules imported from here on.
    if not getattr(sys.flags, "safe_path", False) and sys.path:
        del sys.path[0]
    from pyvorin.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
