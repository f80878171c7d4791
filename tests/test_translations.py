"""Every string that a person may read, extracted from code, pages and agreements, has its translation, with the same placeholders."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from agreement_templates import strings
from docs import translations

ROOT = Path(__file__).parents[1]
LANGUAGES = translations.languages()
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@cache
def extracted() -> Catalog:
    return translations.extracted()


def files_of(msgid: translations.Msgid) -> set[str]:
    message = extracted().get(msgid if isinstance(msgid, str) else msgid[0])
    return {file for file, _ in message.locations} if message else set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_has_its_translation(language: str) -> None:
    lacking = {str(msgid): sorted(files_of(msgid)) for msgid in translations.missing(language)}
    assert lacking == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_placeholders_and_is_not_a_guess(language: str) -> None:
    for path, catalogue in translations.catalogues(language):
        for message in catalogue:
            if not message.id or not message.string:
                continue
            assert not message.fuzzy, f"{path.name}: {message.id}"
            said = [message.id, message.string] if isinstance(message.id, str) else [message.id[-1], message.string[-1]]
            wanted, found = (sorted(_PLACEHOLDER.findall(str(text))) for text in said)
            assert wanted == found, f"{path.name}: {message.id}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_string_is_said_the_same_in_every_file_that_has_it(language: str) -> None:
    said: dict[str, set[str]] = {}
    for _, catalogue in translations.catalogues(language):
        for message in catalogue:
            if message.id and message.string:
                said.setdefault(str(message.id), set()).add(str(message.string).replace("’", "'"))
    assert {msgid: ways for msgid, ways in said.items() if len(ways) > 1} == {}


def test_strings_of_every_kind_of_source_are_found() -> None:
    for msgid, file in {
        "Please log in": "ipr_service/errors.py",
        "Draft text, not reviewed by counsel": "ipr_service/web/templates/agreements/show.html",
        "What may the other side use it for?": "agreement_templates/nda-one-way/template.yaml",
        "The full legal name, as it stands in the register or on the identity card.": "agreement_templates/shared.yaml",
        "Beginning, term and what continues": "agreement_templates/clauses/en/nda-term.md",
    }.items():
        assert file in files_of(msgid), msgid


def test_of_a_template_the_words_for_people_are_found_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        'id: paper\ntitle: A paper\nquestions:\n  - {id: level, type: choice, label: "How far?", help: H., why: W., default: near,\n'
        "     options: {near: Near, far: Far}, show_if: not small}\nformalities: {signature_level: simple, notes: [A note.]}\n"
    )
    with file.open("rb") as handle:
        found = [(line, msgid) for line, _, msgid, _ in strings.extract(handle, (), (), {})]
    assert found == [(2, "A paper"), (4, "How far?"), (4, "H."), (4, "W."), (5, "Near"), (5, "Far"), (6, "A note.")]


def test_of_a_clause_the_title_is_found_and_never_its_text(tmp_path: Path) -> None:
    file = tmp_path / "purpose.md"
    file.write_text("---\nid: purpose\ntitle: Purpose\nwhy: Because.\n---\ntitle: It serves {{ purpose }}.\n")
    with file.open("rb") as handle:
        assert [msgid for _, _, msgid, _ in strings.extract(handle, (), (), {})] == ["Purpose"]
