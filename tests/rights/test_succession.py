"""The next split out of an accepted one: as ``life`` computes it, with a record that replays, asked of those whose share changes."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import life, policies, succession
from ipr_service.rights.allocation import Allocation, Negotiated, allocate
from ipr_service.rights.replay import record, replay
from ipr_service.rights.scopes import Stated
from ipr_service.rights.shares import Split
from ipr_service.rights.succession import Event
from tests.rights.given import people, points

F = Fraction
ABC = people("anna", "bruno", "clara")
BEFORE = allocate(policies.shipped("points@1"), ABC, points({"anna": 5, "bruno": 3, "clara": 2}))
EVERYBODY = ("anna", "bruno", "clara", "dora")


def after(event: Event, before: Allocation = BEFORE) -> Allocation:
    return succession.follow(before, 1, event, EVERYBODY)


def test_who_joins_is_made_room_for_and_everybody_is_asked() -> None:
    run = after(Event("joining", "dora", F(1, 10)))
    # By hand: nine tenths of 1/2, 3/10 and 1/5.
    assert run.computed.fractions == {"anna": F(9, 20), "bruno": F(27, 100), "clara": F(9, 50), "dora": F(1, 10)}
    assert run.signed_by == EVERYBODY


def test_the_known_answer_of_a_leaver_comes_out() -> None:
    run = after(Event("leaving", "clara", F(1, 4)))
    assert run.computed.fractions == {"anna": F(19, 32), "bruno": F(57, 160), "clara": F(1, 20), "dora": F(0)}
    assert run.signed_by == ("anna", "bruno", "clara")


def test_a_transfer_asks_the_two_and_nobody_else() -> None:
    run = after(Event("transfer", "anna", F(1, 5), to="dora"))
    assert run.computed.fractions == {"anna": F(2, 5), "bruno": F(3, 10), "clara": F(1, 5), "dora": F(1, 10)}
    assert (run.signed_by, run.unsigned) == (("anna", "dora"), ("bruno", "clara"))


def test_negotiated_shares_are_what_an_event_starts_from() -> None:
    agreed = Split.of({"anna": F(1, 2), "bruno": F(1, 2), "clara": F(0)})
    before = allocate(BEFORE.policy, ABC, BEFORE.contributions, Negotiated(agreed, "as at the table"))
    assert after(Event("leaving", "bruno", F(0)), before).computed.fractions["anna"] == 1


def vesting(joined: str | None = "2024-01-15") -> Allocation:
    facts = tuple((one.id, (("joined", date.fromisoformat(joined)),)) for one in ABC) if joined else ()
    return allocate(policies.shipped("vesting@1"), ABC, points({"anna": 5, "bruno": 3, "clara": 2}), stated=Stated(parties=facts))


def test_a_policy_that_vests_says_itself_what_the_leaver_keeps() -> None:
    run = after(Event("leaving", "clara", left=date(2025, 1, 20)), vesting())
    # By hand, RIGHTS 5a: twelve of 48 months, a quarter of 1/5.
    assert run.computed.fractions == {"anna": F(19, 32), "bruno": F(57, 160), "clara": F(1, 20)}
    assert run.policy.reference == "vesting@1"
    assert replay(record(run))


@pytest.mark.parametrize(
    ("before", "event", "pointer", "says"),
    [
        (vesting(), Event("leaving", "clara"), "/left", "say the last day"),
        (vesting(None), Event("leaving", "clara", left=date(2025, 1, 1)), "/joined", "say the first day"),
        (vesting(), Event("leaving", "clara", left=date(2023, 1, 1)), "/left", "before it begins on 2024-01-15"),
        (vesting(), Event("leaving", "dora", left=date(2025, 1, 1)), "/party", "holds no share"),
        (BEFORE, Event("leaving", "clara"), "/part", "0 when it keeps nothing"),
        (BEFORE, Event("leaving", "clara", F(1)), "/part", "nothing to agree on"),
        (BEFORE, Event("joining", "dora"), "/share", "more than 0"),
        (BEFORE, Event("transfer", "dora", F(1, 2), to="anna"), "/party", "holds no share"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(before: Allocation, event: Event, pointer: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        after(event, before)
    assert refused.value.problems[0].pointer == pointer


def test_an_event_that_changes_nothing_is_refused() -> None:
    with pytest.raises(RefusedError, match="nobody's share"):
        after(Event("leaving", "clara", left=date(2030, 1, 1)), vesting())  # all 48 months are over


def test_shares_that_no_record_could_state_are_refused_with_the_limit() -> None:
    strange = points({"anna": F(1, 10**20 + 39), "bruno": F(1, 10**20 + 129), "clara": 1})
    before = allocate(policies.shipped("points@1"), ABC, strange)
    with pytest.raises(RefusedError, match="more than 30 digits"):
        after(Event("leaving", "clara", F(1, 2)), before)


part = st.fractions(F(1, 12), F(11, 12), max_denominator=12)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 30), min_size=3, max_size=3), part, st.sampled_from(succession.KINDS))
def test_the_policies_give_what_life_gives_and_every_record_replays(weights: list[int], how: Fraction, kind: str) -> None:
    before = allocate(policies.shipped("points@1"), ABC, points(dict(zip(("anna", "bruno", "clara"), weights, strict=True))))
    event = {"joining": Event(kind, "dora", how), "leaving": Event(kind, "bruno", how), "transfer": Event(kind, "anna", how, to="clara")}[
        kind
    ]
    run = after(event, before)
    chapter = {
        "joining": lambda: life.join(before.computed, "dora", how, "s"),
        "leaving": lambda: life.leave(before.computed, {"bruno": how}, "s"),
        "transfer": lambda: life.transfer(before.computed, "anna", "clara", how, "s"),
    }[kind]()
    assert {party: share for party, share in run.computed.fractions.items() if share} == dict(chapter.after.fractions)
    assert sum(run.computed.fractions.values()) == 1
    assert set(run.signed_by) == {step.party for step in chapter.steps}
    assert replay(record(run))
