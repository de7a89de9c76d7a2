"""Every reason for which code runs in CPython rather than natively: one row each, the only place they are listed.

A code is API and never changes its meaning; the words beside it may.  A module constant is the code itself (a str), and
`TABLE[code]` is its row:

    reasons.INTEGER_OVERFLOW                  ->  "INTEGER_OVERFLOW"
    reasons.TABLE["INTEGER_OVERFLOW"].scope   ->  "call"

Message templates are `str.format` texts.  `{function}` is the qualified name of the function concerned; a diagnostic always
supplies it.  The other fields a template needs are listed by `Reason.fields`.
"""

from __future__ import annotations

FUNCTION = "function"
CALL = "call"
PROCESS = "process"

CONSEQUENCES = {
    FUNCTION: "'{function}' runs in CPython; its results are unchanged",
    CALL: "this call of '{function}' continued in CPython; its result is unchanged",
    PROCESS: "the program runs in CPython as far as this concerns it; its results are unchanged",
}
"""What a reason means for the program, by scope."""


class Reason:
    """One row: a stable code, what it concerns, and the words for it.

    scope: "function" (not compiled at all), "call" (a native call left, others stay native) or "process" (no single function).
    """

    __slots__ = ("code", "hint", "message", "scope")

    def __init__(self, code: str, scope: str, message: str, hint: str) -> None:
        self.code = code
        self.scope = scope
        self.message = message
        self.hint = hint

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the template's fields, in order of appearance."""
        pieces = self.message.split("{")[1:]
        return tuple(dict.fromkeys(piece.partition("}")[0] for piece in pieces))

    @property
    def consequence(self) -> str:
        """The template of the sentence that says what this means for the program; its only field is `{function}`."""
        return CONSEQUENCES[self.scope]

    def __repr__(self) -> str:
        return f"<Reason {self.code}: {self.scope}>"


TABLE: dict[str, Reason] = {}


def message(code: str, **fields: object) -> str:
    """The words of `code` with its template's fields filled in.

    Raises KeyError for an unknown code and ValueError for a missing field: both are mistakes of the caller's source.
    """
    reason = TABLE[code]
    try:
        return reason.message.format(**fields)
    except KeyError as error:
        raise ValueError(f"the message of {code} needs the field {error}; it has {', '.join(reason.fields)}") from None


def _reason(code: str, scope: str, text: str, hint: str) -> str:
    if code in TABLE:
        raise ValueError(f"reason {code} is declared twice")
    TABLE[code] = Reason(code, scope, text, hint)
    return code


# The front end: what a function's source contains.

UNSUPPORTED_AST_NODE = _reason(
    "UNSUPPORTED_AST_NODE",
    FUNCTION,
    "{node} in '{function}' is not compiled",
    "move the loop over the data into a plain function and call it from here",
)
UNSUPPORTED_CALL = _reason(
    "UNSUPPORTED_CALL",
    FUNCTION,
    "'{function}' calls {callee}, which is not known to be compilable",
    "call a function of the same module, a supported builtin or a function of `math`, or move the call out of the loop",
)
UNSUPPORTED_OPERATION = _reason(
    "UNSUPPORTED_OPERATION",
    FUNCTION,
    "'{function}' uses {operation}, which is not compiled",
    "use an operation listed in docs/supported.md, or keep this part in a function of its own",
)
GENERATOR = _reason(
    "GENERATOR",
    FUNCTION,
    "'{function}' is a generator",
    "return a list, or move the computation between two yields into a plain function",
)
ASYNC = _reason(
    "ASYNC",
    FUNCTION,
    "'{function}' is asynchronous",
    "move the computation between two awaits into a plain function",
)
CLOSURE = _reason(
    "CLOSURE",
    FUNCTION,
    "'{function}' shares the variable {name} with a nested or an enclosing function",
    "pass the variable as an argument",
)
DYNAMIC_SCOPE = _reason(
    "DYNAMIC_SCOPE",
    FUNCTION,
    "'{function}' uses {name}, which sees or changes variables by name or by frame",
    "move the computation into a function that does not use it",
)
VARARGS = _reason(
    "VARARGS",
    FUNCTION,
    "'{function}' takes or passes * or ** arguments",
    "give the function that computes a fixed list of parameters",
)
DECORATED = _reason(
    "DECORATED",
    FUNCTION,
    "'{function}' is decorated by {decorator}, which compiles it itself",
    "without the decorator the function is compiled here",
)
TOO_LARGE = _reason(
    "TOO_LARGE",
    FUNCTION,
    "'{function}' has {size} {unit}, more than the limit of {limit}",
    "split the function",
)

