"""``ipr settings``: every setting, explained."""

from __future__ import annotations

import json
import os

import click

from ipr_service.settings import CLIENT_VARIABLES, TABLE, Row


def _shown(row: Row) -> str:
    value = os.environ.get(row.variable)
    if value is None:
        return f"(default) {row.default or 'empty'}"
    return "(set, secret)" if row.secret else value


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def settings(as_json: bool) -> None:
    """Explain every setting and show its value here; secrets are not shown."""
    if as_json:
        rows = [{"variable": r.variable, "default": r.default, "value": _shown(r), "meaning": r.meaning} for r in TABLE]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in TABLE:
        click.echo(f"{row.variable}\n  {row.meaning}\n  now: {_shown(row)}")
    for variable, meaning in CLIENT_VARIABLES.items():
        click.echo(f"{variable}\n  {meaning}\n  now: {'(set, secret)' if variable in os.environ else 'empty'}")
