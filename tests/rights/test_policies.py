"""Policies as data: what loads, what is refused and where, and that shipped ones never change."""

from fractions import Fraction

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import policies
from ipr_service.rights.policies import Pool, Weigh

HEAD = "policy: ours\nversion: 2\ntitle: Ours\nsource: our letter\nrules:\n"
WEIGH = "  - {id: w, kind: weigh, by: points, source: our letter}\n"

# The digests of the policies that ship. One that is released is never edited: a change is a new version beside it.
SHIPPED_DIGESTS = {
    "equal@1": "e77aa237762f76f5f8cf9e3e84664430592545f3912da21927ea8a1fa99c65ae",
    "points@1": "9140d2702fd2d32aa092ccbc8fcdc0d5f2f19598f02f784d54cc25fe330c9fee",
    "roles@1": "edb52db4fb8ee843177c6720178220c17749a7cd7895bd5815f0fc407b5272d0",
    "pools@1": "b66feb5881342ee52e31e343019f9090e0117bf2bb481e4c74c8ac07ccf4a233",
    "evidence@1": "da13f8bc1c5452cfe9ff2d0ccae6dee690fa095d772d88872f8135954ba82d89",
    "capped@1": "836a28ec718216a01ead7ed735270ee461f433c5d064ec05e2ce42a63dfb01ed",
    "floor@1": "9dba6e1feaa01f510309e09758e3ba6f67c122b6cf99b5919a290342c1ce7b3a",
    "derivation@1": "f19428b750e02e524facf025e6f946c5c08d751127d9d8a5c31c0fe5468a77d2",
    "harmonic@1": "35d0babb8d9a5647948102143ef37db3e7903dc54b7c91a0b9cc130a62cb957a",
    "costs@1": "99279ec2a89a38d6dc1b2e4a7c80442f73806e14a11485f307b23244a0552466",
    "vesting@1": "abb47b86731cfa9cc49bc075e0b533778152b6f5fcb6914cec01375dba4b6e30",
    "lambert-1@1": "dab40263d8a81180191c4082142dace6fac7cf20eb6ae0d83b65f0eb6ec10ea4",
    "lambert-2@1": "877dcaaec33afce769679d93924d61e29a81a9657b1c7cab45fb025d1286d151",
    "lambert-3@1": "43ae6884288ff3cd6aa0e577143e5ce5fded40e8b74551e55fb238e871857249",
    "lambert-a@1": "b548477377ab387cef065c2c1593f00ef01017c56c68b75fbcd48f76c7e63397",
    "lambert-b@1": "f5150aa53625a1b9475fc5634832a8cf96e98000277fea59549dc4fe16b7a224",
    "lambert-c@1": "8d80100228172d805809685ff5cecb3e7ce9c56fab28a9c4ba04b7f10b994bef",
    "joining@1": "5fb54f5c19a1da2e8af87ea7fa63abb96eb5ddd3395f74bffa2982870ec8483e",
    "leaving@1": "588baf623693a870099e25ef0e8f19ebcbc86c89ac93a972d29f647d19bc6c34",
    "transfer@1": "91ea19b48fb8e3757f6331899d189012cee38eaf34152f8ffc2c2b76b92e3003",
}


@pytest.mark.parametrize("reference", policies.SHIPPED)
def test_a_shipped_policy_never_changes(reference: str) -> None:
    assert policies.shipped(reference).digest.hex() == SHIPPED_DIGESTS[reference]


@pytest.mark.parametrize("reference", policies.SHIPPED)
def test_a_policy_survives_being_stored(reference: str) -> None:
    policy = policies.shipped(reference)
    again = policies.load(policies.dump(policy))
    assert again == policy
    assert again.digest == policy.digest


def test_a_policy_says_what_contributions_have_to_say() -> None:
    found = {reference: policies.shipped(reference).measures for reference in policies.PLAIN}
    assert {reference for reference, measures in found.items() if measures == {"points"}} == {
        "points@1",
        "pools@1",
        "capped@1",
        "floor@1",
        "derivation@1",
    }
    assert found["roles@1"] == {"degree"}
    assert found["equal@1"] == found["evidence@1"] == frozenset()
    assert policies.shipped("costs@1").measures == {"effort", "cost"}


def test_an_unknown_policy_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="equal@1, points@1, roles@1"):
        policies.shipped("points@2")


def test_roles_weigh_as_documented() -> None:
    rule = policies.shipped("roles@1").weighing
    assert isinstance(rule, Pool)
    assert dict(rule.weights) == {"concept": 5, "form": 3, "engineering": 3, "prototype": 2, "brand": 2}
    assert dict(rule.degrees) == {"lead": 3, "equal": 2, "supporting": 1}


