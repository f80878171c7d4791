"""What the operator is shown of witnesses, in red where two histories were found; and what everybody may know."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import update

from ipr_service.app import create_app
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.trust import KnownLog, KnownWitness, LogPolicy
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways.witness import Network
from ipr_service.services import cosigning, readiness, registration, witnessing
from ipr_service.services.context import Context
from ipr_service.store.schema import Person
from tests.support.house import MovingClock, person
from tests.web.conftest import Browser

OTHER = LogKeys.from_seeds("log.example/other", b"\1" * 32, b"\2" * 32)
WITNESS = CosignatureSigner("witness.example/w1", b"\3" * 32, 0)


@pytest.fixture
def house(sqlite_ctx: Context) -> Context:
    """It witnesses another log, and asks a witness at an address where nobody answers."""
    policy = LogPolicy(witnesses=(KnownWitness("w1", WITNESS.vkey, "http://127.0.0.1:1/w"),), quorum="w1")
    return replace(sqlite_ctx, network=Network(policy, LogPolicy(logs=tuple(KnownLog(vkey) for vkey in OTHER.vkeys))))


@pytest.fixture
def operator(house: Context) -> Browser:
    browser = Browser(create_app(ctx=house).test_client())
    browser.sign_up("Op")
    with house.database.writing() as session:
        session.execute(update(Person).values(is_operator=True))
    return browser


def submit(ctx: Context, size: int, root: bytes, old: int = 0) -> int:
    signed = sign_checkpoint(Checkpoint(OTHER.origin, size, root), OTHER)
    return witnessing.add_checkpoint(ctx, AddCheckpoint(old, (), signed).to_bytes()).status


def alarms(page: str) -> list[str]:
    return re.findall(r'role="alert">\s*<p><strong>([^<]+)</strong>', page)


def test_a_split_view_stands_in_red_at_the_top_with_both_signed_checkpoints(operator: Browser, house: Context) -> None:
    assert submit(house, 5, b"\x05" * 32) == 200
    page = operator.get("/operator").get_data(as_text=True)
    assert alarms(page) == []
    assert "log.example/other" in page
    assert submit(house, 5, b"\x06" * 32, old=5) == 409
    page = operator.get("/operator").get_data(as_text=True)
    assert alarms(page) == ["A log that we witness signed two histories."]
    assert page.count("log.example/other\n5\n") == 2
    (red,) = [check for check in readiness.look(house) if not check.good]
    assert (red.name, red.stops, "log.example/other" in red.detail) == ("watched logs", False, True)


def test_a_witness_that_does_not_answer_is_shown_with_its_reason(operator: Browser, house: Context) -> None:
    registration.register_commitment(house, person(house), b"\x01" * 32)
    assert cosigning.ask_witnesses(house) == 0
    page = operator.get("/operator").get_data(as_text=True)
    assert "w1" in page
    assert "Its address is not allowed" in page  # the loopback is closed to an installation that others reach


def test_the_key_of_the_witness_is_published_in_both_languages(operator: Browser, house: Context) -> None:
    key = witnessing.vkey(house)
    for address in ("/about", "/operator"):
        assert key.replace("+", "&#43;") in operator.get(address).get_data(as_text=True).replace("+", "&#43;")
    operator.send("/language", page="/about", language="it")
    page = operator.get("/about").get_data(as_text=True)
    assert "Testimoni" in page
    assert "ipr log watch http://127.0.0.1:8000/log" in page


def test_a_quorum_that_lags_is_red_and_stops_nobody(operator: Browser, house: Context, clock: MovingClock) -> None:
    registration.register_commitment(house, person(house), b"\x01" * 32)
    clock.forward(minutes=16)
    answer = operator.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["witnesses"]["good"]) == (200, False)
    assert "ipr_log_witnessed_size 0.0" in operator.get("/metrics").get_data(as_text=True)
