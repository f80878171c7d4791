"""The split: computed, explained, proposed, accepted by everybody, frozen, and computed again."""

from __future__ import annotations

import json
from fractions import Fraction
from hashlib import sha256
from threading import Barrier, Thread

import pytest
from sqlalchemy import update

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.evidence.digest import to_base64
from ipr_service.rights import replay
from ipr_service.services import allocation, collaboration, contributing, joining, proposing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddContribution
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.shares import Propose
from ipr_service.store.schema import Split, SplitAcceptance
from ipr_service.store.sequencer import Receipt, WritePlan
from tests.services.workshop import Chair, chair, company, invite, record
from tests.support.house import as_role, mails

HALF, FIVE_EIGHTHS = Fraction(1, 2), Fraction(5, 8)


def fractions(shares: tuple[allocation.ShareLine, ...]) -> dict[str, Fraction]:
    return {one.party_id: one.fraction for one in shares}


def proposed(ctx: Context) -> tuple[Chair, str]:
    the = chair(ctx)
    record(ctx, the)
    return the, proposing.propose(ctx, the.anna, the.id, Propose("roles@1"))


def accept_all(ctx: Context, the: Chair, split: str) -> None:
    proposing.accept(ctx, the.marco, the.id, split)
    proposing.accept(ctx, the.anna, the.id, split)


def statements_of(ctx: Context, commitment: bytes) -> list[object]:
    with ctx.database.reading() as session:
        return [one.statement for one in opened(ctx, entry_of(session, commitment)).openings.statements]


