"""A stand-in for native code: walks a function's tree on private state, and leaves it at any operation that it is told to.

Like native code it never raises and never runs an `except` body: what it cannot do, it leaves to a continuation.  When it
leaves it says where in the form of docs/exits.md, "Resume points"; and it can be entered at the head of a loop.
"""
