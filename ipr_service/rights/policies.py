"""Policies: the rules by which contributions become shares, as data.

A policy is an id, a version, a source and a few typed rules. It is immutable: another rule is another version, and
:attr:`Policy.digest` tells the two apart. Nothing in a policy is code: the kinds of rule stand in ``rules``, the expressions
they may hold in ``language``, and ``evaluation`` applies them. The order of rules in a file decides nothing.

The policies that ship (``shipped/*.yaml``) are documented in docs/policies.md with examples that the tests run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import rfc8785

from ipr_service.errors import N_, InputError
from ipr_service.rights import rule_files, rules, strict_yaml
from ipr_service.rights.contributions import ROLES
from ipr_service.rights.facts import Declared
from ipr_service.rights.language import Apply, codes_in, names_in
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.rules import BASES, NEGOTIATED, Part, Pools, Veto
from ipr_service.rights.rules import Basis as Basis
from ipr_service.rights.rules import Exclude as Exclude
from ipr_service.rights.rules import Pool as Pool
from ipr_service.rights.rules import Rule as Rule
from ipr_service.rights.rules import SetApart as SetApart
from ipr_service.rights.rules import Weigh as Weigh
from ipr_service.rights.strict_yaml import Node

MAX_RULES = 50
MAX_VERSION = 10_000

PLAIN: Final = ("equal@1", "points@1", "roles@1", "pools@1", "evidence@1", "capped@1", "floor@1", "derivation@1")
"""References of the policies that ask for nothing but contributions."""

OFFERED: Final = (
    *PLAIN,
    "harmonic@1",
    "costs@1",
    "vesting@1",
    "lambert-1@1",
    "lambert-2@1",
    "lambert-3@1",
    "lambert-a@1",
    "lambert-b@1",
    "lambert-c@1",
)
"""References of the policies that a collaboration can propose; what they ask for besides stands in :attr:`Policy.facts`."""

EVENTS: Final = ("joining@1", "leaving@1", "transfer@1")
"""References of the policies that turn one accepted split into the next (``succession``); they start from shares, not from work."""

SHIPPED: Final = (*OFFERED, *EVENTS)
"""References of the policies that come with the service."""


@dataclass(frozen=True)
class Policy:
    """An immutable set of rules.

    Args:
        id: name of the policy, such as ``points``.
        version: 1 or more.
        title: what people call it.
        about: one or two sentences for people.
        source: where the rule comes from.
        rules: in canonical order (kind, then id). One of each rank weighs always; others of that rank only under a condition.
        facts: what the rules read besides what every contribution has, in the order of the names.

    Raises:
        InputError: two rules with one id, two rules for one role, no rule that weighs, or two that weigh always in one rank.
    """

    id: str
    version: int
    title: str
    about: str
    source: str
    rules: tuple[Rule, ...]
    facts: tuple[Declared, ...] = ()

    def __post_init__(self) -> None:
        check_id("/policy", self.id)
        if not 1 <= self.version <= MAX_VERSION:
            raise InputError.at("/version", N_("A version is a whole number from 1 to {limit}"), limit=MAX_VERSION)
        ids = [rule.id for rule in self.rules]
        excluded = [rule.role for rule in self.rules if isinstance(rule, Exclude)]
        for kind, names in (("id", ids), ("role", excluded)):
            double = sorted({name for name in names if names.count(name) > 1})
            if double:
                msgid = N_('Two rules have the {kind} "{name}"; neither may win by its place in the file')
                raise InputError.at("/rules", msgid, kind=kind, name=double[0])
        self._check_bases()
        both = sorted(set(excluded) & set(self.roles))
        if both:
            raise InputError.at("/rules", N_('The role "{name}" is excluded by one rule and weighed by another'), name=both[0])
        for veto in self.rules:
            if isinstance(veto, Veto):
                check_known("/rules", veto.of, (NEGOTIATED, *ids), N_('A veto strikes a rule or "negotiated"; there is no rule "{value}"'))
        object.__setattr__(self, "rules", tuple(sorted(self.rules, key=rules.canonical)))

    def _check_bases(self) -> None:
        always = [basis.rank for basis in self.bases if basis.when is None]
        twice = sum(always.count(rank) for rank in sorted(set(always)) if always.count(rank) > 1)
        if twice or not self.bases:
            msgid = N_("Exactly one rule weighs (weigh or pool); here are {count}. Others need another rank, or say when they hold")
            raise InputError.at("/rules", msgid, count=twice)

    @property
    def reference(self) -> str:
        """``id@version``, as people and papers cite it."""
        return f"{self.id}@{self.version}"

    @cached_property
    def bases(self) -> tuple[Basis, ...]:
        """The rules that turn what is in the pot into shares; in a run exactly one of them holds."""
        return tuple(rule for rule in self.rules if isinstance(rule, BASES))

    @property
    def weighing(self) -> Basis:
        """The rule that turns what is in the pot into shares, when there is only one."""
        return self.bases[0]

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Roles that the policy weighs by name; empty when it does not look at roles."""
        pooled = [role for rule in self.rules if isinstance(rule, Pool) for role, _ in rule.weights]
        return (*pooled, *(role for rule in self.rules if isinstance(rule, Pools) for part in rule.pools for role in _roles(part)))

    @cached_property
    def measures(self) -> frozenset[str]:
        """What contributions say by themselves for the rules that weigh: ``points``, ``effort``, ``cost``, ``degree``."""
        found: set[str] = set()
        for rule in self.rules:
            if isinstance(rule, Pool):
                found.add("degree")
            elif isinstance(rule, Pools):
                found |= {measure for part in rule.pools for measure in _measures(part)}
            elif isinstance(rule, Weigh):
                found |= names_in(rule.worth) if rule.worth is not None else {rule.by}
        return frozenset(found & {"points", "effort", "cost", "degree"})

    @cached_property
    def declared(self) -> MappingProxyType[str, Declared]:
        """The facts that the rules read, by name."""
        return MappingProxyType({one.name: one for one in self.facts})

    def codes_of(self, fact: str) -> tuple[str, ...]:
        """The codes that the rules look for in a fact, sorted."""
        held = [value for rule in self.rules for value in vars(rule).values() if isinstance(value, Apply)]
        return tuple(sorted({code for one in held for code in codes_in(one, fact)}))

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the JCS (RFC 8785) form of :meth:`to_data`."""
        return hashlib.sha256(rfc8785.dumps(self.to_data())).digest()

    def to_data(self) -> dict[str, Any]:
        """The policy as it would stand in a file: text, integers, lists; every weight as exact text."""
        facts = {one.name: {"of": one.of, "type": one.type} | ({"settles": one.settles} if one.settles else {}) for one in self.facts}
        return {
            "policy": self.id,
            "version": self.version,
            "title": self.title,
            "about": self.about,
            "source": self.source,
            "rules": [rules.to_data(rule) for rule in self.rules],
        } | ({"facts": facts} if facts else {})


def _roles(part: Part) -> Iterator[str]:
    yield from part.roles
    for inner in part.pools:
        yield from _roles(inner)


def _measures(part: Part) -> Iterator[str]:
    yield from (part.by,) if part.roles else ()
    for inner in part.pools:
        yield from _measures(inner)


def shipped(reference: str) -> Policy:
    """A policy that comes with the service.

    Args:
        reference: one of :data:`SHIPPED`, such as ``points@1``.

    Raises:
        InputError: no such policy; names those that exist.
    """
    check_known("", reference, SHIPPED, N_('There is no policy "{value}"; there are: {known}'))
    return _shipped(reference)


@lru_cache
def _shipped(reference: str) -> Policy:
    file = resources.files("ipr_service.rights").joinpath("shipped", f"{reference.replace('@', '-')}.yaml")
    return load(file.read_text(encoding="utf-8"))


def load(text: str) -> Policy:
    """A policy from its file (the YAML subset of ``strict_yaml``, or JSON).

    Raises:
        FormatError: anything that is not a policy; names line, field and limit.
    """
    return from_node(strict_yaml.read(text))


def dump(policy: Policy) -> str:
    """The policy as canonical JSON text; :func:`load` reads it back to an equal policy with the same digest."""
    return rfc8785.dumps(policy.to_data()).decode("utf-8")


def from_node(node: Node) -> Policy:
    """A policy from nodes that were read already (a policy inside a case file).

    Raises:
        FormatError: anything that is not a policy.
    """
    found = node.fields(("policy", "version", "title", "source", "rules"), ("about", "facts"))
    facts = rule_files.declared(found["facts"]) if "facts" in found else ()
    names = rule_files.Names.of(facts)
    made = tuple(rule_files.rule(item, names) for item in found["rules"].items(MAX_RULES))
    about = rule_files.sentence(found["about"]) if "about" in found and found["about"].value != "" else ""
    title, source = rule_files.sentence(found["title"]), rule_files.sentence(found["source"])
    return node.placed(lambda: Policy(found["policy"].text(), found["version"].whole(), title, about, source, made, facts))


def role_title(role: str) -> str:
    """The word for a role (a msgid), or the id of a role that a policy made up."""
    return ROLES.get(role, role)
