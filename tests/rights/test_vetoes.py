"""Mandatory law strikes rules and negotiated shares, and says with which source."""

import pytest

from ipr_service.rights import policies
from ipr_service.rights.precedence import Cited, UndeterminedError
from ipr_service.rights.scopes import Known, Stated
from ipr_service.rights.vetoes import strikes, struck

POLICY = policies.load("""
policy: ours
version: 1
title: Ours
source: s
facts: {written: {of: case, type: yes/no}}
rules:
  - {id: deal, kind: weigh, by: points, source: letter}
  - {id: law, kind: weigh, by: heads, rank: statute, source: code}
  - {id: form, kind: veto, of: deal, when: {not: written}, because: not in writing, source: code art. 2}
  - {id: form-too, kind: veto, of: negotiated, when: {not: written}, because: not in writing, source: code art. 3}
""")


def known(written: bool | None) -> Known:
    return Known(POLICY.declared, Stated() if written is None else Stated((("written", written),)))


def test_a_veto_strikes_what_it_names_and_nothing_else() -> None:
    assert struck(POLICY, known(False)) == {"deal": Cited("form", "code art. 2")}
    found = strikes(POLICY, known(False))
    assert found is not None
    assert found.source == "code art. 3"


def test_a_veto_whose_condition_is_not_met_strikes_nothing() -> None:
    assert struck(POLICY, known(True)) == {}
    assert strikes(POLICY, known(True)) is None


def test_a_veto_that_lacks_a_fact_leaves_it_undetermined() -> None:
    with pytest.raises(UndeterminedError, match="written"):
        struck(POLICY, known(None))
