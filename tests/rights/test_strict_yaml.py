"""The strict part of YAML: what is taken, and that every refusal names its line."""

import json
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError, TooLargeError
from ipr_service.rights import strict_yaml
from ipr_service.rights.strict_yaml import Node, read


def plain(node: Node) -> object:
    if node.kind == "mapping":
        return {key: plain(inner) for key, inner in node.value}
    return [plain(item) for item in node.value] if node.kind == "list" else node.value


def test_text_whole_numbers_booleans_and_null_are_taken() -> None:
    text = "a: 30\nb: -2\nc: '30'\nd: true\ne: null\nf: [x, y z]\ng: {h: 3/8}\n"
    assert plain(read(text)) == {"a": 30, "b": -2, "c": "30", "d": True, "e": None, "f": ["x", "y z"], "g": {"h": "3/8"}}


def test_words_and_dates_are_not_guessed_to_be_something_else() -> None:
    assert plain(read("[no, off, on, 2026-03-02, 2026-03-02T10:00:00Z, 1:30, Null]")) == [
        "no", "off", "on", "2026-03-02", "2026-03-02T10:00:00Z", "1:30", "Null",
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["37.5", ".5", "1e3", "1.0E5", ".nan", ".NaN", "-.inf", "007", "1_000", "+5", "0.1"])
def test_a_number_that_programs_read_differently_is_refused_unless_quoted(number: str) -> None:
    with pytest.raises(FormatError, match=r"^Line 2, points: "):
        read(f"a: 1\npoints: {number}\n")
    assert plain(read(f"points: '{number}'")) == {"points": number}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: &x 2\n", 2, "Anchors"),
        ("a: &x [1]\nb: *x\n", 1, "Anchors"),
        ("a: 1\nb:\n  - *x\n", 3, "Anchors"),
        ("a: &a [*a]\n", 1, "Anchors"),
        ("a: 1\n<<: {b: 2}\na: 3\n", 3, "twice"),
        ("a: !!python/object:os.system x\n", 1, "Tags"),
        ("a: 1\nb: !x y\n", 2, "Tags"),
        ("a: 1\n---\nb: 1\n", 2, "second document"),
        ("", 1, "empty"),
        ("a: 1\n1: b\n", 2, "name must be text"),
        ("? [a]\n: b\n", 1, "name must be text"),
        ("a: 1\nb: [1,\n", 3, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 1" + "0" * 400, 1, "at most 30 digits"),
        ("[" * 32 + "]" * 32, 1, "Nested more than 30 deep"),
        ('a: 1\nb: "\\ud800"\n', 2, "character"),
        ("a: 1\nb: \ud800\n", 2, "half a character"),
        ("a: \x00", 1, "YAML"),
    ],
)
def test_anything_else_is_refused_at_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(text)
    assert refusal.value.values["line"] == line
    assert says in str(refusal.value)


def test_a_yaml_bomb_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    begun = time.monotonic()
    with pytest.raises(FormatError, match="Anchors"):
        read(bomb)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "text", ["[" * 500_000, "a: {" * 100_000, "- " * 500_000, "x" * 500_000 + ": 1", '"' + "9" * 1000 + '": 1'], ids=range(5)
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(FormatError) as refusal:
        read(text).fields(("id",), ("points",))
    assert time.monotonic() - begun < 2
    assert len(str(refusal.value)) < 400


def test_a_file_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLargeError, match="16777216"):
        read("#" * (strict_yaml.MAX_CHARACTERS + 1))


def test_an_unknown_field_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(FormatError, match=r'Line 2, .*"point" is not known here; did you mean "points"\?'):
        read("id: x\npoint: 3\n").fields(("id",), ("points",))


def test_a_missing_field_is_named() -> None:
    with pytest.raises(FormatError, match='"id" is missing'):
        read("points: 3\n").fields(("id",), ("points",))


def test_a_list_beyond_its_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(FormatError, match="3 items; at most 2 are taken"):
        read("[a, b, c]").items(2)


def test_the_field_is_named_as_a_person_counts() -> None:
    with pytest.raises(FormatError, match=r"^Line 3, contributions 2 points: ") as refusal:
        dict(read("contributions:\n  - points: 1\n  - points: x\n").entries()["contributions"].items(9)[1].entries())["points"].number()
    assert refusal.value.problems[0].pointer == "/contributions/1/points"


def test_a_number_is_read_from_a_whole_number_or_text() -> None:
    found = read("{a: 3, b: '1.5', c: 1/3}").entries()
    assert [found[name].number() for name in "abc"] == [Fraction(3), Fraction(3, 2), Fraction(1, 3)]


safe = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Zl", "Zp")), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**29), 10**29) | safe,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(safe, inner, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_json_is_read_as_json(value: object) -> None:
    assert plain(read(json.dumps(value, ensure_ascii=False))) == value