# Types.

TYPE_INFERENCE_FAILED = _reason(
    "TYPE_INFERENCE_FAILED",
    FUNCTION,
    "no type fits {what} in '{function}': {conflict}",
    "give each variable one type, or annotate the parameter it comes from",
)
OPEN_PARAMETER_TYPES = _reason(
    "OPEN_PARAMETER_TYPES",
    FUNCTION,
    "the types of {parameters} of '{function}' are decided by its first calls",
    "annotate the parameters to have it native from the first call",
)
UNSEEN_VALUE = _reason(
    "UNSEEN_VALUE",
    FUNCTION,
    "'{function}' uses {what}, of which no value was seen yet",
    "it is compiled when a call has shown it",
)

# Leaving native code in the middle of a call.

RUNTIME_TYPE_MISMATCH = _reason(
    "RUNTIME_TYPE_MISMATCH",
    CALL,
    "a value in '{function}' has another type than was compiled for",
    "keep the types of arguments and of the elements of containers the same from call to call",
)
INTEGER_OVERFLOW = _reason(
    "INTEGER_OVERFLOW",
    CALL,
    "an int in '{function}' does not fit into 64 bits",
    "nothing needs to change: CPython computes the large integer",
)
BOUNDS_CHECK_FAILURE = _reason(
    "BOUNDS_CHECK_FAILURE",
    CALL,
    "an index in '{function}' is out of range",
    "test the length before indexing, if this happens often",
)
KEY_ERROR = _reason(
    "KEY_ERROR",
    CALL,
    "a key in '{function}' is missing from a dict or a set",
    "use `in` or `.get` first, if this happens often",
)
DIVISION_BY_ZERO = _reason(
    "DIVISION_BY_ZERO",
    CALL,
    "a divisor in '{function}' is zero",
    "test the divisor first, if this happens often",
)
MATH_DOMAIN = _reason(
    "MATH_DOMAIN",
    CALL,
    "an argument of a mathematical function in '{function}' is outside its domain, or the result outside the range of float",
    "test the argument first, if this happens often",
)
VALUE_ERROR = _reason(
    "VALUE_ERROR",
    CALL,
    "a built-in operation in '{function}' would raise an exception",
    "test the operand first, if this happens often",
)
UNBOUND_VARIABLE = _reason(
    "UNBOUND_VARIABLE",
    CALL,
    "a variable in '{function}' is read before anything was assigned to it",
    "assign to it on every path",
)
EXPLICIT_RAISE = _reason(
    "EXPLICIT_RAISE",
    CALL,
    "'{function}' reached a raise or a failing assert",
    "nothing needs to change: CPython raises the exception",
)
RECURSION_LIMIT = _reason(
    "RECURSION_LIMIT",
    CALL,
    "'{function}' recurses deeper than the recursion limit or the stack allows",
    "use a loop, or a smaller depth",
)
OUT_OF_MEMORY = _reason(
    "OUT_OF_MEMORY",
    CALL,
    "an allocation in '{function}' failed",
    "work on smaller pieces",
)
PENDING_EXCEPTION = _reason(
    "PENDING_EXCEPTION",
    CALL,
    "a signal handler or something called by '{function}' raised an exception",
    "nothing needs to change: the exception goes on as in CPython",
)
ASSUMPTION_INVALIDATED = _reason(
    "ASSUMPTION_INVALIDATED",
    CALL,
    "something that '{function}' relies on, such as a global or a builtin, was changed",
    "do not rebind functions, classes and constants while the program runs",
)
UNUSUAL_INSTANCE = _reason(
    "UNUSUAL_INSTANCE",
    CALL,
    "an object in '{function}' lacks an attribute, or keeps its attributes in another way than objects of its class do",
    "set all attributes in '__init__', in the same order, and leave '__dict__' alone",
)
OVERLAPPING_BUFFERS = _reason(
    "OVERLAPPING_BUFFERS",
    CALL,
    "arrays that '{function}' reads and writes in one loop share memory",
    "pass arrays that do not overlap, or write into a new one",
)
EFFECT_BEFORE_EXIT = _reason(
    "EFFECT_BEFORE_EXIT",
    FUNCTION,
    "{operation} in '{function}' may have to continue in CPython after {effect} was done, and cannot be repeated",
    "compute first and store afterwards, or put the part that stores into a function of its own",
)

