"""CRediT: the standard's roles as the standard has them, our own as our own."""

from __future__ import annotations

from ipr_service.rights.contributions import ROLES, Contribution
from ipr_service.rights.exports import credit


def test_there_are_fourteen_roles() -> None:
    assert len(credit.ROLES_OF_CREDIT) == 14


def test_a_role_of_the_standard_has_its_term_and_degree() -> None:
    assert credit.role("concept", "lead") == {
        "vocab": "credit",
        "vocab-identifier": "https://credit.niso.org/",
        "vocab-term": "Conceptualization",
        "vocab-term-identifier": "https://credit.niso.org/contributor-roles/conceptualization/",
        "degree-contribution": "lead",
    }
    assert credit.role("writing-review-editing", None)["vocab-term"] == "Writing - review & editing"


def test_design_roles_are_never_given_as_the_standards() -> None:
    own = {name for name in ROLES if credit.role(name, None)["vocab"] == "ipr-service"}
    assert own == {"form", "engineering", "prototype", "brand", "facilitation"}


def test_each_party_has_each_role_once_with_its_highest_degree() -> None:
    made = [
        Contribution("c1", "a", "form", degree="supporting"),
        Contribution("c2", "a", "form", degree="lead"),
        Contribution("c3", "a", "form"),
        Contribution("c4", "b", "concept"),
    ]
    found = credit.statement(made, {"a": "Zoe", "b": "Anna"})
    assert [one["name"] for one in found["contributors"]] == ["Anna", "Zoe"]
    assert [role.get("degree-contribution") for role in found["contributors"][1]["roles"]] == ["lead"]
    assert "degree-contribution" not in found["contributors"][0]["roles"][0]
    assert credit.statement(reversed(made), {"a": "Zoe", "b": "Anna"}) == found
