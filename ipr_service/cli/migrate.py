"""``ipr migrate``: database, keys and log head, before anything serves."""

from __future__ import annotations

import click

from ipr_service.cli import house


@click.command()
@click.option("--demo", is_flag=True, help="Invent an origin (demo.invalid/…) if none is set.")
@click.pass_context
def migrate(ctx: click.Context, demo: bool) -> None:
    """Bring the database to this version and make the keys, if they are not there yet.

    Safe to repeat; several may start at once, they take turns. Refuses when the database holds a log but its keys are gone.
    """
    done = house.builders(ctx).prepare(house.settings(demo=demo))
    click.echo(f"Ready: log {done.origin}, data in {done.data_dir}.")