def test_the_order_of_rules_in_a_file_changes_nothing() -> None:
    other = "  - {id: a, kind: exclude, role: funding, because: so agreed, source: our letter}\n"
    assert policies.load(HEAD + WEIGH + other).digest == policies.load(HEAD + other + WEIGH).digest


def test_any_change_of_a_policy_changes_its_digest() -> None:
    texts = [HEAD + WEIGH, (HEAD + WEIGH).replace("points", "effort"), (HEAD + WEIGH).replace("version: 2", "version: 3")]
    assert len({policies.load(text).digest for text in texts}) == 3


def test_weights_may_be_fractions_and_decimals_in_quotes() -> None:
    pool = "  - {id: p, kind: pool, weights: {x: '2.5', y: 1/3}, degrees: {lead: 3, equal: 3, supporting: '0.5'}, source: s}\n"
    rule = policies.load(HEAD + pool).weighing
    assert isinstance(rule, Pool)
    assert rule.weights == (("x", Fraction(5, 2)), ("y", Fraction(1, 3)))
    assert policies.load(HEAD + WEIGH).weighing == Weigh("w", "points", "our letter", "refuse")


POOL = "  - {id: p, kind: pool, weights: {x: 1}, degrees: {lead: 3, equal: 2, supporting: 1}, source: s}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD + WEIGH.replace("points", "point"), 6, '"point" cannot be weighed; measures are: heads, points, effort, cost'),
        (HEAD + WEIGH.replace("kind: weigh", "kind: wiegh"), 6, '"wiegh" is not a kind of rule'),
        (HEAD + WEIGH.replace("source", "sources"), 6, 'did you mean "source"?'),
        (HEAD + WEIGH.replace("kind: weigh, ", ""), 6, '"kind" is missing'),
        (HEAD + WEIGH.replace("by: points", "by: points, on-zero: ignore"), 6, "known are: refuse, heads"),
        (HEAD + "  - points\n", 6, "a mapping"),
        (HEAD + WEIGH + WEIGH, 6, 'the id "w"'),
        (HEAD + WEIGH + WEIGH.replace("id: w", "id: v"), 6, "Exactly one rule weighs (weigh or pool); here are 2"),
        (HEAD + "  []\n", 6, "here are 0"),
        (HEAD.replace("version: 2", "version: 0") + WEIGH, 2, "from 1 to 10000"),
        (HEAD.replace("version: 2", "version: two") + WEIGH, 2, "whole number"),
        (HEAD.replace("policy: ours", "policy: o urs") + WEIGH, 1, "An id is 1 to 64"),
        (HEAD.replace("title: Ours\n", "") + WEIGH, 1, '"title" is missing'),
        (HEAD.replace("title: Ours", f"title: {'x' * 501}") + WEIGH, 3, "Between 1 and 500"),
        (HEAD + WEIGH * 51, 6, "51 items; at most 50 are taken"),
        (HEAD + POOL.replace("x: 1", "x: 2.5"), 6, "2.5 is refused"),
        (HEAD + POOL.replace("x: 1", "x: 0"), 6, "A weight is above 0"),
        (HEAD + POOL.replace("x: 1", "x: -1"), 6, "negative"),
        (HEAD + POOL.replace("x: 1", "x: NaN"), 6, "not a number"),
        (HEAD + POOL.replace("x: 1", "x: 1" + "0" * 400), 6, "at most 30 digits"),
        (HEAD + POOL.replace("{x: 1}", "{}"), 6, "Between 1 and 50 roles"),
        (HEAD + POOL.replace("x: 1", "x y: 1"), 6, "An id is 1 to 64"),
        (HEAD + POOL.replace("lead: 3", "lead: 1"), 6, "A higher degree weighs at least as much"),
        (HEAD + POOL.replace("lead: 3, ", ""), 6, '"lead" is missing'),
        (HEAD + POOL + "  - {id: e, kind: exclude, role: x, because: b, source: s}\n", 6, "excluded by one rule and weighed by another"),
        (HEAD + WEIGH + "".join(f"  - {{id: e{n}, kind: exclude, role: x, because: b, source: s}}\n" for n in "12"), 6, 'the role "x"'),
        (HEAD + WEIGH + "  - {id: s, kind: set-apart, what: all, because: b, source: s}\n", 7, "Only severable"),
    ],
)
def test_what_is_not_a_policy_is_refused_at_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        policies.load(text)
    assert says in str(refusal.value)
    assert refusal.value.values["line"] == line


def test_a_policy_without_a_summary_survives_being_stored_too() -> None:
    policy = policies.load(HEAD + WEIGH)
    assert policies.load(policies.dump(policy)) == policy
