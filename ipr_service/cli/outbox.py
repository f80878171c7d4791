"""``ipr outbox``: the mails that stayed here."""

from __future__ import annotations

import json

import click

from ipr_service.cli import house


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many of the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def outbox(ctx: click.Context, limit: int, as_json: bool) -> None:
    """Show the mails that were kept because no mail server is set, the newest last (with --json: first).

    They hold links that let people in: keep them to yourself.
    """
    app = house.builders(ctx)
    kept = app.kept_mails(house.settings(), limit)
    if as_json:
        click.echo(json.dumps([{**vars(mail), "at": mail.at.isoformat()} for mail in kept], ensure_ascii=False, indent=1))
        return
    for mail in reversed(kept):
        click.echo(f"--- {mail.at:%Y-%m-%d %H:%M} UTC  to {mail.to}\n{mail.subject}\n\n{mail.body}")
    if not kept:
        click.echo("No mail was kept.")
