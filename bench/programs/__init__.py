"""The measured programs.

Each is a module with `setup()`, which makes the arguments, and `run(*arguments)`, which is measured; its docstring says what it
stresses.  `run` gives the same result on equal arguments.  One that changes its arguments says `MUTATES = True`, and stays
well-behaved when it is run again on what it left.
"""
