"""The roots that come with the release are read as any trust list; where they come from is checked in tests/gateways/test_tsa_presets."""

from __future__ import annotations

from importlib.resources import files

from ipr_service.evidence.authorities import shipped_roots
from ipr_service.evidence.trust import TrustList


def test_the_shipped_list_names_roots_and_no_log_no_witness_and_no_quorum() -> None:
    listed = TrustList.from_bytes((files("ipr_service.evidence") / "files" / "authorities.pem").read_bytes())
    assert listed.roots == shipped_roots()
    assert (listed.policy.logs, listed.policy.witnesses, listed.policy.quorum) == ((), (), "none")
