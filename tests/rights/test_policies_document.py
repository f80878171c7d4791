"""docs/policies.md is run: every case in it gives the shares it expects and the sentences under it."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from ipr_service.rights import case, policies
from ipr_service.rights.allocation import Allocation
from ipr_service.rights.explanation import account
from ipr_service.rights.policies import Pool

DOCUMENT = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL)


def told(allocation: Allocation) -> str:
    lines = []
    for explanation in account(allocation):
        details = [str(sentence) for sentence in explanation.details if not str(sentence).startswith("Counted")]
        lines += [f"{explanation.party}: {line}" for line in (str(explanation.headline), *details)]
    return "".join(line + "\n" for line in lines)


@pytest.mark.parametrize(("text", "sentences"), EXAMPLES, ids=[text.split()[1] for text, _ in EXAMPLES])
def test_the_documented_example_is_what_happens(text: str, sentences: str) -> None:
    loaded = case.load(text)
    allocation = case.run(loaded)
    assert loaded.expect is not None
    assert case.unexpected(loaded, allocation) == ()
    assert told(allocation) == sentences


def test_every_shipped_policy_has_a_section_and_an_example() -> None:
    for reference in policies.SHIPPED:
        assert f"## `{reference}`" in DOCUMENT
        assert any(f"policy: {reference}\n" in text for text, _ in EXAMPLES)


def test_every_example_is_run() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```yaml") == DOCUMENT.count("```text")


def test_the_documented_weights_are_those_of_the_policy() -> None:
    header, _, weights = re.findall(r"^\|(.*)\|$", DOCUMENT[DOCUMENT.index("| role |") :], re.MULTILINE)[:3]
    names, numbers = ([cell.strip() for cell in row.split("|")][1:] for row in (header, weights))
    rule = policies.shipped("roles@1").weighing
    assert isinstance(rule, Pool)
    assert dict(rule.weights) == dict(zip(names, map(Fraction, numbers), strict=True))
