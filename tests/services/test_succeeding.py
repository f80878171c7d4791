"""The life of a split in the service: who joins, leaves or hands on; each a split of its own that takes the place of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from ipr_service.errors import ConflictError, ForbiddenError, InputError, RefusedError
from ipr_service.evidence.commitment import Manifest
from ipr_service.rights import replay, succession
from ipr_service.rights.succession import Event
from ipr_service.services import allocation, collaboration, entries, erasing, joining, money, payouts, proposing, succeeding
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.payouts import ProposePayout
from ipr_service.services.proposing import Put
from ipr_service.services.shares import Propose
from ipr_service.services.succeeding import Succeed
from tests.services.till import agreed, sold
from tests.services.workshop import Chair, chair, company, invite
from tests.support.house import PASSWORD, as_role, mails, person

F = Fraction


@dataclass(frozen=True)
class Workshop:
    """The chair, agreed at 2/3 for the studio and 1/3 for Rovere, and Clara's brand office, which came later."""

    chair: Chair
    clara: Actor
    brand: str

    @property
    def id(self) -> str:
        return self.chair.id


def workshop(ctx: Context) -> Workshop:
    the = agreed(ctx)
    brand, secret = invite(ctx, the.marco, the.id, "Clara", "clara@example.org")
    clara = company(ctx, "Clara", "Brand Office", "ES")
    joining.join(ctx, clara, secret)
    return Workshop(the, clara, brand)


def shares_now(ctx: Context, the: Workshop) -> dict[str, Fraction]:
    with ctx.database.reading() as session:
        split = allocation.accepted_split(ctx, session, the.id)
    assert split is not None
    return {one.party_id: one.fraction for one in split.shares}


def joined(ctx: Context, the: Workshop) -> str:
    """Clara joins with a tenth, and everybody accepts."""
    made = succeeding.propose(ctx, the.chair.anna, the.id, Succeed("joining", the.brand, "1/10"))
    for who in (the.chair.marco, the.clara, the.chair.anna):
        proposing.accept(ctx, who, the.id, made)
    return made


def test_a_late_joiner_is_made_room_for_once_everybody_has_accepted_and_the_old_split_can_still_be_read(ctx: Context) -> None:
    the = workshop(ctx)
    before = allocation.splits(ctx, the.chair.anna, the.id)[0]
    record = allocation.record_of(ctx, the.chair.anna, the.id, before.id)
    made = succeeding.propose(ctx, the.chair.anna, the.id, Succeed("joining", the.brand, "1/10"))
    assert shares_now(ctx, the) == {the.chair.studio: F(2, 3), the.chair.rovere: F(1, 3)}
    for who in (the.chair.marco, the.clara):
        assert proposing.accept(ctx, who, the.id, made).state == "proposed"
    assert proposing.accept(ctx, the.chair.anna, the.id, made).state == "accepted"
    # By hand: 9/10 of 2/3 and of 1/3.
    assert shares_now(ctx, the) == {the.chair.studio: F(3, 5), the.chair.rovere: F(3, 10), the.brand: F(1, 10)}
    old, new = (allocation.split(ctx, the.clara, the.id, one) for one in (before.id, made))
    assert (new.event, new.follows, old.followed_by) == (
        "joining",
        allocation.Neighbour(before.id, 1),
        allocation.Neighbour(made, 2),
    )
    assert allocation.record_of(ctx, the.chair.anna, the.id, before.id) == record
    reasons = {one.party_id: one.reason for one in new.shares}
    assert reasons[the.chair.studio] == "60 % = 3/5: 66 2/3 % before, less what it makes room for (rule joining@1)"
    assert reasons[the.brand] == "10 % = 1/10: it joins with this part of the whole (rule joining@1)"


