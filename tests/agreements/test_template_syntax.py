"""The allow-list over a whole template tree: text, output, if, a plain for; everything else is refused before it is compiled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, TemplateSyntaxError, nodes

from ipr_service.agreements.template_syntax import paths_read
from ipr_service.errors import FormatError

JINJA = Environment(autoescape=True)


def read(source: str) -> tuple[str, ...]:
    return paths_read(JINJA.parse(source))


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("plain text", ()),
        ("{{ purpose }} and {{ purpose }}", ("purpose",)),
        ("{{ giver.name }}, {{ until|date }}", ("giver.name", "until")),
        ('{% if level == "far" %}{{ a }}{% elif b %}{{ c }}{% else %}{{ d }}{% endif %}', ("level", "a", "b", "c", "d")),
        ("{% for p in parties %}{{ p.name }}{% endfor %}", ("parties", "parties[].name")),
        ("{% for p in parties %}{% for w in p.works %}{{ w.title }}{% endfor %}{% endfor %}",
         ("parties", "parties[].works", "parties[].works[].title")),
        ("{% for p in parties %}{{ p.name }}{% endfor %}{{ p.name }}", ("parties", "parties[].name", "p.name")),
    ],
)  # fmt: skip
def test_the_paths_read_are_named_by_the_lists_they_come_from(source: str, paths: tuple[str, ...]) -> None:
    assert read(source) == paths


@pytest.mark.parametrize(
    "source",
    [
        "{% set x = 1 %}", "{% macro m() %}x{% endmacro %}", "{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}",
        "{% extends 'x' %}", "{% block b %}x{% endblock %}", "{% filter upper %}x{% endfilter %}", "{% call m() %}x{% endcall %}",
        "{% with %}x{% endwith %}", "{% autoescape false %}x{% endautoescape %}", "{{ a() }}", "{{ a[0] }}", "{{ a + b }}", "{{ a ~ b }}",
        "{{ [a] }}", "{{ {'a': 1} }}", "{{ a is defined }}", "{{ a if b else c }}", "{{ a|upper }}", "{{ 9 ** 9 }}", "{{ 'a' * 9 }}",
        "{{ a.__class__ }}", "{% for a in b if a %}x{% endfor %}", "{% for a in b recursive %}x{% endfor %}",
        "{% for a in b %}x{% else %}y{% endfor %}", "{% for a, c in b %}x{% endfor %}", "{% for a in b|count %}x{% endfor %}",
        "{% for a in [1] %}x{% endfor %}", "{% for a in b.c() %}x{% endfor %}", "{% if a() %}x{% endif %}",
        "{% if a %}{{ b }}{% else %}{{ c() }}{% endif %}",
        "{% for a in b %}{% for c in b %}{% for d in b %}x{% endfor %}{% endfor %}{% endfor %}",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_wherever_it_stands(source: str) -> None:
    with pytest.raises(FormatError):
        read(source)
    with pytest.raises(FormatError):
        read("{% if a %}{% for b in c %}" + source + "{% endfor %}{% endif %}" if "extends" not in source else source)


def test_a_refusal_holds_no_brace_that_a_later_format_could_fill() -> None:
    with pytest.raises(FormatError) as caught:
        read("{{ {'a': 1} }}")
    assert not set("{}") & set(str(caught.value))


ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Getattr, nodes.Const, nodes.Filter,
           nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand)  # fmt: skip
PIECES = st.sampled_from(
    ["{{ a }}", "{{ a.b|date }}", "{{ a() }}", "{{ a|safe }}", "{% if a %}", "{% endif %}", "{% else %}", "{% for a in b %}",
     "{% endfor %}", "{% set a = b %}", "{{ not a and 'x' == b }}", "{{ a.b[c] }}", "text", "{{ -a }}", "{{ (a, b) }}"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8))
def test_whatever_passes_is_made_of_allowed_nodes_alone(pieces: list[str]) -> None:
    try:
        tree = JINJA.parse("".join(pieces))
        paths_read(tree)
    except (TemplateSyntaxError, FormatError):
        return
    assert {type(node) for node in tree.find_all(nodes.Node)} <= set(ALLOWED)
