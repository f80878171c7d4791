"""docs/agreements.md keeps what it promises: every item of the checklist has its clauses and its questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.kinds import known_paths

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue.load(ROOT / "agreement_templates")

COMMON = (
    "Parties, form, register number, representative",
    "Recitals and proof reference",
    "Definitions, order of precedence",
    "Effective date, term, termination, survival",
    "Liability cap, carve-out for intent and gross negligence",
    "Data protection: roles, contacts, retention",
    "Governing law, courts",
    "Escalation, mediation, courts, urgent relief",
    "Notices, no assignment, severability, entire agreement, amendments",
    "Signature level and counterparts",
)
# The design's checklist of what each kind must say.
CHECKLIST = {
    "nda-one-way": (
        *COMMON,
        "Purpose",
        "Confidential information, registered items, oral disclosures",
        "Five exclusions",
        "Need-to-know recipients and flow-down",
        "Compelled disclosure and reports of wrongdoing",
        "Return and destruction with backup exception",
        "Term, and trade secrets while secret",
        "No licence, no reverse engineering, no filing",
        "No obligation to deal",
    ),
    "contribution-terms": (
        *COMMON,
        "Role and eligibility",
        "What counts as contribution, register before share",
        "Keeps ownership, narrow evaluation licence",
        "Option or first refusal, fair pay",
        "Third-party and AI material statement",
        "Credit line",
        "Moral rights kept, only agreed acts",
        "Confidentiality, light",
        "Image and voice consent, separate and withdrawable",
        "Benefit if used",
        "Consumer-clear language",
    ),
    "co-development": (
        *COMMON,
        "Workplan, resources, change control",
        "Background list and exclusions",
        "Results ownership rule and split formula",
        "Joint results: use, licence, transfer, deadlock, co-signing",
        "Access rights: performance and exploitation",
        "Exploitation by field, territory, exclusivity",
        "Protection: who files, pays, abandons",
        "Publication notice",
        "Revenue, reports, audit",
        "Employees and subcontractors: chain of title",
        "Moral rights kept, only agreed acts",
        "Third-party and open-source material",
        "Confidentiality",
        "Exit, default, buy-out",
        "Competition check",
        "Public grant precedence",
    ),
}


def _rows() -> list[tuple[str, str, list[str], list[str]]]:
    rows = []
    for line in (ROOT / "docs" / "agreements.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[0] in CHECKLIST:
            rows.append((cells[0], cells[1], cells[2].split(", "), [name for name in cells[3].split(", ") if name]))
    return rows


ROWS = _rows()


@pytest.mark.parametrize("kind", CHECKLIST)
def test_every_item_of_the_checklist_stands_in_the_table_once(kind: str) -> None:
    assert [item for name, item, _, _ in ROWS if name == kind] == list(CHECKLIST[kind])


@pytest.mark.parametrize("kind", CHECKLIST)
def test_every_clause_of_the_table_stands_in_that_kind_and_every_clause_of_the_kind_in_the_table(kind: str) -> None:
    placed = {place.clause for place in CATALOGUE.kind(kind).places}
    named = {clause for name, _, clauses, _ in ROWS if name == kind for clause in clauses}
    assert named == placed


@pytest.mark.parametrize(("kind", "item", "clauses", "variables"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_every_variable_of_the_table_is_asked_and_read_by_one_of_its_clauses(
    kind: str, item: str, clauses: list[str], variables: list[str]
) -> None:
    chosen = CATALOGUE.kind(kind)
    assert set(variables) <= known_paths(chosen)
    places = [place for place in chosen.places if place.clause in clauses]
    read = {path for place in places for path in CATALOGUE.clause("en", place).variables}
    read |= {".".join(path) for place in places if place.condition for path in place.condition.paths}
    for role in chosen.roles:
        read |= {path.replace(f"{role.id}.", "parties[].") for path in read}
    asked = {path for path in variables if path not in read and not any(name.startswith(path + "[]") for name in read)}
    assert not asked
