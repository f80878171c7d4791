"""``ipr watch``: the command and its loop; what it does with a folder stands in ``watch_folder``."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ipr_service.cli.exits import DONE, USAGE
from ipr_service.cli.register import log_of, named_contributors
from ipr_service.cli.remote_log import checked_address
from ipr_service.cli.watch_folder import Tell, Watch, Wishes
from ipr_service.cli.watch_journal import Journal
from ipr_service.errors import OutsideError, RateLimitError, UnavailableError
from ipr_service.services.registration import NamedContributor

SAID = {
    "registered": "registered: {file}, version {version}, entry {index}; proof {bundle}",
    "renamed": "renamed, nothing to register: {file}, before {before}",
    "copy": "a copy of {of}, nothing to register until it differs: {file}",
    "unreadable": "cannot be read, tried again later: {file} ({why})",
    "refused": "cannot be registered: {file}: {why}",
    "changed": "{file}: {why}; the proof bundle goes without it",
    "offline": "{why} Nothing is lost. Next try in {seconds} s.",
    "moving": "still being written, for the next time: {count}",
}
ASIDE = frozenset({"unreadable", "refused", "changed", "offline", "moving"})  # said on standard error, even with --quiet
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between tries while nobody answers; doubled each time


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, readable=True, path_type=Path))
@click.option("--server", metavar="URL", help="The service that logs it; without one, the log of this installation does.")
@click.option("--token", envvar="IPR_TOKEN", metavar="T", help="API token with ideas:write; better in the variable IPR_TOKEN.")
@click.option("--bundles", type=click.Path(file_okay=False, path_type=Path), metavar="OUT",
              help="Folder for the proof bundles; default FOLDER/.ipr/proofs. Keep them safe and secret.")  # fmt: skip
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), metavar="STATE",
              help="Folder for what is remembered; default FOLDER/.ipr.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look, register what has settled, and end: for cron.")
@click.option("--every", type=click.FloatRange(0.1), default=5.0, show_default=True, metavar="S", help="Seconds between two looks.")
@click.option("--settle", type=click.FloatRange(0), default=10.0, show_default=True, metavar="S",
              help="Seconds for which size and time of a file must stand still.")  # fmt: skip
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of the file names and certificates.")
@click.option("--contributor", "contributors", multiple=True, callback=named_contributors, metavar="MAIL:ROLE[:SHARE]",
              help="Who took part in every file, as in `ipr register`. May be given several times.")  # fmt: skip
@click.option("--without-files", "bare", is_flag=True, help="Leave the originals out of the bundles: then keep every version yourself.")
@click.option("--fingerprint", "expected", metavar="HEX", help="Refuse a log whose key has another fingerprint.")
@click.option("--quiet", is_flag=True, help="Say only what went wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for everything that happens.")
@click.pass_context
def watch(
    ctx: click.Context,
    folder: Path,
    server: str | None,
    token: str | None,
    bundles: Path | None,
    state: Path | None,
    once: bool,
    every: float,
    settle: float,
    language: str,
    contributors: tuple[NamedContributor, ...],
    bare: bool,
    expected: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Watch FOLDER and register, by the hash alone, every new file as an idea and every changed one as its next version.

    Each version gets a proof bundle in OUT, which holds the file as it was. A file is taken when it has not changed for --settle seconds.
    A renamed file is no new version, a copy is none until it differs, a deleted one stays registered. Hidden and temporary files, links
    and empty files are passed over. Looks again and again, so that network drives work as well.

    A lost line, a kill or a power cut loses nothing and registers nothing twice: start it again. Ctrl-C ends it.

    \b
    Examples:
      IPR_TOKEN=ipr_live_… ipr watch studio --server https://ipr.example.org --bundles /backup/proofs
      */15 * * * *  ipr watch /srv/studio --once --quiet

    Exit 0 when it was stopped, or with --once when everything that had settled is registered and proved; 1 when the log is not the one of
    before; 2 for wrong arguments, or with --once when a file cannot be read; 3 when the service refuses, or another watch is at work here;
    with --once 4 when the service does not answer.
    """
    address = checked_address(server) if server else None
    log = log_of(ctx, address, token)
    home = state or folder / ".ipr"
    wishes = Wishes(folder, bundles or home / "proofs", settle, language, contributors, not bare, expected, quiet or as_json)
    journal = Journal.open(home)
    watching = Watch(wishes, journal, log, address, _teller(quiet, as_json))
    try:
        with _stoppable():
            if once:
                return _once(watching)
            _again_and_again(watching, every)
    except KeyboardInterrupt:
        waiting = journal.waiting()
        if not quiet:
            click.echo(f"Stopped.{f' {waiting} registrations are finished at the next start.' if waiting else ''}", err=True)
    finally:
        journal.close()
    return DONE


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends a watch as Ctrl-C does: between two steps, each of which is on the disk."""

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _once(watching: Watch) -> int:
    """Two looks, as far apart as a file must stand still."""
    moving = watching.go()
    if moving:
        time.sleep(watching.wishes.settle)
        moving = watching.go()
    if moving:
        watching.tell("moving", None, count=moving)
    return USAGE if watching.unreadable else DONE


def _again_and_again(watching: Watch, every: float) -> None:
    """Until it is stopped, or refused. Who does not answer is asked again, more and more seldom."""
    pause = FIRST_PAUSE
    while True:
        try:
            watching.go()
            pause = FIRST_PAUSE
            time.sleep(every)
        except (OutsideError, RateLimitError, UnavailableError) as problem:
            silent = problem.__cause__ is not None and watching.server
            watching.tell("offline", None, why=f"{watching.server} does not answer." if silent else str(problem), seconds=int(pause))
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _teller(quiet: bool, as_json: bool) -> Tell:
    def tell(event: str, file: str | None, **more: Any) -> None:
        if as_json:
            click.echo(json.dumps({"event": event, **({"file": file} if file else {}), **more}))
        elif event in ASIDE or not quiet:
            click.echo(SAID[event].format(file=file, **more), err=event in ASIDE)

    return tell
