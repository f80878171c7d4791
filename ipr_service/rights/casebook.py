"""Books of known answers: one file with many small cases of one rule, each with what should come out.

::

    id: fr-l613-31
    kind: allocation.withdrawal
    source: FR CPI L613-31
    cases:
    - input: {shares: {A: 1/2, B: 3/10, C: 1/5}, abandons: C}
      expect: {A: 5/8, B: 3/8}
    - input: {shares: {A: "1"}, abandons: A}
      expect_error: nobody left to receive the share

What a case asks is told from the names in its ``input`` (:data:`_QUESTIONS`), not from the name of the file: further books of the same
shapes run without another line of code. The rules are those that ship, or are written out here as policies; nothing is computed here.
A case that this module has no rule for is *not asked*, and says so; cases of law, grants and money have commands of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, TypeAlias

from ipr_service.errors import N_, ServiceError
from ipr_service.rights import filling, life, lineage, policies, strict_yaml
from ipr_service.rights.allocation import Negotiated, allocate
from ipr_service.rights.amounts import Cost
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.explanation import why, why_not
from ipr_service.rights.facts import CASE, FLAG, Declared
from ipr_service.rights.language import Apply, Name
from ipr_service.rights.notation import exact, fraction_text
from ipr_service.rights.parties import Party
from ipr_service.rights.policies import Policy
from ipr_service.rights.rules import NEGOTIATED, Part, Pools, Veto, Weigh
from ipr_service.rights.scopes import Stated
from ipr_service.rights.shares import Split
from ipr_service.rights.strict_yaml import Node

MAX_CASES = 10_000

Given: TypeAlias = Any
"""One ``input`` as plain text, whole numbers, lists and mappings."""


@dataclass(frozen=True)
class Answer:
    """What came out of one case, beside what should.

    Args:
        name: the case's own, or its number.
        result: shares (or parts, or slices) as exact text by name; empty when it was refused or not asked.
        refused: the sentence of the refusal.
        holds: as expected; None when the case expects nothing that this module computes.
        remarks: warnings and reasons why a rule did not hold.
    """

    name: str
    result: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    holds: bool | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """A file of cases and what came out of each."""

    id: str
    kind: str
    answers: tuple[Answer, ...]

    def __bool__(self) -> bool:
        """Whether no case came out otherwise than expected."""
        return all(answer.holds is not False for answer in self.answers)

    def to_data(self) -> dict[str, Any]:
        """For ``ipr split --json``."""
        listed = [
            {"case": one.name, "holds": one.holds, "result": dict(one.result)}
            | ({"refused": one.refused} if one.refused else {})
            | ({"remarks": list(one.remarks)} if one.remarks else {})
            for one in self.answers
        ]
        return {"format": "ipr-casebook/1", "id": self.id, "kind": self.kind, "holds": bool(self), "answers": listed}


def is_book(node: Node) -> bool:
    """Whether a file that was read is a book of cases (or of facts alone), and not one case."""
    names = {name for name, _ in node.value} if node.kind == "mapping" else set()
    return "kind" in names and bool({"cases", "facts"} & names)


def run(text: str) -> Book:
    """Every case of a book, computed and compared.

    Raises:
        FormatError: not a book of cases; names the line.
    """
    node = strict_yaml.read(text)
    found = node.entries()
    if not is_book(node):
        node.refuse(N_('"{key}" is missing'), key="cases")
    kind = found["kind"].text()
    title = found["id"].text() if "id" in found else kind
    listed = found["cases"].items(MAX_CASES) if "cases" in found else ()
    return Book(title, kind, tuple(_answer(kind, number, case) for number, case in enumerate(listed, 1)))


_UNREADABLE: Final = N_("This case is not written as its names promise: {problem}")
_NOT_ASKED: Final = N_("Not asked: this case names no rule of allocation; law, grants, the guide and money have commands of their own")


@dataclass(frozen=True)
class _Found:
    """What a question gives: numbers by name, remarks, and further numbers that a case may expect as ``expect_slices`` and the like."""

    numbers: Mapping[str, Fraction]
    remarks: tuple[str, ...] = ()
    further: Mapping[str, Any] = field(default_factory=dict)


def _answer(kind: str, number: int, node: Node) -> Answer:
    case = plain(node)
    name = str(case.get("name", number))
    given = case.get("input", {key: case[key] for key in ("n",) if key in case})
    question = _lambert if "model" in case else _question(kind, given)
    if question is None:
        return Answer(name, remarks=(_NOT_ASKED,))
    try:
        found = question(given, case)
    except ServiceError as problem:
        return Answer(name, refused=str(problem), holds="expect_error" in case)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        # The input is not of the shape that its names promise. A book is data from outside, checked by being computed.
        return Answer(name, refused=_UNREADABLE.format(problem=repr(problem)[:200]), holds=False)
    result = {party: fraction_text(share) for party, share in found.numbers.items()}
    return Answer(name, result, "", _as_expected(case, found), found.remarks)


def plain(node: Node) -> Any:
    """A node as mappings, lists, text and whole numbers."""
    if node.kind == "mapping":
        return {name: plain(inner) for name, inner in node.value}
    return [plain(item) for item in node.value] if node.kind == "list" else node.value


def _as_expected(case: Mapping[str, Any], found: _Found) -> bool | None:
    """Compare with what the case expects, as far as it expects numbers by name, or numbers in their order."""
    expected = case.get("expect")
    if "expect_error" in case:
        return False
    if isinstance(expected, list):
        return [exact(number) for number in expected] == list(found.numbers.values())
    if not all(found.further[name] == _numbers(case[f"expect_{name}"]) for name in found.further if f"expect_{name}" in case):
        return False
    if not isinstance(expected, dict):
        return True if any(f"expect_{name}" in case for name in found.further) else None
    wanted = {party: exact(share) for party, share in expected.items()}
    held = {party: share for party, share in found.numbers.items() if share or party in wanted}
    return held == wanted and all(part in " ".join(found.remarks) for part in _warnings(case))


def _numbers(expected: Any) -> Any:
    """An expected number, or expected numbers by name."""
    return _fractions(expected) if isinstance(expected, dict) else exact(expected)


def _warnings(case: Mapping[str, Any]) -> list[str]:
    return [case["expect_warning"]] if "expect_warning" in case else []


def _fractions(given: Mapping[str, Any]) -> dict[str, Fraction]:
    return {party: exact(share) for party, share in given.items()}


def _withdrawal(given: Given, case: Given) -> _Found:
    return _Found(life.withdraw(Split.of(_fractions(given["shares"])), given["abandons"]).after.fractions)


def _leaving(given: Given, case: Given) -> _Found:
    vested = {given["leaver"]: exact(given["vested"])}
    return _Found(life.leave(Split.of(_fractions(given["shares"])), vested, "as agreed").after.fractions)


def _bounds(given: Given, case: Given) -> _Found:
    count = given.get("n", 0)
    shares = _fractions(given["shares"]) if "shares" in given else {f"p{number}": Fraction(1, count) for number in range(1, count + 1)}
    bound = filling.Bound(exact(given.get("floor", 0)), exact(given.get("cap", 1)))
    return _Found(filling.fill(Split.of(shares).fractions, dict.fromkeys(shares, bound)))


def _weights(given: Given, case: Given) -> _Found:
    made = [Contribution(f"c-{party}", party, "concept", points=exact(points)) for party, points in given["weights"].items()]
    return _Found(allocate(policies.shipped("points@1"), map(Party, given["weights"]), made).computed.fractions)


def _chain(given: Given, case: Given) -> _Found:
    """``chain: [A, B, C]``: each is built on the one before it."""
    things, part = given["chain"], exact(given["alpha"])
    links = {late: {early: part} for early, late in pairwise(things)}
    return _Found(lineage.settle({things[-1]: Fraction(1)}, links, exact(given.get("cap", 1))).kept)


def _parents(given: Given, case: Given) -> _Found:
    """One thing built on several, with a cap on what it hands on; it is called ``own``."""
    settled = lineage.settle({"own": Fraction(1)}, {"own": _fractions(given["parents"])}, exact(given.get("cap", 1)))
    return _Found(settled.kept)


def _graph(given: Given, case: Given) -> _Found:
    """``D: {B: 1/10, C: 1/10}, B: {A: 1/5}``: what each is built on; the latest, on which nothing is built, earns."""
    links = {thing: _fractions(parents) for thing, parents in given.items()}
    earlier = {parent for parents in links.values() for parent in parents}
    latest = sorted(links.keys() - earlier) or sorted(links)
    return _Found(lineage.settle({thing: Fraction(1, len(latest)) for thing in latest}, links).kept)


def _pools(given: Given, case: Given) -> _Found:
    return _in_pools(given["pools"])


_WEIGHTED = re.compile(r"(?P<weight>[0-9]+/[0-9]+) (?P<pool>[A-Za-z]+)")


def _named_pools(given: Given, case: Given) -> _Found:
    """Shares within pools by the name of the pool; the weights stand in the case's name: ``3/5 concept 2/5 execution``."""
    weights = {found["pool"]: found["weight"] for found in _WEIGHTED.finditer(case["name"])}
    return _in_pools({pool: {"weight": weights[pool], "members": members} for pool, members in given.items()})