def test_the_log_holds_the_chain_of_splits_and_the_record_of_an_event_replays_from_itself_alone(ctx: Context) -> None:
    the = workshop(ctx)
    made = joined(ctx, the)
    new = allocation.split(ctx, the.clara, the.id, made)
    assert new.follows is not None
    old = allocation.split(ctx, the.clara, the.id, new.follows.id)
    with ctx.database.reading() as session:
        opened = entries.opened(ctx, entries.entry_of(session, new.commitment))
    assert Manifest.from_bytes(opened.manifest).previous == old.commitment
    said = opened.openings.statements[0].statement
    assert (said["type"], said["rule"], said["inputs_sha256"]) == ("split", "joining@1", new.run_digest.hex())
    assert replay.replay(allocation.record_of(ctx, the.clara, the.id, made))
    assert allocation.replay_of(ctx, the.clara, the.id, made)


def test_a_leaver_keeps_the_agreed_part_and_the_others_take_the_rest_in_proportion(ctx: Context) -> None:
    the = workshop(ctx)
    joined(ctx, the)
    order = Succeed("leaving", the.chair.rovere, "1/2")
    seen = succeeding.preview(ctx, the.chair.marco, the.id, order)
    # By hand: Rovere keeps 3/20 of 3/10. The other 3/20 goes 6 : 1 to studio (3/5) and brand (1/10).
    expected = {the.chair.studio: F(3, 5) + F(9, 70), the.chair.rovere: F(3, 20), the.brand: F(1, 10) + F(3, 140)}
    assert {one.party_id: one.fraction for one in seen.shares} == expected
    made = succeeding.propose(ctx, the.chair.marco, the.id, order)
    for who in (the.chair.marco, the.chair.anna, the.clara):
        proposing.accept(ctx, who, the.id, made)
    assert shares_now(ctx, the) == expected


def test_a_leaver_under_a_rule_that_vests_keeps_what_the_months_earned(ctx: Context) -> None:
    come = workshop(ctx)
    the = come.chair
    everybody = [one.id for one in collaboration.collaboration(ctx, the.anna, the.id).parties]
    facts = tuple((f"parties/{party}/joined", "2024-01-15") for party in everybody)
    split = proposing.propose(ctx, the.anna, the.id, Propose("vesting@1", facts=facts))
    found = allocation.split(ctx, the.anna, the.id, split)
    by_party = {one.party_id: one.fraction for one in found.shares}
    assert (by_party[the.studio], by_party[the.rovere]) == (F(1, 2), F(1, 2))  # 30 of 60 points, and 20 + 10
    for who in (the.anna, the.marco, come.clara):
        proposing.accept(ctx, who, the.id, split)
    assert succeeding.standing(ctx, the.anna, the.id).vests
    with pytest.raises(InputError, match="say the last day") as lacking:
        succeeding.propose(ctx, the.marco, the.id, Succeed("leaving", the.rovere))
    assert [one.pointer for one in lacking.value.problems] == ["/left"]
    made = succeeding.propose(ctx, the.marco, the.id, Succeed("leaving", the.rovere, left="2025-01-20"))
    new = allocation.split(ctx, the.anna, the.id, made)
    # By hand: twelve whole months of 48 are a quarter; Rovere keeps 1/8, the studio takes the other 3/8.
    assert {one.party_id: one.fraction for one in new.shares} == {the.studio: F(7, 8), the.rovere: F(1, 8), come.brand: F(0)}
    assert {one.party_id for one in new.answers} == {the.studio, the.rovere}
    assert "it leaves, and keeps 25 % of the 50 % that it had" in next(one.reason for one in new.shares if one.party_id == the.rovere)


def test_a_share_is_handed_on_when_giver_and_taker_have_both_confirmed_and_the_third_is_told_but_not_asked(ctx: Context) -> None:
    the = workshop(ctx)
    joined(ctx, the)
    told = len(mails(ctx, "marco@example.org"))
    made = succeeding.propose(ctx, the.chair.anna, the.id, Succeed("transfer", the.chair.studio, "1/3", to=the.brand))
    assert len(mails(ctx, "marco@example.org")) == told + 1
    with pytest.raises(RefusedError, match="does not change your share, so you are not asked"):
        proposing.accept(ctx, the.chair.marco, the.id, made)
    assert allocation.awaited(ctx, the.chair.marco, the.id, made) == ()
    assert proposing.accept(ctx, the.chair.anna, the.id, made).state == "proposed"
    assert allocation.split(ctx, the.clara, the.id, made).awaited == ("Brand Office",)
    assert proposing.accept(ctx, the.clara, the.id, made).state == "accepted"
    # By hand: a third of 3/5 is 1/5.
    assert shares_now(ctx, the) == {the.chair.studio: F(2, 5), the.chair.rovere: F(3, 10), the.brand: F(3, 10)}


