"""``ipr log``: audit what this installation holds, export it for everyone, watch a log from outside."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.cli.watch import watch


@click.group()
def log() -> None:
    """Audit or export the log of this installation; watch a log from outside."""


@log.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.option("--anchor", "anchors", multiple=True, type=click.Path(exists=True, dir_okay=False, readable=True), metavar="FILE",
              help="A checkpoint that was kept elsewhere; the log must still begin with it. May be given several times.")  # fmt: skip
@click.option("--export", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
              help="An export of the log: rebuild it from its own entries, and compare it with the rows.")  # fmt: skip
@click.pass_context
def audit(ctx: click.Context, as_json: bool, anchors: tuple[str, ...], folder: Path | None) -> int:
    """Derive everything anew from the rows: leaves, tiles, roots, signatures, openings, and the rows that entries cover.

    Exit 0 when all agrees; 1 when a row was edited, is missing or does not open; each finding names the row.
    Rows and keys that were rolled back together agree with themselves; only an --anchor or an --export that was kept elsewhere tells.
    """
    app = house.builders(ctx)
    report = app.audit(house.settings(), [Path(name).read_bytes() for name in anchors], folder)
    if as_json:
        findings = [{"row": f.row, "what": f.what} for f in report.findings]
        click.echo(json.dumps({"entries": report.entries, "checked": report.checked, "findings": findings}, indent=1))
    else:
        for finding in report.findings:
            click.echo(f"{finding.row}: {finding.what}")
        verdict = "all agrees" if not report.findings else f"{len(report.findings)} findings"
        click.echo(f"{report.entries} entries, {report.checked} rows compared: {verdict}.")
    return FALSE if report.findings else DONE


@log.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def export(ctx: click.Context, folder: Path) -> None:
    """Write the log into FOLDER as static files: tiles, entry bundles, keys, checkpoint. Any web server can serve them.

    An export that is there already is brought up to date; one of another history is refused. `ipr log audit --export` checks it.
    """
    app = house.builders(ctx)
    count = app.export_log(house.settings(), folder)
    click.echo(f"{count} files in {folder}.")


log.add_command(watch)
