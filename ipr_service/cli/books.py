"""Books of known answers, told on a terminal: each case, what came out, and whether that is what should."""

from __future__ import annotations

import json

import click

from ipr_service.cli.exits import DONE, FALSE
from ipr_service.rights.casebook import Book


def tell(book: Book, *, as_json: bool) -> int:
    """Print a book that was run. Returns the exit code: 0 when no case came out otherwise than expected."""
    if as_json:
        click.echo(json.dumps(book.to_data(), ensure_ascii=False, indent=1))
    else:
        for one in book.answers:
            mark = {True: "ok   ", False: "FALSE", None: "     "}[one.holds]
            found = ", ".join(f"{name} {amount}" for name, amount in one.result.items())
            click.echo(f"{mark} {one.name}: {one.refused or found or '–'}")
            for remark in one.remarks:
                click.echo(f"        {remark}")
    return DONE if book else FALSE
