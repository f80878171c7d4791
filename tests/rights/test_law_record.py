"""Answers of the law as JSON."""

from __future__ import annotations

import json
from datetime import date

from ipr_service.rights import jurisdictions, law_record, precheck, unsigned
from ipr_service.rights.outcomes import Conflict, Remark
from ipr_service.rights.precheck import Participant
from ipr_service.rights.unsigned import Maker

TODAY = date(2026, 11, 22)
MAKERS = [Maker("a", country="IT"), Maker("b", "commissioned", "c", "FR")]


def test_every_outlook_of_every_pack_can_be_written_as_json() -> None:
    for country in jurisdictions.countries():
        for right in jurisdictions.pack(country).rights:
            found = unsigned.outlook(country, right, MAKERS, TODAY)
            assert json.loads(json.dumps(law_record.outlook(found)))["country"] == country


def test_a_value_carries_its_sentences_and_its_rows_with_their_marks() -> None:
    written = law_record.outlook(unsigned.outlook("FR", "patent", MAKERS, TODAY))
    use = next(one for one in written["powers"] if one["act"] == "use")
    assert (use["result"], use["value"]) == ("value", "yes_compensate")
    assert use["sentences"] == ["Each may do it alone", "The others are owed fair compensation"]
    assert [(row["article"], row["mark"]) for row in use["because"]] == [
        ("CPI L613-29 a", "verified-primary"),
        ("CPI L613-29 a, c", "verified-primary"),
    ]


def test_what_is_undetermined_says_who_settles_it_and_a_conflict_shows_both_rows() -> None:
    written = law_record.outlook(unsigned.outlook("CY", "patent", MAKERS, TODAY))
    use = next(one for one in written["powers"] if one["act"] == "use")
    assert (use["result"], use["value"], use["settled_by"]) == ("undetermined", None, "the parties, by a written agreement")
    conflict = Conflict(tuple(row.citation(TODAY) for row in jurisdictions.rows("CY", "patent")[:2]), Remark("two"))
    assert [row["row"] for row in law_record.outcome(conflict, None, ())["because"]] == ["patent.default_shares", "patent.exploit_alone"]


def test_a_pre_check_and_a_row_are_written_with_all_that_they_say() -> None:
    found = precheck.check("IT", ["patent"], [Participant("lea", "Lea", "student")], TODAY)
    assert [one["paper"] for one in law_record.precheck(found)["missing"]] == ["school"]
    row = next(one for one in jurisdictions.rows("HR", "copyright") if one.topic == "employee_work_before_2021")
    written = law_record.row(row, date(2020, 6, 1), TODAY)
    assert (written["standing"], written["valid_to"], written["overdue"]) == ("decides", "2020-12-31", False)
    assert written["says"] == [{"owner": "employee", "to": "maker"}]
