"""Renewals: what a list covers, the tree that makes one token enough, and which renewals carry a token on."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError, InputError
from ipr_service.evidence import bundle, tsp
from ipr_service.evidence.bundle import RenewalPart
from ipr_service.evidence.renewal import Chain, Link, Listing, Step, chain_of, listing_of, next_number, tree, write_renewed
from ipr_service.evidence.report import Report
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from tests.golden import generate

GOLDEN = generate.GOLDEN.read_bytes()
DAY = datetime(2026, 11, 22, tzinfo=UTC)


def opened(data: bytes = GOLDEN) -> bundle.OpenedBundle:
    return bundle.read(io.BytesIO(data))


def renewed(data: bytes, path: tuple[Step, ...] = ()) -> bytes:
    """One more renewal by the golden bundle's test authority."""
    by, _ = generate.authority()
    listing = Listing(listing_of(opened(data)), path)
    out = io.BytesIO()
    write_renewed(out, opened(data), RenewalPart(listing.to_bytes(), generate.stamp(by, listing.root)))
    return out.getvalue()


# --- the list -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.needs("openssl")
def test_the_list_is_what_sha512sum_says_of_every_member_but_the_originals(tmp_path: Path) -> None:
    lines = listing_of(opened()).decode().splitlines()
    names = [name for name in opened().names if not name.startswith("files/")]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(opened().read(name))
    assert lines == subprocess.run(["sha512sum", *names], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "openings.json" in names


def test_a_list_alone_is_its_own_root_and_the_path_stands_after_a_blank_line() -> None:
    text = b"ab  mimetype\n"
    assert Listing(text).root == hashlib.sha512(text).digest()
    sibling = bytes(range(64))
    assert Listing(text, (Step(True, sibling),)).to_bytes() == text + b"\nleft " + sibling.hex().encode() + b"\n"
    assert Listing(text, (Step(True, sibling),)).root == hashlib.sha512(b"\x01" + sibling + hashlib.sha512(text).digest()).digest()


@given(st.lists(st.builds(Step, st.booleans(), st.binary(min_size=64, max_size=64)), max_size=5))
def test_a_list_is_read_back_as_it_was_written(steps: list[Step]) -> None:
    listing = Listing(b"ab  mimetype\ncd  entry\n", tuple(steps))
    assert Listing.from_bytes(listing.to_bytes()) == listing


@pytest.mark.parametrize(
    "path",
    [b"", b"left\n", b"left " + b"0" * 128, b"up " + b"0" * 128 + b"\n", b"left " + b"0" * 127 + b"\n", b"left " + b"A" * 128 + b"\n",
     (b"left " + b"0" * 128 + b"\n") * 41, b"left " + b"0" * 128 + b"\n\n", b"left " + b"\xff" * 128 + b"\n"],
)  # fmt: skip
def test_a_path_of_another_form_is_refused(path: bytes) -> None:
    with pytest.raises(FormatError, match="path of a renewal"):
        Listing.from_bytes(b"ab  mimetype\n\n" + path)


# --- the tree -------------------------------------------------------------------------------------------------------------------------


def leaf(number: int) -> bytes:
    return hashlib.sha512(f"list {number}\n".encode()).digest()


def test_the_tree_of_three_is_what_one_computes_by_hand() -> None:
    a, b, c = leaf(0), leaf(1), leaf(2)
    ab = hashlib.sha512(b"\x01" + a + b).digest()
    root, paths = tree([a, b, c])
    assert root == hashlib.sha512(b"\x01" + ab + c).digest()
    assert paths == ((Step(False, b), Step(False, c)), (Step(True, a), Step(False, c)), (Step(True, ab),))


@given(st.integers(1, 40))
def test_every_path_leads_from_its_leaf_to_the_root(count: int) -> None:
    root, paths = tree([leaf(number) for number in range(count)])
    lists = [Listing(f"list {number}\n".encode(), path) for number, path in enumerate(paths)]
    assert {one.root for one in lists} == {root}
    assert max(len(path) for path in paths) <= (count - 1).bit_length()


@given(st.integers(2, 20), st.integers(0, 19), st.integers(0, 511))
def test_a_changed_list_does_not_lead_to_the_root(count: int, which: int, bit: int) -> None:
    root, paths = tree([leaf(number) for number in range(count)])
    which %= count
    other = bytearray(f"list {which}\n".encode())
    other[bit % len(other)] ^= 1
    assert Listing(bytes(other), paths[which]).root != root


def test_a_tree_of_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        tree([])


# --- bundles --------------------------------------------------------------------------------------------------------------------------


def test_a_renewed_bundle_holds_every_member_as_it_was_and_the_renewal_in_its_place() -> None:
    made = opened(renewed(GOLDEN))
    added = [name for name in made.names if name.startswith("renewals/")]
    assert added == ["renewals/1.sha512", "renewals/1.tsq", "renewals/1.tsr", "renewals/1-chain.pem"]
    assert [name for name in made.names if name not in added] == list(opened().names)
    assert all(b"".join(made.chunks(name)) == b"".join(opened().chunks(name)) for name in opened().names)
    assert made.names[made.names.index("policy") + 1] == "renewals/1.sha512"


def test_the_next_renewal_covers_the_one_before_and_every_path_in_it() -> None:
    first = renewed(GOLDEN, (Step(True, bytes(64)),))
    assert next_number(opened(first)) == 2
    lines = listing_of(opened(first)).decode().splitlines()
    assert [line.split("  ")[1] for line in lines if "renewals/" in line] == [
        "renewals/1.sha512", "renewals/1.tsq", "renewals/1.tsr", "renewals/1-chain.pem",
    ]  # fmt: skip
    assert hashlib.sha512(opened(first).read("renewals/1.sha512")).hexdigest() in listing_of(opened(first)).decode()


def test_a_damaged_bundle_is_not_renewed() -> None:
    data = bytearray(GOLDEN)
    place = opened().members[opened().names.index("salt")]
    data[place.start] ^= 1
    with pytest.raises(FormatError, match="salt"):
        listing_of(opened(bytes(data)))


def test_a_bundle_takes_99_renewals_and_no_more() -> None:
    class Full:
        names = tuple(f"renewals/{number}.sha512" for number in range(1, 100))

    with pytest.raises(InputError, match="99"):
        next_number(Full())  # type: ignore[arg-type]  # only its names are asked


# --- thirty years -----------------------------------------------------------------------------------------------------------------------


POLICY = "1.3.6.1.4.1.99999.1"  # of somebody else's clock


def generation(number: int, years: int) -> tuple[tsp.Authority, x509.Certificate, datetime]:
    """An authority whose certificates are valid for ten years from ``years`` after the golden bundle, its root, and that time."""
    at = generate.SIGNED_AT + timedelta(days=365 * years)
    ca_key, tsa_key = (ec.derive_private_key(1000 + 2 * number + one, ec.SECP256R1()) for one in (0, 1))
    root, signing = tsp.make_authority(f"generation {number}", at - timedelta(days=1), ca_key, tsa_key)
    return tsp.Authority(signing, tsa_key), root, at


def later(data: bytes, number: int, years: int, neighbours: int = 0) -> tuple[bytes, x509.Certificate]:
    """The bundle, renewed by another generation, together with ``neighbours`` other bundles under one token."""
    by, root, at = generation(number, years)
    text = listing_of(opened(data))
    stamped, paths = tree([Listing(text).leaf, *(leaf(one) for one in range(neighbours))])
    out = io.BytesIO()
    part = RenewalPart(Listing(text, paths[0]).to_bytes(), generate.stamp(by, stamped, POLICY, at))
    write_renewed(out, opened(data), part)
    return out.getvalue(), root


def first_token() -> tuple[bytes, x509.Certificate]:
    """The golden bundle with a token of an independent authority of its day."""
    by, root, at = generation(0, 0)
    body = (generate.VECTOR / "checkpoint.body").read_bytes()
    token = generate.stamp(by, hashlib.sha256(body).digest(), POLICY, at)
    parts = dataclasses.replace(generate.parts(generate.given_in(GOLDEN)), tokens=(token,))
    return bundle.write(parts, generate.container_token(parts, generate.authority()[0])), root


def trust(*roots: x509.Certificate) -> TrustList:
    return dataclasses.replace(TrustList.from_bytes((generate.VECTOR / "log.vkeys").read_bytes()), roots=roots)


def said(report: Report, name: str) -> tuple[str, str]:
    (check,) = (one for one in report.checks if one.name == name)
    return check.outcome, str(check.reason)


def test_after_thirty_years_and_three_renewals_the_bundle_still_verifies_and_says_which_chain_proves_it() -> None:
    data, roots = first_token()[0], [first_token()[1]]
    for number, years in ((1, 9), (2, 18), (3, 27)):
        data, root = later(data, number, years, neighbours=4)
        roots.append(root)
    now = generate.SIGNED_AT + timedelta(days=365 * 30)
    report = verify(io.BytesIO(data), trust(*roots), now=now)
    assert (report.intact, report.trusted, report.timed) == (True, True, True)
    outcome, reason = said(report, "token.1.chain")
    assert outcome == "holds"
    assert [f"generation {number}" in reason for number in range(4)] == [True] * 4
    assert "until 2063-02-" in reason  # 27 years after March 2026, and ten more less leap days


def test_a_renewal_that_came_after_the_end_is_told_and_the_token_stands_by_itself() -> None:
    data, root = first_token()
    data, other = later(data, 1, 11)
    report = verify(io.BytesIO(data), trust(root, other))
    assert report.timed
    assert said(report, "token.1.chain")[0] == "absent"
    assert "after its certificates had ended" in said(report, "token.1.chain")[1]


@pytest.mark.parametrize("change", ["sibling", "side", "member", "cut"])
def test_a_renewal_whose_path_or_list_was_changed_proves_nothing(change: str) -> None:
    data, root = first_token()
    text = listing_of(opened(data))
    by, other, at = generation(1, 9)
    stamped, paths = tree([Listing(text).leaf, leaf(1)])
    (step,) = paths[0]
    lists = {
        "sibling": Listing(text, (Step(step.left, leaf(2)),)).to_bytes(),
        "side": Listing(text, (Step(not step.left, step.sibling),)).to_bytes(),
        "member": Listing(text.replace(b"  salt", b"  sale"), paths[0]).to_bytes(),
        "cut": Listing(text, paths[0]).to_bytes()[:-9],
    }
    out = io.BytesIO()
    write_renewed(out, opened(data), RenewalPart(lists[change], generate.stamp(by, stamped, POLICY, at)))
    report = verify(io.BytesIO(out.getvalue()), trust(root, other))
    assert any(check.outcome == "fails" and check.name.startswith("renewal.1") for check in report.checks)
    assert not report.timed or not report.intact


# --- which renewals carry a token on --------------------------------------------------------------------------------------------------


def link(name: str, made: int, ends: int, renewal: int = 0) -> Link:
    """Years from 2026."""
    return Link(name, renewal, name, DAY + timedelta(days=365 * made), DAY + timedelta(days=365 * ends))


def names(chain: Chain) -> Sequence[str]:
    return [one.name for one in chain.links]


def test_a_token_is_carried_on_by_every_renewal_that_came_before_the_end() -> None:
    chain = chain_of(link("A", 0, 5), [link("B", 4, 9, 1), link("C", 8, 14, 2)])
    assert (names(chain), chain.gap) == (["A", "B", "C"], None)


def test_a_renewal_after_the_end_is_a_gap_and_carries_nothing() -> None:
    chain = chain_of(link("A", 0, 5), [link("B", 6, 11, 1), link("C", 8, 14, 2)])
    assert (names(chain), chain.gap and chain.gap.name) == (["A"], "B")


def test_what_still_stands_when_a_later_renewal_is_made_is_enough() -> None:
    chain = chain_of(link("A", 0, 10), [link("B", 4, 5, 1), link("C", 8, 14, 2)])
    assert names(chain) == ["A", "B", "C"]  # B had ended, A had not


def test_a_renewal_that_says_it_is_older_than_what_it_covers_carries_nothing() -> None:
    chain = chain_of(link("A", 3, 8), [link("B", 1, 9, 1)])
    assert names(chain) == ["A"]
