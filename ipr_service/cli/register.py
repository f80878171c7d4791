"""``ipr register``: hash files here, log the commitment alone, keep the proof bundle. Nothing readable leaves this machine."""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.cli.gathering import LeftOut, gather
from ipr_service.cli.hashing import hash_files
from ipr_service.cli.keeping import Log, Proved, known_keys, prove, stamp_over, without_files, write_bundle
from ipr_service.cli.parcel import Parcel
from ipr_service.cli.remote_log import RemoteLog, checked_address
from ipr_service.errors import RefusedError
from ipr_service.evidence.checkpoint import fingerprint
from ipr_service.evidence.commitment import Openings
from ipr_service.evidence.digest import to_base64
from ipr_service.services import hash_only
from ipr_service.services.registration import NamedContributor, RegisterIdea

NAMED = 20  # paths left out that are named; more of them are counted


@dataclass(frozen=True)
class Options:
    """What was asked for, beside what is registered."""

    out: Path
    server: str | None
    token: str | None
    expected: str | None
    keys_out: Path | None
    quiet: bool
    as_json: bool
    left_out: tuple[LeftOut, ...] = ()


def named_contributors(_ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[NamedContributor, ...]:
    named = []
    for text in texts:
        parts = text.split(":")
        if not 2 <= len(parts) <= 3:
            raise click.BadParameter(f"{text}: write MAIL:ROLE or MAIL:ROLE:SHARE, for example sara@example.org:designer:3/8")
        named.append(NamedContributor(parts[0], parts[1], parts[2] if len(parts) == 3 else None))
    return tuple(named)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, readable=True, path_type=Path))
