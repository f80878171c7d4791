"""``ipr worker``: mails, tokens, seals; whatever is due."""

from __future__ import annotations

import os
import signal
import threading

import click

from ipr_service.cli import house


def _stop_when_input_ends() -> None:
    """The server beside holds the other end of standard input; it ends when the server does, however it ends."""
    while os.read(0, 4096):  # the descriptor, not sys.stdin: its lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
@click.option("--demo", is_flag=True, hidden=True)
@click.option("--beside", is_flag=True, hidden=True, help="Stop when standard input ends.")
@click.pass_context
def worker(ctx: click.Context, once: bool, demo: bool, beside: bool) -> None:
    """Run the background worker until it is stopped.

    Kill it at any moment: rows in the database say what is still due, and the next worker does it.
    """
    app = house.builders(ctx)
    app.take_over_logs()
    built = app.create_worker(house.settings(demo=demo))
    if once:
        click.echo(f"Done: {built.once()} tasks.")
        return
    if beside:
        threading.Thread(target=_stop_when_input_ends, daemon=True).start()
    built.run()
