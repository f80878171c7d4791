"""The law beside what a collaboration agreed: nobody outside sees it, the organisation's seat is its country."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from ipr_service.errors import InputError, NotFoundError
from ipr_service.rights.outcomes import Value
from ipr_service.services import law, proposing
from ipr_service.services.context import Context
from ipr_service.services.law import Working
from ipr_service.services.shares import Propose
from tests.services.workshop import chair, record
from tests.support.house import person

TODAY = date(2026, 11, 22)


def test_what_was_agreed_stands_beside_what_the_law_would_make_of_it(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    record(sqlite_ctx, made)
    alone = law.beside(sqlite_ctx, made.marco, made.id, "IT", "copyright", {}, TODAY, "en")
    assert (alone.agreed, alone.policy) == ((), "")
    split = proposing.propose(sqlite_ctx, made.marco, made.id, Propose("points@1"))
    for who in (made.marco, made.anna):
        proposing.accept(sqlite_ctx, who, made.id, split)
    found = law.beside(sqlite_ctx, made.anna, made.id, "IT", "copyright", {}, TODAY, "en")
    assert isinstance(found.outlook.shares, Value)
    assert found.outlook.shares.value.fractions == {made.rovere: Fraction(1, 2), made.studio: Fraction(1, 2)}
    assert {one.organisation: one.fraction for one in found.agreed} == {"Rovere s.r.l.": Fraction(1, 2), "Studio Blu": Fraction(1, 2)}
    assert found.names[made.studio] == "Studio Blu"


def test_the_seats_of_the_parties_stand_in_the_register_and_how_one_works_changes_the_owner(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    found = law.beside(sqlite_ctx, made.marco, made.id, "EU", "design", {}, TODAY, "en").outlook
    assert isinstance(found.law, Value)
    seats = {made.rovere: "IT", made.studio: "SI"}
    assert (found.law.value, len(found.warnings)) == (seats[found.owners[0].maker], 1)
    how = {made.studio: Working("commissioned", made.rovere)}
    spanish = law.beside(sqlite_ctx, made.marco, made.id, "ES", "design", how, TODAY, "en").outlook
    assert [line.holder for line in spanish.owners] == [made.rovere, made.rovere]


def test_a_stranger_sees_neither_the_comparison_nor_who_takes_part(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    eve = person(sqlite_ctx, "Eve", organisation="Copy & Paste")
    with pytest.raises(NotFoundError):
        law.beside(sqlite_ctx, eve, made.id, "IT", "patent", {}, TODAY, "en")
    with pytest.raises(NotFoundError):
        law.people_of(sqlite_ctx, eve, made.id)


def test_the_parties_of_a_collaboration_fill_the_pre_check(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    assert {(one.name, one.role, one.country) for one in law.people_of(sqlite_ctx, made.anna, made.id)} == {
        ("Rovere s.r.l.", "freelancer", "IT"),
        ("Studio Blu", "freelancer", "SI"),
    }


def test_a_way_of_working_that_is_not_known_is_refused(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    with pytest.raises(InputError, match="not a way of working"):
        law.beside(sqlite_ctx, made.marco, made.id, "IT", "patent", {made.studio: Working("slave")}, TODAY, "en")
