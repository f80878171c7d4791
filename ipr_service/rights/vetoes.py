"""Mandatory law: which rules, and whether the negotiated shares, are struck; with the rule that strikes and its source.

A veto decides nothing itself. What it strikes does not hold, and the next rank below is looked at (``precedence``).
"""

from __future__ import annotations

from ipr_service.rights.policies import Policy
from ipr_service.rights.precedence import Cited, Undetermined, UndeterminedError
from ipr_service.rights.rules import NEGOTIATED, Veto
from ipr_service.rights.scopes import Known, truth


def strikes(policy: Policy, known: Known, name: str = NEGOTIATED) -> Veto | None:
    """The mandatory rule that strikes the rule ``name``, or the negotiated shares; the first by id when several do.

    Raises:
        UndeterminedError: a fact is missing to say so.
    """
    for veto in policy.rules:
        if isinstance(veto, Veto) and veto.of == name:
            found = truth(veto.when, known.case)
            if isinstance(found, tuple):
                raise UndeterminedError(Undetermined(f"whether {veto.id} strikes {name}", found))
            if found:
                return veto
    return None


def struck(policy: Policy, known: Known) -> dict[str, Cited]:
    """By id of a rule that is struck, the veto that strikes it.

    Raises:
        UndeterminedError: a fact is missing to say so.
    """
    named = sorted({veto.of for veto in policy.rules if isinstance(veto, Veto)} - {NEGOTIATED})
    found = {name: strikes(policy, known, name) for name in named}
    return {name: Cited(veto.id, veto.source) for name, veto in found.items() if veto is not None}
