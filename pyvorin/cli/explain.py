"""`explain`: how the compiler sees one function, at a stage of its way to native code."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.machinery import PathFinder

from pyvorin.cli import check
from pyvorin.cli.problem import Problem
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import SourceFile, Span

STAGES = ("types", "hir", "llvm", "asm")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "explain",
        help="show a function as the compiler sees it",
        description="Shows one function at a stage of the compiler. Nothing is run or imported.",
    )
    parser.add_argument(
        "function", metavar="FUNC", help="FILE:FUNCTION or MODULE:FUNCTION, a method as FILE:CLASS.METHOD"
    )
    parser.add_argument("--stage", choices=STAGES, default="hir", help="default: hir")
    parser.add_argument(
        "--signature",
        action="append",
        default=[],
        metavar="TYPES",
        help="types of the parameters that the source leaves open, such as 'list[float], int'; may be given several times",
    )
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Print the function's text at the stage; 1, with the reason, if the function is not compiled."""
    place, colon, qualname = options.function.rpartition(":")
    if not colon or not place or not qualname:
        raise Problem(f"explain: {options.function!r} names no function", "write FILE:FUNCTION, such as app.py:total")
    path = place if place.endswith(".py") or os.path.exists(place) else _file_of_module(place)
    text, compiled = explained(path, qualname, options.stage, options.signature)
    print(text)
    return 0 if compiled else 1


def explained(path: str, qualname: str, stage: str, signatures: list[str]) -> tuple[str, bool]:
    """The text of a function at a stage and True; or, if it is not compiled, the reason and False.

    Raises Problem if there is no such function, its source is not valid, or a signature is missing or wrong.
    """
    from pyvorin.compiler import pipeline
    from pyvorin.compiler.frontend.reject import Reject
    from pyvorin.compiler.infer.instances import InferenceError

    source = SourceFile(path, check.read(path))
    given = {qualname: signatures} if signatures else None
    try:
        return pipeline.explain(source.text, path, check.module_name(path), qualname, stage, given), True
    except Reject as refusal:
        code, span, where = refusal.code, Span.of(refusal.node), qualname
        hint, fields = refusal.hint, refusal.fields
    except InferenceError as refusal:
        code, span, where = refusal.code, refusal.span or Span(1, 0, 1, 0), refusal.qualname
        hint, fields = refusal.hint, refusal.fields
    except SyntaxError as error:
        raise Problem(f"{path}:{error.lineno}: not valid for this Python: {error.msg}") from None
    except KeyError as error:
        raise Problem(f"explain: {error.args[0]}") from None
    except ValueError as error:
        raise Problem(f"explain: {error}", "write it as --signature 'list[float], int'") from None
    diagnostic = Diagnostic.of(code, span, function=where, path=path, hint=hint, **fields)
    return diagnostic.full(source), False


def in_child(path: str, qualname: str, stage: str) -> str:
    """The text by a child process: for a program that is itself running, and does not want the compiler in it.

    Raises ValueError, with the reason, if the function is not compiled or there is no such function or stage.
    """
    import subprocess

    if stage not in STAGES:
        raise ValueError(f"no such stage: {stage!r}; there are {', '.join(STAGES)}")
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from pyvorin.cli import main; sys.exit(main(sys.argv[1:]))"
    child = subprocess.run(
        [sys.executable, "-I", "-c", code, home, "explain", f"--stage={stage}", "--", f"{path}:{qualname}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if child.returncode:
        raise ValueError((child.stdout + child.stderr).strip().removeprefix("pyvorin: "))
    return child.stdout.removesuffix("\n")


def _file_of_module(name: str) -> str:
    """The source file of a module by its dotted name, found without importing the packages above it."""
    path = [os.getcwd(), *sys.path]
    spec = None
    done = ""
    for part in name.split("."):
        done = f"{done}.{part}" if done else part
        spec = PathFinder.find_spec(done, path)
        if spec is None:
            break
        path = list(spec.submodule_search_locations or ())
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise Problem(
            f"explain: no source file of a module {name!r}", "give the path of the file, such as app.py:total"
        )
    return spec.origin
