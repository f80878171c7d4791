"""Known answers about shares whose files are prose or facts: model agreements, three kinds of input, registers, the edges of life."""

from fractions import Fraction
from typing import Any

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import case, life, policies, strict_yaml
from ipr_service.rights.allocation import allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.explanation import why
from ipr_service.rights.parties import Party
from ipr_service.rights.scopes import Stated
from ipr_service.rights.shares import Split, on_scale
from tests.rights.given import people, points
from tests.rights.known import files_of_kind

F = Fraction
POINTS = policies.shipped("points@1")
(EDGES_FILE,) = files_of_kind("engine.edge")
EDGES: dict[str, Any] = {one["name"]: one for one in EDGES_FILE["cases"]}
(LAMBERT,) = files_of_kind("allocation.model_agreement")
MODELS: dict[str, Any] = {str(one["model"]): one for one in LAMBERT["cases"]}

HOLDER = {"1": "university", "2": "university", "3": "university", "A": "creator", "B": "lead", "C": "core"}
"""By model, the fact that names the holder; and below, the file's words with ours for the same."""
WORDS = {
    "university": "university",
    "each party owns what it creates": "creator",
    "lead exploitation party (assignment, or exclusive licence)": "lead",
    "each takes assignment of the results relevant to its core business": "core",
}


@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_model_agreement_of_the_toolkit_gives_all_to_the_holder_it_names(model: str) -> None:
    known, fact = MODELS[model], HOLDER[model]
    assert WORDS[known["owner"]] == fact
    run = allocate(policies.shipped(f"lambert-{model.lower()}@1"), people("x", "y"), (), stated=Stated(((fact, "x"),)))
    assert run.computed.fractions == {"x": 1, "y": 0}


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("1", ("non-exclusive", "field", "territory")),
        ("2", ("non-exclusive licence", "option", "exclusive licence to certain results")),
        ("3", ("non-exclusive licence", "option", "assignment of certain results")),
        ("A", ("non-exclusive", "project", "any", "purpose", "sublicen")),
        ("B", ("revenue", "success", "end if")),
    ],
)
def test_and_the_others_get_what_it_says(model: str, says: tuple[str, ...]) -> None:
    known, fact = MODELS[model], HOLDER[model]
    run = allocate(policies.shipped(f"lambert-{model.lower()}@1"), people("x", "y"), (), stated=Stated(((fact, "x"),)))
    told = " ".join(map(str, why(run, "y").details))
    for word in says:
        assert word in (known.get("sponsor") or known["others"])
        assert word in told


def test_a_scheme_can_weigh_background_work_and_cash_together() -> None:
    (known,) = files_of_kind("allocation.negotiation")
    assert {"background", "work", "cash"} <= set(known["use"].replace(",", " ").replace(";", " ").split())
    university, sme, large = known["facts"]
    policy = policies.load(
        "policy: three\nversion: 1\ntitle: Three inputs\nsource: test\nrules:\n"
        "  - {id: inputs, kind: pools, source: test, pools: {know-how: {weight: 1, roles: [know-how], by: heads},"
        " work: {weight: 1, roles: [work], by: effort}, cash: {weight: 1, roles: [cash], by: points}}}\n"
    )
    made = [
        Contribution("background", university, "know-how"),
        Contribution("hours", sme, "work", effort=F(900)),
        Contribution("support", university, "work", effort=F(100)),
        Contribution("money", large, "cash", points=F(1)),
    ]
    assert allocate(policy, people(university, sme, large), made).computed.fractions == {
        university: F(11, 30),
        sme: F(3, 10),
        large: F(1, 3),
    }


def test_a_register_of_a_million_parts_takes_our_splits_or_says_what_it_cannot_hold() -> None:
    (known,) = files_of_kind("validation")
    drips, splits = known["facts"]["drips"], known["facts"]["zeroxsplits"]
    assert drips["total_weight"] == splits["scale"] == 10 ** (2 + splits["max_decimals"])
    units, problems = on_scale(Split.of({"a": F(1, 8), "b": F(7, 8), "c": F(0)}), splits["scale"], drips["max_receivers"])
    assert (units, problems) == ({"a": 125_000, "b": 875_000}, ())  # a weight of 0 is never written
    assert drips["zero_weight"] == "never"
    units, problems = on_scale(Split.of(dict.fromkeys("abc", F(1, 3))), splits["scale"])
    assert sum(units.values()) == splits["scale"]
    assert [problem.pointer for problem in problems] == ["/shares/a", "/shares/b", "/shares/c"]
    many = drips["max_receivers"] + 1
    _, problems = on_scale(Split.of({f"p{n:03d}": F(1, many) for n in range(many)}), drips["total_weight"], drips["max_receivers"])
    assert str(problems[0]) == "201 holders; this register takes at most 200"