def _in_pools(described: Mapping[str, Any]) -> _Found:
    """A cut into pools, each with a weight and members (a list, all alike, or their parts by name), or pools again."""
    made: list[Contribution] = []
    numbers: dict[str, str] = {}  # a member may be called as no id may; it is numbered, and named again at the end

    def part(path: str, one: Mapping[str, Any]) -> Part:
        name = path.rsplit(".", 1)[-1]
        if "pools" in one:
            inner = tuple(part(f"{path}.{below}", cut) for below, cut in sorted(one["pools"].items()))
            return Part(name, exact(one["weight"]), pools=inner)
        for member in one["members"]:
            party = numbers.setdefault(str(member), f"m{len(numbers)}")
            points = exact(one["members"][member]) if isinstance(one["members"], dict) else Fraction(1)
            made.append(Contribution(f"c{len(made)}", party, path, points=points))
        return Part(name, exact(one["weight"]), (path,), "points")

    parts = tuple(part(name, one) for name, one in sorted(described.items()))
    policy = Policy("pools", 1, "Pools", "", "the case", (Pools("pools", parts, "the case"),))
    shares = allocate(policy, map(Party, numbers.values()), made).computed.fractions
    return _Found({member: shares[party] for member, party in numbers.items()})


def _coauthors(given: Given, case: Given) -> _Found:
    """Equal unless proved otherwise in writing: the statute, the parties' shares, and the mandatory form that may strike them."""
    agreement = given["agreement"]
    parties = [Party(one) for one in given["coauthors"]]
    written = Apply("not", (Name("written", FLAG),), FLAG)
    rules = (
        Weigh("equal", "heads", "the statute", rank="statute"),
        Veto("form", NEGOTIATED, "unequal split needs proof in writing", "the statute", written),
    )
    policy = Policy("coauthors", 1, "Co-authors", "", "the statute", rules, (Declared("written", CASE, FLAG),))
    stated = Stated((("written", agreement["form"] == "written"),)) if agreement else Stated()
    negotiated = Negotiated(Split.of(_fractions(agreement["shares"])), "as agreed") if agreement else None
    run = allocate(policy, parties, (), negotiated, [one.id for one in parties], stated=stated)
    return _Found(run.split.fractions, tuple(map(str, why_not(run))))


