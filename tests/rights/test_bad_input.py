"""Bad input, one row each: a named error at its line or thing, or the documented answer; never a wrong number.

Where a subject has more ways to go wrong, its own tests have more rows (``test_case``, ``test_strict_yaml``, ``test_grant_file``).
"""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from ipr_service.errors import FormatError, RefusedError, ServiceError
from ipr_service.rights import case, grant_file

LINES = """\
case: chair
policy: points@1
parties:
  - {id: anna, name: Anna}
  - {id: bruno, name: Bruno}
background:
  - {id: joint, party: bruno, title: A joint}
contributions:
  - id: sketch
    party: anna
    role: concept
    points: 3
    built_on: []
  - id: frame
    party: bruno
    role: engineering
    points: 1
"""
GRANT = """\
check: chair
assets:
  - {id: chair, right: design, holders: {anna: 1}}
grants:
  - id: sale
    asset: chair
    grantors: [anna]
    grantee: mobilia
    acts: [sell]
    purpose: exploitation
    field: furniture
    territory: [IT]
    from: 2027-01-01
    to: 2028-12-31
    exclusivity: exclusive
"""
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        pytest.param("points: 3", "points: -3", 12, "contributions 1 points: A negative number", id="negative"),
        pytest.param("points: 3", "points: .nan", 12, "contributions 1 points: .nan is refused", id="NaN"),
        pytest.param("points: 3", "points: 37.5", 12, "contributions 1 points: 37.5 is refused", id="float"),
        pytest.param("points: 3", f"points: 1{'0' * 400}", 12, "at most 30 digits", id="10^400"),
        pytest.param("points: 3", "points: 1e400", 12, "contributions 1 points", id="10^400 with an exponent"),
        pytest.param("id: frame", "id: sketch", 14, 'The id "sketch" stands in line 9 already', id="the same id twice"),
        pytest.param("built_on: []", "built_on: [sketch]", 13, "sketch cannot be built on itself", id="a cycle of one"),
        pytest.param("built_on: []", "built_on: &x [*x]", 13, "Anchors", id="an alias cycle"),
        pytest.param("name: Bruno", "country: Italy", 5, "two capital letters after ISO 3166-1", id="a country in words"),
    ],
)
def test_a_case_file_is_refused_at_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in LINES
    with pytest.raises(FormatError) as refused:
        case.load(LINES.replace(old, new, 1))
    assert says in str(refused.value)
    assert refused.value.values["line"] == line


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        pytest.param("territory: [IT]", "territory: [ZZ]", 12, "ZZ", id="unknown country"),
        pytest.param("field: furniture", "field: furnitur", 11, "furniture", id="unknown field"),
        pytest.param("to: 2028-12-31", "to: 2026-12-31", 14, "2026-12-31", id="dates reversed"),
        pytest.param("territory: [IT]", "territory: []", 12, "erritor", id="empty territory"),
        pytest.param("holders: {anna: 1}", "holders: {anna: 1/2}", 3, "50 %", id="a part that nobody holds"),
    ],
)
def test_a_grant_file_is_refused_at_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GRANT
    with pytest.raises(FormatError) as refused:
        grant_file.load(GRANT.replace(old, new, 1))
    assert says in str(refused.value)
    assert refused.value.values["line"] == line


def test_a_yaml_bomb_is_refused_at_its_first_anchor_and_at_once() -> None:
    begun = time.process_time()
    for load in (case.load, grant_file.load):
        with pytest.raises(FormatError, match="Anchors") as refused:
            load(BOMB)
        assert refused.value.values["line"] == 1
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("policy", "points", "says"),
    [
        pytest.param("points@1", (0, 0), "adds up to 0, and it names nothing to fall back on", id="zero weights"),
        pytest.param("capped@1", (1,), "1/2", id="a cap that cannot be met"),
        pytest.param("floor@1", (1,) * 21, "21/20", id="floors that cannot be met"),
    ],
)
def test_what_cannot_be_divided_is_refused_with_the_reason(policy: str, points: tuple[int, ...], says: str) -> None:
    with pytest.raises(RefusedError) as refused:
        case.run(case.load(_people(policy, points)))
    assert says in str(refused.value)


def _people(policy: str, points: tuple[int, ...]) -> str:
    parties = "".join(f"  - {{id: p{number}}}\n" for number in range(len(points)))
    made = "".join(f"  - {{id: c{number}, party: p{number}, role: form, points: {one}}}\n" for number, one in enumerate(points))
    return f"case: people\npolicy: {policy}\nparties:\n{parties}contributions:\n{made}"


def test_a_circle_of_derivation_is_refused_with_its_path() -> None:
    circle = LINES.replace("points@1", "derivation@1").replace("built_on: []", "built_on: [frame]") + "    built_on: [sketch]\n"
    with pytest.raises(ServiceError, match="the circle is frame → sketch → frame"):
        case.run(case.load(circle))


def test_one_contributor_holds_all() -> None:
    assert case.run(case.load(_people("points@1", (7,)))).computed.fractions == {"p0": Fraction(1)}


def test_of_ten_thousand_and_one_holders_each_holds_its_exact_part_and_one_shows_no_basis_point() -> None:
    run = case.run(case.load(_people("points@1", (1,) * 10_001)))
    assert set(run.computed.fractions.values()) == {Fraction(1, 10_001)}
    assert sorted(run.computed.basis_points().values())[:2] == [0, 1]
    assert any("10,000" in str(one) or "10000" in str(one) for one in run.computed.warnings())
