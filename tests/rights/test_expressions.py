"""Expressions in a file: every refusal at its line, with the limit or the nearest name."""

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights import expressions, strict_yaml
from ipr_service.rights.expressions import CONTRIBUTION_NAMES, PARTY_NAMES
from ipr_service.rights.language import Literal

NAMES = {"points": "number", "role": "code"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pionts", 'did you mean "points"'),
        ("{power: [points, 2]}", '"power" is not an operation'),
        ("{eval: [points]}", '"eval" is not an operation'),
        ("{times: [points, 2], plus: [1, 2]}", "One operation belongs here"),
        ("{times: [points, role]}", "times does not take number, code"),
        ("{if: [points, 1, 2]}", "if does not take number, number, number"),
        ("{not: [points, points]}", "not takes 1 to 1 parts; here are 2"),
        ("{plus: []}", "plus takes 1 to 20 parts; here are 0"),
        ("{plus: [" + "1, " * 20 + "1]}", "here are 21"),
        ("{plus: [1.5, 1]}", "write decimals in quotes"),
        ("{in: [role, [concept]]}", "is of the type yes/no"),
        ("{plus: [" * 12 + "1" + "]}" * 12, "Nested more than 10 deep"),
        ("{plus: [" + ", ".join(["{plus: [" + ", ".join("1" * 20) + "]}"] * 10) + "]}", "More than 200 parts"),
        ("&a {plus: [*a, 1]}", "Anchors"),
    ],
)
def test_what_is_no_expression_of_a_number_is_refused_at_its_line(text: str, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        expressions.read(strict_yaml.read(f"\n\n{text}"), NAMES, "number")
    assert says in str(refusal.value)
    assert refusal.value.values["line"] == 3


def test_a_party_is_named_as_one() -> None:
    assert expressions.read(strict_yaml.read("{party: anna}"), NAMES, "party") == Literal("anna", "party")


def test_what_contributions_and_parties_always_say_does_not_overlap_except_for_the_party() -> None:
    assert set(CONTRIBUTION_NAMES) & set(PARTY_NAMES) == set()
    assert "points" in CONTRIBUTION_NAMES
    assert PARTY_NAMES == {"party": "party"}
