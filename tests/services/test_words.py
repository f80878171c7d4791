"""What may be written into a field."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.services.words import (
    clean_country,
    clean_date,
    clean_email,
    clean_line,
    clean_text,
    collecting,
    countries,
    fold_email,
)


@pytest.mark.parametrize(
    "value", ["a\nb", "a\tb", "a\x00b", "a\x7fb", "a\x85b", "evil\u202egpj.exe", "a\u200bb", "a\u2066b", "\ufeffa", "a\u2028b"]
)
def test_a_line_refuses_control_and_invisible_characters(value: str) -> None:
    with pytest.raises(InputError) as refused:
        clean_line("/name", value)
    assert refused.value.problems[0].pointer == "/name"


def test_a_line_of_301_characters_is_refused_with_its_length_and_the_limit() -> None:
    with pytest.raises(InputError, match="301 characters; 200 is the most"):
        clean_line("/name", "x" * 301)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InputError):
        clean_line("/name", "a\ud800b")


def test_composed_and_decomposed_letters_become_one_spelling() -> None:
    assert clean_line("/name", "Z\u030cupan") == clean_line("/name", "Župan") == "Župan"


def test_names_of_the_region_are_taken_as_they_are() -> None:
    for name in ("Đurđica Šimić", "Ελένη Παπαδοπούλου", "Núria d'Aragó", "Çelik & Söhne GmbH", "Lò 🙂", "आ\u200dक"):
        assert clean_line("/name", name) == unicodedata.normalize("NFC", name)


@given(st.text())
def test_whatever_a_line_takes_is_one_line_in_nfc_within_the_limit(value: str) -> None:
    try:
        taken = clean_line("/name", value, 20)
    except InputError:
        return
    assert taken == unicodedata.normalize("NFC", taken).strip()
    assert 1 <= len(taken) <= 20
    assert len(taken.splitlines()) == 1


def test_line_ends_of_a_text_become_one_kind() -> None:
    assert clean_text("/text", "a\r\nb\rc\n") == "a\nb\nc"


@pytest.mark.parametrize("value", ["anna@example.org", "anna.b+x@sub.example.org", "anna@müller.example", "žana@primjer.hr"])
def test_mail_addresses_are_taken(value: str) -> None:
    assert clean_email("/email", value) == value


@pytest.mark.parametrize(
    "value",
    ["", "anna", "@example.org", "anna@", "anna@host", "a b@example.org", "a@b@example.org", "a@example..org", "a@-example.org",
     "anna@example.org\nBcc: x@example.org", "a" * 65 + "@example.org", "<a@example.org>", "a@" + "x" * 320 + ".org",
     "ａｎｎａ@example.org", "oﬃce@example.org"],
)  # fmt: skip
def test_what_is_not_one_mail_address_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        clean_email("/email", value)


def test_a_domain_in_full_width_letters_is_the_plain_domain() -> None:
    assert clean_email("/email", "anna@ｅｘａｍｐｌｅ.org") == "anna@example.org"


def test_two_spellings_of_an_address_fold_to_one() -> None:
    assert fold_email("Anna@Example.ORG") == fold_email(" anna@example.org ")


def test_the_list_has_the_249_countries_of_iso_3166_1() -> None:
    codes = {code for code, _name in countries()}
    assert len(codes) == 249
    assert {"IT", "HR", "SI", "GR", "PT", "ES", "FR"} <= codes
    assert not {"EU", "UK", "XK", "ZZ"} & codes


def test_an_unknown_country_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="no country XX"):
        clean_country("/country", "xx")


@pytest.mark.parametrize("value", ["2027-02-29", "2027-2-1", "01.02.2027", "٢٠٢٧-٠١-٠١", "2027-13-01", ""])
def test_a_day_that_does_not_exist_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        clean_date("/end", value)


def test_a_day_outside_the_limits_is_refused_with_the_limit() -> None:
    with pytest.raises(InputError, match="2026-11-22 is the first"):
        clean_date("/end", "2026-11-21", earliest=date(2026, 11, 22))


def test_all_refused_fields_come_in_one_error() -> None:
    with pytest.raises(InputError) as refused, collecting() as check:  # noqa: PT012 - leaving the block is what raises
        check(clean_line, "/name", "")
        check(clean_line, "/title", "fine")
        check(clean_email, "/email", "nobody")
    assert [problem.pointer for problem in refused.value.problems] == ["/name", "/email"]
