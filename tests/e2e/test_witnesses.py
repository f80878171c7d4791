"""Three installations that witness one another over HTTP; one of them turns dishonest, and the others stop cosigning.

What a reader has in hand is judged by ``evidence.note`` and ``evidence.trust``, under the keys that the houses publish.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from ipr_service.app import create_app
from ipr_service.errors import DamageError
from ipr_service.evidence import bundle, merkle, note
from ipr_service.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.trust import KnownLog, TrustList
from ipr_service.evidence.verification import verify
from ipr_service.services import checkpoints, cosigning, proving, publishing, readiness, registration, standing, starting
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import RegisterIdea
from ipr_service.store.schema import SplitView, WatchedLog
from tests.support.house import MovingClock, person, work
from tests.support.network import House, acquaint, copied, make

NAMES = ("anna", "berta", "carla")


@pytest.fixture
def houses(_sqlite_template: Path, tmp_path: Path, clock: MovingClock) -> Iterator[list[House]]:
    made = [make(_sqlite_template, tmp_path / name, name, clock) for name in NAMES]
    acquaint(made, threshold=2)
    yield made
    for house in made:
        house.stop()
        house.ctx.database.close()


def commitment(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def trust(house: House) -> TrustList:
    """What a reader brings along who believes this log and asks for both other houses."""
    logs = tuple(KnownLog(vkey) for vkey in house.ctx.service_keys.log_keys.vkeys)
    return TrustList(replace(house.ctx.network.policy, logs=logs))


def shown(house: House) -> tuple[int, tuple[str, ...], bool]:
    """Size of the checkpoint at /log/checkpoint, who cosigned it, and whether that is the quorum."""
    body = create_app(ctx=house.ctx).test_client().get("/log/checkpoint").data
    policy = trust(house).policy
    keys = [one.vkey for one in note.verify(body, policy.vkeys).verified]
    return open_checkpoint(body, policy.vkeys).size, policy.cosigners(keys), policy.quorum_met(keys)


def seen(witness: House, log: House) -> int:
    """How much of a log a witness has cosigned."""
    with witness.ctx.database.reading() as session:
        row = session.get(WatchedLog, log.ctx.settings.origin)
        return row.size if row else 0


def splits(house: House) -> list[tuple[str, str, int]]:
    with house.ctx.database.reading() as session:
        return [(one.origin, one.kind, one.size) for one in session.scalars(select(SplitView).order_by(SplitView.id))]


def red(ctx: Context) -> set[str]:
    return {check.name for check in readiness.look(ctx) if not check.good}


def swap(house: House, ctx: Context) -> None:
    """Let a house go on with other rows."""
    house.ctx = ctx
    house.serve()


def test_honest_houses_cosign_one_another_and_their_proofs_hold_for_a_reader_who_asks_for_both(houses: list[House]) -> None:
    anna, berta, carla = houses
    for number, house in enumerate(houses):
        for more in range(3):
            house.register(commitment(10 * number + more))
        work(house.ctx)
        assert shown(house) == (3, tuple(other.name for other in houses if other is not house), True)
    anna.register(commitment(77))
    work(anna.ctx)
    assert shown(anna) == (4, ("berta", "carla"), True)
    assert (seen(berta, anna), seen(carla, anna), seen(anna, carla)) == (4, 4, 3)
    proof = proving.proof_of(anna.ctx, commitment(77))
    keys = [one.vkey for one in note.verify(TlogProof.from_bytes(proof.to_bytes()).checkpoint_note, trust(anna).policy.vkeys).verified]
    assert trust(anna).policy.quorum_met(keys)
    assert all(splits(house) == [] and red(house.ctx) == set() for house in houses)


def test_a_bundle_carries_the_cosignatures_and_is_trusted_by_whoever_asks_for_the_quorum(houses: list[House]) -> None:
    anna = houses[0]
    sara = person(anna.ctx)
    intake = open_intake(anna.ctx, sara)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    made = registration.register_idea(anna.ctx, sara, RegisterIdea("Chair"), intake)
    before, after = io.BytesIO(), io.BytesIO()
    proving.write_bundle(anna.ctx, sara, made.idea_id, None, before)
    work(anna.ctx)
    proving.write_bundle(anna.ctx, sara, made.idea_id, None, after)
    reports = [verify(io.BytesIO(out.getvalue()), trust(anna)) for out in (before, after)]
    assert [(report.intact, report.trusted) for report in reports] == [(True, False), (True, True)]
    assert verify(io.BytesIO(before.getvalue()), TrustList.from_bytes(publishing.vkeys(anna.ctx))).trusted


@pytest.mark.needs("openssl", "unzip", "xxd")
def test_the_script_takes_a_bundle_whose_checkpoint_was_cosigned(houses: list[House], tmp_path: Path) -> None:
    anna = houses[0]
    sara = person(anna.ctx)
    intake = open_intake(anna.ctx, sara)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    made = registration.register_idea(anna.ctx, sara, RegisterIdea("Chair"), intake)
    work(anna.ctx)
    with (tmp_path / "idea.asice").open("wb") as out:
        proving.write_bundle(anna.ctx, sara, made.idea_id, None, out)
    script = Path(bundle.__file__).parent / "files/verify.sh"
    words = ["sh", script, anna.ctx.service_keys.log_keys.fingerprint, tmp_path / "idea.asice"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_while_a_witness_is_away_nobody_waits_and_what_it_missed_comes_later(houses: list[House], clock: MovingClock) -> None:
    anna, berta, carla = houses
    anna.register(commitment(1))
    work(anna.ctx)
    carla.stop()
    anna.register(commitment(2))
    work(anna.ctx)
    assert (seen(berta, anna), seen(carla, anna)) == (2, 1)
    assert shown(anna)[0] == 1  # what is shown is what the quorum saw; receipts and proofs go on
    assert proving.proof_of(anna.ctx, commitment(2)).index == 1
    assert red(anna.ctx) == set()
    clock.forward(minutes=20)
    assert red(anna.ctx) == {"witnesses"}
    carla.serve()
    work(anna.ctx)
    assert (seen(carla, anna), shown(anna)) == (2, (2, ("berta", "carla"), True))
    assert red(anna.ctx) == set()


def test_a_witness_that_fails_is_left_alone_longer_each_time(houses: list[House], clock: MovingClock) -> None:
    anna, berta, _ = houses
    anna.register(commitment(1))
    berta.stop()
    asked = []
    for _ in range(12):
        before = standing_of(anna, "berta").failures
        cosigning.ask_witnesses(anna.ctx)
        asked.append(standing_of(anna, "berta").failures - before)
        clock.forward(seconds=10)
    assert asked == [1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]  # after 10, 20, 40 and 80 seconds
    berta.serve()
    clock.forward(hours=1)
    assert cosigning.ask_witnesses(anna.ctx) == 1
    assert standing_of(anna, "berta").failures == 0


def standing_of(house: House, name: str) -> standing.AskedWitness:
    actor = (
        replace(person(house.ctx, "Op", email=f"op-{len(house.people)}-{name}@example.org"), is_operator=True) if not house.people else None
    )
    actor = actor or replace(house.people[0], is_operator=True)
    return next(one for one in standing.look(house.ctx, actor).asked if one.name == name)


def test_a_log_that_was_rolled_back_is_cosigned_no_more_and_its_operator_is_told(houses: list[House], tmp_path: Path) -> None:
    anna, berta, carla = houses
    anna.register(commitment(1))
    anna.register(commitment(2))
    old = copied(anna.ctx, tmp_path / "old.db")
    anna.register(commitment(3))
    work(anna.ctx)
    honest = anna.ctx
    swap(anna, old)
    (old.settings.keys_dir / starting.ANCHOR).unlink()
    work(anna.ctx)
    assert (seen(berta, anna), seen(carla, anna)) == (3, 3)
    assert shown(anna) == (2, (), False)
    assert sorted(splits(anna)) == [(anna.ctx.settings.origin, "witness-ahead", 2)] * 2
    assert "history" in red(anna.ctx)
    with pytest.raises(DamageError, match=r"The witness berta has seen a longer or another history .* Restore the newest backup"):
        starting.refuse_fork(anna.ctx)
    starting.refuse_fork(honest)
    assert splits(berta) == splits(carla) == []  # a smaller checkpoint is no proof of two histories; it is just not cosigned


def test_a_log_that_forks_is_cosigned_no_more_and_the_evidence_is_red_with_its_witnesses(
    houses: list[House], tmp_path: Path, clock: MovingClock
) -> None:
    anna, berta, carla = houses
    anna.register(commitment(1))
    fork = copied(anna.ctx, tmp_path / "fork.db")
    anna.register(commitment(2))
    work(anna.ctx)
    swap(anna, fork)
    for number in range(20, 24):
        anna.register(commitment(number))
    work(anna.ctx)
    clock.forward(hours=2)
    work(anna.ctx)
    assert (seen(berta, anna), seen(carla, anna)) == (2, 2)
    assert shown(anna) == (5, (), False)
    for witness in (berta, carla):
        assert splits(witness) == [(anna.ctx.settings.origin, "bad-proof", 5)]
        assert red(witness.ctx) == {"watched logs"}
        assert create_app(ctx=witness.ctx).test_client().get("/readyz").status_code == 200
        assert 'ipr_split_views{log="watched"} 1.0' in create_app(ctx=witness.ctx).test_client().get("/metrics").text
    assert {kind for _, kind, _ in splits(anna)} == {"witness-refuses"}
    assert create_app(ctx=anna.ctx).test_client().get("/readyz").status_code == 503
    berta.register(commitment(50))
    work(berta.ctx)
    assert seen(carla, berta) == 1  # among the honest it goes on


def test_a_log_that_signs_an_old_size_again_hands_its_witnesses_the_proof(houses: list[House]) -> None:
    anna, berta, _ = houses
    anna.register(commitment(1))
    work(anna.ctx)
    anna.register(commitment(2))
    work(anna.ctx)
    keys = anna.ctx.service_keys.log_keys
    forged = sign_checkpoint(Checkpoint(keys.origin, 1, merkle.leaf_hash(b"another first entry")), keys)
    answer = create_app(ctx=berta.ctx).test_client().post("/witness/add-checkpoint", data=b"old 0\n\n" + forged)
    assert (answer.status_code, answer.content_type, answer.data) == (409, "text/x.tlog.size", b"2\n")
    assert splits(berta) == [(keys.origin, "two-roots", 1)]
    with berta.ctx.database.reading() as session:
        split = session.scalars(select(SplitView)).one()
    states = [open_checkpoint(half, keys.vkeys) for half in (split.known, split.refused.partition(b"\n\n")[2])]
    assert [state.size for state in states] == [1, 1]
    assert states[0].root != states[1].root
    anna.register(commitment(3))
    work(anna.ctx)
    assert seen(berta, anna) == 3  # the history that it knows grows on and is cosigned; the evidence stays red
    assert red(berta.ctx) == {"watched logs"}


def test_a_lost_database_under_the_same_keys_is_seen_by_the_witnesses(houses: list[House], tmp_path: Path) -> None:
    anna = houses[0]
    empty = copied(anna.ctx, tmp_path / "empty.db")
    anna.register(commitment(1))
    work(anna.ctx)
    starting.refuse_fork(anna.ctx)
    (empty.settings.keys_dir / starting.ANCHOR).unlink()
    with pytest.raises(DamageError, match="The witness berta"):
        starting.refuse_fork(empty)


def test_a_start_is_held_up_by_no_witness_that_is_away(houses: list[House]) -> None:
    anna, berta, carla = houses
    anna.register(commitment(1))
    berta.stop()
    carla.stop()
    starting.refuse_fork(anna.ctx)
    berta.serve()
    carla.serve()
    assert checkpoints.growth(anna.ctx, 0, None).new_size == 1
