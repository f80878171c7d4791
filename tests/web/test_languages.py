"""Every string of the pages in every language offered; the catalogues say what the English says, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from ipr_service.services.languages import CATALOGUES, say, translations

PACKAGE = Path(__file__).parents[2] / "ipr_service"
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
# The rooms whose strings a person meets before any subject: errors, people, the frame of the site.
_SERVICES = "words limits passwords letters sessions accounts organisations invitations tokens"
_PAGES = "accounts organisations invitations front operator refusals forms guard journey site"
SOURCES = (
    "errors.py",
    *(f"services/{name}.py" for name in _SERVICES.split()),
    *(f"web/{name}.py" for name in _PAGES.split()),
)
TEMPLATES = ("*.html", "accounts/*.html", "front/*.html", "organisations/*.html", "invitations/*.html", "operator/*.html")


def _strings() -> set[str]:
    found: set[str] = set()
    for name in SOURCES:
        found |= {str(row[1]) for row in extract_from_file("python", PACKAGE / name, keywords={"_": None, "N_": None})}
    for pattern in TEMPLATES:
        for path in (PACKAGE / "web" / "templates").glob(pattern):
            found |= {str(row[1]) for row in extract_from_file("jinja2.ext:babel_extract", path, keywords={"_": None})}
    return found


def test_every_string_of_people_and_frame_is_in_italian() -> None:
    strings = _strings()
    assert len(strings) > 250
    catalogue = translations("it")._catalog  # type: ignore[attr-defined]
    assert sorted(each for each in strings if each not in catalogue) == []


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_translation_holds_the_same_placeholders(path: Path) -> None:
    with path.open("rb") as handle:
        for message in read_po(handle):
            if message.id and message.string and isinstance(message.id, str):
                assert sorted(_PLACEHOLDER.findall(message.id)) == sorted(_PLACEHOLDER.findall(str(message.string))), message.id


def test_a_mail_is_written_in_the_readers_language() -> None:
    assert say("it", "Please confirm your address") == "Conferma il tuo indirizzo"
    assert say("en", "Please confirm your address") == "Please confirm your address"


@pytest.mark.parametrize("language", ["", "xx", "../../etc", "it/../it"])
def test_a_language_that_is_not_carried_speaks_english(language: str) -> None:
    assert say(language, "Log in") == "Log in"