def _places(given: Given, case: Given) -> _Found:
    """Credit by place among ``n`` names, or among the names in their order."""
    names = given.get("names") or [f"p{number:04d}" for number in range(1, int(exact(given["n"])) + 1)]
    stated = Stated(parties=tuple((name, (("place", Fraction(place)),)) for place, name in enumerate(names, 1)))
    shares = allocate(policies.shipped("harmonic@1"), map(Party, names), (), stated=stated).computed.fractions
    return _Found({name: shares[name] for name in names})


def _lambert(given: Given, case: Given) -> _Found:
    """Who holds a result under a model of the Lambert toolkit, and what the others get: told by a party called after the holder's part."""
    policy = policies.shipped(f"lambert-{str(case['model']).lower()}@1")
    (holder,) = (one.name for one in policy.facts)
    run = allocate(policy, (Party(holder), Party("others")), (), stated=Stated(((holder, holder),)))
    return _Found(run.computed.fractions, tuple(map(str, why(run, "others").details)))


_CURRENCY: Final = "EUR"
"""In which a case without a currency is reckoned; shares do not depend on it."""


def _at_risk(given: Given, case: Given) -> _Found:
    """What each put at risk, by costs@1; half of what counts twice is what is at risk where nothing else was put in."""
    made = [_risked(number, one) for number, one in enumerate(given)]
    run = allocate(policies.shipped("costs@1"), map(Party, sorted({one.party for one in made})), made)
    slices = {term.party: term.part for term in run.derivation.terms}
    further: dict[str, Any] = {"slices": slices, "bp": {party: Fraction(units) for party, units in run.computed.basis_points().items()}}
    if "cash_spent" not in {one["kind"] for one in given}:
        further["at_risk"] = sum(slices.values(), Fraction(0)) / 2
    return _Found(run.computed.fractions, tuple(f"{party}: {fraction_text(part)} slices" for party, part in slices.items()), further)


