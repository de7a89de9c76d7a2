"""Goes on in CPython where native code had to leave a function in the middle of a call (docs/exits.md, "Resume points").

Loaded at the first such exit of a process, never at its start.
"""
