"""An uploaded template: tags only in text, only what the list allows, only names that somebody answers."""

from __future__ import annotations

import pytest

from ipr_service.agreements import rendering
from ipr_service.agreements.catalogue import Catalogue, known_paths
from ipr_service.agreements.template_check import check_upload
from tests.agreements.papers import MADE, document
from tests.agreements.test_rendering import PAYLOADS, PLACES, in_body, in_part, line


def codes(papers: Catalogue, template: bytes) -> set[str]:
    return {finding.code for finding in check_upload(template, known_paths(papers.kind("paper")))}


def test_the_built_template_can_come_back(papers: Catalogue, template: bytes) -> None:
    assert check_upload(template, known_paths(papers.kind("paper"))) == ()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_payload_is_refused_wherever_it_stands(papers: Catalogue, template: bytes, place: str, payload: str) -> None:
    assert codes(papers, PLACES[place](template, payload))


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("{{ purpose", "tag-open"),
        ("purpose }}", "tag-open"),
        ("{_{ purpose }_}", "tag-open"),
        ("{% raw %}{{ x }}{% endraw %}", "statement"),
        ("{% set x = purpose %}", "statement"),
        ("{%tc if purpose %}", "statement"),
        ("{% colspan 3 %}", "statement"),
        ("{%- if purpose %}x{% endif %}", "statement"),
        ("{{r purpose }}", "statement"),
        ("{% if purpose %}", "syntax"),
        ("{% for a, b in works %}{% endfor %}", "expression"),
        ("{% for a in works if a.title %}{% endfor %}", "expression"),
        ("{% for a in works %}{% else %}x{% endfor %}", "expression"),
        ("{% for a in works %}{% for b in works %}{% for c in works %}{% endfor %}{% endfor %}{% endfor %}", "expression"),
        ("{{ purpose|safe }}", "expression"),
        ("{{ purpose ~ note }}", "expression"),
        ("{{ 1 + 1 }}", "expression"),
        ("{{ purpose if note }}", "expression"),
        ("{{ " + "purpose or " * 50 + "note }}", "tag-length"),
        ("{{ nobody }}", "variable"),
        ("{{ giver.salary }}", "variable"),
    ],
)
def test_what_is_not_on_the_list_is_refused(papers: Catalogue, template: bytes, tag: str, code: str) -> None:
    assert code in codes(papers, in_body(template, tag))


def test_a_tag_across_two_paragraphs_is_refused(papers: Catalogue, template: bytes) -> None:
    split = line("a {") + line("{ purpose }} b")
    assert "tag-open" in codes(papers, in_part(template, "word/document.xml", lambda xml: xml.replace("<w:body>", "<w:body>" + split)))


def test_a_tag_in_a_part_that_is_not_printed_is_refused(papers: Catalogue, template: bytes) -> None:
    hidden = in_part(template, "word/settings.xml", lambda xml: xml.replace("<w:zoom", "<!-- {{ purpose }} --><w:zoom"))
    assert codes(papers, hidden) == {"tag-place"}


def test_a_misspelt_name_comes_back_with_the_right_one(papers: Catalogue, template: bytes) -> None:
    (finding,) = check_upload(in_body(template, "{{ purpos }}"), known_paths(papers.kind("paper")))
    assert str(finding) == "Nobody asks for purpos. Did you mean purpose?"


def test_a_lawyers_own_words_and_tags_pass_and_render(papers: Catalogue, template: bytes) -> None:
    mine = in_body(template, "For {{ giver.name }}, until {{ until|date }}: {% if note %}{{ note }}{% else %}no note{% endif %}.")
    assert codes(papers, mine) == set()
    rendered = rendering.unpack(rendering.render_document(mine, document(papers), MADE))["word/document.xml"].decode()
    assert "For Rossi S.r.l., until 14 March 2027: no note." in rendered


def test_a_tag_that_word_split_into_runs_is_read_whole(papers: Catalogue, template: bytes) -> None:
    runs = "<w:p><w:r><w:t>{</w:t></w:r><w:r><w:t>{ purp</w:t></w:r><w:r><w:t>os }</w:t></w:r><w:r><w:t>}</w:t></w:r></w:p>"
    split = in_part(template, "word/document.xml", lambda xml: xml.replace("<w:body>", "<w:body>" + runs))
    assert codes(papers, split) == {"variable"}