def _risked(number: int, one: Mapping[str, Any]) -> Contribution:
    """One line of what was put in: time, money that is spent or not, a salary partly paid, or a thing with its fair price."""

    def money(name: str) -> Cost:
        return Cost(exact(one[name]), one.get("currency", _CURRENCY))

    kind, effort, cost = str(one["kind"]), None, None
    facts: dict[str, Any] = {}
    if kind == "time":
        effort, facts = exact(one["hours"]), {"kind": "time", "rate": money("rate")}
    elif kind == "cash_spent":
        cost, facts = money("amount"), {"kind": "cash"}
    elif kind == "cash_in_bank_unspent":
        cost, facts = money("amount"), {"kind": "cash-unspent"}
    else:
        facts = {"kind": kind, "worth": money("fair" if "fair" in one else "fmv")}
    if "paid" in one:
        facts["paid"] = money("paid")
    return Contribution(f"c{number:04d}", one["who"], "prototype", effort=effort, cost=cost, facts=tuple(sorted(facts.items())))


_QUESTIONS: Final[tuple[tuple[frozenset[str], Callable[[Given, Given], _Found]], ...]] = (
    (frozenset(("shares", "abandons")), _withdrawal),
    (frozenset(("shares", "leaver", "vested")), _leaving),
    (frozenset(("shares", "cap")), _bounds),
    (frozenset(("shares", "floor")), _bounds),
    (frozenset(("n", "cap")), _bounds),
    (frozenset(("n", "floor")), _bounds),
    (frozenset(("weights",)), _weights),
    (frozenset(("pools",)), _pools),
    (frozenset(("chain", "alpha")), _chain),
    (frozenset(("parents",)), _parents),
    (frozenset(("coauthors",)), _coauthors),
)
"""By the names in a case's input, the rule that it asks."""


def _question(kind: str, given: Given) -> Callable[[Given, Given], _Found] | None:
    """The rule that a case asks, or None."""
    if kind.split(".")[0] not in ("allocation", "engine"):
        return None
    if isinstance(given, list):
        return _at_risk
    for names, question in _QUESTIONS:
        if names <= given.keys() and (question is not _weights or "amounts" not in given):
            return question
    if kind == "allocation.rank" and given.keys() & {"n", "names"}:
        return _places
    if given and all(isinstance(inner, dict) and all(isinstance(part, str) for part in inner.values()) for inner in given.values()):
        whole = all(sum(_fractions(inner).values()) == 1 for inner in given.values())
        return _named_pools if whole else _graph
    return None
