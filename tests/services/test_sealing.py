"""Time for the log: whose tokens are kept, what a dead or lying authority does, and that no earlier time is ever issued.

The independent authority is a responder with a root of its own, asked over real HTTP on the loopback. Whether a bundle is timed is judged
by ``ipr verify`` as its reader would run it, with a trust list from elsewhere.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from ipr_service.cli.verify import verify
from ipr_service.errors import UnavailableError
from ipr_service.evidence import tsp
from ipr_service.evidence.tsp.messages import Reply
from ipr_service.gateways.tsa import TimestampAuthority
from ipr_service.gateways.tsa_round import Patience
from ipr_service.services import proving, publishing, readiness, registration, sealing
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import Registered, RegisterIdea
from ipr_service.store.schema import LogToken
from ipr_service.store.sequencer import Logged, WritePlan
from tests.gateways.test_tsa import LATER, LOOPBACK, NOON, POLICY, Outsider
from tests.support.house import MovingClock, person
from tests.support.twin import twin

DIGEST = b"\x07" * 32
ONCE = Patience(attempts=1)


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    other = Outsider()
    yield other
    other.server.shutdown()
    other.server.server_close()


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(NOON)


def with_outsider(ctx: Context, outsider: Outsider) -> Context:
    independent = TimestampAuthority(outsider.url, "other.example", (outsider.root,), policy=POLICY, way=LOOPBACK)
    return replace(ctx, authorities=(independent, *ctx.authorities))


def register(ctx: Context, actor: Actor) -> Registered:
    intake = open_intake(ctx, actor)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    return registration.register_idea(ctx, actor, RegisterIdea("Chair"), intake)


def kept(ctx: Context) -> list[tuple[str, bool, int]]:
    with ctx.database.reading() as session:
        rows = session.scalars(select(LogToken).order_by(LogToken.independent.desc(), LogToken.id)).all()
    return [(row.authority, row.independent, row.checkpoint_size) for row in rows]


def test_one_token_of_each_authority_serves_every_entry_before_it(ctx: Context, outsider: Outsider) -> None:
    ctx = with_outsider(ctx, outsider)
    sara = person(ctx)
    for _ in range(3):
        register(ctx, sara)
    assert sealing.stamp_newest(ctx) == 2
    assert kept(ctx) == [("other.example", True, 3), ("own clock, not independent", False, 3)]
    assert sealing.stamp_newest(ctx) == 0
    assert audit(ctx).findings == ()


def test_a_lost_authority_stops_nobody_and_its_token_comes_later(ctx: Context, outsider: Outsider, clock: MovingClock) -> None:
    ctx = with_outsider(ctx, outsider)
    outsider.status = 503
    sara = person(ctx)
    made = register(ctx, sara)
    assert made.receipt.index == 0
    sealing.stamp_newest(ctx, ONCE)
    assert [independent for _, independent, _ in kept(ctx)] == [False]
    outsider.status = 200
    clock.forward(minutes=1)
    sealing.stamp_newest(ctx, ONCE)
    assert [independent for _, independent, _ in kept(ctx)] == [True, False]


@pytest.mark.parametrize("lie", ["another digest", "another authority", "nonsense"])
def test_a_wrong_token_is_refused_and_not_kept(sqlite_ctx: Context, outsider: Outsider, lie: str) -> None:
    ctx = with_outsider(sqlite_ctx, outsider)
    register(ctx, person(ctx))
    other = tsp.respond(tsp.make_query(b"\x01" * 32, None), outsider.authority, LATER, 9, POLICY)
    own = tsp.respond(tsp.make_query(DIGEST, None), ctx.service_keys.clock, LATER, 9)
    answer = {"another digest": other, "another authority": own, "nonsense": b"\x30\x03\x02\x01\x00"}[lie]
    outsider.change = lambda _reply: answer
    sealing.stamp_newest(ctx, ONCE)
    assert [independent for _, independent, _ in kept(ctx)] == [False]


def test_an_authority_that_stays_away_is_asked_later_and_later_up_to_six_hours(
    sqlite_ctx: Context, outsider: Outsider, clock: MovingClock
) -> None:
    ctx = with_outsider(sqlite_ctx, outsider)
    outsider.status = 503
    register(ctx, person(ctx))
    waits = []
    for _ in range(11):
        sealing.stamp_newest(ctx, ONCE)
        state = sealing.states(ctx)[0]
        assert state.next_at is not None
        waits.append((state.next_at - clock.now).total_seconds() / 60)
        clock.now = state.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert len(outsider.asked) == 11
    assert (state.name, state.failures, state.last_error, state.answered_at) == ("other.example", 11, "outside", None)


def test_the_tokens_of_six_hours_do_not_depend_on_the_number_of_ideas(sqlite_ctx: Context) -> None:
    asked = {}
    for ideas_an_hour in (1, 12):
        clock = MovingClock(NOON)
        ctx = replace(sqlite_ctx, clock=clock, settings=replace(sqlite_ctx.settings, tsa_interval=3600))
        with twin(clock, f"Twin {ideas_an_hour}") as other:
            ctx = replace(ctx, authorities=(other.client(), *ctx.authorities[-1:]))
            for minute in range(6 * 60):
                clock.now = NOON + timedelta(days=ideas_an_hour, minutes=minute)
                if minute % (60 // ideas_an_hour) == 0:
                    ctx.sequencer.write(WritePlan((), (Logged(os.urandom(32), "idea", ctx.new_id(), None, None, None),)))
                    sealing.stamp_newest(ctx, ONCE)
            asked[ideas_an_hour] = other.asked.count("/")
    assert asked == {1: 6, 12: 6}


def test_two_workers_that_look_at_once_ask_an_authority_once(ctx: Context, clock: MovingClock) -> None:
    with twin(clock) as other:
        ctx = replace(ctx, authorities=(other.client(),))
        register(ctx, person(ctx))
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(lambda _: sealing.stamp_newest(ctx, ONCE), range(4))) == [0, 0, 0, 1]
        assert other.asked.count("") + other.asked.count("/") == 1


def test_a_token_keeps_the_ocsp_answers_and_the_lists_of_its_time_and_the_day_on_which_it_ends(ctx: Context, clock: MovingClock) -> None:
    with twin(clock, years=3) as other:
        ctx = replace(ctx, authorities=(other.client(),))
        register(ctx, person(ctx))
        sealing.stamp_newest(ctx)
        clock.forward(minutes=10)
        other.with_ocsp = False
        register(ctx, person(ctx, "Luca"))
        sealing.stamp_newest(ctx)
    with ctx.database.reading() as session:
        first, second = session.scalars(select(LogToken).order_by(LogToken.id)).all()
    assert (len(first.crls), len(first.ocsps), len(second.crls), len(second.ocsps)) == (0, 1, 1, 0)
    assert first.ends_at == NOON + timedelta(days=3 * 365)
    assert audit(ctx).findings == ()


def _verified(tmp_path: Path, bundle: bytes, *trusted: bytes) -> int:
    (tmp_path / "idea.asice").write_bytes(bundle)
    words = [str(tmp_path / "idea.asice"), "--require", "timed"]
    for number, trust in enumerate(trusted):
        (tmp_path / f"trust-{number}").write_bytes(trust)
        words += ["--trust", str(tmp_path / f"trust-{number}")]
    outcome = CliRunner().invoke(verify, words, standalone_mode=False)
    assert outcome.exception is None, outcome.exception
    code: int = outcome.return_value
    return code


def test_a_bundle_with_an_independent_token_is_timed_for_whoever_trusts_that_root(
    sqlite_ctx: Context, outsider: Outsider, tmp_path: Path
) -> None:
    ctx = with_outsider(sqlite_ctx, outsider)
    sara = person(ctx)
    made = register(ctx, sara)
    sealing.stamp_newest(ctx)
    out = io.BytesIO()
    proving.write_bundle(ctx, sara, made.idea_id, None, out)
    vkeys, root = publishing.vkeys(ctx), outsider.root.public_bytes(Encoding.PEM)
    assert _verified(tmp_path, out.getvalue(), vkeys, root) == 0
    assert _verified(tmp_path, out.getvalue(), vkeys) == 1
    assert _verified(tmp_path, out.getvalue(), root) == 1


def test_a_bundle_with_the_own_clock_alone_is_never_timed(sqlite_ctx: Context, tmp_path: Path) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    made = register(ctx, sara)
    sealing.stamp_newest(ctx)
    out = io.BytesIO()
    proving.write_bundle(ctx, sara, made.idea_id, None, out)
    own_root = ctx.service_keys.clock.chain[-1].public_bytes(Encoding.PEM)
    assert _verified(tmp_path, out.getvalue(), publishing.vkeys(ctx), own_root) == 1


# --- class 16: clock rollback ------------------------------------------------------------------------------------------------------


def issued(ctx: Context) -> dt.datetime:
    """The time in a token of the own clock."""
    reply = sealing.answer(ctx, tsp.make_query(DIGEST, None))
    report = tsp.verify_token(reply, roots=ctx.service_keys.clock.chain[-1:], message_digest=DIGEST)
    if report.gen_time is None:
        raise UnavailableError(Reply.load(reply)["status"]["fail_info"].native.pop())
    return report.gen_time


def test_class_16_no_token_is_issued_while_the_clock_is_behind_the_log(ctx: Context, clock: MovingClock) -> None:
    register(ctx, person(ctx))
    clock.forward(days=-1)
    with pytest.raises(UnavailableError, match="time_not_available"):
        issued(ctx)
    assert [check.name for check in readiness.look(ctx) if not check.good] == ["clock"]
    assert sealing.stamp_newest(ctx) == 0
    clock.forward(days=1)
    assert issued(ctx) == clock.now


def test_class_16_no_token_is_earlier_than_another_even_where_nothing_was_registered_between(ctx: Context, clock: MovingClock) -> None:
    clock.forward(hours=1)
    first = issued(ctx)
    clock.forward(seconds=-1.5)  # within the tolerance: time stands still instead of running back
    assert issued(ctx) == first
    clock.forward(minutes=-1)
    with pytest.raises(UnavailableError):
        issued(ctx)


def test_class_16_the_container_of_a_bundle_gets_no_earlier_time_either(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    made = register(ctx, sara)
    clock.forward(days=-1)
    with pytest.raises(UnavailableError):
        proving.write_bundle(ctx, sara, made.idea_id, None, io.BytesIO())


def test_class_16_the_order_of_registrations_is_kept_while_the_clock_is_behind(ctx: Context, clock: MovingClock) -> None:
    sara = person(ctx)
    receipts = []
    for change in (timedelta(0), timedelta(minutes=-50), timedelta(minutes=49), timedelta(hours=1)):
        clock.now += change
        receipts.append(register(ctx, sara).receipt)
    assert [receipt.index for receipt in receipts] == [0, 1, 2, 3]
    times = [receipt.time for receipt in receipts]
    assert times == sorted(times)
    assert audit(ctx).findings == ()
