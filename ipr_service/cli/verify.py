"""``ipr verify``: check a proof bundle, offline, without database or configuration."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import FormatError
from ipr_service.evidence.authorities import shipped_roots
from ipr_service.evidence.dossier import is_dossier, verify_parts
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify as check

OWN_LIST = Path("~/.config/ipr/trust")


def _trust(paths: tuple[str, ...]) -> TrustList:
    """What the reader trusts: the files named, his own list, and roots that come with the release. Never the bundle."""
    own = OWN_LIST.expanduser()
    trust = TrustList(roots=shipped_roots())
    for path in (*map(Path, paths), *([own] if own.is_file() else [])):
        try:
            trust = trust.merge(TrustList.from_bytes(path.read_bytes()))
        except FormatError as problem:
            raise click.UsageError(f"{path}: {problem}") from problem
    return trust


def _starts_like_a_bundle(stream: BinaryIO) -> bool:
    stream.seek(30)
    return stream.read(8) == b"mimetype"


def _dossier(stream: BinaryIO, trust: TrustList, as_json: bool, intact_only: bool, required: str | None) -> int:
    """Each bundle of a dossier in a line, those that fail in full; true when every one is, and none misses the version before it."""
    good = True
    try:
        for part in verify_parts(stream, trust):
            holds = part.report.intact if intact_only else bool(part.report)
            holds = holds and not part.broken and (required is None or part.report.timed)
            good = good and holds
            said = {
                "bundle": part.name,
                "holds": holds,
                "previous": str(part.linked) if part.linked else None,
                **json.loads(part.report.to_json()),
            }
            if as_json:
                click.echo(json.dumps(said, ensure_ascii=False))
                continue
            click.echo(f"{part.name}: {part.report.headline}{f'; {part.linked}' if part.linked else ''}")
            if not holds:
                click.echo(part.report.to_text())
    except FormatError as problem:
        click.echo(str(problem))
        return FALSE
    return DONE if good else FALSE


@click.command()
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, readable=True))
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, readable=True))
@click.option("--trust", "trusted", multiple=True, type=click.Path(exists=True, dir_okay=False, readable=True), metavar="FILE",
              help="Keys and roots that you trust: vkeys a line, a tlog-policy, PEM certificates. May be given several times.")  # fmt: skip
@click.option("--require", "required", type=click.Choice(["timed"]), help="Also ask for an independent authority's time.")
@click.option("--intact-only", is_flag=True, help="Ask only that every byte agrees; do not ask who signed.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def verify(bundle: str, files: tuple[str, ...], trusted: tuple[str, ...], required: str | None, intact_only: bool, as_json: bool) -> int:
    """Check the proof in BUNDLE, and whether each of FILES is a file of it. A ZIP file with bundles in its folder proofs/ is checked
    bundle by bundle, and that versions follow one another.

    Three verdicts are kept apart: intact (every byte and hash agrees), trusted (the log's key is known from elsewhere:
    --trust, or your own list in ~/.config/ipr/trust), timed (an independent authority's token holds, with a root that you
    brought or that comes with this release: `ipr tsa roots`).

    Exit 0 when intact and trusted; 1 when something is false, damaged, foreign, or its key unknown; 2 for a path that
    cannot be opened.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(Path(bundle).open("rb"))
        if stream.read(4) == b"PK\x03\x04" and not _starts_like_a_bundle(stream) and is_dossier(stream):
            return _dossier(stream, _trust(trusted), as_json, intact_only, required)
        extra = [(Path(name).name, stack.enter_context(Path(name).open("rb"))) for name in files]
        report = check(stream, _trust(trusted), extra)
    click.echo(report.to_json() if as_json else report.to_text())
    good = report.intact if intact_only else bool(report)
    return DONE if good and report.compared and (required is None or report.timed) else FALSE
