"""The ceremony as a value: who may act, what cannot begin, and what is said of it in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import ceremony as ceremonies
from ipr_service.agreements import signing
from ipr_service.agreements.ceremony import Ceremony, Mode, Signatory, SignatoryState
from ipr_service.errors import InputError, NotFoundError, RefusedError
from tests.agreements.test_signing import LATER, PDF, TEXT, begin, signed

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_a_ceremony_that_makes_no_sense_does_not_begin() -> None:
    anna = Signatory("ANNA", "a")
    bad: list[dict[str, Any]] = [
        {"signatories": ()},
        {"signatories": (Signatory("ANNA", "a", required=False),)},
        {"signatories": (anna, anna)},
        {"signatories": (Signatory("ANNA", "a", 0),)},
        {"signatories": (Signatory("ANNA", "a", state=SignatoryState.VIEWED),)},
        {"document_sha256": PDF.upper()},
        {"document_sha256": PDF + "\n"},
        {"expires_at": LATER.replace(tzinfo=None)},
    ]
    good: dict[str, Any] = {"document_sha256": PDF, "expires_at": LATER, "signatories": (anna,)}
    for change in bad:
        with pytest.raises(InputError):
            ceremonies.begin(id="C1", consent_text=TEXT, mode=Mode.ORDERED, **(good | change))


def test_the_statement_of_a_signature_says_who_what_how_and_when() -> None:
    assert ceremonies.signature_statement(signed(begin(), "ANNA"), "ANNA") == {
        "type": "signature", "ceremony": "C1", "signatory": "ANNA", "role": "discloser", "document": PDF,
        "consent": "simple/en@1", "consent_sha256": TEXT.sha256, "method": "email-code", "at": "2026-11-22T15:00:00Z",
    }  # fmt: skip
    with pytest.raises(RefusedError):
        ceremonies.signature_statement(begin(), "ANNA")


def test_the_closing_statement_names_those_who_signed() -> None:
    over = signing.withdraw(signed(begin(), "ANNA"), "wrong annex", NOW)
    assert ceremonies.outcome_statement(over) == {
        "type": "ceremony", "ceremony": "C1", "document": PDF, "outcome": "withdrawn", "signed": ["ANNA"], "at": "2026-11-22T15:00:00Z",
    }  # fmt: skip
    with pytest.raises(RefusedError):
        ceremonies.outcome_statement(begin())


def test_signatories_stand_by_order_and_within_it_as_given() -> None:
    people = (Signatory("C", "c", 2), Signatory("B", "b", 1), Signatory("A", "a", 1))
    assert [one.id for one in begin(people=people).signatories] == ["B", "A", "C"]


def test_nobody_waits_for_a_person_whose_signature_is_only_welcome() -> None:
    people = (Signatory("WITNESS", "witness", 1, required=False), Signatory("ANNA", "discloser", 2))
    ceremony = begin(people=people)
    assert ceremonies.waits_for(ceremony, ceremony.signatory("ANNA")) == ()
    assert [one.id for one in ceremony.turn] == ["WITNESS", "ANNA"]


def test_when_it_is_over_it_is_nobodys_turn() -> None:
    assert signing.withdraw(begin(), "wrong annex", NOW).turn == ()


def test_asking_for_somebody_who_is_not_asked_to_sign_is_refused_before_anything_is_said_of_her() -> None:
    with pytest.raises(NotFoundError):
        ceremonies.signature_statement(begin(), "DORA")


ORDERS = st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=6).filter(lambda all: any(must for _, must in all))


def of(people: list[tuple[int, bool]], mode: Mode) -> Ceremony:
    signatories = tuple(Signatory(f"P{number}", "party", order, must) for number, (order, must) in enumerate(people))
    return ceremonies.begin("C1", PDF, TEXT, mode, LATER, signatories)


@given(ORDERS)
def test_in_an_ordered_ceremony_a_turn_ends_where_the_first_required_signature_is_missing(people: list[tuple[int, bool]]) -> None:
    first = min(order for order, must in people if must)
    assert {one.order for one in of(people, Mode.ORDERED).turn} == {order for order, _ in people if order <= first}


@given(ORDERS)
def test_in_a_parallel_ceremony_it_is_everybodys_turn(people: list[tuple[int, bool]]) -> None:
    ceremony = of(people, Mode.PARALLEL)
    assert ceremony.turn == ceremony.signatories


def test_who_signed_or_declined_is_pending_no_more() -> None:
    pending = {state for state in SignatoryState if ceremonies.is_pending(Signatory("A", "a", state=state))}
    assert pending == {SignatoryState.WAITING, SignatoryState.INVITED, SignatoryState.VIEWED}


@pytest.mark.parametrize("statement", [
    ceremonies.signature_statement(signed(begin(), "ANNA"), "ANNA"),
    ceremonies.outcome_statement(signing.withdraw(signed(begin(), "ANNA"), "wrong annex", NOW)),
], ids=["signature", "outcome"])  # fmt: skip
def test_a_statement_has_a_canonical_form_and_holds_neither_reason_nor_address(statement: dict[str, Any]) -> None:
    assert rfc8785.dumps(dict(statement)).startswith(b'{"at":"2026-11-22T15:00:00Z","ceremony":"C1",')
    assert "reason" not in statement
    assert "annex" not in str(statement)


def test_a_moment_is_written_in_utc_wherever_it_was_taken() -> None:
    lisbon_summer = datetime(2026, 7, 1, 0, 30, 59, 999_999, timezone(timedelta(hours=1)))
    assert ceremonies.moment(lisbon_summer) == "2026-06-30T23:30:59Z"


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001  # the zone is drawn apart
def test_a_moment_reads_back_as_its_whole_second(at: datetime) -> None:
    assert datetime.fromisoformat(ceremonies.moment(at)) == at.replace(microsecond=0)
