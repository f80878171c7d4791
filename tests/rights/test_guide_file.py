"""Guide files: what a guide may name, and every refusal at its line."""

from importlib import resources
from pathlib import Path

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import policies
from ipr_service.rights.guide_file import SHIPPED, load, shipped

TEXT = resources.files("ipr_service.rights").joinpath("guides", "which-way-1.yaml").read_text(encoding="utf-8")
TEMPLATES = Path(__file__).parents[2] / "agreement_templates"


@pytest.mark.parametrize("reference", SHIPPED)
def test_a_shipped_guide_leads_only_to_rules_and_papers_that_exist(reference: str) -> None:
    guide = shipped(reference)
    assert guide.reference == reference
    assert {outcome.policy for outcome in guide.outcomes} - {""} <= set(policies.SHIPPED)
    assert all((TEMPLATES / outcome.kind / "template.yaml").exists() for outcome in guide.outcomes if outcome.kind)
    given = {gives for one in guide.decisions for row in one.rows for gives in (row.gives, *(gives for _to, gives in row.bands))}
    assert given - {None} == {outcome.id for outcome in guide.outcomes}, "an outcome that nothing gives, or the other way round"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('show_if: {critical: "yes"}', 'show_if: {criticl: "yes"}', 'did you mean "critical"'),
        ('show_if: {critical: "yes"}', "show_if: {critical: maybe}", '"maybe" answers nothing here'),
        ("gives: nda-one-way", "gives: nda-two-way", 'no outcome "nda-two-way"'),
        ("{to: 6, gives: lambert-2}", "{to: 5, gives: lambert-2}", "the last ends at 6"),
        ("management, tax]", "management, taxes]", 'no question "taxes"'),
        ("- id: silence", "- id: payer", "stands here twice"),
        ("version: 1", 'version: "1"', "whole number"),
    ],
)
def test_what_is_no_guide_is_refused_at_its_line(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(FormatError, match=f"Line [0-9]+.*{said}"):
        load(TEXT.replace(old, new, 1))


def test_a_guide_that_does_not_ship_is_named_with_those_that_do() -> None:
    with pytest.raises(InputError, match="which-way@1"):
        shipped("which-way@9")
