"""Exact numbers to and from text. Expected values are worked out by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.notation import exact, number_text, percent, signed_percent, total


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (30, Fraction(30)),
        ("30", Fraction(30)),
        ("37.5", Fraction(75, 2)),
        ("3/8", Fraction(3, 8)),
        ("6/16", Fraction(3, 8)),
        ("37.5 %", Fraction(3, 8)),
        ("37.5%", Fraction(3, 8)),
        ("-1/3", Fraction(-1, 3)),
        ("0.1", Fraction(1, 10)),
        ("9" * 30, Fraction(10**30 - 1)),
    ],
)
def test_a_number_is_read_exactly_as_written(written: str | int, number: Fraction) -> None:
    assert exact(written) == number


@pytest.mark.parametrize(
    "written",
    [0.5, float("nan"), float("inf"), True, None, "", " 1", "1e3", "NaN", "inf", ".5", "5.", "1/0", "1/-2", "1_0", "½", "٣", "1,5", "1\n"],
)
def test_what_is_not_an_exact_number_is_refused(written: object) -> None:
    with pytest.raises(InputError):
        exact(written)  # type: ignore[arg-type]  # what a caller without types could send


@pytest.mark.parametrize("written", [10**400, -(10**400), "1" + "0" * 400, "0." + "0" * 400 + "1", "1/1" + "0" * 400])
def test_a_number_beyond_thirty_digits_is_refused_with_the_limit(written: str | int) -> None:
    with pytest.raises(InputError, match="at most 30 digits"):
        exact(written)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(3, 8), "37.5 %"),
        (Fraction(1), "100 %"),
        (Fraction(0), "0 %"),
        (Fraction(1, 3), "33 1/3 %"),
        (Fraction(12, 37), "32 16/37 %"),
        (Fraction(1, 300), "1/3 %"),
        (Fraction(-1, 3), "-33 1/3 %"),
        (Fraction(-1, 8), "-12.5 %"),
        (Fraction(1, 10**8), "0.000001 %"),
        (Fraction(1, 10**9), "1/10000000 %"),
    ],
)
def test_a_percentage_is_exact(share: Fraction, text: str) -> None:
    assert percent(share) == text


def test_a_percentage_takes_the_readers_decimal_mark() -> None:
    assert percent(Fraction(3, 8), ",") == "37,5 %"


@given(st.fractions(0, 1))
def test_a_percentage_can_be_read_back_without_loss(share: Fraction) -> None:
    whole, _, rest = percent(share).removesuffix(" %").rpartition(" ")
    assert (Fraction(whole or 0) + Fraction(rest)) / 100 == share


def test_a_difference_shows_its_sign() -> None:
    assert [signed_percent(Fraction(n, 10)) for n in (1, 0, -1)] == ["+10 %", "0 %", "-10 %"]


def test_a_plain_number_has_no_needless_places() -> None:
    assert [number_text(number) for number in (Fraction(30), Fraction(25, 2), Fraction(1, 3))] == ["30", "12.5", "1/3"]


@given(st.lists(st.fractions(), max_size=20))
def test_the_total_is_the_sum(numbers: list[Fraction]) -> None:
    assert total(numbers) == sum(numbers)


def test_fractions_whose_common_denominator_grows_without_end_are_refused() -> None:
    with pytest.raises(InputError, match="at most 4000 digits"):
        total(Fraction(1, 10**29 + 2 * number + 1) for number in range(400))
