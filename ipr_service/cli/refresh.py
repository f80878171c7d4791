"""``ipr refresh``: newer timestamps for a bundle that its holder keeps. Nothing of the bundle is sent but its commitment."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Protocol

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.cli.remote_log import RemoteLog, checked_address
from ipr_service.errors import N_, FormatError, OutsideError
from ipr_service.evidence import bundle
from ipr_service.evidence.bundle import BundleParts, asic_manifest, write_to
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.tsp import token_of
from ipr_service.evidence.verification import verify
from ipr_service.gateways import durable
from ipr_service.services import hash_only, refreshing
from ipr_service.services.hash_only import Stamps


class Log(Protocol):
    """Who proves and stamps: a service elsewhere (``remote_log``) or this installation (``services.terminal``)."""

    @property
    def verify_url(self) -> str: ...

    def proof(self, commitment: bytes) -> bytes | None: ...

    def stamps(self, size: int) -> Stamps | None: ...

    def stamp(self, query: bytes) -> bytes: ...


@click.command()
@click.argument("path", metavar="BUNDLE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--server", metavar="URL", help="The service that keeps the log; without one, the log of this installation is asked.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to write the newer bundle; default BUNDLE with .refreshed before its ending.")  # fmt: skip
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of the certificate.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def refresh(ctx: click.Context, path: Path, server: str | None, out: Path | None, language: str, as_json: bool) -> int:
    """Fetch the tokens that authorities gave after BUNDLE was made, with the proof that goes with them.

    A registration by its commitment alone is stamped by independent authorities like any other; its bundle was made a moment before. This
    asks the log, checks every answer, and writes a newer bundle with the same openings. No log-in is needed.

    Exit 0 when the newer bundle is written; 1 when the log has no newer independent token yet, or an answer does not hold; 2 for wrong
    arguments, or a bundle that was renewed already; 4 when the service does not answer.
    """
    target = out or path.with_name(f"{path.stem}.refreshed{path.suffix}")
    if target.exists():
        raise click.UsageError(f"{target} exists already; a proof bundle is never written over. Choose another name with --out")
    log: Log = RemoteLog(checked_address(server), "") if server else house.builders(ctx).own_log(house.settings())
    with path.open("rb") as stream:
        report = verify(stream, TrustList())
        if not report.intact:
            raise FormatError(N_("This bundle is not intact: {failed}."), failed=", ".join(check.name for check in report.failed))
        mine = refreshing.held(bundle.read(stream))
        proof, found = _ask(log, mine)
        fresh = sum(stamp.independent for stamp in found.stamps)
        checkpoint = refreshing.check(mine, proof, found.stamps)
        if fresh <= mine.independent:
            click.echo(f"Nothing newer: the bundle holds {mine.independent} independent tokens, the log has {fresh}.", err=as_json)
            return FALSE
        parts = refreshing.refreshed(mine, proof, found, log.verify_url, language)
        _publish(target, parts, token_of(hash_only.stamp(asic_manifest(parts), log.stamp, None).reply))
    names = [stamp.authority for stamp in found.stamps if stamp.independent]
    if as_json:
        said = {"bundle": str(target), "log_size": checkpoint.size, "independent_tokens": fresh, "authorities": names}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{target}: stamped by {', '.join(names)}. Keep it in place of {path}.")
    return DONE


def _ask(log: Log, mine: refreshing.Held) -> tuple[TlogProof, Stamps]:
    answer = log.proof(mine.commitment)
    if answer is None:
        raise OutsideError(N_("This log does not know the commitment of this bundle. Is it the right service?"))
    proof = TlogProof.from_bytes(answer)
    found = log.stamps(hash_only.check_proof(proof, mine.commitment, mine.vkeys).size)
    if found is None:
        raise OutsideError(N_("The log proves under a checkpoint of which it knows nothing. Try again later."))
    return proof, found


def _publish(target: Path, parts: BundleParts, container: bytes) -> None:
    """The newer bundle, complete or not there at all."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with temporary.open("xb") as stream:
            write_to(stream, parts, container)
            stream.flush()
            os.fsync(stream.fileno())
        durable.publish(temporary, target.absolute())
    finally:
        temporary.unlink(missing_ok=True)
