"""``ipr log watch``: a stranger's auditor. It needs no installation, only the address of a log and a file for what it remembers."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import click

from ipr_service.cli.exits import DONE, FALSE
from ipr_service.cli.remote_log import RemoteLog, checked_address, is_here
from ipr_service.errors import N_, FormatError, InputError, OutsideError
from ipr_service.evidence import watching
from ipr_service.evidence.checkpoint import fingerprint
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.keys import ED25519, Vkey
from ipr_service.evidence.tiled import Fetch
from ipr_service.evidence.trust import LogPolicy, TrustList
from ipr_service.evidence.watching import Seen, Sight
from ipr_service.gateways import durable

SAID = {
    "first": "{origin}: {size} entries, seen for the first time. Look again later with the same state file.",
    "same": "{origin}: {size} entries, as before.",
    "grew": "{origin}: {size} entries; the {then} seen before are its beginning.",
    "forked": "FORK: {origin} shows two histories. {reason}",
    "rolled-back": "ROLLED BACK: {origin}. {reason}",
    "unsigned": "NOT SIGNED by the keys that you know: {reason}",
    "unwitnessed": "NOT WITNESSED: {origin}, {size} entries. {reason}",
    "unproved": "NOT PROVED: {origin} does not serve what it signed. {reason}",
}


def _folder(folder: Path) -> Fetch:
    def fetch(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    return fetch


def _fetch(address: str, keys_known: bool) -> Fetch:
    """How files come: from a folder (an export), or over HTTP. Plain http is enough once keys are known, because everything is signed."""
    if "://" not in address:
        if not Path(address).is_dir():
            raise InputError.at("/url", N_("Name the address of a log like https://log.example.org/log, or the folder of an export."))
        return _folder(Path(address))
    parts = urlsplit(address)
    if parts.scheme != "http" or not parts.hostname or is_here(parts.hostname):
        return RemoteLog(checked_address(address), "").file
    if not keys_known:
        raise InputError.at(
            "/url", N_("Keys that come over plain http are anybody's. Give them with --vkey or --trust, or write https://.")
        )
    return RemoteLog(address.rstrip("/"), "").file


def _believed(trust: Sequence[str], vkeys: Sequence[str]) -> LogPolicy:
    logs = [Vkey.from_text(line) for line in vkeys]
    policy = TrustList.from_bytes(b"\n".join(Path(name).read_bytes() for name in trust)).policy if trust else LogPolicy()
    lines = "".join(f"log {vkey.to_text()}\n" for vkey in dict.fromkeys((*policy.log_vkeys, *logs)))
    others = "".join(line for line in policy.to_bytes().decode().splitlines(keepends=True) if not line.startswith("log "))
    return LogPolicy.from_bytes((lines + others).encode())


def _seen(place: Path, fetch: Fetch, policy: LogPolicy, shown: bytes) -> Seen:
    """What is remembered; at the first look, the keys that were given, else those that the log shows (trust on first use)."""
    origin = shown.split(b"\n", 1)[0].decode("utf-8", "replace")
    given = tuple(vkey for vkey in policy.log_vkeys if vkey.name == origin)
    if place.exists():
        seen = Seen.from_bytes(place.read_bytes())
        if policy.logs and not set(seen.vkeys) <= set(policy.log_vkeys):
            raise InputError.at("/state", N_("{name} remembers other keys than you give now. Use another state file."), name=place.name)
        return seen
    if policy.logs and not given:
        raise FormatError(N_("The keys that you give are of another log than {origin}."), origin=origin)
    if given:
        return Seen(given, True)
    body = fetch("log.vkeys")
    if body is None:
        raise OutsideError(N_("The log shows no log.vkeys. Give its keys with --vkey or --trust."))
    vkeys = tuple(Vkey.from_text(line) for line in body.decode("utf-8", "replace").split("\n") if line)
    if not vkeys or any(vkey.name != origin for vkey in vkeys):
        raise FormatError(N_("The keys that the log shows are not those of its checkpoint."))
    return Seen(vkeys, False)


def _keep(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    durable.write_over(place, data, tag=os.urandom(8).hex(), mode=0o644)


def _evidence(place: Path, sight: Sight) -> list[str]:
    """Keep both checkpoints beside the state, under names that say what they hold; what was kept before stays."""
    folder = place.with_name(f"{place.name}.evidence")
    made = {"shown": sight.shown}
    if sight.seen.checkpoint is not None:
        made["seen"] = sight.seen.checkpoint
    if sight.proof:
        made["proof"] = "".join(f"{to_base64(one)}\n" for one in sight.proof).encode()
    mark = sha256(made.get("seen", b"") + sight.shown).hexdigest()[:12]
    for name, body in made.items():
        _keep(folder / f"{sight.verdict}-{mark}-{name}", body)
    return [str(folder / f"{sight.verdict}-{mark}-{name}") for name in made]


@click.command()
@click.argument("url")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to remember what was seen; default: ipr-watch-<name of the log>.json here.")  # fmt: skip
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="VKEY", help="A key of the log, as its operator printed it. May be given several times."
)
@click.option("--trust", multiple=True, type=click.Path(exists=True, dir_okay=False, readable=True), metavar="FILE",
              help="Keys, or a tlog-policy whose quorum of witnesses must have cosigned. May be given several times.")  # fmt: skip
@click.option("--entries", is_flag=True, help="Also read every entry that was not read before, and see that it is under the signed root.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def watch(url: str, state: Path | None, vkeys: tuple[str, ...], trust: tuple[str, ...], entries: bool, as_json: bool) -> int:
    """Watch a log from outside: URL is its prefix, such as https://ipr.example.org/log, or a folder with an export.

    Fetches the checkpoint and the tiles it takes, checks the signatures, and proves that the log seen last time is the beginning of the
    one shown now. Without --vkey or --trust the first look believes the keys that the log shows, and says so; compare the fingerprint
    with one from elsewhere. Run it again and again, each time with the same --state.

    Exit 0 when the log only grew. Exit 1 when it forked, was rolled back, is not signed, not witnessed or not served as signed: then the
    state stays as it was, and both checkpoints are kept beside it as evidence. Exit 4 when the log cannot be reached.
    """
    policy = _believed(trust, vkeys)
    fetch = _fetch(url, bool(policy.logs) or bool(state and state.exists()))
    shown = fetch("checkpoint")
    if shown is None:
        raise OutsideError(N_("There is no checkpoint at {url}/checkpoint. The address of a log of this service ends in /log."), url=url)
    origin = shown.split(b"\n", 1)[0].decode("utf-8", "replace")
    place = state or Path(f"ipr-watch-{''.join(c if c.isalnum() or c in '.-' else '-' for c in origin)[:80]}.json")
    before = _seen(place, fetch, policy, shown)
    sight = watching.look(fetch, shown, before, policy)
    if entries:
        sight = watching.read_entries(fetch, sight)
    kept = [] if sight else _evidence(place, sight)
    if sight:
        _keep(place, sight.seen.to_bytes())
    if as_json:
        click.echo(json.dumps(_report(sight, before, kept), indent=1, ensure_ascii=False))
    else:
        _say(sight, before, kept)
    return DONE if sight else FALSE


def _report(sight: Sight, before: Seen, kept: list[str]) -> dict[str, object]:
    return {
        "verdict": sight.verdict,
        "good": bool(sight),
        "origin": before.vkeys[0].name,
        "fingerprint": _fingerprint(before),
        "keys": "given" if before.given else "first use",
        "size": None if sight.state is None else sight.state.size,
        "root": None if sight.state is None else to_base64(sight.state.root),
        "seen_before": None if before.checkpoint is None else before.state.size,
        "entries_read": sight.seen.entries,
        "cosigned": list(sight.cosigned),
        "reason": None if sight.reason is None else str(sight.reason),
        "evidence": kept,
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _fingerprint(seen: Seen) -> str:
    return next((fingerprint(vkey.to_text()) for vkey in seen.vkeys if vkey.kind == ED25519), fingerprint(seen.vkeys[0].to_text()))


def _say(sight: Sight, before: Seen, kept: list[str]) -> None:
    size = "?" if sight.state is None else sight.state.size
    values = {"origin": before.vkeys[0].name, "size": size, "then": before.state.size, "reason": sight.reason}
    click.echo(SAID[sight.verdict].format(**values))
    if not before.given:
        click.echo(
            f"The keys are those that the log showed at the first look: nobody else vouches for them. Fingerprint {_fingerprint(before)}"
        )
    if sight.cosigned:
        click.echo(f"Cosigned by {', '.join(sight.cosigned)}.")
    if sight.seen.entries and sight:
        click.echo(f"{sight.seen.entries} entries were read and lead to a signed root.")
    if kept:
        click.echo("Kept as evidence: " + ", ".join(kept))
