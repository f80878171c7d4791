"""``ipr backup`` and ``ipr restore``: rows and files in one archive, the keys in another."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import N_, OutsideError
from ipr_service.services.restoring import Restore

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
LARGEST_NOTE = 1 << 20


def _refuse_taken(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and path.exists():
            raise click.UsageError(f"{path} exists already; a backup is never written over")
        if path is not None and not path.absolute().parent.is_dir():
            raise click.UsageError(f"{path.absolute().parent} is no folder; make it first")


@click.command()
@click.argument("file", type=_NEW)
@click.option("--keys", type=_NEW, metavar="FILE", help="Write the keys into a second archive, to be kept elsewhere, 30 days at most.")
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@click.option("--json", "as_json", is_flag=True, help="What was written, as JSON.")
@click.pass_context
def backup(ctx: click.Context, file: Path, keys: Path | None, quiet: bool, as_json: bool) -> None:
    """Write rows and stored files into FILE. The service may go on serving.

    FILE holds titles, contents and terms encrypted; names and addresses of people and password hashes are in clear, as in the
    database. The keys are not in it. --keys writes them apart: whoever holds both archives reads everything, unless
    IPR_KEY_ENCRYPTION_KEY is set and kept elsewhere. Delete archives of keys after 30 days, so that what people erase is gone.

    \b
    Example, each night:
      ipr backup /backups/ipr-$(date +%F).tar --keys /elsewhere/keys-$(date +%F).tar
    """
    _refuse_taken(file, keys)
    if keys is not None and keys.absolute() == file.absolute():
        raise click.UsageError("the keys go into a file of their own")
    done = house.builders(ctx).backup(house.settings(), file, keys)
    if as_json:
        click.echo(json.dumps({"file": str(file), "keys_file": None if keys is None else str(keys), **vars(done)}, indent=1))
    elif not quiet:
        click.echo(f"{file}: log of {done.entries} entries, {done.rows} rows, {done.blobs} files ({done.blob_bytes} bytes).")
        click.echo(
            f"{keys}: {done.keys} keys. Keep it elsewhere."
            if keys
            else "The keys are NOT in it; without them it opens to nothing: --keys FILE."
        )


@click.command()
@click.argument("file", type=_FILE)
@click.option("--keys", type=_FILE, metavar="FILE", help="The archive of keys; without it the key folder must be in place already.")
@click.option("--against", metavar="NOTE", help="File or address of the newest checkpoint anyone kept: refuse to go back behind it.")
@click.option("--erasures", type=_FILE, metavar="FILE", help="A newer list of erasures (`erasures` in the old key folder).")
@click.option("--verify", is_flag=True, help="Audit the log afterwards, as `ipr log audit` does.")
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@click.option("--json", "as_json", is_flag=True, help="What was restored, as JSON.")
@click.pass_context
def restore(
    ctx: click.Context,
    file: Path,
    keys: Path | None,
    against: str | None,
    erasures: Path | None,
    verify: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Bring the backup FILE back into the empty place that the settings name.

    All is judged before anything is written. Exit 1 when the archive is damaged, when its keys are missing or foreign, or when the
    log already showed more, or something else, to others (--against); exit 3 when the place is not empty. What was erased before
    is erased again.

    \b
    Example:
      ipr restore ipr-2026-11-22.tar --keys keys-2026-11-22.tar --verify \\
          --against https://ipr.example.org/log/checkpoint
    """
    app, settings = house.builders(ctx), house.settings()
    note = None if against is None else _note(against)
    done = app.restore(settings, Restore(file, keys, note, b"" if erasures is None else erasures.read_bytes()))
    report = app.audit(replace(settings, origin=done.origin)) if verify else None
    if as_json:
        findings = None if report is None else [{"row": one.row, "what": one.what} for one in report.findings]
        click.echo(json.dumps({**vars(done), "findings": findings}, indent=1))
    elif not quiet or report:
        click.echo(f"Restored the log {done.origin}: {done.entries} entries, {done.rows} rows, {done.blobs} files.")
        if done.erased:
            click.echo(f"Erased again: {done.erased} keys that the backup had brought back.")
        if note is None:
            click.echo("Not compared with what others saw: --against would have noticed a backup that is too old.")
        for finding in report.findings if report else ():
            click.echo(f"{finding.row}: {finding.what}")
        if report is not None:
            click.echo("Audit: all agrees." if report else f"Audit: {len(report.findings)} findings.")
    return DONE if report is None or report else FALSE


def _note(place: str) -> bytes:
    """The signed note in a file, or at an address. It is judged by its signatures, so anybody's copy will do."""
    if urlsplit(place).scheme not in {"http", "https"}:
        return Path(place).read_bytes()
    try:
        with urllib.request.urlopen(place, timeout=30) as answer:  # noqa: S310 - http or https, checked above
            note: bytes = answer.read(LARGEST_NOTE)
    except (urllib.error.URLError, OSError) as problem:
        raise OutsideError(N_("{place} does not answer with a checkpoint."), place=place) from problem
    return note