CASE = "case: x\npolicy: points@1\nparties: [{id: A}]\ncontributions:\n  - {id: c, party: A, role: form, points: POINTS}\n"


@pytest.mark.parametrize(
    ("name", "written"),
    [("negative weight", "-1"), ("NaN/inf/float input", ".nan"), ("NaN/inf/float input", ".inf"), ("NaN/inf/float input", "0.5")],
)
def test_what_is_no_weight_is_refused_at_its_line(name: str, written: str) -> None:
    assert EDGES[name]["expect_error"].startswith("refused")
    with pytest.raises(FormatError) as refusal:
        case.load(CASE.replace("POINTS", written))
    assert refusal.value.values["line"] == 5


@pytest.mark.parametrize("written", ["1" + "0" * 400, '"1' + "0" * 400 + '"', "1e400", "1/" + "9" * 31])
def test_endless_numbers_are_refused_at_their_line(written: str) -> None:
    with pytest.raises(FormatError) as refusal:
        case.load(CASE.replace("POINTS", written))
    assert refusal.value.values["line"] == 5


def test_a_circle_of_derivation_is_refused_with_its_path() -> None:
    assert EDGES["cycle A<-B<-A"]["expect_error"] == "circular derivation, path printed"
    made = [Contribution(a, a, "form", points=F(1), built_on=(b,)) for a, b in (("A", "B"), ("B", "A"))]
    with pytest.raises(InputError, match="A → B → A"):
        allocate(policies.shipped("derivation@1"), people("A", "B"), made)


def test_an_erased_contributor_keeps_the_share_and_loses_the_name() -> None:
    assert EDGES["contributor erased (GDPR)"]["expect"].startswith("share unchanged under a pseudonymous id")
    run = allocate(POINTS, people("a", "b"), points({"a": 1, "b": 3}))
    erased = allocate(POINTS, [party.erased() for party in run.parties], run.contributions)
    assert (erased.computed, erased.digest) == (run.computed, run.digest)
    assert {party.label for party in erased.parties} == {"a", "b"}
    after = life.erase(run.computed, "b", "person-7").after
    assert after.fractions == {"a": F(1, 4), "person-7": F(3, 4)}


def test_a_late_contribution_never_touches_the_signed_version() -> None:
    assert EDGES["late contribution after signature"]["expect"].startswith("signed version untouched")
    signed = allocate(POINTS, people("a"), points({"a": 1}), signed_by=("a",))
    late = life.late(signed, Contribution("late", "a", "form", points=F(1)), counts=True)
    assert late.signed is signed
    assert late.draft is not None
    assert late.draft.digest != signed.digest


def test_a_dispute_holds_exactly_what_is_disputed() -> None:
    assert "hold total exact" in EDGES["dispute"]["expect"]
    hold = life.dispute(Split.of({"a": F(1, 2), "b": F(1, 3), "c": F(1, 6)}), [Split.of({"a": F(1, 3), "b": F(1, 2), "c": F(1, 6)})])
    assert (hold.sure, hold.held) == ({"a": F(1, 3), "b": F(1, 3), "c": F(1, 6)}, F(1, 6))


def test_ten_thousand_equal_holders_have_a_basis_point_each_and_one_more_is_warned_of() -> None:
    assert EDGES["10,000 equal contributors in basis points"]["expect"].startswith("each 1 bp; 10,001")

    def equal(count: int) -> Split:
        return allocate(policies.shipped("equal@1"), [Party(f"p{n:05d}") for n in range(count)], ()).computed

    assert set(equal(10_000).basis_points().values()) == {1}
    assert equal(10_000).warnings() == ()
    more = equal(10_001)
    assert sorted(more.basis_points().values())[:2] == [0, 1]
    assert "10001 holders are more than 10000 basis points" in str(more.warnings()[0])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("case: x\na: &a [1]\nb: *a\n", 2),
        ("case: x\na: &a\n  b: *a\n", 2),
        ("case: x\nparties:\n  - {id: A}\n  - {id: A, id: B}\n", 4),
        ("case: x\n" + "a:\n" + "".join(f"{' ' * n}- \n" for n in range(1, 2)) + "x" + ": [" * 40 + "]" * 40, 4),
    ],
)
def test_bombs_circles_of_aliases_and_doubled_names_are_refused_at_their_line(text: str, line: int) -> None:
    with pytest.raises(FormatError) as refusal:
        strict_yaml.read(text)
    assert refusal.value.values["line"] == line
