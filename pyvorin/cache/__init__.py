"""Compiled code on disk: where it lies, under which key, in which form, and how it is read and written safely.

Any doubt about a file is a miss, never an exception; `store.Store` is the only way in.
"""