def test_the_taker_may_decline_and_the_split_that_stands_goes_on_standing(ctx: Context) -> None:
    the = workshop(ctx)
    joined(ctx, the)
    before = shares_now(ctx, the)
    made = succeeding.propose(ctx, the.chair.anna, the.id, Succeed("transfer", the.chair.studio, "100 %", to=the.brand))
    proposing.accept(ctx, the.chair.anna, the.id, made)
    assert proposing.decline(ctx, the.clara, the.id, made, "Too much for us.").state == "declined"
    assert shares_now(ctx, the) == before


def test_who_has_handed_all_of_its_share_on_may_leave_the_collaboration(ctx: Context) -> None:
    the = workshop(ctx)
    joined(ctx, the)
    with pytest.raises(RefusedError, match="holds a share"):
        joining.leave(ctx, the.clara, the.id, the.brand)
    made = succeeding.propose(ctx, the.clara, the.id, Succeed("transfer", the.brand, "1", to=the.chair.rovere))
    for who in (the.clara, the.chair.marco):
        proposing.accept(ctx, who, the.id, made)
    joining.leave(ctx, the.clara, the.id, the.brand)
    assert the.brand not in {one.id for one in collaboration.collaboration(ctx, the.chair.anna, the.id).parties}
    assert allocation.split(ctx, the.chair.anna, the.id, made).shares[-1].name  # it is still told by its name


def test_a_newer_proposal_takes_the_place_of_an_event_that_waits(ctx: Context) -> None:
    the = workshop(ctx)
    made = succeeding.propose(ctx, the.chair.anna, the.id, Succeed("joining", the.brand, "1/10"))
    proposing.propose(ctx, the.chair.anna, the.id, Propose("equal@1"))
    with pytest.raises(ConflictError, match="no longer open"):
        proposing.accept(ctx, the.chair.anna, the.id, made)


def test_an_event_changes_nothing_of_what_is_recorded_so_the_new_split_is_not_out_of_date(ctx: Context) -> None:
    the = workshop(ctx)
    assert allocation.outdated(ctx, the.clara, the.id, allocation.splits(ctx, the.clara, the.id)[0].id)  # Clara is not in it
    assert not allocation.outdated(ctx, the.clara, the.id, joined(ctx, the))


def test_money_that_comes_in_later_follows_the_new_split(ctx: Context) -> None:
    the = workshop(ctx)
    joined(ctx, the)
    sold(ctx, the.chair)
    with ctx.database.reading() as session:
        made, split = payouts.compute(ctx, session, the.id, ProposePayout("EUR"))
        assert split is not None
        assert split.id == money.standing_split(session, the.id).id  # type: ignore[union-attr]
    assert made is not None


@pytest.mark.parametrize(
    ("order", "pointer", "says"),
    [
        (Succeed("marrying", "studio"), "/kind", "Choose one of"),
        (Succeed("joining", "brand"), "/part", "more than 0 and less than all"),
        (Succeed("joining", "brand", "1"), "/part", "more than 0 and less than all"),
        (Succeed("joining", "brand", "-1/4"), "/part", "more than 0 and less than all"),
        (Succeed("joining", "studio", "1/4"), "/party_id", "Studio Blu holds a share already"),
        (Succeed("joining", "brand", "0.1e3"), "/part", "not a number"),
        (Succeed("leaving", "studio"), "/part", "which part of its share the leaver keeps"),
        (Succeed("leaving", "studio", "1"), "/part", "nothing to agree on"),
        (Succeed("leaving", "studio", "5/4"), "/vested", "would keep 5/4"),
        (Succeed("leaving", "brand", "0"), "/party_id", "holds no share"),
        (Succeed("leaving", "nobody", "0"), "/party_id", "Choose a party"),
        (Succeed("transfer", "studio", "1/2"), "/to", "Choose a party"),
        (Succeed("transfer", "studio", "1/2", to="studio"), "/part", "to somebody else"),
        (Succeed("transfer", "brand", "1/2", to="studio"), "/party_id", "holds no share"),
        (Succeed("leaving", "studio", "0", left="22 November"), "/left", "2026-11-22"),
    ],
)
def test_what_cannot_happen_is_refused_at_its_field(sqlite_ctx: Context, order: Succeed, pointer: str, says: str) -> None:
    ctx = sqlite_ctx
    the = workshop(ctx)
    ids = {"studio": the.chair.studio, "rovere": the.chair.rovere, "brand": the.brand}
    order = Succeed(order.kind, ids.get(order.party_id, order.party_id), order.part, ids.get(order.to, order.to), order.joined, order.left)
    with pytest.raises(InputError, match=says) as refused:
        succeeding.propose(ctx, the.chair.anna, the.id, order)
    assert next(one.pointer for one in refused.value.problems).startswith(pointer)
    assert len(allocation.splits(ctx, the.chair.anna, the.id)) == 1


