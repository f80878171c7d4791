"""An agreement goes only where its state allows, and its calendar follows from its terms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import interview, lifecycle
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.lifecycle import FINAL, Act, State
from ipr_service.errors import RefusedError

TEMPLATES = Path(__file__).parents[2] / "agreement_templates"
CATALOGUE = Catalogue.load(TEMPLATES)


def calendar(kind: str, **entries: Any) -> dict[str, dt.date]:
    answers = {**yaml.safe_load((TEMPLATES / kind / "cases/full.yaml").read_text(encoding="utf-8")), **entries}
    chosen = CATALOGUE.kind(kind)
    return {o.label: o.day for o in lifecycle.obligations(chosen, interview.check(chosen, answers), dt.date(2027, 1, 31))}


def test_the_straight_way_leads_from_drafting_to_executed() -> None:
    state = State.DRAFTING
    for act in (Act.SHARE, Act.FREEZE, Act.INVITE, Act.EXECUTE):
        state = lifecycle.advance(state, act)
    assert state is State.EXECUTED


@given(st.lists(st.sampled_from(Act), max_size=30))
def test_an_executed_agreement_is_never_drafted_signed_or_withdrawn_again(acts: list[Act]) -> None:
    state, seen = State.DRAFTING, []
    for act in acts:
        try:
            state = lifecycle.advance(state, act)
        except RefusedError:
            continue
        seen.append(state)
    if State.EXECUTED in seen:
        assert set(seen[seen.index(State.EXECUTED) :]) <= {State.EXECUTED, State.SUPERSEDED, State.ENDED}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_a_final_state(state: State) -> None:
    assert lifecycle.acts(state) == ()


def test_signing_needs_a_frozen_document_and_the_refusal_says_what_is_possible() -> None:
    with pytest.raises(RefusedError, match="possible are: redraft, freeze, withdraw"):
        lifecycle.advance(State.NEGOTIATING, Act.INVITE)


@pytest.mark.parametrize(
    ("day", "period", "result"),
    [
        (dt.date(2027, 1, 31), "P1M", dt.date(2027, 2, 28)),
        (dt.date(2028, 1, 31), "P1M", dt.date(2028, 2, 29)),
        (dt.date(2028, 2, 29), "P1Y", dt.date(2029, 2, 28)),
        (dt.date(2026, 12, 1), "P18M", dt.date(2028, 6, 1)),
        (dt.date(2026, 12, 31), "P1D", dt.date(2027, 1, 1)),
        (dt.date(2026, 12, 1), "P2W", dt.date(2026, 12, 15)),
    ],
)
def test_a_period_ends_on_the_same_day_of_the_month_or_on_its_last(day: dt.date, period: str, result: dt.date) -> None:
    assert lifecycle.after(day, period) == result


def test_the_calendar_of_a_non_disclosure_agreement() -> None:
    """1 December 2026, 6 months of talks, 10 days to return, 7 years of secrecy."""
    assert list(calendar("nda-one-way").values()) == [dt.date(2027, 6, 1), dt.date(2027, 6, 11), dt.date(2034, 6, 1)]


def test_without_a_day_of_effect_the_last_signature_counts() -> None:
    assert min(calendar("nda-one-way", effective=None).values()) == dt.date(2027, 7, 31)


def test_the_option_stands_in_the_calendar_only_when_there_is_one() -> None:
    label = "The first offer or the time to negotiate ends"
    assert calendar("contribution-terms")[label] == dt.date(2027, 7, 14)
    assert label not in calendar("contribution-terms", option_kind="none")


def test_tasks_and_grants_stand_in_the_calendar_one_by_one() -> None:
    days = calendar("co-development")
    assert days["Task due: construction drawings"] == dt.date(2027, 3, 31)
    assert days["Grant ends: Mara Vidal"] == dt.date(2046, 12, 31)
