"""Derivations: a share is the sum of its terms, then where its last step ends."""

from fractions import Fraction

from ipr_service.rights.derivation import Derivation, Step, Term

F = Fraction
TERM = Term("a", "r", "points", None, F(1), F(3), F(4), ("c",))
DERIVATION = Derivation(
    (TERM, Term("b", "r", "points", "form", F(1), F(1), F(4), ("d",))),
    (),
    steps=(Step("a", "cap", "top", F(3, 4), F(1, 2), "b", "s", F(1, 2)), Step("c", "level", "top", F(0), F(1, 4), "b", "s")),
)


def test_a_term_is_factor_times_part_over_whole() -> None:
    assert TERM.value == F(3, 4)


def test_a_share_ends_where_its_last_step_ends() -> None:
    assert DERIVATION.fractions("abcd") == {"a": F(1, 2), "b": F(1, 4), "c": F(1, 4), "d": F(0)}
    assert DERIVATION.before("a") == F(3, 4)
    assert [step.difference for step in DERIVATION.steps_of("a")] == [F(-1, 4)]
    assert DERIVATION.roles == {"form"}