def test_each_rule_gives_its_shares_with_the_reason_in_plain_words(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    # By hand. Points: 30 of 60. Roles in which somebody worked: form 3, engineering 3, prototype 2, so 3/8 for form alone.
    expected = {"equal@1": HALF, "points@1": HALF, "roles@1": FIVE_EIGHTHS}
    for policy, rovere in expected.items():
        shares = allocation.preview(ctx, the.anna, the.id, Propose(policy)).shares
        assert fractions(shares) == {the.rovere: rovere, the.studio: 1 - rovere}
        assert sum(one.basis_points for one in shares) == 10_000
    by_role = {one.party_id: one for one in allocation.preview(ctx, the.anna, the.id, Propose("roles@1")).shares}
    assert (by_role[the.rovere].fraction_text, by_role[the.rovere].percent_text) == ("5/8", "62.5 %")
    assert "2 of 3 roles" in by_role[the.rovere].reason
    assert "“Form of the backrest”" in " ".join(by_role[the.studio].details)
    italian = allocation.preview(ctx, the.anna, the.id, Propose("roles@1"), "it").shares
    assert {one.percent_text for one in italian} == {"62,5 %", "37,5 %"}


def test_a_preview_stores_nothing(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    allocation.preview(ctx, the.anna, the.id, Propose("points@1"))
    assert allocation.splits(ctx, the.anna, the.id) == []


def test_a_preview_says_what_would_change_against_the_last_split_and_why(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the, _split = proposed(ctx)
    contributing.add_contribution(ctx, the.anna, the.id, AddContribution("A name", "brand", "lead", "20"))
    seen = allocation.preview(ctx, the.marco, the.id, Propose("roles@1"))
    # Now form 3, engineering 3, prototype 2, brand 2: Studio Blu holds 5 of 10, before 3 of 8.
    assert {one.party: one.difference for one in seen.changes} == {the.studio: Fraction(1, 8), the.rovere: Fraction(-1, 8)}
    assert seen.causes == ("“A name” was added, by Studio Blu",)


def test_what_a_rule_lacks_is_named_by_its_title_and_its_field(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    made = contributing.add_contribution(ctx, the.anna, the.id, AddContribution("A name", "brand"))
    with pytest.raises(InputError, match="“A name” has no points; write a number, 0 included") as refused:
        proposing.propose(ctx, the.anna, the.id, Propose("points@1"))
    assert refused.value.problems[0].pointer == f"/contributions/{made}/points"
    with pytest.raises(InputError, match="equal@1, points@1, roles@1"):
        proposing.propose(ctx, the.anna, the.id, Propose("mine@1"))


def test_an_organiser_weighs_nothing_and_the_reason_is_on_record(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    cluster, _secret = invite(ctx, the.marco, the.id, "Cluster Legno", "cluster@example.org", "facilitation")
    shares = {one.party_id: one for one in allocation.preview(ctx, the.anna, the.id, Propose("equal@1")).shares}
    assert shares[cluster].fraction == 0
    assert shares[the.studio].fraction == HALF
    assert "Cluster Legno (facilitation) weighs nothing: organising or advising is not making" in shares[cluster].details[0]


def test_a_proposal_is_logged_at_once_and_says_what_the_parties_accept(ctx: Context) -> None:
    the, split = proposed(ctx)
    found = allocation.split(ctx, the.marco, the.id, split)
    said, *parties = statements_of(ctx, found.commitment)
    with ctx.database.reading() as session:
        row = session.get_one(Split, split)
        assert statements_of(ctx, found.commitment) == allocation.expected_statements(ctx, session, row)
        frozen = allocation.frozen_record(ctx, session, row)
    emails = {the.rovere: "mailto:marco@example.org", the.studio: "mailto:anna@example.org"}
    assert said == {
        "type": "split",
        "rule": "roles@1",
        "inputs_sha256": found.run_digest.hex(),
        "run_sha256": sha256(frozen.encode()).hexdigest(),
        "shares": [{"identity": emails[one.party_id], "share": one.fraction_text} for one in found.shares],
    }
    assert {one["name"] for one in parties} == {"Rovere s.r.l.", "Studio Blu"}
    assert "Marco" not in frozen
    assert "Rovere" not in frozen


def test_the_last_acceptance_freezes_the_split_and_each_is_an_entry_that_points_at_it(ctx: Context) -> None:
    the, split = proposed(ctx)
    first = proposing.accept(ctx, the.marco, the.id, split)
    assert first.state == "proposed"
    assert allocation.split(ctx, the.anna, the.id, split).awaited == ("Studio Blu",)
    with ctx.database.reading() as session:
        assert allocation.accepted_split(ctx, session, the.id) is None
    second = proposing.accept(ctx, the.anna, the.id, split)
    assert second.state == "accepted"
    found = allocation.split(ctx, the.anna, the.id, split)
    assert found.decided_at == ctx.now()
    for answered, who in ((first, "marco"), (second, "anna")):
        assert answered.receipt is not None
        assert statements_of(ctx, answered.receipt.commitment) == [
            {
                "type": "acceptance",
                "split": to_base64(found.commitment),
                "party": f"mailto:{who}@example.org",
                "person": f"mailto:{who}@example.org",
                "time": "2026-11-02T09:30:00Z",
            }
        ]
    with ctx.database.reading() as session:
        for row in session.query(SplitAcceptance):
            assert row.commitment is not None
            assert statements_of(ctx, row.commitment) == allocation.expected_acceptance(ctx, session, row)
        agreed = allocation.accepted_split(ctx, session, the.id)
    assert agreed is not None
    assert fractions(agreed.shares) == {the.rovere: FIVE_EIGHTHS, the.studio: Fraction(3, 8)}


def test_two_parties_who_accept_at_the_same_moment_both_count_and_one_completes(ctx: Context) -> None:
    the, split = proposed(ctx)
    together, states = Barrier(2), []

    def say_yes(who: Actor) -> None:
        together.wait()
        states.append(proposing.accept(ctx, who, the.id, split))

    threads = [Thread(target=say_yes, args=(who,)) for who in (the.marco, the.anna)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = allocation.split(ctx, the.anna, the.id, split)
    assert found.state == "accepted"
    assert [one.state for one in found.answers] == ["accepted", "accepted"]
    assert len({one.receipt.index for one in states if one.receipt}) == 2
    with ctx.database.reading() as session:
        assert session.get_one(Split, split).awaited == 0


def test_a_party_answers_once_even_when_it_clicks_twice_at_once(ctx: Context) -> None:
    the, split = proposed(ctx)
    together, problems = Barrier(4), []

    def say_yes() -> None:
        together.wait()
        try:
            proposing.accept(ctx, the.marco, the.id, split)
        except ConflictError as problem:
            problems.append(str(problem))

    threads = [Thread(target=say_yes) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == ["Your party has answered this proposal already."] * 3
    assert allocation.split(ctx, the.anna, the.id, split).awaited == ("Studio Blu",)


def test_a_decline_with_its_reason_ends_the_proposal_and_all_parties_read_it(ctx: Context) -> None:
    the, split = proposed(ctx)
    with pytest.raises(InputError) as refused:
        proposing.decline(ctx, the.marco, the.id, split, "  ")
    assert refused.value.problems[0].pointer == "/reason"
    proposing.decline(ctx, the.marco, the.id, split, "The joint was half of the work.")
    found = allocation.split(ctx, the.anna, the.id, split)
    assert found.state == "declined"
    assert {one.state: one.reason for one in found.answers} == {"declined": "The joint was half of the work.", "awaited": None}
    with pytest.raises(ConflictError, match="no longer open"):
        proposing.accept(ctx, the.anna, the.id, split)


def test_a_newer_proposal_takes_the_place_of_an_undecided_one(ctx: Context) -> None:
    the, split = proposed(ctx)
    proposing.accept(ctx, the.marco, the.id, split)
    newer = proposing.propose(ctx, the.marco, the.id, Propose("equal@1"))
    assert allocation.split(ctx, the.anna, the.id, split).state == "superseded"
    assert allocation.split(ctx, the.anna, the.id, newer).number == 2
    assert len(allocation.split(ctx, the.anna, the.id, newer).awaited) == 2
    with pytest.raises(ConflictError, match="no longer open"):
        proposing.accept(ctx, the.anna, the.id, split)


def test_an_accepted_split_is_never_changed_and_holds_until_a_newer_one_is_accepted_by_all(ctx: Context) -> None:
    the, split = proposed(ctx)
    accept_all(ctx, the, split)
    record_before = allocation.record_of(ctx, the.anna, the.id, split)
    assert not allocation.outdated(ctx, the.anna, the.id, split)
    contributing.add_contribution(ctx, the.anna, the.id, AddContribution("A name", "brand", "lead", "20"))
    assert allocation.outdated(ctx, the.anna, the.id, split)
    newer = proposing.propose(ctx, the.anna, the.id, Propose("roles@1"))
    proposing.accept(ctx, the.anna, the.id, newer)
    assert allocation.record_of(ctx, the.anna, the.id, split) == record_before
    with ctx.database.reading() as session:
        agreed = allocation.accepted_split(ctx, session, the.id)
        assert agreed is not None
        assert agreed.id == split
    proposing.accept(ctx, the.marco, the.id, newer)
    with ctx.database.reading() as session:
        agreed = allocation.accepted_split(ctx, session, the.id)
        assert agreed is not None
        assert agreed.id == newer
    assert allocation.split(ctx, the.anna, the.id, split).state == "accepted"
    for line in _own(ctx, the):
        contributing.withdraw_contribution(ctx, the.anna, the.id, line.id)
    with pytest.raises(RefusedError, match="This party holds a share"):
        joining.leave(ctx, the.anna, the.id, the.studio)


def _own(ctx: Context, the: Chair) -> list[collaboration.ContributionLine]:
    with ctx.database.reading() as session:
        return [one for one in collaboration.contribution_lines(ctx, session, the.id) if one.party_id == the.studio]


def test_negotiated_shares_replace_the_computed_ones_with_their_reason(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    wanted = ((the.rovere, "55 %"), (the.studio, "45 %"))
    split = proposing.propose(ctx, the.anna, the.id, Propose("points@1", wanted, "the joint came late"))
    found = allocation.split(ctx, the.marco, the.id, split)
    assert fractions(found.shares) == {the.rovere: Fraction(11, 20), the.studio: Fraction(9, 20)}
    assert {one.computed for one in found.shares} == {HALF}
    assert {one.difference_text for one in found.shares} == {"+5 %", "-5 %"}
    accept_all(ctx, the, split)
    frozen = json.loads(allocation.record_of(ctx, the.anna, the.id, split))
    assert frozen["split"] == {the.rovere: "11/20", the.studio: "9/20"}
    assert frozen["unsigned"] == []


@pytest.mark.parametrize(
    ("shares", "reason", "pointer"),
    [
        (("55 %", "46 %"), "so", "/negotiated"),
        (("55 %", "many"), "so", "/negotiated"),
        (("55 %", "45 %"), "", "/reason"),
        (("3/2", "-1/2"), "so", "/negotiated"),
    ],
)
def test_negotiated_shares_that_do_not_add_up_are_refused_by_field(
    sqlite_ctx: Context, shares: tuple[str, str], reason: str, pointer: str
) -> None:
    the = chair(sqlite_ctx)
    record(sqlite_ctx, the)
    wanted = tuple(zip((the.rovere, the.studio), shares, strict=True))
    with pytest.raises(InputError) as refused:
        proposing.propose(sqlite_ctx, the.anna, the.id, Propose("points@1", wanted, reason))
    assert refused.value.problems[0].pointer.startswith(pointer)


def test_a_stored_split_is_computed_again_and_an_edited_row_is_noticed(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the, split = proposed(ctx)
    accept_all(ctx, the, split)
    assert allocation.replay_of(ctx, the.anna, the.id, split)
    with ctx.database.writing() as session:
        session.execute(update(Split).where(Split.id == split).values(run_digest=bytes(32)))
    report = allocation.replay_of(ctx, the.anna, the.id, split)
    assert not report
    assert [check.name for check in report.checks if not check.holds] == ["row"]


def test_the_record_replays_offline_before_and_after_acceptance(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the, split = proposed(ctx)
    proposing.accept(ctx, the.marco, the.id, split)
    early = allocation.record_of(ctx, the.marco, the.id, split)
    assert replay.replay(early)
    assert json.loads(early)["signed_by"] == [the.rovere]
    proposing.accept(ctx, the.anna, the.id, split)
    late = allocation.record_of(ctx, the.marco, the.id, split)
    assert replay.replay(late)
    assert sorted(json.loads(late)["signed_by"]) == sorted([the.rovere, the.studio])
    with ctx.database.reading() as session:
        row = session.get_one(Split, split)
        assert late == allocation.frozen_record(ctx, session, row)
        assert row.record_sealed.find(b"roles") == -1


def test_who_may_not_decide_does_not_accept(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the, split = proposed(ctx)
    eve = company(ctx, "Eve", "Elsewhere Ltd")
    with pytest.raises(NotFoundError):
        proposing.accept(ctx, eve, the.id, split)
    with pytest.raises(NotFoundError):
        allocation.record_of(ctx, eve, the.id, split)
    for role in ("viewer", "advisor"):
        with pytest.raises(ForbiddenError):
            proposing.accept(ctx, as_role(the.marco, role), the.id, split)
    other = joining.begin(ctx, the.marco, joining.Begin("Another"))
    with pytest.raises(NotFoundError):
        proposing.accept(ctx, the.marco, other, split)
    with pytest.raises(RefusedError, match="at least two parties"):
        proposing.propose(ctx, the.marco, other, Propose("equal@1"))


def test_a_party_that_joined_after_the_proposal_asks_for_a_new_one(ctx: Context) -> None:
    the, split = proposed(ctx)
    _party, secret = invite(ctx, the.marco, the.id, "Officina", "bruno@example.org")
    bruno = company(ctx, "Bruno", "Officina Sas")
    joining.join(ctx, bruno, secret)
    with pytest.raises(RefusedError, match="not in this proposal"):
        proposing.accept(ctx, bruno, the.id, split)
    assert allocation.waiting(ctx, bruno) == []
    assert allocation.waiting(ctx, the.marco) == [(the.id, split)]


def test_a_proposal_over_something_that_changed_meanwhile_is_refused(sqlite_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)

    write = ctx.write

    def meanwhile(_self: Context, plan: WritePlan) -> tuple[Receipt, ...]:
        monkeypatch.undo()
        contributing.add_contribution(ctx, the.marco, the.id, AddContribution("Late", "brand", "lead", "1"))
        return write(plan)

    monkeypatch.setattr(Context, "write", meanwhile)
    with pytest.raises(ConflictError):
        proposing.propose(ctx, the.anna, the.id, Propose("equal@1"))
    assert allocation.splits(ctx, the.anna, the.id) == []


def test_the_mail_to_the_others_names_neither_the_work_nor_a_share(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    _the, _split = proposed(ctx)
    (mail,) = [mail for mail in mails(ctx, "marco@example.org") if "split" in mail.subject.lower()]
    assert "chair" not in mail.body
    assert "%" not in mail.body
    assert "5/8" not in mail.body
    assert [mail for mail in mails(ctx, "anna@example.org") if "split" in mail.subject.lower()] == []
