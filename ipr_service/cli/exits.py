"""Exit codes (they are API) and how an error speaks on a terminal.

0 done or verified; 1 checked and found false, damaged or foreign; 2 wrong arguments or a path that cannot be opened; 3 refused by a rule;
4 the outside world failed; 70 internal error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping

import click

from ipr_service.errors import ServiceError

DONE, FALSE, USAGE, REFUSED, OUTSIDE, INTERNAL = 0, 1, 2, 3, 4, 70

# Code -> exit. A code that is not here takes the exit of its nearest ancestor.
EXITS: Mapping[str, int] = {
    "error": INTERNAL,
    "input": USAGE,
    "format": FALSE,
    "damage": FALSE,
    "refused": REFUSED,
    "unauthenticated": REFUSED,
    "not-found": REFUSED,
    "rate-limit": REFUSED,
    "outside": OUTSIDE,
    "storage-full": OUTSIDE,
    "unavailable": OUTSIDE,
    "settings": USAGE,
}


def exit_of(error: ServiceError) -> int:
    """The exit code of an error of the house."""
    for ancestor in type(error).__mro__:
        if issubclass(ancestor, ServiceError) and ancestor.code in EXITS:
            return EXITS[ancestor.code]
    return INTERNAL


def say(error: ServiceError, as_json: bool) -> None:
    """Tell a person (or a program) what went wrong, on standard error."""
    if as_json:
        fields = [{"pointer": p.pointer, "detail": str(p)} for p in error.problems]
        click.echo(json.dumps({"code": error.code, "detail": str(error), "errors": fields}, ensure_ascii=False), err=True)
        return
    click.echo(f"ipr: {error}", err=True)
    for problem in error.problems:
        if str(problem) != str(error):
            click.echo(f"  {problem.pointer or 'input'}: {problem}", err=True)


def run(command: Callable[..., object], **options: object) -> int:
    """Run a click command and give its exit code; no traceback ever reaches a person, only its last line and where to look."""
    as_json = "--json" in (options.get("args") or sys.argv)  # type: ignore[operator]  # click takes a list of words
    try:
        result = command(prog_name="ipr", standalone_mode=False, **options)
        return result if isinstance(result, int) else DONE
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as problem:
        problem.show()
        return USAGE
    except click.Abort:
        click.echo("ipr: stopped.", err=True)
        return 130
    except ServiceError as problem:
        say(problem, as_json)
        return exit_of(problem)
    except BrokenPipeError:
        return DONE
    except OSError as problem:
        click.echo(f"ipr: {problem.strerror or problem}: {problem.filename or ''}".rstrip(": "), err=True)
        return USAGE if problem.filename else OUTSIDE
    except Exception as problem:  # the last door: say it shortly, keep the trace for whoever asks with IPR_TEST_TRACE=1
        click.echo(f"ipr: internal error: {type(problem).__name__}. This is a fault of the program; please report it.", err=True)
        if "IPR_TEST_TRACE" in os.environ:
            traceback.print_exc(file=sys.stderr)
        return INTERNAL
