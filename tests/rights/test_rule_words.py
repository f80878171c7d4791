"""Revenue rules in a handbook's words: read when every word of them is understood, else refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.rule_words import read_rule
from ipr_service.rights.waterfall import Band, Costs, Cut, Fixed, Shares, Tiers

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def test_numbered_steps_are_read_in_their_order() -> None:
    found = read_rule("1) direct costs; 2) $10,000 to inventor; 3) rest 50% inventor, 25% university, 25% college", "USD")
    assert found.steps == (
        Costs("step-1", "direct costs"),
        Fixed("step-2", "$10,000 to inventor", (("inventor", 1_000_000),)),
        Shares(
            "step-3", "rest 50% inventor, 25% university, 25% college", (("college", QUARTER), ("inventor", HALF), ("university", QUARTER))
        ),
    )


def test_bands_leave_the_rest_of_each_to_the_others() -> None:
    found = read_rule("inventors: 50% of first $100,000 net + 40% of the next $50,000 + 25% of the rest; equally among inventors", "USD")
    (tiers,) = found.steps
    assert isinstance(tiers, Tiers)
    assert tiers.bands == (
        Band(10_000_000, (("inventors", HALF), ("others", HALF))),
        Band(15_000_000, (("inventors", Fraction(2, 5)), ("others", Fraction(3, 5)))),
        Band(None, (("inventors", QUARTER), ("others", Fraction(3, 4)))),
    )


def test_a_commission_and_a_recoupment_come_before_the_rest() -> None:
    found = read_rule("15% commission to agent; investor recoups $20,000 from 50% of the rest; remainder 60% maker and 40% investor", "EUR")
    agent, investor, rest = found.steps
    assert isinstance(agent, Cut)
    assert (agent.of, agent.cap) == (Fraction(3, 20), None)
    assert isinstance(investor, Cut)
    assert (investor.of, investor.cap) == (HALF, 2_000_000)
    assert isinstance(rest, Shares)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("half to whoever needs it most", "is not a rule that this service reads"),
        ("direct costs", "does not say who gets the rest"),
        ("rest 50% a, 25% b", "add up to 3/4"),
        ("rest 50% a, whatever b", "is not a rule"),
        ("a: 50% of first $100 + some of the rest", "is not a rule"),
        ("a: 50% of first $100", "does not say who gets the rest"),
        ("a: 150% of first $100 + 25% of the rest", "at most 1"),
        ("rest 100% a; $5 to b", "does not say who gets the rest"),
        ("", "Nothing takes what is left"),
        ("x" * 2_000, "at most 1000 characters"),
        ("$0.005 to a; rest 100% b", "finer than"),
    ],
)
def test_what_is_not_wholly_understood_is_refused(words: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_rule(words, "EUR")
    assert refused.value.problems[0].pointer in {"/rule", "/amount"}
