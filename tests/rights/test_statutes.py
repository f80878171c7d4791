"""Looking provisions up: the right's own rows first, general law after, nothing from rows that decide nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import jurisdictions, statutes
from ipr_service.rights.outcomes import Conflict, Undetermined, Value

TODAY = date(2026, 11, 22)


def test_rows_of_the_right_itself_go_before_general_law() -> None:
    own = statutes.search("ES", "patent", "power", "sell-share", TODAY)
    filled = statutes.search("ES", "design", "power", "sell-share", TODAY)
    assert [(one.citation.row, one.citation.general) for one in own.found] == [("patent.assign_share", False)]
    assert [(one.citation.row, one.citation.general) for one in filled.found] == [("any_comunidad.assign_share", True)]


def test_a_directive_fills_a_country_that_has_no_row_of_its_own_that_decides() -> None:
    assert [one.citation.pack for one in statutes.search("PT", "software", "owner", "employee", TODAY).found] == ["EU@1"]
    assert [one.citation.pack for one in statutes.search("FR", "software", "owner", "employee", TODAY).found] == ["FR@1"]


def test_general_law_does_not_fill_a_right_that_the_pack_does_not_name() -> None:
    assert statutes.search("PT", "patent", "power", "use", TODAY).found == ()
    assert statutes.search("PT", "copyright", "power", "use", TODAY).found != ()


def test_an_unverified_row_is_seen_and_decides_nothing() -> None:
    looked = statutes.search("IT", "patent", "power", "sue", TODAY)
    assert (looked.found, [cited.row for cited in looked.seen]) == ((), ["patent.sue_alone"])


def test_a_row_that_is_not_checked_for_the_day_is_seen_and_decides_nothing() -> None:
    looked = statutes.search("FR", "patent", "power", "use", date(2020, 1, 1))
    assert (looked.found, [cited.row for cited in looked.seen]) == ((), ["patent.exploit_alone"])


def test_nothing_that_decides_is_undetermined_and_says_what_is_missing() -> None:
    found = statutes.one("MT", "patent", "power", "use", TODAY, "a rule")
    assert isinstance(found, Undetermined)
    assert (str(found.missing), [cited.row for cited in found.seen]) == ("a rule", ["patent.coownership"])


def test_two_rows_of_one_rank_that_differ_are_a_conflict_whatever_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = jurisdictions.pack("CY")
    row = next(row for row in pack.of("patent") if row.topic == "commissioned_work")
    said = replace(row.says[0], details=(("to", "maker"),))
    other = replace(row, id="patent.other", says=(said,))
    for rows in ((*pack.rows, other), (other, *pack.rows)):
        monkeypatch.setattr(statutes.jurisdictions, "pack", lambda _country, rows=rows: replace(pack, rows=rows))
        found = statutes.one("CY", "patent", "owner", "commissioned", TODAY, "a rule")
        assert isinstance(found, Conflict)
        assert {cited.row for cited in found.because} == {"patent.commissioned_work", "patent.other"}


def test_two_rows_that_say_the_same_are_cited_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = jurisdictions.pack("CY")
    row = next(row for row in pack.of("patent") if row.topic == "commissioned_work")
    again = replace(row, id="patent.again")
    monkeypatch.setattr(statutes.jurisdictions, "pack", lambda _country: replace(pack, rows=(*pack.rows, again)))
    found = statutes.one("CY", "patent", "owner", "commissioned", TODAY, "a rule")
    assert isinstance(found, Value)
    assert [cited.row for cited in found.because] == ["patent.commissioned_work", "patent.again"]


def test_a_country_without_rows_about_a_right_is_refused() -> None:
    with pytest.raises(InputError, match="no row about"):
        statutes.search("MT", "design", "power", "use", TODAY)
    assert statutes.search("MT", "trade_secret", "owner", "controller", TODAY).found  # filled by the directive
