"""Powers of co-owners: who must agree, counted by interests; figures worked out by hand from the articles."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import jurisdictions, powers
from ipr_service.rights.outcomes import Undetermined, Value
from ipr_service.rights.periods import Period
from ipr_service.rights.provisions import ACTS
from ipr_service.rights.shares import Split

TODAY = date(2026, 11, 22)


def split(**shares: str) -> Split:
    return Split.of({party: Fraction(text) for party, text in shares.items()})


def tally(country: str, right: str, act: str, held: Split, *agree: str) -> powers.Tally:
    found = powers.vote(country, right, act, held, agree, TODAY)
    assert isinstance(found, Value)
    return found.value


def test_the_same_patent_may_be_used_alone_in_france_and_not_in_italy() -> None:
    french, italian = (powers.power(country, "patent", "use", TODAY) for country in ("FR", "IT"))
    assert isinstance(french, Value)
    assert isinstance(italian, Value)
    assert (french.value.code, italian.value.code) == ("yes_compensate", "no")
    assert {cited.article for cited in french.because} == {"CPI L613-29 a", "CPI L613-29 a, c"}


def test_a_french_licence_needs_notice_an_offer_of_the_share_and_three_months() -> None:
    found = powers.power("FR", "patent", "license", TODAY)
    assert isinstance(found, Value)
    rule = found.value
    assert (rule.notice, rule.offer, rule.block, rule.owes) == (True, True, Period(months=3), "compensation")


def test_cyprus_stays_undetermined_and_says_why() -> None:
    found = powers.power("CY", "patent", "use", TODAY)
    assert isinstance(found, Undetermined)
    assert found.seen[0].article == "Law 16(I)/1998 ss.9-10"


@pytest.mark.parametrize(("country", "right"), [("EL", "patent"), ("HR", "patent"), ("SI", "patent"), ("MT", "patent"), ("PT", "design")])
def test_what_nobody_verified_between_co_owners_is_undetermined(country: str, right: str) -> None:
    for act in ("use", "license", "license-exclusive", "sell-share", "sue"):
        assert isinstance(powers.power(country, right, act, TODAY), Undetermined)


def test_before_the_day_the_law_was_read_nothing_is_decided() -> None:
    assert isinstance(powers.power("FR", "patent", "use", date(2020, 1, 1)), Undetermined)


def test_two_thirds_is_reached_by_exactly_two_thirds() -> None:
    assert tally("FR", "design", "administer", split(A="2/3", B="1/3"), "A").result == "carried"
    almost = tally("FR", "design", "administer", split(A="665/1000", B="335/1000"), "A")
    assert (almost.result, almost.held, almost.lacking) == ("not_carried", Fraction(133, 200), ("B",))


def test_a_spanish_majority_is_counted_by_interests_and_half_is_none() -> None:
    assert tally("ES", "trademark", "use", split(A="3/5", B="1/5", C="1/5"), "A").result == "carried"
    assert tally("ES", "trademark", "use", split(A="3/5", B="1/5", C="1/5"), "B", "C").result == "not_carried"
    assert tally("ES", "trademark", "use", split(A="1/2", B="1/2"), "A").result == "not_carried"


def test_half_of_the_value_alone_is_left_open_in_portugal() -> None:
    assert isinstance(powers.vote("PT", "copyright", "administer", split(A="1/2", B="1/2"), ["A"], TODAY), Undetermined)


def test_who_holds_nothing_has_no_voice() -> None:
    held = split(A="1", B="0")
    assert tally("IT", "patent", "sell-whole", held, "A").result == "carried"
    with pytest.raises(InputError, match="holds no share"):
        powers.vote("IT", "patent", "sell-whole", held, ["B"], TODAY)


def test_the_french_civil_code_is_shut_out_for_patents() -> None:
    with pytest.raises(RefusedError, match=r"C\. civ\. 815 ff\. does not apply .*L613-30.*L613-29 does"):
        powers.vote("FR", "patent", "administer", split(A="2/3", B="1/3"), ["A"], TODAY)


def test_pre_emption_ends_so_many_months_after_notice() -> None:
    found = powers.preemption("FR", "patent", TODAY, date(2027, 1, 31))
    assert isinstance(found, Value)
    assert found.value == date(2027, 4, 30)
    assert isinstance(powers.preemption("IT", "patent", TODAY, date(2027, 1, 31)), Undetermined)


def test_a_licence_of_horizon_results_needs_forty_five_days_of_notice() -> None:
    found = powers.power("EU", "results_horizon", "license", TODAY)
    assert isinstance(found, Value)
    assert (found.value.code, found.value.notice_days) == ("yes_notice_compensate", Period(days=45))


def test_an_act_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="not an act"):
        powers.power("FR", "patent", "pawn", TODAY)


HELD = st.lists(st.integers(1, 50), min_size=2, max_size=6)
PLACES = st.sampled_from([(c, r) for c in jurisdictions.countries() for r in jurisdictions.pack(c).rights])


@given(HELD, PLACES, st.sampled_from(ACTS), st.data())
def test_more_who_agree_never_undo_a_vote_and_all_together_always_carry(
    weights: list[int], place: tuple[str, str], act: str, data: st.DataObject
) -> None:
    held = Split.of({f"p{number}": Fraction(weight, sum(weights)) for number, weight in enumerate(weights)})
    everybody = sorted(held.fractions)
    some = data.draw(st.lists(st.sampled_from(everybody), unique=True))
    more = sorted({*some, data.draw(st.sampled_from(everybody))})
    try:
        few, many, all_of_them = (powers.vote(*place, act, held, agree, TODAY) for agree in (some, more, everybody))
    except RefusedError:
        return
    if isinstance(all_of_them, Value):
        assert all_of_them.value.result == "carried"
        if isinstance(few, Value) and few.value.result == "carried":
            assert isinstance(many, Value)
            assert many.value.result == "carried"
