"""Case files: one allocation in one text file, for ``ipr split`` and for tests. Every refusal names line and field.

::

    case: oak-chair
    policy: points@1            # a shipped policy, or a whole policy written out
    parties:
      - id: anna
        name: Anna Kovač        # organisation, country, facts: optional
    background:                 # optional: what a party already had; it is never weighed
      - {id: joint, party: anna, title: A folding joint}
    contributions:
      - id: c1
        party: anna
        role: concept
        degree: lead            # lead, equal, supporting; what the policy does not weigh may be left out
        points: 30              # whole numbers, or exact text: "37.5", "3/8"
        effort: "12.5"          # hours
        cost: {amount: "120.50", currency: EUR}
        severable: false
        built_on: [joint]       # or {joint: 1/5}: with the part that goes on to it
        registered_at: 2026-03-02T10:00:00Z
        commitment: 64 hexadecimal digits
        facts: {place: 1}       # what the policy declares, and nothing else
    facts: {written: true}      # optional: facts of the whole case
    negotiated:                 # optional: replaces the result once every party has signed
      shares: {anna: "1"}
      reason: as agreed at the camp
      signed_by: [anna]
    expect: {anna: "1"}         # optional: the shares that should come out
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ipr_service.errors import N_
from ipr_service.rights import entries, facts, policies, strict_yaml
from ipr_service.rights.allocation import Allocation, Negotiated, allocate
from ipr_service.rights.contributions import MAX_BUILT_ON, MAX_CONTRIBUTIONS, Background, Contribution
from ipr_service.rights.explanation import Change
from ipr_service.rights.facts import Facts
from ipr_service.rights.parties import MAX_PARTIES, Party, check_id, check_label
from ipr_service.rights.policies import Policy
from ipr_service.rights.replay import record
from ipr_service.rights.scopes import NOTHING_STATED, Stated
from ipr_service.rights.shares import Split
from ipr_service.rights.strict_yaml import Node


@dataclass(frozen=True)
class Case:
    """One allocation as entered.

    Args:
        id: name of the case.
        expect: the shares that should come out, if the file says.
    """

    id: str
    title: str | None
    policy: Policy
    parties: tuple[Party, ...]
    background: tuple[Background, ...]
    contributions: tuple[Contribution, ...]
    negotiated: Negotiated | None = None
    signed_by: tuple[str, ...] = ()
    expect: Split | None = None
    stated: Stated = NOTHING_STATED


def load(text: str) -> Case:
    """A case from its file.

    Raises:
        FormatError: anything that is not a case; names line and field.
        TooLargeError: more than the limits of ``strict_yaml``.
    """
    node = strict_yaml.read(text)
    found = node.fields(("case", "policy", "parties", "contributions"), ("title", "facts", "background", "negotiated", "expect"))
    listed = found["parties"].items(MAX_PARTIES)
    made = found["contributions"].items(MAX_CONTRIBUTIONS)
    held = found["background"].items(MAX_CONTRIBUTIONS) if "background" in found else ()
    _check_references(found["parties"], made, held)
    negotiated, signed_by = _negotiated(found["negotiated"]) if "negotiated" in found else (None, ())
    return Case(
        id=_checked(found["case"], check_id),
        title=_checked(found["title"], check_label) if "title" in found else None,
        policy=_policy(found["policy"]),
        parties=tuple(entries.party(item) for item in listed),
        background=tuple(entries.background(item) for item in held),
        contributions=tuple(entries.contribution(item) for item in made),
        negotiated=negotiated,
        signed_by=signed_by,
        expect=entries.split(found["expect"]) if "expect" in found else None,
        stated=Stated(facts.read_all(found["facts"]) if "facts" in found else (), tuple(sorted(_party_facts(listed)))),
    )


def _party_facts(listed: Sequence[Node]) -> Iterator[tuple[str, Facts]]:
    for item in listed:
        found = item.entries()
        if "facts" in found:
            yield found["id"].text(), facts.read_all(found["facts"])


def run(case: Case) -> Allocation:
    """The allocation that the case describes; see :func:`ipr_service.rights.allocation.allocate` for what it raises."""
    return allocate(case.policy, case.parties, case.contributions, case.negotiated, case.signed_by, case.background, case.stated)


def unexpected(case: Case, allocation: Allocation) -> tuple[Change, ...]:
    """Where the outcome is not what the file expects (``before`` is expected); empty when all is as expected or nothing is."""
    if case.expect is None:
        return ()
    expected, outcome = case.expect.fractions, allocation.split.fractions
    changes = (Change(party, expected.get(party), outcome.get(party)) for party in sorted(expected.keys() | outcome.keys()))
    return tuple(change for change in changes if change.difference)


def to_json(case: Case, allocation: Allocation) -> str:
    """What ``ipr split --json`` prints: the record of ``replay``, with the case's id and title in front."""
    return record(allocation, {"case": case.id} | ({"title": case.title} if case.title else {}))


def _policy(node: Node) -> Policy:
    if node.kind == "scalar":
        return node.placed(lambda: policies.shipped(node.text()))
    return policies.from_node(node)


def _negotiated(node: Node) -> tuple[Negotiated, tuple[str, ...]]:
    found = node.fields(("shares", "reason"), ("signed_by",))
    signed_by = tuple(item.text() for item in found["signed_by"].items(MAX_PARTIES)) if "signed_by" in found else ()
    return node.placed(lambda: Negotiated(entries.split(found["shares"]), found["reason"].text())), signed_by


def _checked(node: Node, check: Callable[[str, str], None]) -> str:
    text = node.text()
    node.placed(lambda: check("", text))
    return text


def _check_references(parties: Node, made: tuple[Node, ...], held: tuple[Node, ...]) -> None:
    """Refuse duplicate ids and names of things that are not in the file, each at its own line."""
    people = [item.entries()["id"] for item in parties.value if "id" in item.entries()]
    things = [item.entries()["id"] for item in (*made, *held) if "id" in item.entries()]
    for ids in (people, things):
        seen: dict[Any, int] = {}
        for node in ids:
            if node.value in seen:
                node.refuse(N_('The id "{id}" stands in line {first} already; ids are unique'), id=node.text(), first=seen[node.value])
            seen[node.value] = node.line
    named = [item.entries()["party"] for item in (*made, *held) if "party" in item.entries()]
    entries.known(named, [node.text() for node in people], N_('There is no party "{value}"; did you mean "{near}"?'))
    earlier = [inner for item in (*made, *held) if "built_on" in item.entries() for inner in _named(item.entries()["built_on"])]
    message = N_('"{value}" is neither a contribution nor background here; did you mean "{near}"?')
    entries.known(earlier, [node.text() for node in things], message)


def _named(built_on: Node) -> list[Node]:
    """The ids that a thing is built on, each at its line: of a list, or the names of a mapping."""
    if built_on.kind == "mapping":
        return [replace(inner, value=name, kind="scalar") for name, inner in built_on.entries().items()]
    return list(built_on.items(MAX_BUILT_ON))
