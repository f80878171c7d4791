"""Truncated, reordered, doubled, swollen and foreign parts: a failed check with its name, never a traceback, never a pass."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.evidence import asic, bundle, container
from ipr_service.evidence.container import Source
from ipr_service.evidence.report import Report
from ipr_service.evidence.verification import verify
from tests.fuzz.targets import BUNDLES, TARGETS, TRUST, damages

MEMBERS = {
    which: {name: (one := bundle.read(io.BytesIO(data))).read(name) for name in bundle.read(io.BytesIO(data)).names}
    for which, data in BUNDLES.items()
}
EVERY = [(which, name) for which, members in MEMBERS.items() for name in members]
PARTS = [(which, name) for which, name in EVERY if name != "mimetype"]


def packed(members: list[tuple[str, bytes]]) -> bytes:
    """In the container's one form, whatever the members are."""
    out = io.BytesIO()
    container.write(out, [Source.of(name, data) for name, data in members])
    return out.getvalue()


def is_found(report: Report, before: Report, name: str) -> bool:
    """Blamed by name. Alone the stored path of the newest renewal is covered by nothing yet, and says nothing that its certificates do not
    prove by their own signatures: what is lost of it may go unblamed where the token holds the same certificates, and changes no verdict.
    """
    return bool(report.failed) or (name == "renewals/1-chain.pem" and report.checks[1:] == before.checks[1:])


def judged(data: bytes) -> Report:
    report = verify(io.BytesIO(data), TRUST)
    report.to_text()
    return report


@pytest.mark.parametrize(("which", "name"), PARTS)
def test_a_damaged_part_is_a_failed_check_with_its_name(which: str, name: str) -> None:
    before = judged(BUNDLES[which])
    assert before
    for how, changed in damages(MEMBERS[which][name]):
        report = judged(packed([(one, changed if one == name else data) for one, data in MEMBERS[which].items()]))
        assert is_found(report, before, name), f"{how}: passes"
        if not name.startswith("renewals/"):
            assert not report.intact, f"{how}: found intact"


@pytest.mark.parametrize(("which", "name"), EVERY)
def test_a_part_left_out_moved_doubled_or_exchanged_is_found(which: str, name: str) -> None:
    before = judged(BUNDLES[which])
    rest = [(one, data) for one, data in MEMBERS[which].items() if one != name]
    own, others = (name, MEMBERS[which][name]), [data for one, data in rest if data != MEMBERS[which][name]]
    for how, members in (
        ("left out", rest),
        ("moved to the end", [*rest, own]) if name != asic.TOKEN_NAME else ("moved to the beginning", [own, *rest]),
        ("doubled", [*rest, own, own]),
        ("exchanged for another", [(one, others[0] if one == name else data) for one, data in MEMBERS[which].items()]),
        ("in capitals", [(one.upper() if one == name else one, data) for one, data in MEMBERS[which].items()]),
    ):
        report = judged(packed(members))
        assert is_found(report, before, name), f"{how}: passes"


@pytest.mark.parametrize(
    "name", ["../salt", "/salt", "files/9999.txt", "META-INF/x", "salt/", "renewals/1.crl", "tsa/0.tsr", "verify.sh.exe"]
)
def test_a_foreign_part_is_found(name: str) -> None:
    members = list(MEMBERS["two-tokens"].items())
    for at in (1, len(members) // 2, len(members)):
        assert judged(packed([*members[:at], (name, b"x"), *members[at:]])).failed


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_takes_its_examples_and_keeps_its_promise_of_damaged_ones(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)
        for _, changed in damages(seed):
            TARGETS[name].run(changed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_parser_keeps_its_promise_of_any_bytes(name: str, data: st.DataObject) -> None:
    """Bytes from nowhere, and examples with a piece taken out, put in or exchanged."""
    seed = data.draw(st.sampled_from(TARGETS[name].seeds))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 80)))
    piece = data.draw(
        st.one_of(
            st.binary(max_size=40),
            st.just(seed[end : end + 40]),
            st.sampled_from([b"\n", b"\0", b"\xff\xff\xff\xff", b" ", b"0", b"\xe2\x80\x94 "]),
        )
    )
    TARGETS[name].run(data.draw(st.sampled_from([seed[:start] + piece + seed[end:], piece])))
