"""What shipped policies say to people can be translated."""

from ipr_service.rights import policies
from ipr_service.rights.policy_words import WORDS, said_by


def test_what_shipped_policies_say_is_marked_for_translation() -> None:
    said = {sentence for policy in map(policies.shipped, policies.SHIPPED) for sentence in said_by(policy)}
    assert said == set(WORDS)


def test_reasons_units_licences_and_who_can_settle_are_among_what_is_said() -> None:
    assert "pieces" in said_by(policies.shipped("evidence@1"))
    assert "an exclusive licence to certain results" in said_by(policies.shipped("lambert-2@1"))
    assert "the parties, when they agree on the order of names" in said_by(policies.shipped("harmonic@1"))
