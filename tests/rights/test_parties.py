"""Parties: the limits of their fields, and erasure."""

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.parties import Party


@pytest.mark.parametrize("id", ["", " ", "a b", "-a", "é", "a" * 65, "a/b", "a\n"])
def test_an_id_outside_its_alphabet_or_length_is_refused(id: str) -> None:
    with pytest.raises(InputError, match="1 to 64") as refusal:
        Party(id)
    assert refusal.value.problems[0].pointer == "/id"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_that_is_empty_or_too_long_is_refused_with_the_limit(name: str) -> None:
    with pytest.raises(InputError, match="Between 1 and 200"):
        Party("a", name)


@pytest.mark.parametrize("name", ["Anna\n", "Anna\u202egnp.", "An\x00na", "\u2067Anna", "An\u200bna"])
def test_a_name_with_control_or_direction_marks_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="direction of text"):
        Party("a", name)


@pytest.mark.parametrize("name", ["Željko Šarić", "Μαρία", "O'Neill & Söhne", "Ana-Marija"])
def test_names_of_every_language_here_are_taken(name: str) -> None:
    assert Party("a", name).label == name


@pytest.mark.parametrize("country", ["it", "ITA", "I", ""])
def test_a_country_is_two_capital_letters(country: str) -> None:
    with pytest.raises(InputError, match="ISO 3166-1"):
        Party("a", country=country)


def test_an_erased_party_keeps_only_its_id_and_country() -> None:
    assert Party("a", "Anna", "Studio", "HR").erased() == Party("a", country="HR")
    assert Party("a", "Anna").erased().label == "a"