def test_before_a_split_stands_nothing_happens_to_it(sqlite_ctx: Context) -> None:
    the = chair(sqlite_ctx)
    with pytest.raises(RefusedError, match="No split was accepted yet"):
        succeeding.propose(sqlite_ctx, the.anna, the.id, Succeed("leaving", the.studio, "0"))


def test_a_viewer_sees_the_preview_and_does_not_propose(sqlite_ctx: Context) -> None:
    the = workshop(sqlite_ctx)
    viewer = as_role(the.chair.anna, "viewer")
    order = Succeed("joining", the.brand, "1/10")
    assert succeeding.preview(sqlite_ctx, viewer, the.id, order).shares
    with pytest.raises(ForbiddenError):
        succeeding.propose(sqlite_ctx, viewer, the.id, order)


def test_an_event_computed_while_another_split_was_accepted_is_not_written(ctx: Context) -> None:
    the = workshop(ctx)
    other = proposing.propose(ctx, the.chair.anna, the.id, Propose("points@1"))
    for who in (the.chair.anna, the.chair.marco):
        proposing.accept(ctx, who, the.id, other)
    with ctx.database.reading() as session:
        proposer = joining.acting_party(session, the.chair.anna, "propose", the.id)
        home = joining.open_collaboration(session, the.id)
        row = money.standing_split(session, the.id)
        assert row is not None
        before = allocation.run_of(allocation.frozen_record(ctx, session, row))
        run = succession.follow(before, row.number, Event("joining", the.brand, F(1, 10)), [the.brand])
        people = collaboration.parties(ctx, session, the.id)
        plan = proposing.put(ctx, session, the.chair.anna, Put(home, proposer, people, run, row))
    proposing.accept(ctx, the.clara, the.id, other)  # the last answer to the other, in the meantime
    with pytest.raises(ConflictError, match="Another split was accepted meanwhile"):
        ctx.write(plan)
    assert {one.number for one in allocation.splits(ctx, the.chair.anna, the.id)} == {1, 2}


def test_an_erased_persons_share_stands_under_a_pseudonym_and_the_split_still_replays(ctx: Context) -> None:
    the = agreed(ctx)
    party, secret = invite(ctx, the.marco, the.id, "Lea", "lea@example.org")
    lea = person(ctx, "Lea")
    joining.join(ctx, lea, secret)
    made = succeeding.propose(ctx, the.anna, the.id, Succeed("joining", party, "1/10"))
    for who in (the.anna, the.marco, lea):
        proposing.accept(ctx, who, the.id, made)
    record = allocation.record_of(ctx, the.anna, the.id, made)
    erasing.erase_person(ctx, lea, PASSWORD)
    split = allocation.split(ctx, the.anna, the.id, made)
    hers = next(one for one in split.shares if one.party_id == party)
    assert (hers.fraction, hers.name[:7]) == (F(1, 10), "Person ")
    assert "Lea" not in str(split)
    assert allocation.record_of(ctx, the.anna, the.id, made) == record
    assert allocation.replay_of(ctx, the.anna, the.id, made)
