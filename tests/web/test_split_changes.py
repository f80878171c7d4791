"""Pages of the life of a split: what a rule asks for, a late joiner, a leaver, a share that is handed on."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from ipr_service.rights import policies
from ipr_service.services import allocation, contributing, proposing
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddContribution
from ipr_service.services.shares import Propose
from tests.services.test_succeeding import Workshop, workshop
from tests.services.workshop import Chair, chair, record
from tests.web.conftest import Browser
from tests.web.test_collaborations import entered, text


@pytest.fixture
def the(sqlite_ctx: Context) -> Workshop:
    """The chair with an accepted split, and a brand office that came later."""
    return workshop(sqlite_ctx)


@pytest.fixture
def fresh(sqlite_ctx: Context) -> Chair:
    """The chair before any split."""
    made = chair(sqlite_ctx)
    record(sqlite_ctx, made)
    return made


def posted(browser: Browser, address: str, **fields: str) -> str:
    answer = browser.send(address, **fields)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def test_a_late_joiner_is_previewed_proposed_and_accepted_by_forms(app: Flask, sqlite_ctx: Context, the: Workshop) -> None:
    anna, place = entered(app, "anna"), f"/collaborations/{the.id}"
    assert f'href="{place}/change"' in text(anna, place)
    page = text(anna, f"{place}/change?kind=joining")
    assert "Brand Office" in page
    seen = posted(anna, f"{place}/change", kind="joining", party_id=the.brand, part="12,5 %", do="preview")
    assert "less what it makes room for" in seen
    assert len(allocation.splits(sqlite_ctx, the.chair.anna, the.id)) == 1
    made = anna.send(f"{place}/change", kind="joining", party_id=the.brand, part="1/8", do="propose")
    assert made.status_code == 303
    split = made.headers["Location"]
    assert "It takes the place of an earlier split, once it is accepted" in text(anna, split)
    for name in ("anna", "marco", "clara"):
        assert entered(app, name).send(f"{split}/accept", split).status_code == 303
    first = next(one.id for one in allocation.splits(sqlite_ctx, the.chair.anna, the.id) if one.number == 1)
    assert "A later split has taken the place of this one." in text(anna, f"{place}/splits/{first}")


def test_a_leaver_is_asked_what_it_keeps_and_a_mistake_stands_beside_its_field(app: Flask, the: Workshop) -> None:
    marco, place = entered(app, "marco"), f"/collaborations/{the.id}/change"
    refused = marco.send(place, f"{place}?kind=leaving", kind="leaving", party_id=the.chair.rovere, part="lots", do="preview")
    assert refused.status_code == 422
    assert 'id="part-wrong"' in refused.get_data(as_text=True)
    assert "it leaves, and keeps 25 %" in posted(marco, place, kind="leaving", party_id=the.chair.rovere, part="1/4", do="preview")


def test_a_share_that_is_handed_on_asks_the_third_party_nothing(app: Flask, the: Workshop) -> None:
    place = f"/collaborations/{the.id}/change"
    fields = {"kind": "transfer", "party_id": the.chair.studio, "part": "1/2", "to": the.chair.rovere, "do": "propose"}
    split = entered(app, "anna").send(place, **fields).headers["Location"]
    assert "Accept this split" in text(entered(app, "marco"), split)
    assert "Accept this split" not in text(entered(app, "clara"), split)


def test_before_a_split_stands_the_page_says_so(app: Flask, fresh: Chair) -> None:
    answer = entered(app, "anna").get(f"/collaborations/{fresh.id}/change")
    assert answer.status_code == 409
    assert "No split was accepted yet" in answer.get_data(as_text=True)


def test_every_rule_is_on_the_page_and_every_fact_that_one_declares_has_its_field(app: Flask, fresh: Chair) -> None:
    page = text(entered(app, "anna"), f"/collaborations/{fresh.id}/propose")
    for reference in policies.OFFERED:
        assert f'value="{reference}"' in page
        for name in policies.shipped(reference).declared:
            assert re.search(rf'name="{reference}:(case|parties/\w+|contributions/\w+)/{name}"', page), (reference, name)


def test_the_order_of_names_is_asked_for_previewed_and_refused_at_its_field(app: Flask, fresh: Chair) -> None:
    anna, place = entered(app, "anna"), f"/collaborations/{fresh.id}/propose"
    fields = {
        "policy": "harmonic@1",
        f"harmonic@1:parties/{fresh.studio}/place": "1",
        f"harmonic@1:parties/{fresh.rovere}/place": "2",
        "do": "preview",
    }
    # By hand: 1 and 1/2 of 3/2.
    assert "66 2/3 %" in posted(anna, place, **fields)
    one_empty = anna.send(place, **fields | {f"harmonic@1:parties/{fresh.rovere}/place": ""})
    assert one_empty.status_code == 422
    page = one_empty.get_data(as_text=True)
    assert f'id="harmonic@1:parties/{fresh.rovere}/place-wrong"' in page
    assert f'href="#harmonic@1:parties/{fresh.rovere}/place"' in page


def test_a_thing_of_its_own_is_shown_outside_the_split(app: Flask, sqlite_ctx: Context, fresh: Chair) -> None:
    contributing.add_contribution(sqlite_ctx, fresh.anna, fresh.id, AddContribution("The cushion", "form", "lead", "5", severable=True))
    split = proposing.propose(sqlite_ctx, fresh.anna, fresh.id, Propose("points@1"))
    page = text(entered(app, "anna"), f"/collaborations/{fresh.id}/splits/{split}")
    assert "Things of their own" in page
    assert "“The cushion”" in page


def test_points_are_proposed_until_everybody_has_accepted_and_days_are_written_as_everywhere(
    app: Flask, sqlite_ctx: Context, fresh: Chair
) -> None:
    anna, place = entered(app, "anna"), f"/collaborations/{fresh.id}"
    assert "agreed on" not in text(anna, f"{place}/what-if?policy=points@1").split("<main", 1)[-1].split("Step by step")[0]
    split = proposing.propose(sqlite_ctx, fresh.anna, fresh.id, Propose("points@1"))
    assert "points that are proposed" in text(anna, f"{place}/splits/{split}")
    for who in (fresh.anna, fresh.marco):
        proposing.accept(sqlite_ctx, who, fresh.id, split)
    assert "points that all 2 of you agreed on 2 Nov 2026" in text(anna, f"{place}/splits/{split}")
    anna.send("/language", "/", language="it", next="/")
    assert "2 nov 2026" in text(anna, f"{place}/splits/{split}")
