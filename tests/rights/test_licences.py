"""Grants as boxes: what can be said, what is refused, how it reads."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.contributions import Cost
from ipr_service.rights.licences import ACTS, Fee, Grant, Reversion, day, day_after, grant_title, last_day
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL
from tests.rights.grants import granted


@pytest.mark.parametrize(
    ("changed", "pointer", "said"),
    [
        ({"acts": ("make", "sel")}, "/acts/1", "known are: use, make, sell"),
        ({"acts": ()}, "/acts", "Name at least one of"),
        ({"acts": ("use", "use")}, "/acts/1", "stands here twice"),
        ({"purposes": ("fun",)}, "/purpose/0", "known are: project, research, exploitation"),
        ({"fields": ("furnitur",)}, "/field/0", 'did you mean "furniture"'),
        ({"fields": ()}, "/field", "at least one field"),
        ({"territory": ()}, "/territory", "a grant for nowhere grants nothing"),
        ({"territory": ("IT", "Atlantis")}, "/territory/1", "is no territory"),
        ({"territory": ("it",)}, "/territory/0", "capital letters"),
        ({"first": "2029-01-01", "last": "2028-12-31"}, "/to", "swap them"),
        ({"grantors": ()}, "/grantors", "at least one party"),
        ({"grantors": ("anna", "anna")}, "/grantors/1", "twice"),
        ({"grantors": ("an na",)}, "/grantors/0", "An id is"),
        ({"exclusivity": "kind of"}, "/exclusivity", "known are: exclusive, sole, non-exclusive"),
        ({"sublicence": "maybe"}, "/sublicence", "known are: no, consent, yes"),
        ({"sublicence": "no"}, "/sublicence", "decide for one of them"),
        ({"under": "g"}, "/under", "no sublicence of itself"),
        ({"asset": ""}, "/asset", "An id is"),
    ],
)
def test_what_cannot_be_granted_is_refused_at_its_field(changed: dict[str, Any], pointer: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        granted(**changed)
    assert refused.value.problems[0].pointer == pointer


def test_a_grant_of_one_day_begins_and_ends_on_it() -> None:
    made = granted(first="2028-06-01", last="2028-06-01")
    assert made.days == (date(2028, 6, 1), date(2028, 6, 2))
    assert last_day(made.until) == made.begin


def test_what_nobody_said_is_everything_and_named_as_unsaid() -> None:
    bare = Grant("g", "chair", ("anna",), "carla")
    assert bare.unsaid == ("acts", "purpose", "field", "territory")
    assert bare.box.acts == tuple(ACTS)
    assert (bare.box.fields, bare.box.territory, bare.days) == (("all",), ("WORLD",), (ALWAYS_FROM, ALWAYS_UNTIL))


@pytest.mark.parametrize("wrong", ["2028-02-30", "28-02-03", "2028-2-3", "tomorrow", "1700-01-01", "3000-01-01", ""])
def test_a_day_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InputError):
        day("/from", wrong)


def test_days_go_there_and_back() -> None:
    assert last_day(day_after(day("/to", "2028-12-31"))) == date(2028, 12, 31)
    assert last_day(None) is day_after(None) is None


@pytest.mark.parametrize(
    ("fee", "text"),
    [
        (Fee("free"), "free"),
        (Fee("fair"), "fair"),
        (Fee("lump", Cost(Fraction("1200.5"), "EUR")), "lump 2401/2 EUR"),
        (Fee("net", part=Fraction(1, 20)), "net 5 %"),
    ],
)
def test_fees_say_what_is_owed(fee: Fee, text: str) -> None:
    assert fee.text == text


@pytest.mark.parametrize(
    ("made", "pointer"),
    [
        (lambda: Fee("gift"), "/kind"),
        (lambda: Fee("lump"), "/amount"),
        (lambda: Fee("free", Cost(Fraction(1), "EUR")), "/amount"),
        (lambda: Fee("net"), "/part"),
        (lambda: Fee("net", part=Fraction(3, 2)), "/part"),
        (lambda: Fee("net", part=Fraction(0)), "/part"),
        (lambda: Reversion("bored"), "/when"),
        (lambda: Reversion("unexploited"), "/months"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(made: Any, pointer: str) -> None:
    with pytest.raises(InputError) as refused:
        made()
    assert refused.value.problems[0].pointer == pointer


def test_every_word_of_a_grant_has_its_title() -> None:
    assert grant_title("sublicense") == "sublicense"
    assert grant_title("chairs") == "chairs"
    assert grant_title("fair") == "fair and reasonable"
    assert Reversion("insolvent").months == 0
