"""``ipr renew``: carry proofs on before what they rest on ends; a holder's bundle by hand, a service's proofs all together."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click

from ipr_service.cli import house
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.cli.tsa import BY_HAND
from ipr_service.errors import N_, FormatError
from ipr_service.evidence import bundle, renewal
from ipr_service.evidence.bundle import RenewalPart, TokenPart
from ipr_service.evidence.renewal import Listing
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.gateways import durable
from ipr_service.gateways.tsa import new_nonce
from ipr_service.gateways.tsa_presets import authority, read_roots
from ipr_service.services.renewing import Due, Round


@click.command()
@click.argument("bundle_path", metavar="[BUNDLE]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--due", "all_due", is_flag=True, help="List what ends soon in this installation, and renew it.")
@click.option("--days", type=click.IntRange(1, 36_500), help="How soon is soon; default IPR_RENEW_DAYS.")
@click.option("--dry-run", is_flag=True, help="With --due: list only.")
@click.option("--tsa", "word", metavar="NAME_OR_URL", help="Who stamps BUNDLE: a name from `ipr tsa list`, or an address.")
@click.option("--roots", default="", metavar="FILE", help="PEM file with the root of that authority.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to write the renewed bundle; default BUNDLE with .renewed before its ending.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def renew(
    ctx: click.Context,
    bundle_path: Path | None,
    all_due: bool,
    days: int | None,
    dry_run: bool,
    word: str | None,
    roots: str,
    out: Path | None,
    as_json: bool,
) -> int:
    """Renew proofs before the certificates or algorithms end on which their timestamps rest.

    \b
    A holder, with nothing but the bundle:   ipr renew chair.asice --tsa digicert
    A service, daily by its worker as well:  ipr renew --due

    The renewal covers every member of the bundle, older timestamps included, with SHA-512; the originals are not needed. Nothing of the
    bundle leaves this machine but one digest. Exit 0 when done or nothing is due; 1 when the bundle is damaged, or something due could not
    be renewed; 2 for wrong arguments; 4 when the authority does not answer.
    """
    if all_due:
        if bundle_path or word or out:
            raise click.UsageError("--due goes without BUNDLE, --tsa and --out: it renews the proofs of this installation")
        return _all(ctx, days, dry_run, as_json)
    if bundle_path is None or word is None or dry_run or days:
        raise click.UsageError("name a BUNDLE and who stamps it (--tsa), or give --due")
    return _one(bundle_path, word, roots, out, as_json)


def _one(path: Path, word: str, roots: str, out: Path | None, as_json: bool) -> int:
    target = out or path.with_name(f"{path.stem}.renewed{path.suffix}")
    if target.exists():
        raise click.UsageError(f"{target} exists already; a proof bundle is never written over. Choose another name with --out")
    by = authority(word, read_roots(roots), BY_HAND)
    with path.open("rb") as stream:
        report = verify(stream, TrustList())
        if not report.intact:
            failed = ", ".join(check.name for check in report.failed)
            raise FormatError(N_("This bundle is not intact, so it is not renewed: {failed}."), failed=failed)
        opened = bundle.read(stream)
        listing = Listing(renewal.listing_of(opened))
        number = renewal.next_number(opened)
        stamped = by.stamp(listing.root, new_nonce(os.urandom))
        token = TokenPart(stamped.query, stamped.reply, stamped.chain_pem.encode(), stamped.crls, stamped.ocsps)
        _publish(target, opened, RenewalPart(listing.to_bytes(), token))
    said = {"bundle": str(target), "renewal": number, "authority": stamped.authority, "time": stamped.gen_time.isoformat()}
    said["ends"] = stamped.ends_at.isoformat()
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        click.echo(f"Renewal {number} by {stamped.authority} at {stamped.gen_time:%Y-%m-%d %H:%M:%S} UTC: {target}")
        click.echo(f"Keep it in place of {path}. Renew it again before {stamped.ends_at:%Y-%m-%d}.")
    return DONE


def _publish(target: Path, opened: bundle.OpenedBundle, part: RenewalPart) -> None:
    """The renewed bundle, complete or not there at all."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with temporary.open("xb") as stream:
            renewal.write_renewed(stream, opened, part)
            stream.flush()
            os.fsync(stream.fileno())
        durable.publish(temporary, target.absolute())
    finally:
        temporary.unlink(missing_ok=True)


def _all(ctx: click.Context, days: int | None, dry_run: bool, as_json: bool) -> int:
    within = None if days is None else timedelta(days=days)
    due, rounds = house.builders(ctx).renew(house.settings(), within, dry_run)
    if as_json:
        click.echo(json.dumps(_as_json(due, rounds), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(due, rounds, dry_run)))
    ours = [one for one in due if one.by == "service"]
    return FALSE if ours and not dry_run and not any(one.bundles for one in rounds) else DONE


def _as_json(due: Sequence[Due], rounds: Sequence[Round]) -> dict[str, object]:
    return {
        "due": [
            {
                "idea": one.idea_id,
                "version": one.number,
                "index": one.index,
                "ends": one.ends_at.isoformat(),
                "renewals": one.renewals,
                "by": one.by,
            }
            for one in due
        ],
        "rounds": [
            {
                "authority": one.authority,
                "bundles": one.bundles,
                "ends": None if one.ends_at is None else one.ends_at.isoformat(),
                "problem": one.problem,
            }
            for one in rounds
        ],
    }


def _lines(due: Sequence[Due], rounds: Sequence[Round], dry_run: bool) -> Iterator[str]:
    for one in due:
        whose = "" if one.by == "service" else "; only its holder can renew it: ipr renew BUNDLE --tsa NAME"
        yield f"idea {one.idea_id}, version {one.number}, entry {one.index}: ends {one.ends_at:%Y-%m-%d}, {one.renewals} renewals{whose}"
    for made in rounds:
        what = f"{made.bundles} bundles renewed under one token" if made.problem is None else f"nothing renewed ({made.problem})"
        yield f"{made.authority}: {what}"
    if not due:
        yield "Nothing is due."
    elif not rounds and not dry_run and any(one.by == "service" for one in due):
        yield "Nothing was renewed: no independent authority is set (IPR_TSA_URLS)."
