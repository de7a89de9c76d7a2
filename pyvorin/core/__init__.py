"""Vocabulary shared by every other part: settings, reasons, positions, diagnostics, events.

Nothing here imports anything of Pyvorin above this level.  Everything in it lies on the warm-start path, so its modules
import only `sys` and `os` when they are loaded.
"""
