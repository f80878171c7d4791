"""``ipr demo``: walk the whole journey on real files in an installation that lives for a minute, and keep what it gives to people.

``load_demo`` walks the same steps in an installation that stays, for ``ipr serve --demo``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import click

from ipr_service.cli import house
from ipr_service.cli.demo_steps import STEPS, Step, walk
from ipr_service.cli.demo_walk import CAST, NIKOS, SARA, Journey
from ipr_service.errors import N_, RefusedError
from ipr_service.gateways.mail import OutboxMailer
from ipr_service.services import allocation, drafting, proving, publishing, signing
from ipr_service.services.context import Context
from ipr_service.settings import Settings, resource_directory

IDEA, BUNDLE, KEYS, JOURNAL, LOG = "idea", "idea.asice", "log.vkeys", "journal.txt", "log"
PAPERS = ("nda.docx", "nda-signed.pdf", "contribution-terms-signed.pdf", "co-development.docx", "co-development-signed.pdf")
LEFT = (IDEA, BUNDLE, KEYS, *PAPERS, "split.json", "agreement-evidence.zip", LOG, JOURNAL)
LOG_INS = "demo-logins.txt"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@click.pass_context
def demo(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Walk the whole journey on real files, and leave in DIR what people would hold afterwards.

    Three invented people register a chair, show it behind an NDA, work together, agree the split, draft and sign. The service that
    does it lives in a temporary folder and is gone afterwards, its log with it: what is left verifies without it. Settings from
    the environment are not used.

    \b
    Example:
      ipr demo build/demo
      ipr verify build/demo/idea.asice --trust build/demo/log.vkeys

    Exit 3 when DIR holds something that is not an earlier demo.
    """
    _refuse_foreign(folder)
    app, progress = house.builders(ctx), _Progress(quiet)
    with tempfile.TemporaryDirectory(prefix="ipr-demo-") as place:
        settings = app.prepare(Settings.from_environ({}, data_dir=Path(place), demo=True, log_level="error"))
        journey = _journey(app, app.one_off(settings))
        try:
            walk(journey, progress.begin, progress.end)
            _leave(journey, folder)
        finally:
            journey.ctx.database.close()
    if not quiet:
        click.echo(f"\nLeft in {folder}: {', '.join(LEFT)}.")
        click.echo("Next:  " + f"ipr verify {folder / BUNDLE} --trust {folder / KEYS}")


def _refuse_foreign(folder: Path) -> None:
    """An earlier demo is replaced; anything else is not ours to touch."""
    if not folder.is_dir():
        return
    found = {path.name for path in folder.iterdir()}
    if found and (JOURNAL not in found or not found <= set(LEFT)):
        strange = ", ".join(sorted(found - set(LEFT))[:3]) or JOURNAL
        said = N_("{folder} is not empty and holds no earlier demo ({strange}). Name another folder.")
        raise RefusedError(said, folder=folder.name, strange=strange)


def _journey(app: ModuleType, ctx: Context) -> Journey:
    """A journey whose mails stay here, whatever the settings say: the people are invented, their addresses belong to nobody."""
    ctx = replace(ctx, mailer=OutboxMailer())
    return Journey(ctx, lambda: app.do_what_is_due(ctx), resource_directory("demo") / IDEA)


class _Progress:
    """One line a step: its title while it runs, then how long it took."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._began = quiet, 0.0

    def begin(self, number: int, step: Step) -> None:
        self._began = time.monotonic()
        if not self._quiet:
            click.echo(f"{number:>2}/{len(STEPS)}  {step.title} … ", nl=False)

    def end(self, _step: Step) -> None:
        if not self._quiet:
            click.echo(f"done ({time.monotonic() - self._began:.1f} s)")


def _leave(journey: Journey, folder: Path) -> None:
    """Write everything beside the place, then put it there: an interrupted demo leaves the earlier one whole."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        _write(journey, new)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _write(journey: Journey, folder: Path) -> None:
    ctx, sara, made = journey.ctx, journey.actor(SARA), journey.made
    shutil.copytree(journey.originals, folder / IDEA)
    journey.work()  # tokens over the newest checkpoint
    with (folder / BUNDLE).open("wb") as stream:
        proving.write_bundle(ctx, sara, made["idea"], 1, stream)
    (folder / KEYS).write_bytes(publishing.vkeys(ctx))
    for name in ("nda", "contribution-terms", "co-development"):
        agreement = made[name]
        if f"{name}.docx" in PAPERS:
            (folder / f"{name}.docx").write_bytes(drafting.document(ctx, sara, agreement, "docx"))
        (folder / f"{name}-signed.pdf").write_bytes(signing.executed(ctx, signing.AsMember(sara, agreement), "sealed"))
    record = allocation.record_of(ctx, journey.actor(NIKOS), made["collaboration"], made["split"])
    (folder / "split.json").write_text(record)
    evidence = signing.executed(ctx, signing.AsMember(sara, made["co-development"]), "evidence")
    (folder / "agreement-evidence.zip").write_bytes(evidence)
    count = publishing.export(ctx, folder / LOG)
    journey.say(f"The log was exported: {count} static files that any web server can serve.")
    (folder / JOURNAL).write_text(_journal(journey))


def _journal(journey: Journey) -> str:
    head = (
        "What happened in this demo, by the service's own clock (UTC). The people, firms and addresses are invented. The times were\n"
        "stamped by a test authority, not independent; authorship and novelty are not proved by any of this.\n\n"
    )
    return head + "".join(f"{at:%Y-%m-%d %H:%M:%S}  {sentence}\n" for at, sentence in journey.journal)


def load_demo(app: ModuleType, ctx: Context) -> list[tuple[str, str]]:
    """Walk the steps in an installation that stays. Returns (address, password) of each person, random for this installation.

    The log-ins are kept in ``demo-logins.txt`` in the data folder, for its owner alone.
    """
    journey, progress = _journey(app, ctx), _Progress(quiet=True)
    journey.passwords = {part.email: secrets.token_urlsafe(12) for part in CAST}
    handle = os.open(ctx.settings.data_dir / LOG_INS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:  # before the first step: stopped half-way, the log-ins are known all the same
        stream.writelines(f"{email}  {password}\n" for email, password in journey.passwords.items())
    walk(journey, progress.begin, progress.end)
    journey.work()
    return list(journey.passwords.items())


def kept_log_ins(settings: Settings) -> list[tuple[str, str]]:
    """The log-ins of the demo that was loaded here earlier, if any."""
    path = settings.data_dir / LOG_INS
    lines = path.read_text().splitlines() if path.is_file() else []
    return [(email, password) for email, _, password in (line.partition("  ") for line in lines)]
