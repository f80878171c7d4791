"""The vectors: there are many, most of them negative; they are what the generator makes, and the standard names each requirement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ipr_service.errors import FormatError
from ipr_service.evidence import conformance
from tests.conformance import generate

STANDARD = (Path(__file__).parents[2] / "docs" / "standard" / "README.md").read_text(encoding="utf-8")
VECTORS = conformance.read(conformance.shipped())
OUTCOMES = tuple(conformance.run(VECTORS))


def test_there_are_at_least_sixty_and_most_of_them_are_negative() -> None:
    negative = [vector for vector in VECTORS if not (vector.expected.intact and vector.expected.trusted)]
    assert len(VECTORS) >= 60
    assert len(negative) > len(VECTORS) / 2


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.vector.name)
def test_the_vector_is_kept_and_the_right_check_is_blamed(outcome: conformance.Outcome) -> None:
    assert outcome.kept, f"expected {outcome.vector.expected} {outcome.vector.fails}, found {outcome.found}"


def test_the_generator_makes_the_same_vectors_again() -> None:
    assert generate.main(["--check"]) == 0


def test_every_requirement_of_the_standard_has_its_vectors_and_every_vector_its_requirement() -> None:
    told = set(re.findall(r"^\*\*([A-Z]\d+)\*\*", STANDARD, re.MULTILINE))
    untested = set(re.findall(r"^\*\*([A-Z]\d+)\*\* \(no vector", STANDARD, re.MULTILINE))
    assert {vector.requirement for vector in VECTORS} == told - untested


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '[{"name": "x"}]'])
def test_a_folder_without_an_index_of_the_form_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / conformance.INDEX).write_text(content)
    if content == "{}":
        assert conformance.read(tmp_path) == ()
        return
    with pytest.raises(FormatError, match="no conformance vectors"):
        conformance.read(tmp_path)
