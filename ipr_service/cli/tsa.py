"""``ipr tsa``: the public timestamp authorities that can be named in the settings, and whether one answers as it should."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import click
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.cli.exits import DONE
from ipr_service.evidence import tsp
from ipr_service.evidence.authorities import shipped_roots
from ipr_service.gateways.tsa import PUBLIC, Stamped, new_nonce
from ipr_service.gateways.tsa_presets import PRESETS, authority, carried, read_roots

BY_HAND = replace(PUBLIC, allow_loopback=True)
"""Whoever types an address at a terminal may ask this machine too; a service may not."""


@click.group()
def tsa() -> None:
    """List timestamp authorities, or try one."""


@tsa.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def show(as_json: bool) -> None:
    """List the public authorities that IPR_TSA_URLS and `ipr renew --tsa` take by name.

    What their operators say of them, and whether the root of their tokens comes with this release. No recommendation: each operator's
    terms apply. None of them was asked when this release was made: `ipr tsa test NAME` asks now.
    """
    rows = [
        {
            "name": one.name,
            "operator": one.operator,
            "url": one.url,
            "qualified": one.qualified or None,
            "policy": one.policy or None,
            "root_carried": bool(carried(one)),
            "roots_sha256": list(one.roots),
            "source": one.source,
            "note": one.note or None,
        }
        for one in PRESETS
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in PRESETS:
        click.echo(f"{one.name}: {one.operator}, {one.url}")
        click.echo(f"  qualified: {one.qualified or 'its source does not say so'}")
        root = "comes with this release" if carried(one) else f"bring it in IPR_TSA_ROOTS; SHA-256 {' or '.join(one.roots)}"
        click.echo(f"  root: {root}")
        click.echo(f"  source: {one.source}" + (f"\n  {one.note}" if one.note else ""))


@tsa.command()
@click.argument("word", metavar="NAME_OR_URL")
@click.option("--roots", default="", metavar="FILE", help="PEM file with the root that its tokens lead to.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def test(word: str, roots: str, as_json: bool) -> int:
    """Ask an authority for one token over random bytes, and verify it.

    Exit 0 when the token holds; 2 when the root is missing or the name unknown; 4 when the authority does not answer or its token does
    not hold. It may cost one token.
    """
    asked = authority(word, read_roots(roots), BY_HAND)
    stamped = asked.stamp(sha256(os.urandom(32)).digest(), new_nonce(os.urandom))
    facts = _facts(stamped, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        for name, value in facts.items():
            click.echo(f"{name}: {value}")
    return DONE


def _facts(stamped: Stamped, now: datetime) -> dict[str, object]:
    report = tsp.verify_token(stamped.reply, roots=(), message_digest=stamped.digest)
    return {
        "authority": stamped.authority,
        "signer": report.authority,
        "time": stamped.gen_time.isoformat(),
        "off_by_seconds": round(abs((stamped.gen_time - now).total_seconds()), 1),
        "accuracy": None if report.accuracy is None else str(report.accuracy),
        "policy": report.policy,
        "ends": stamped.ends_at.isoformat(),
        "certificates": stamped.chain_pem.count("BEGIN"),
        "ocsp_answers": len(stamped.ocsps),
        "revocation_lists": len(stamped.crls),
        "bytes": len(stamped.reply),
    }


@tsa.command()
def roots() -> None:
    """Print the roots that come with this release as PEM, for `sh verify.sh FINGERPRINT BUNDLE FILE` and `openssl ts -verify -CAfile`."""
    for root in shipped_roots():
        click.echo(f"# {root.subject.rfc4514_string()}\n{root.public_bytes(Encoding.PEM).decode()}", nl=False)
