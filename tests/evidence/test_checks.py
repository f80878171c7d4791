from __future__ import annotations

from ipr_service.evidence.checks import Check


def test_a_check_is_true_when_it_holds_and_gives_the_reason_that_fits() -> None:
    assert Check.of("a.b", True, "holds", "fails") == Check("a.b", True, "holds")
    assert not Check.of("a.b", False, "holds", "fails")
    assert Check.of("a.b", False, "holds", "fails").reason == "fails"
