"""Contributions and background: the limits of their fields."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.contributions import Background, Contribution, Cost


def made(**fields: Any) -> Contribution:
    return Contribution(**{"id": "c", "party": "a", "role": "concept"} | fields)


def test_what_nobody_said_is_none_and_not_zero() -> None:
    assert (made().points, made().effort, made().cost, made().degree) == (None, None, None, None)


@pytest.mark.parametrize("field", ["points", "effort"])
@pytest.mark.parametrize(
    ("amount", "says"),
    [
        (Fraction(-1, 10), "negative"),
        (0.5, "floating-point"),
        (float("nan"), "floating-point"),
        (3, "floating-point"),
        (Fraction(10**400), "at most 30 digits"),
        (Fraction(1, 10**400), "at most 30 digits"),
    ],
)
def test_an_amount_is_exact_not_negative_and_not_endless(field: str, amount: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        made(**{field: amount})
    assert refusal.value.problems[0].pointer == f"/{field}"


def test_a_cost_has_a_currency_of_three_letters() -> None:
    with pytest.raises(InputError, match="ISO 4217"):
        Cost(Fraction(1), "euro")


def test_an_unknown_degree_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="lead, equal, supporting"):
        made(degree="leading")


def test_a_role_may_be_one_that_only_a_policy_knows() -> None:
    assert made(role="lyrics").role == "lyrics"


@pytest.mark.parametrize("moment", [datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))])  # noqa: DTZ001
def test_a_time_without_zone_or_not_in_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(InputError, match="UTC"):
        made(registered_at=moment)


def test_a_commitment_is_64_lower_case_hexadecimal_digits() -> None:
    assert made(commitment="0" * 64, registered_at=datetime(2026, 3, 2, tzinfo=UTC)).commitment == "0" * 64
    for wrong in ("0" * 63, "A" * 64, "0" * 65):
        with pytest.raises(InputError, match="64"):
            made(commitment=wrong)


@pytest.mark.parametrize(
    ("built_on", "says"),
    [
        (("c",), "built on itself"),
        (("x", "x"), "twice"),
        (tuple(f"x{n}" for n in range(101)), "At most 100"),
        (("a b",), "An id"),
    ],
)
def test_what_a_contribution_builds_on_is_checked(built_on: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        made(built_on=built_on)


def test_background_has_an_owner_and_a_title() -> None:
    assert Background("b", "anna", "A folding joint").party == "anna"
    with pytest.raises(InputError, match="Between 1 and 200"):
        Background("b", "anna", "")
