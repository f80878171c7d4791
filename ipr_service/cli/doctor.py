"""``ipr doctor``: what is off, missing or dangerous here."""

from __future__ import annotations

import json
import shutil

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.services.sealing import AuthorityState

FAILING = 4  # askings in a row: about a quarter of an hour


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> int:
    """Look at this installation: database, clock, disk, SQLite, and what is switched off. Exit 1 when something is red."""
    settings = house.settings()
    rows = [(check.name, check.good, check.detail) for check in house.builders(ctx).readiness_checks(settings)]
    rows.append(("mail", True, "by SMTP" if settings.smtp_url else "off: mails stay in the outbox (ipr outbox)"))
    independent = ", ".join(settings.tsa_urls) or "none: proofs carry the service's own clock only, which is not independent"
    rows.append(("time", True, independent))
    rows += [_authority(state) for state in house.builders(ctx).time_authorities(settings) if state.independent]
    converter = settings.converter or shutil.which("soffice")
    rows.append(("converter", True, settings.converter or ("not set" + (f", found {converter}" if converter else ""))))
    if as_json:
        click.echo(json.dumps([{"name": n, "good": g, "detail": d} for n, g, d in rows], indent=1))
    else:
        for name, good, detail in rows:
            click.echo(f"{'ok ' if good else 'RED'}  {name}: {detail}")
    return DONE if all(good for _, good, _ in rows) else FALSE


def _authority(state: AuthorityState) -> tuple[str, bool, str]:
    """Red when it gave nothing for longer than one passing fault: then proofs wait for their time."""
    if state.answered_at is None and not state.failures:
        return f"time {state.name}", True, "not asked yet"
    answered = "never" if state.answered_at is None else f"{state.answered_at:%Y-%m-%d %H:%M} UTC"
    failing = f"; {state.failures} failures in a row ({state.last_error})" if state.failures else ""
    return f"time {state.name}", state.failures < FAILING, f"covers {state.size} entries, answered {answered}{failing}"
