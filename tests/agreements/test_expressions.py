"""The allow-list stops every expression that could reach beyond the answers; the sandbox stops it again."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from ipr_service.agreements import expressions
from ipr_service.agreements.expressions import Expression
from ipr_service.errors import FormatError


def parse(source: str) -> Expression:
    return expressions.parse_expression(source, lambda reason: FormatError("{reason}", reason=reason))


@pytest.mark.parametrize(
    "source",
    [
        "cycler.__init__.__globals__.os.popen('id')", "''.__class__", "a.__class__", "_private", "a._b", "a()", "a.b()", "a['b']", "a[0]",
        "a + b", "a * 9", "9 ** 200000", "'a' * 100000000", "-a", "a ~ b", "a if b else c", "[a]", "(a, b)", "{'a': 1}", "range(9)",
        "lipsum(n=2000)", "a|attr('x')", "a|map('upper')", "a|upper", "a|center(100000000)", "a|money(b)", "a|money(*b)", "a|date(x=1)",
        "a is defined", "a in b", "1.5", "a }} {{ b", "a %}", "", "x" * 401, "a b", "self", "self.x()", "'" ,
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_before_it_runs(source: str) -> None:
    if source == "self":  # a plain name; it is caught as a variable that nobody asks
        assert parse(source).paths == (("self",),)
        return
    with pytest.raises(FormatError):
        parse(source)


def test_the_paths_and_filters_of_an_expression_are_known() -> None:
    parsed = parse("party.rep|default_text('in person')")
    assert (parsed.paths, parsed.filters) == ((("party", "rep"),), ("default_text",))


@pytest.mark.parametrize("value", ["{{ 7*7 }}", "{% for x in y %}", "<w:t>", "a & b"])
def test_a_value_is_text_and_never_a_template(value: str) -> None:
    assert expressions.wording(parse("a"), {"a": value}, "en") == value


def test_control_characters_never_leave_a_placeholder() -> None:
    assert expressions.wording(parse("a"), {"a": "one\x07two\x0cthree\nfour"}, "en") == "onetwothreefour"


def test_the_sandbox_reads_keys_and_no_attribute_of_any_object() -> None:
    sandbox = expressions.sandbox("en")
    for source in ("{{ a.__class__ }}", "{{ a.items }}", "{{ ''.join }}", "{{ range }}", "{{ cycler }}", "{{ dict }}"):
        with pytest.raises((UndefinedError, SecurityError)):
            sandbox.from_string(source).render({"a": {"name": "x"}})


@pytest.mark.parametrize("context", [{}, {"a": None}])
def test_a_value_that_nobody_gave_is_an_error_and_never_a_blank(context: Mapping[str, Any]) -> None:
    with pytest.raises(UndefinedError):
        expressions.wording(parse("a"), context, "en")


@pytest.mark.parametrize("value", [True, {"x": 1}, (1, 2), b"x"])
def test_a_value_without_a_wording_of_its_own_is_refused(value: object) -> None:
    with pytest.raises(FormatError):
        expressions.wording(parse("a"), {"a": value}, "en")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("d|date", "1 December 2026"),
        ("m|money", "EUR 12,500.00"),
        ("y|money", "JPY 120,000"),
        ("t|money", "TND 1.250"),
        ("p|duration", "3 years"),
        ("one|duration", "1 month"),
        ("s|fraction", "3/8"),
        ("s|percent", "37.5 %"),
        ("third|percent", "approx. 33.3333 %"),
        ("whole|percent", "100 %"),
        ("c|country", "Portugal"),
        ("l|language_name", "Croatian"),
        ("names|join_and('name')", "A, B and C"),
        ("names|count", "3"),
        ("nothing|default_text('none')", "none"),
    ],
)
def test_each_filter_words_its_value(source: str, text: str) -> None:
    context = {
        "d": "2026-12-01", "m": {"currency": "EUR", "minor": 1250000}, "y": {"currency": "JPY", "minor": 120000},
        "t": {"currency": "TND", "minor": 1250}, "p": "P3Y", "one": "P1M", "s": Fraction(3, 8), "third": Fraction(1, 3),
        "whole": Fraction(1), "c": "PT", "l": "hr", "names": ({"name": "A"}, {"name": "B"}, {"name": "C"}), "nothing": None,
    }  # fmt: skip
    assert expressions.wording(parse(source), context, "en") == text