# What native code cannot reach.

EXTERNAL_C_EXTENSION = _reason(
    "EXTERNAL_C_EXTENSION",
    FUNCTION,
    "'{function}' uses {name} of an extension module",
    "keep calls into extension modules outside of the loops to be compiled",
)
NETWORK_DEPENDENCY = _reason(
    "NETWORK_DEPENDENCY",
    FUNCTION,
    "'{function}' uses {name}, which waits for the network",
    "separate the transfer from the computation",
)

# Whether a function can and should be replaced.

SOURCE_UNAVAILABLE = _reason(
    "SOURCE_UNAVAILABLE",
    FUNCTION,
    "there is no source text for '{function}'",
    "run from .py files rather than from compiled or generated code",
)
CODE_CHANGED = _reason(
    "CODE_CHANGED",
    FUNCTION,
    "the code of '{function}' is not what its source compiles to",
    "exclude the module from the tool that rewrites it",
)
UNPROFITABLE = _reason(
    "UNPROFITABLE",
    FUNCTION,
    "native code for '{function}' is not faster than CPython",
    "let one call do more work, such as a whole loop",
)
TRACING_ACTIVE = _reason(
    "TRACING_ACTIVE",
    CALL,
    "a debugger, profiler or coverage tool observes '{function}'",
    "measure without the tool; native execution resumes when it leaves",
)

# The compiler.

SYNTAX_ERROR = _reason(
    "SYNTAX_ERROR",
    PROCESS,
    "the source cannot be parsed: {detail}",
    "correct the syntax, or run with the Python version that the source is written for",
)
COMPILER_CRASHED = _reason(
    "COMPILER_CRASHED",
    PROCESS,
    "the compile worker ended without an answer: {detail}",
    "please report this with the module's source; the functions of the module stay in CPython",
)
COMPILER_TIMEOUT = _reason(
    "COMPILER_TIMEOUT",
    PROCESS,
    "the compile worker was stopped after {seconds} seconds",
    "raise PYVORIN_COMPILE_TIMEOUT, or split the module",
)
COMPILER_UNAVAILABLE = _reason(
    "COMPILER_UNAVAILABLE",
    PROCESS,
    "no compile worker can be started: {detail}",
    "check that llvmlite can be imported by this interpreter and that processes may be started",
)
INTERNAL_COMPILER_ERROR = _reason(
    "INTERNAL_COMPILER_ERROR",
    FUNCTION,
    "the compiler failed on '{function}' in stage {stage}: {detail}",
    "please report this with the function's source; it stays in CPython",
)

# The cache and the process.

CACHE_CORRUPT = _reason(
    "CACHE_CORRUPT",
    PROCESS,
    "a file of the cache is damaged and was removed: {detail}",
    "nothing needs to change: the module is compiled again",
)
INSECURE_CACHE = _reason(
    "INSECURE_CACHE",
    PROCESS,
    "the cache directory is not used, because others could write to it: {detail}",
    "set PYVORIN_CACHE_DIR to a directory that only you can write to",
)
CACHE_UNAVAILABLE = _reason(
    "CACHE_UNAVAILABLE",
    PROCESS,
    "nothing can be kept in the cache: {detail}",
    "set PYVORIN_CACHE_DIR to a writable directory; until then every process compiles for itself",
)
NOEXEC_CACHE = _reason(
    "NOEXEC_CACHE",
    PROCESS,
    "native code cannot be loaded: the cache is mounted noexec and anonymous memory files are not available either",
    "set PYVORIN_CACHE_DIR to a directory on a file system that allows execution",
)
LOAD_FAILED = _reason(
    "LOAD_FAILED",
    PROCESS,
    "a shared object could not be loaded: {detail}",
    "run with PYVORIN_LOG=1 and report what it says",
)
FREE_THREADED_UNSUPPORTED = _reason(
    "FREE_THREADED_UNSUPPORTED",
    PROCESS,
    "this interpreter runs without a global interpreter lock",
    "use the default build of CPython",
)
UNSUPPORTED_INTERPRETER = _reason(
    "UNSUPPORTED_INTERPRETER",
    PROCESS,
    "this interpreter is not supported: {detail}",
    "use CPython 3.10 to 3.13 on x86-64 Linux",
)
UNSUPPORTED_CPU = _reason(
    "UNSUPPORTED_CPU",
    PROCESS,
    "this processor lacks instructions of the level x86-64-v2, which all generated code uses",
    "use a processor of level x86-64-v2 or later",
)
