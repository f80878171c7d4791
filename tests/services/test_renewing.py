"""Renewals on a clock that runs ahead: authorities turn over, the old proof still verifies, and one token is enough for all of it."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from ipr_service.evidence import bundle
from ipr_service.evidence.report import Report
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.tsp import verify_token
from ipr_service.evidence.verification import verify
from ipr_service.gateways.tsa_round import Patience
from ipr_service.services import proving, publishing, registration, renewing, sealing
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import Registered, RegisterIdea
from ipr_service.store.schema import Idea, LogEntry, Renewal, RenewedBundle
from tests.support.house import MovingClock, person
from tests.support.twin import Twin, twin

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
ONCE = Patience(attempts=1)
CHAIR = b"<svg>chair</svg>"


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(NOON)


@pytest.fixture
def first(clock: MovingClock) -> Iterator[Twin]:
    with twin(clock, "First") as running:
        yield running


@pytest.fixture
def second(clock: MovingClock) -> Iterator[Twin]:
    with twin(clock, "Second") as running:
        yield running


def asking(ctx: Context, *others: Twin) -> Context:
    return replace(ctx, authorities=(*(other.client() for other in others), ctx.authorities[-1]))


def register(ctx: Context, actor: Actor, title: str = "Chair") -> Registered:
    intake = open_intake(ctx, actor)
    intake.take("chair.svg", None, io.BytesIO(CHAIR))
    return registration.register_idea(ctx, actor, RegisterIdea(title), intake)


def given(ctx: Context, actor: Actor, made: Registered, *, with_files: bool = True) -> bytes:
    out = io.BytesIO()
    proving.write_bundle(ctx, actor, made.idea_id, None, out, with_files=with_files)
    return out.getvalue()


def judged(ctx: Context, data: bytes, *roots: x509.Certificate) -> Report:
    trust = replace(TrustList.from_bytes(publishing.vkeys(ctx)), roots=roots)
    return verify(io.BytesIO(data), trust, [("mine.svg", io.BytesIO(CHAIR))], now=ctx.now())


def chain(report: Report) -> tuple[str, str]:
    return next((one.outcome, str(one.reason)) for one in report.checks if one.name == "token.1.chain")


@pytest.mark.needs("openssl")
def test_twenty_years_and_five_generations_of_authorities_later_the_bundle_verifies(
    ctx: Context, clock: MovingClock, first: Twin, second: Twin, tmp_path: Path
) -> None:
    sara = person(ctx)
    made = register(asking(ctx, first, second), sara)
    sealing.stamp_newest(asking(ctx, first, second), ONCE)
    roots, made_rounds = [first.root, second.root], []
    for _ in range(4):
        clock.forward(days=round(4.5 * 365))
        for other in (first, second):
            other.turn_over()
            roots.append(other.root)
        made_rounds += renewing.renew_due(asking(ctx, first, second), patience=ONCE)
    clock.forward(days=2 * 365)
    assert [(one.authority, one.bundles, one.problem) for one in made_rounds] == [("First", 2, None), ("Second", 2, None)] * 4

    for with_files in (True, False):
        data = given(ctx, sara, made, with_files=with_files)
        report = judged(ctx, data, *roots)
        assert (report.intact, report.trusted, report.timed, report.compared) == (True, True, True, True)
        outcome, reason = chain(report)
        assert outcome == "holds"
        assert [f" clock {generation}" in reason for generation in (1, 2, 3, 4, 5)] == [True] * 5
        assert max(name for name in bundle.read(io.BytesIO(data)).names if name.startswith("renewals/8")) == "renewals/8.tsr"
        assert ("files/0001.svg" in bundle.read(io.BytesIO(data)).names) == with_files
    assert audit(ctx).findings == ()
    assert any(_openssl(data, root, tmp_path) for root in roots[:2])


def _openssl(data: bytes, root: x509.Certificate, folder: Path) -> bool:
    """Whether openssl believes the first token at its own time, its authority long expired."""
    opened = bundle.read(io.BytesIO(data))
    for name, member in (("q", "tsa/1.tsq"), ("r", "tsa/1.tsr"), ("chain", "tsa/1-chain.pem")):
        (folder / name).write_bytes(opened.read(member))
    (folder / "root").write_bytes(root.public_bytes(Encoding.PEM))
    report = verify_token(opened.read("tsa/1.tsr"), roots=[root], message=opened.read("checkpoint.body"))
    assert report.gen_time == NOON
    at = str(int(report.gen_time.timestamp()))
    command = ["openssl", "ts", "-verify", "-queryfile", "q", "-in", "r", "-CAfile", "root", "-untrusted", "chain"]
    expired = ["-attime", str(int(NOON.timestamp()) + 20 * 365 * 86400)]
    assert "Verification: OK" not in subprocess.run([*command, *expired], cwd=folder, capture_output=True, text=True).stdout
    return "Verification: OK" in subprocess.run([*command, "-attime", at], cwd=folder, capture_output=True, text=True).stdout


def test_one_token_renews_every_proof_that_is_due_and_nothing_else(sqlite_ctx: Context, clock: MovingClock, first: Twin) -> None:
    ctx = asking(sqlite_ctx, first)
    sara = person(ctx)
    old = [register(ctx, sara, f"Chair {number}") for number in range(3)]
    sealing.stamp_newest(ctx, ONCE)
    clock.forward(days=round(4.5 * 365))
    first.turn_over()
    ctx = asking(ctx, first)
    fresh = register(ctx, sara, "Stool")
    sealing.stamp_newest(ctx, ONCE)
    assert [(one.idea_id, one.by, one.renewals) for one in renewing.due(ctx)] == [(one.idea_id, "service", 0) for one in old]
    before = first.asked.count("/") + first.asked.count("")
    (made,) = renewing.renew_due(ctx, patience=ONCE)
    assert (made.bundles, first.asked.count("/") + first.asked.count("") - before) == (6, 1)
    assert renewing.due(ctx) == ()
    assert renewing.renew_due(ctx, patience=ONCE) == ()
    assert not any(name.startswith("renewals/") for name in bundle.read(io.BytesIO(given(ctx, sara, fresh))).names)


def test_a_round_is_one_entry_of_the_log_that_says_what_was_stamped_and_an_edited_row_is_found(
    sqlite_ctx: Context, clock: MovingClock, first: Twin
) -> None:
    ctx = asking(sqlite_ctx, first)
    register(ctx, person(ctx))
    sealing.stamp_newest(ctx, ONCE)
    clock.forward(days=round(4.5 * 365))
    first.turn_over()
    renewing.renew_due(asking(ctx, first), patience=ONCE)
    with ctx.database.reading() as session:
        assert [entry.kind for entry in session.scalars(select(LogEntry).order_by(LogEntry.index))] == ["idea", "renewal"]
    assert audit(ctx).findings == ()
    with ctx.database.writing() as session:
        session.scalars(select(Renewal)).one().bundles = 7
    assert [finding.row.split()[0] for finding in audit(ctx).findings] == ["renewal"]


def test_what_the_service_cannot_open_is_left_to_the_holder_and_what_was_erased_is_gone(
    sqlite_ctx: Context, clock: MovingClock, first: Twin
) -> None:
    ctx = asking(sqlite_ctx, first)
    sara = person(ctx)
    made = register(ctx, sara)
    alone = registration.register_commitment(ctx, sara, bytes(range(32)))
    sealing.stamp_newest(ctx, ONCE)
    clock.forward(days=round(4.5 * 365))
    first.turn_over()
    ctx = asking(ctx, first)
    assert {one.idea_id: one.by for one in renewing.due(ctx)} == {made.idea_id: "service", alone.idea_id: "holder"}
    with ctx.database.writing() as session:
        idea = session.get_one(Idea, made.idea_id)
        idea.state, key = "erased", idea.key_id
    ctx.keys.destroy(key)
    assert [one.by for one in renewing.due(ctx)] == ["holder"]
    assert renewing.renew_due(ctx, patience=ONCE) == ()


def test_without_an_independent_authority_nothing_is_renewed_and_it_stays_due(sqlite_ctx: Context, clock: MovingClock, first: Twin) -> None:
    ctx = asking(sqlite_ctx, first)
    register(ctx, person(ctx))
    sealing.stamp_newest(ctx, ONCE)
    clock.forward(days=round(4.5 * 365))
    assert renewing.renew_due(sqlite_ctx, patience=ONCE) == ()
    assert len(renewing.due(sqlite_ctx)) == 1


@pytest.mark.parametrize("trouble", ["away", "ends too soon"])
def test_an_authority_that_is_away_or_ends_no_later_renews_nothing(
    sqlite_ctx: Context, clock: MovingClock, first: Twin, trouble: str
) -> None:
    ctx = asking(sqlite_ctx, first)
    register(ctx, person(ctx))
    sealing.stamp_newest(ctx, ONCE)
    clock.forward(days=round(4.5 * 365))
    first.away = trouble == "away"
    (made,) = renewing.renew_due(ctx, patience=ONCE)
    assert (made.bundles, made.problem) == (0, {"away": "outside", "ends too soon": "ends-too-soon"}[trouble])
    with ctx.database.reading() as session:
        assert session.scalars(select(RenewedBundle)).all() == []


def test_a_token_of_the_own_clock_alone_is_never_due(sqlite_ctx: Context, clock: MovingClock) -> None:
    register(sqlite_ctx, person(sqlite_ctx))
    sealing.stamp_newest(sqlite_ctx, ONCE)
    clock.forward(days=30 * 365)
    assert renewing.due(sqlite_ctx) == ()


def test_the_window_of_the_settings_says_how_early(sqlite_ctx: Context, clock: MovingClock, first: Twin) -> None:
    ctx = asking(sqlite_ctx, first)
    register(ctx, person(ctx))
    sealing.stamp_newest(ctx, ONCE)
    clock.now = NOON + timedelta(days=5 * 365 - 366)
    assert renewing.due(ctx) == ()
    clock.forward(days=1)
    assert [one.ends_at for one in renewing.due(ctx)] == [NOON + timedelta(days=5 * 365)]
    assert renewing.due(ctx, timedelta(days=30)) == ()
