"""``ipr refresh``: a hash-only bundle gets the tokens that came after it was made, and nothing on anybody's word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import update

from ipr_service.gateways.tsa_round import Patience
from ipr_service.services import sealing
from ipr_service.store.schema import LogToken
from tests.cli.conftest import Ipr, Served
from tests.golden import generate
from tests.support.house import MovingClock
from tests.support.twin import Twin, twin

ONCE = Patience(attempts=1)


@pytest.fixture
def other(clock: MovingClock) -> Iterator[Twin]:
    with twin(clock) as running:
        yield running


@pytest.fixture
def registered(ipr: Ipr, served: Served, other: Twin, tmp_path: Path) -> Path:
    """A bundle made at registration, the log's keys and the authority's root beside it."""
    (tmp_path / "chair.svg").write_bytes(b"<svg/>")
    (tmp_path / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
    words = ("register", "chair.svg", "--title", "Chair", "--bundle", "chair.asice", "--server", served.address, "--vkeys", "keys")
    assert ipr(*words, IPR_TOKEN=served.token).code == 0
    return tmp_path


def stamp(served: Served, other: Twin) -> None:
    assert sealing.stamp_newest(replace(served.ctx, authorities=(other.client(),)), ONCE) == 1


def verified(ipr: Ipr, name: str) -> int:
    return ipr("verify", name, "chair.svg", "--trust", "keys", "--trust", "root.pem", "--require", "timed").code


def test_a_hash_only_bundle_gets_the_independent_token_that_came_later(ipr: Ipr, served: Served, other: Twin, registered: Path) -> None:
    early = ipr("refresh", "chair.asice", "--server", served.address)
    assert (early.code, "Nothing newer" in early.out) == (1, True)
    stamp(served, other)
    assert verified(ipr, "chair.asice") == 1
    made = ipr("refresh", "chair.asice", "--server", served.address, "--json")
    assert (made.code, json.loads(made.out)["authorities"]) == (0, ["Twin"])
    assert verified(ipr, "chair.refreshed.asice") == 0
    again = ipr("refresh", "chair.refreshed.asice", "--server", served.address)
    assert (again.code, "the bundle holds 1 independent tokens, the log has 1" in again.out) == (1, True)


def test_a_later_checkpoint_serves_as_well_as_the_first(
    ipr: Ipr, served: Served, other: Twin, registered: Path, clock: MovingClock
) -> None:
    clock.forward(minutes=10)
    (registered / "stool.svg").write_bytes(b"<svg>stool</svg>")
    words = ("register", "stool.svg", "--title", "Stool", "--bundle", "stool.asice", "--server", served.address)
    assert ipr(*words, IPR_TOKEN=served.token).code == 0
    stamp(served, other)
    made = json.loads(ipr("refresh", "chair.asice", "--server", served.address, "--json").out)
    assert made["log_size"] == 2
    assert verified(ipr, "chair.refreshed.asice") == 0


def test_a_token_that_is_not_what_the_log_says_is_refused(ipr: Ipr, served: Served, other: Twin, registered: Path) -> None:
    stamp(served, other)
    with served.ctx.database.writing() as session:
        session.execute(update(LogToken).where(LogToken.independent).values(obtained_at=LogToken.obtained_at, reply=b"\x30\x00"))
    refused = ipr("refresh", "chair.asice", "--server", served.address)
    assert (refused.code, "Nothing was changed" in refused.err) == (1, True)
    assert not (registered / "chair.refreshed.asice").exists()


def test_another_service_does_not_know_the_commitment(ipr: Ipr, served: Served, tmp_path: Path) -> None:
    (tmp_path / "golden.asice").write_bytes(generate.GOLDEN.read_bytes())
    strange = ipr("refresh", "golden.asice", "--server", served.address)
    assert (strange.code, "does not know the commitment" in strange.err) == (4, True)


def test_a_renewed_bundle_stays_as_it_is(ipr: Ipr, served: Served, other: Twin, registered: Path, clock: MovingClock) -> None:
    clock.forward(minutes=1)
    assert ipr("renew", "chair.asice", "--tsa", other.url, "--roots", "root.pem").code == 0
    stamp(served, other)
    kept = ipr("refresh", "chair.renewed.asice", "--server", served.address)
    assert (kept.code, "was renewed" in kept.err) == (2, True)
