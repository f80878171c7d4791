"""Which rule holds: by rank, never by place; and what is said when none can be."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.rights.precedence import (
    RANKS,
    Candidate,
    Cited,
    Conflict,
    Missing,
    RuleConflictError,
    Undetermined,
    UndeterminedError,
    decide,
    holds,
)

WRITTEN = Missing("written", "", "whoever has the paper")


def rule(name: str, rank: str = "contract", applies: bool | tuple[Missing, ...] = True, struck: str | None = None) -> Candidate[str]:
    return Candidate(name, Cited(name, f"source of {name}"), rank, applies, Cited(struck, "law") if struck else None)


def test_the_ranks_are_contract_then_statute_then_fallback() -> None:
    assert RANKS == ("contract", "statute", "fallback")
    every = [rule("f", "fallback"), rule("s", "statute"), rule("c", "contract")]
    for left in (every, every[:2], every[:1]):
        chosen = decide("who", left)
        assert isinstance(chosen, Candidate)
        assert chosen.rule == left[-1].rule


def test_what_mandatory_law_strikes_leaves_the_question_to_the_statute() -> None:
    chosen = decide("who", [rule("c", struck="m"), rule("s", "statute")])
    assert isinstance(chosen, Candidate)
    assert chosen.rule == "s"


def test_two_of_one_rank_are_a_conflict_that_names_both_with_their_sources() -> None:
    outcome = decide("who", [rule("b"), rule("a"), rule("s", "statute")])
    assert outcome == Conflict("who", (Cited("a", "source of a"), Cited("b", "source of b")))
    with pytest.raises(RuleConflictError, match=r"a \(source of a\) / b \(source of b\)") as refusal:
        holds("who", [rule("b"), rule("a")])
    assert refusal.value.outcome.to_data()["rules"] == [{"rule": "a", "source": "source of a"}, {"rule": "b", "source": "source of b"}]


def test_a_missing_fact_is_named_with_who_can_settle_it() -> None:
    outcome = decide("who", [rule("c", applies=(WRITTEN,)), rule("s", "statute")])
    assert outcome == Undetermined("who", (WRITTEN,))
    with pytest.raises(UndeterminedError, match=r"nobody stated written. Who can settle it: whoever has the paper"):
        holds("who", [rule("c", applies=(WRITTEN,))])


def test_a_fact_that_only_a_lower_rank_needs_is_not_asked_for() -> None:
    chosen = decide("who", [rule("c"), rule("s", "statute", (WRITTEN,))])
    assert isinstance(chosen, Candidate)
    assert chosen.rule == "c"


def test_no_rule_at_all_is_undetermined_and_said() -> None:
    assert decide("who", [rule("c", applies=False)]) == Undetermined("who")
    assert "no rule applies" in str(UndeterminedError(Undetermined("who")))
    assert Undetermined("who", (WRITTEN,)).to_data()["missing"] == [{"fact": "written", "of": "", "settles": "whoever has the paper"}]


@given(st.lists(st.tuples(st.sampled_from(RANKS), st.sampled_from((True, False, (WRITTEN,)))), max_size=4))
def test_the_order_of_rules_decides_nothing(given_rules: list[tuple[str, bool | tuple[Missing, ...]]]) -> None:
    candidates = [rule(f"r{number}", rank, applies) for number, (rank, applies) in enumerate(given_rules)]
    outcomes = {decide("who", order) for order in itertools.permutations(candidates)}
    assert len(outcomes) == 1
