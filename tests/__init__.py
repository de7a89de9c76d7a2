"""The test suite; a package, so that `python -m tests.fuzz` works from the project's root."""
