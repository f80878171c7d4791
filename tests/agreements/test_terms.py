"""Terms have one byte form, one digest, no float, and cannot be changed."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import interview
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.terms import Terms
from ipr_service.errors import FormatError

TEMPLATES = Path(__file__).parents[2] / "agreement_templates"
CATALOGUE = Catalogue.load(TEMPLATES)
CASES = sorted(TEMPLATES.glob("*/cases/*.yaml"))


def terms_of(path: Path) -> Terms:
    return interview.check(CATALOGUE.kind(path.parts[-3]), yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", CASES, ids=lambda path: "/".join(path.parts[-3::2]))
def test_terms_read_back_from_their_bytes_are_the_same_terms(path: Path) -> None:
    terms = terms_of(path)
    again = Terms.from_bytes(terms.to_bytes())
    assert (again, again.digest) == (terms, hashlib.sha256(terms.to_bytes()).hexdigest())


def test_the_bytes_are_canonical_json_with_sorted_names() -> None:
    assert Terms("k@1", {"b": {"y": 1, "x": "\u00e9"}, "a": [True]}).to_bytes() == (
        '{"answers":{"a":[true],"b":{"x":"\u00e9","y":1}},"kind":"k@1","version":1}'.encode()
    )


def test_spoken_and_stored_answers_give_the_same_digest() -> None:
    kind = CATALOGUE.kind("nda-one-way")
    base = yaml.safe_load((TEMPLATES / "nda-one-way/cases/full.yaml").read_text(encoding="utf-8"))
    stored = {**base, "cap": {"currency": "EUR", "minor": 2500000}, "conf_years": "P7Y"}
    assert interview.check(kind, base).digest == interview.check(kind, stored).digest


def test_terms_cannot_be_changed_through_what_they_were_made_from() -> None:
    answers = {"list": [{"a": 1}]}
    terms = Terms("k@1", answers)
    answers["list"][0]["a"] = 2
    assert terms.answers["list"][0]["a"] == 1
    with pytest.raises(TypeError):
        terms.answers["list"] = ()  # type: ignore[index]  # the point of the test


def test_no_float_is_met_in_the_bytes_or_in_the_context() -> None:
    kind = CATALOGUE.kind("co-development")
    terms = terms_of(TEMPLATES / "co-development/cases/full.yaml")
    json.loads(terms.to_bytes(), parse_float=lambda text: pytest.fail(f"a float: {text}"))
    assert [entry["share"] for entry in terms.context(kind)["shares"]] == [Fraction(19, 40), Fraction(3, 8), Fraction(3, 20)]


def test_a_role_for_one_party_is_a_name_and_parties_are_a_list() -> None:
    kind = CATALOGUE.kind("nda-one-way")
    context = terms_of(TEMPLATES / "nda-one-way/cases/minimal.yaml").context(kind)
    assert [context["discloser"]["name"], context["recipient"]["name"]] == [party["name"] for party in context["parties"]]
    assert context["recipients"] is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b'{"answers":{},"kind":"k@1","version":2}', b'{"answers":{}, "kind":"k@1","version":1}',
        b'{"answers":{},"kind":"k@1","version":1,"x":1}', b'{"answers":{"a":1.0},"kind":"k@1","version":1}',
        b'{"answers":{"a":1,"a":2},"kind":"k@1","version":1}', b'{"kind":"k@1","answers":{},"version":1}', b"\xff",
        b'{"answers":{"a":"\\ud800"},"kind":"k@1","version":1}', b"[" * 2000,
        b'{"answers":[],"kind":"k@1","version":1}', b'{"answers":{},"kind":5,"version":1}', b" " * (1 << 20) + b"{}",
    ],
    ids=[str(number) for number in range(16)],
)  # fmt: skip
def test_bytes_that_are_not_canonical_terms_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Terms.from_bytes(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_terms_or_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        Terms.from_bytes(data)
