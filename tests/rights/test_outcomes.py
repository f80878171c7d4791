"""Outcomes: an answer is as good as the worst row it stands on."""

from __future__ import annotations

from ipr_service.rights.outcomes import Citation, Conflict, Remark, Undetermined, Value, mapped, weakest


def cited(mark: str) -> Citation:
    return Citation("FR@1", "patent.use", "rule", "art. 1", "there", mark, "2026-11-22")


def test_the_weakest_mark_is_that_of_the_answer() -> None:
    assert weakest((cited("verified-primary"), cited("verified-secondary"), cited("inferred-from-primary"))) == "verified-secondary"
    assert weakest(()) == ""


def test_only_a_value_is_changed() -> None:
    assert mapped(Value(2, (cited("verified-primary"),)), lambda number: number + 1) == Value(3, (cited("verified-primary"),))
    for other in (Conflict((), Remark("two")), Undetermined(Remark("none"))):
        assert mapped(other, str) is other


def test_a_remark_is_said_in_the_language_of_the_reader() -> None:
    remark = Remark("{n} of them", {"n": 2})
    assert (str(remark), remark.text(lambda _: "{n} di loro")) == ("2 of them", "2 di loro")
