from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.canonical import MAX_DEPTH, from_jcs, to_jcs

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda t: unicodedata.normalize("NFC", t))
SCALAR = st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | TEXT
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(VALUE)
def test_a_value_survives_its_canonical_form(value: Any) -> None:
    assert from_jcs(to_jcs(value)) == value


@given(st.dictionaries(TEXT, SCALAR))
def test_the_order_in_which_keys_were_set_does_not_matter(value: dict[str, Any]) -> None:
    assert to_jcs(value) == to_jcs(dict(reversed(value.items())))


def test_keys_are_ordered_as_rfc_8785_section_3_2_3_shows() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    composed = [key for key in keys if key != "\ufb33"]  # a presentation form that NFC takes apart
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600"]
    assert list(json.loads(to_jcs(dict.fromkeys(composed, 0)))) == expected


def test_strings_are_escaped_as_rfc_8785_section_3_2_2_2_shows() -> None:
    assert to_jcs('\u20ac$\u000f\u000aA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        1.0,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        "e\u0301",
        "\ud800",
        {"e\u0301": 1},
        {1: 2},
        {"a": b"x"},
        {1, 2},
        nested(MAX_DEPTH + 1),
    ],
)
def test_what_has_no_single_spelling_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        to_jcs(value)


def test_thirty_two_levels_are_taken_and_one_more_is_refused_in_both_directions() -> None:
    assert from_jcs(to_jcs(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(FormatError, match="32 levels"):
        from_jcs(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b"[1, 2]",
        b"[1]\n",
        b" 1",
        b"\xef\xbb\xbf1",
        b"1.0",
        b"1e2",
        b"-0",
        b"01",
        b"NaN",
        b"-Infinity",
        b"555555555551111111110.55",
        b"9007199254740992",
        b"1" * 5000,
        b'"\\u0041"',
        b'"\\ud800"',
        b'"e\xcc\x81"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"' + b'\\"' * 200_000,
        b'"a' * 100_001,
    ],
)
def test_bytes_that_are_not_the_canonical_form_of_a_value_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        from_jcs(data)


@pytest.mark.parametrize("text", ['"[[[["', '"]]]]"', '"\\"[["', '["[","]"]'])
def test_brackets_inside_of_strings_are_not_levels(text: str) -> None:
    many = "[" + ",".join([text] * 40) + "]"
    assert to_jcs(from_jcs(many.encode())) == many.encode()


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0129.-eE\\untrfalse ', max_size=40).map(str.encode))
def test_any_bytes_are_refused_or_are_their_own_canonical_form(data: bytes) -> None:
    try:
        value = from_jcs(data)
    except FormatError:
        return
    assert to_jcs(value) == data