@click.option("--title", metavar="T", help="What the idea is called. Stays on this machine.")
@click.option("--bundle", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT", help="Where to write the proof bundle (.asice).")
@click.option("--server", metavar="URL", help="The service that logs it; without one, the log of this installation does.")
@click.option("--token", envvar="IPR_TOKEN", metavar="T", help="API token with ideas:write; better in the variable IPR_TOKEN.")
@click.option("--description", default="", metavar="D", help="A few sentences. They stay on this machine.")
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of title and description.")
@click.option("--contributor", "contributors", multiple=True, callback=named_contributors, metavar="MAIL:ROLE[:SHARE]",
              help="Who took part, as what, with which exact share, like 3/8. May be given several times.")  # fmt: skip
@click.option("--without-files", "bare", is_flag=True, help="Leave the originals out of the bundle; their digests stand for them.")
@click.option("--fingerprint", "expected", metavar="HEX", help="Refuse a log whose key has another fingerprint.")
@click.option("--vkeys", "keys_out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Also write the log's keys, for `ipr verify --trust FILE`.")  # fmt: skip
@click.option("--resume", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="OUT.part",
              help="Finish what was interrupted. Takes --token again, and --without-files if an original changed meanwhile.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@click.option("--json", "as_json", is_flag=True, help="The receipt as JSON.")
@click.pass_context
def register(
    ctx: click.Context,
    files: tuple[Path, ...],
    title: str | None,
    bundle: Path | None,
    server: str | None,
    token: str | None,
    description: str,
    language: str,
    contributors: tuple[NamedContributor, ...],
    bare: bool,
    expected: str | None,
    keys_out: Path | None,
    resume: Path | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Register FILES: they are hashed here, and only 32 bytes reach the log. What proves them is written to OUT.

    A folder stands for every file below it, in the order of their names; hidden and temporary files, links and empty files are left out
    and named. Its files keep their folders in their names: prototype/drawings/chair.svg. One bundle holds 9,999 files at most.

    Keep OUT: nobody else has what opens the entry, the service neither. Before the 32 bytes leave, OUT.part is written (for your
    eyes only), so that a lost line or a crash loses nothing: --resume OUT.part goes on, and registers once.

    \b
    Examples:
      ipr register chair.svg --title "Chair with two backs" --bundle chair.asice
      IPR_TOKEN=ipr_live_… ipr register chair.svg hours.xlsx --title "Chair" --bundle chair.asice \\
          --server https://ipr.example.org --contributor sara@example.org:designer:5/8 \\
          --contributor luca@example.org:maker:3/8
      ipr register prototype/ --title "Chair, second prototype" --bundle prototype.asice

    Exit 0 when the bundle is written; 1 when a file changed meanwhile or the log is not the expected one; 2 for wrong arguments;
    3 when the service refuses; 4 when it does not answer.
    """
    if resume is not None:
        if files or title or bundle or server:
            raise click.UsageError("--resume goes alone: files, title, bundle and server stand in the .part file")
        parcel = Parcel.from_bytes(resume.read_bytes())
        parcel = without_files(parcel) if bare else parcel
        options = Options(_out_of(resume), parcel.server, token, expected, keys_out, quiet, as_json)
        return _finish(log_of(ctx, options.server, options.token), parcel, resume, options)
    if not title or bundle is None or not (files or description):
        raise click.UsageError("name at least one file (or a --description), a --title and a --bundle to write")
    options = Options(bundle, checked_address(server) if server else None, token, expected, keys_out, quiet, as_json)
    order = RegisterIdea(title, description, language, contributors=contributors)
    return _start(log_of(ctx, options.server, options.token), order, files, options, with_files=not bare)


def _start(log: Log, order: RegisterIdea, given: Sequence[Path], options: Options, *, with_files: bool) -> int:
    """Gather, hash, commit, keep what opens it, then send."""
    part = _refuse_taken(options)
    gathered = gather(given)
    options = replace(options, left_out=gathered.left_out)
    if gathered.left_out and not (options.quiet or options.as_json):
        _say_left_out(gathered.left_out)
    hashed = hash_files(gathered.files, quiet=options.quiet or options.as_json)
    made = hash_only.prepare(order, hashed, os.urandom, log.newest_checkpoint())
    files = tuple(path.resolve() for path, _ in gathered.files) if with_files else ()
    parcel = Parcel.of(made, options.server, order.language, files, secrets.token_urlsafe(24))
    parcel.write(part)
    return _finish(log, parcel, part, options)


def _say_left_out(left: Sequence[LeftOut]) -> None:
    """What is not registered, and why: nobody should find out years later."""
    for one in left[:NAMED]:
        click.echo(f"left out ({one.why}): {one.path}", err=True)
    if len(left) > NAMED:
        more = Counter(one.why for one in left[NAMED:])
        click.echo(f"and {len(left) - NAMED} more: {', '.join(f'{count} {why}' for why, count in sorted(more.items()))}", err=True)


def _out_of(part: Path) -> Path:
    if part.suffix != ".part":
        raise click.UsageError(f"{part} is not called like OUT.part; it was renamed, or it is something else")
    out = part.with_suffix("")
    if out.exists():
        raise click.UsageError(f"{out} exists already; a proof bundle is never written over. Move it away first")
    return out


def _refuse_taken(options: Options) -> Path:
    """The place for OUT.part; refuses before anything is hashed what could not be written after."""
    part = options.out.with_name(options.out.name + ".part")
    if options.out.exists():
        raise click.UsageError(f"{options.out} exists already; a proof bundle is never written over. Choose another name")
    if part.exists():
        raise click.UsageError(f"{part} waits to be finished: `ipr register --resume {part}`; or delete it, if it was never sent")
    if not options.out.absolute().parent.is_dir():
        raise click.UsageError(f"{options.out.absolute().parent} is no folder; make it first")
    return part


def log_of(ctx: click.Context, server: str | None, token: str | None) -> Log:
    """The log that is asked: of the service at ``server`` (as ``checked_address`` gives it), else of this installation.

    Raises:
        click.UsageError: a server without a token.
    """
    if server is None:
        log: Log = house.builders(ctx).own_log(house.settings())
        return log
    if not token:
        raise click.UsageError("--server needs an API token: set IPR_TOKEN, or give --token (others on this machine may see it there)")
    if not token.isascii() or not token.isprintable():
        raise click.UsageError("the token holds characters that no token has")
    return RemoteLog(server, token)


def _finish(log: Log, parcel: Parcel, part: Path, options: Options) -> int:
    """Send, prove, write. A crash anywhere leaves the .part file, which starts here again."""
    vkeys = known_keys(log.vkeys())
    found = fingerprint(vkeys[0].to_text())
    if options.expected and options.expected.strip().lower() != found:
        click.echo(f"ipr: this log's key has the fingerprint {found}, not the expected one. Nothing was sent.", err=True)
        return FALSE
    try:
        promise = log.register(parcel.commitment, parcel.key)
    except RefusedError:
        click.echo(f"ipr: what was prepared waits in {part}: `ipr register --resume {part}` goes on with it; or delete it", err=True)
        raise
    proved = prove(log, parcel.commitment, vkeys)
    write_bundle(log, parcel, proved, promise, stamp_over(log, proved), options.out)
    part.unlink()
    if options.keys_out is not None:
        options.keys_out.write_text("".join(f"{key.to_text()}\n" for key in vkeys))
    if not options.quiet or options.as_json:
        _say(parcel, proved, options)
    return DONE


def _say(parcel: Parcel, proved: Proved, options: Options) -> None:
    checkpoint, out = proved.checkpoint, options.out
    if options.as_json:
        receipt = {
            "bundle": str(out),
            "commitment": to_base64(parcel.commitment),
            "index": proved.proof.index,
            "log": checkpoint.origin,
            "log_size": checkpoint.size,
            "fingerprint": proved.fingerprint,
            "files": len(Openings.from_bytes(parcel.openings).files),
            "left_out": [{"path": str(one.path), "why": one.why} for one in options.left_out],
        }
        click.echo(json.dumps(receipt, ensure_ascii=False, indent=1))
        return
    click.echo(f"Registered: entry {proved.proof.index} of the log {checkpoint.origin}, which has {checkpoint.size} entries.")
    click.echo(f"The proof is {out}. Keep it safe and secret: only who holds it can show what was registered.")
    click.echo(f"The log's key has the fingerprint {proved.fingerprint}\nCompare it with the one that the service publishes elsewhere.")
