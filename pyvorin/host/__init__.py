"""The application's process: watches what is imported, loads native code, patches functions and takes the patches back.

`session.py` is the one owner of this process's state and the only module here that knows the others.
"""
