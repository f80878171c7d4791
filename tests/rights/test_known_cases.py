"""The known-answer cases in tests/cases/rights, as far as the rules of this room cover them.

The files are read as they are; this module adapts them. :data:`LAW` runs in ``test_law_cases``, :data:`SPLITTING` in ``test_casebook`` and
``test_splitting_known``, :data:`GRANTS` in ``test_encumbrance_known_cases`` and ``exports/test_odrl``, :data:`MONEY` in ``test_money_book``
and :data:`GUIDE` in ``test_guide_book``. A file that is named nowhere fails a test, so that none is forgotten.
"""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import notation, policies
from ipr_service.rights.allocation import Negotiated, allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.shares import Split, apportion
from tests.rights.given import people, points

FOLDER = Path(__file__).parents[1] / "cases" / "rights"
EQUAL, POINTS, ROLES = map(policies.shipped, ("equal@1", "points@1", "roles@1"))

HERE = {"02", "20", "22", "31", "90"}
LAW = {"01", "04", "06", "07", "08", "43"}
SPLITTING = {"01", "11", "13", "26", "27", "29", "30"}
GRANTS = {"40", "42"}  # 40 is export only
MONEY = {"20", "22", "23", "25", "31", "90"}
GUIDE = {"10", "11"}


def file(number: str) -> dict[str, Any]:
    (found,) = FOLDER.glob(f"{number}_*.yaml")
    loaded: dict[str, Any] = yaml.safe_load(found.read_text(encoding="utf-8"))
    return loaded


EDGES = {case["name"]: case for case in file("90")["cases"]}


def fractions(shares: Mapping[str, Any]) -> dict[str, Fraction]:
    return {party: notation.exact(share) for party, share in shares.items()}


def test_every_file_is_run_somewhere() -> None:
    assert {found.name[:2] for found in FOLDER.glob("*.yaml")} == HERE | LAW | SPLITTING | GRANTS | MONEY | GUIDE


@pytest.mark.parametrize("known", file("02")["cases"], ids=lambda known: str((known["input"]["agreement"] or {}).get("form")))
def test_coauthors_are_equal_unless_all_signed_otherwise(known: dict[str, Any]) -> None:
    authors, agreement = known["input"]["coauthors"], known["input"]["agreement"]
    negotiated = Negotiated(Split.of(fractions(agreement["shares"])), "as agreed") if agreement else None
    signed_by = authors if agreement and agreement["form"] == "written" else ()
    assert allocate(EQUAL, people(*authors), (), negotiated, signed_by).split.fractions == fractions(known["expect"])


def test_foemmels_five_cents_are_neither_lost_nor_doubled() -> None:
    (known,) = file("20")["cases"]
    shares = fractions(known["input"]["shares"])
    cents = int(Fraction(known["input"]["amount"]) * 100)
    paper = {party: str(Fraction(units, 100)) for party, units in apportion(Split.of(shares), cents).items()}
    expected = [{party: str(Fraction(amount)) for party, amount in answer.items()} for answer in known["expect_any"]]
    assert paper in expected
    assert apportion(Split.of(dict(reversed(shares.items()))), cents) == apportion(Split.of(shares), cents)


@pytest.mark.parametrize("known", file("22")["cases"], ids=lambda known: str(known["input"]))
def test_thirds_lose_nothing(known: dict[str, Any]) -> None:
    entered = known["input"]
    thirds = Split.of({f"p{number}": Fraction(1, entered["n"]) for number in range(entered["n"])})
    per_unit = 1 if "basis_points" in entered or entered.get("unit") == "whole" else 100
    units = int(Fraction(entered.get("basis_points") or entered["amount"]) * per_unit)
    assert [Fraction(part, per_unit) for part in sorted(apportion(thirds, units).values(), reverse=True)] == [
        Fraction(part) for part in known["expect_sorted"]
    ]


def test_largest_remainder_alone_is_as_biased_and_paradoxical_as_the_cases_say() -> None:
    naive, _, alabama = file("31")["cases"]
    split = Split.of(fractions(naive["input"]["shares"]))
    paid = {party: Fraction(units * naive["input"]["times"], 100) for party, units in apportion(split, 5).items()}
    assert paid == {party: Fraction(amount) for party, amount in naive["expect"].items()}
    weights = alabama["input"]["weights"]
    split = Split.of({party: Fraction(weight, sum(weights.values())) for party, weight in weights.items()})
    for amount, expected in zip(alabama["input"]["amounts"], alabama["expect_largest_remainder"], strict=True):
        cents = apportion(split, int(Fraction(amount) * 100))
        assert cents == {party: Fraction(part) * 100 for party, part in expected.items()}


def test_all_weights_zero_has_no_basis() -> None:
    weights = EDGES["all weights zero"]["input"]["weights"]
    with pytest.raises(RefusedError, match="no basis"):
        allocate(POINTS, people(*weights), points(weights))


def test_one_contributor_holds_all() -> None:
    known = EDGES["one contributor"]
    weights = known["input"]["weights"]
    assert allocate(POINTS, people(*weights), points(weights)).split.fractions == fractions(known["expect"])


@pytest.mark.parametrize("amount", [Fraction(-1), -1, float("nan"), float("inf"), 0.5])
def test_negative_nan_infinite_and_floating_point_weights_are_refused(amount: Any) -> None:
    assert {EDGES[name]["expect_error"].split(":")[0] for name in ("negative weight", "NaN/inf/float input")} == {"refused"}
    with pytest.raises(InputError):
        Contribution("c", "A", "concept", points=amount)


def test_roles_5_3_2() -> None:
    made = (
        Contribution("c1", "A", "concept", degree="lead"),
        Contribution("c2", "B", "concept", degree="supporting"),
        Contribution("c3", "B", "engineering", degree="lead"),
        Contribution("c4", "A", "prototype", degree="equal"),
        Contribution("c5", "B", "prototype", degree="equal"),
    )
    known = EDGES["roles 5:3:2 A conceptualisation lead(3/4) + prototype half, B rest"]
    assert allocate(ROLES, people("A", "B"), made).split.fractions == fractions(known["expect"])


@pytest.mark.parametrize(("name", "places"), [("zero-decimal currency", 0), ("three-decimal currency", 3)])
def test_a_currency_is_divided_in_its_own_minor_units(name: str, places: int) -> None:
    known = EDGES[name]
    split = Split.of({f"p{number}": Fraction(1, known["input"]["n"]) for number in range(known["input"]["n"])})
    units = apportion(split, int(Fraction(known["input"]["amount"]) * 10**places))
    paid = [Fraction(part, 10**places) for part in sorted(units.values(), reverse=True)]
    assert paid == [Fraction(part) for part in known["expect_sorted"]]


def test_a_refund_is_the_mirror_of_its_payment() -> None:
    known = EDGES["refund"]
    split = Split.of(fractions(known["input"]["shares"]))
    cents = int(Fraction(known["input"]["amount"]) * 100)
    refund = apportion(split, cents)
    assert Fraction(sum(refund.values()), 100) == Fraction(known["expect_sum"])
    assert refund == {party: -units for party, units in apportion(split, -cents).items()}
