"""Allocation: a policy applied to parties and contributions; the shares, their derivation, and a digest to replay them.

The digest is SHA-256 over the policy's digest (32 bytes) followed by the JCS form (RFC 8785) of the canonical input. The
input holds ids, numbers and dates only, no name: a person can be erased and the run still replays. Exact numbers are
text, for JSON numbers are floats. The same input in any order gives the same bytes, shares and derivation.

What the parties agreed on instead (*negotiated* shares) replaces the computed ones once every party has signed; both are
kept, with the difference. Signatures are given over the digest, and so are not part of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Any

import rfc8785

from ipr_service.errors import N_, InputError
from ipr_service.rights import evaluation, facts
from ipr_service.rights.contributions import MAX_CONTRIBUTIONS, ROLES, Background, Contribution
from ipr_service.rights.derivation import Derivation
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.parties import MAX_PARTIES, Party, check_known, check_label
from ipr_service.rights.policies import Exclude, Policy, Pool
from ipr_service.rights.precedence import Conflict, RuleConflictError, Undetermined, UndeterminedError
from ipr_service.rights.rules import Derive, Pools, Veto
from ipr_service.rights.scopes import NOTHING_STATED, Known, Stated
from ipr_service.rights.shares import Split
from ipr_service.rights.vetoes import strikes

INPUT_FORMAT = "ipr-allocation-input/1"
MAX_REASON = 500

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Negotiated:
    """Shares that the parties agreed on by themselves, for every party, with the reason they give.

    Args:
        split: all of it.
        reason: in the parties' words, 1 to 500 characters. Enters the digest: no personal data.
    """

    split: Split
    reason: str

    def __post_init__(self) -> None:
        check_label("/reason", self.reason, MAX_REASON)


@dataclass(frozen=True)
class Allocation:
    """One run of the engine, with all that went into it.

    Args:
        policy: the rules.
        parties: by id.
        contributions: by time of registration, then id; those never registered last.
        computed: the shares that the policy gives.
        derivation: how.
        negotiated: what the parties want instead, if anything.
        signed_by: ids of the parties that signed this digest, sorted.
        background: by id; only where the policy looks at it.
        stated: facts that the policy asks for.
        veto: the mandatory rule that strikes the negotiated shares, if one does; then the computed ones stand.
    """

    policy: Policy
    parties: tuple[Party, ...]
    contributions: tuple[Contribution, ...]
    computed: Split
    derivation: Derivation
    negotiated: Negotiated | None = None
    signed_by: tuple[str, ...] = ()
    background: tuple[Background, ...] = ()
    stated: Stated = NOTHING_STATED
    veto: Veto | None = None

    @cached_property
    def unsigned(self) -> tuple[str, ...]:
        """Ids of the parties that have not signed yet."""
        signed = frozenset(self.signed_by)
        return tuple(party.id for party in self.parties if party.id not in signed)

    @property
    def proposed(self) -> Split:
        """What holds once everybody has signed: the negotiated shares if there are any and no law strikes them, else the computed."""
        return self.negotiated.split if self.negotiated and self.veto is None else self.computed

    @property
    def split(self) -> Split:
        """What stands now: negotiated shares count only when every party has signed."""
        return self.computed if self.unsigned else self.proposed

    @cached_property
    def difference(self) -> dict[str, Fraction]:
        """By party id, the proposed share less the computed one; all 0 without negotiated shares."""
        return {share.party: self.proposed.fractions[share.party] - share.fraction for share in self.computed.shares}

    @cached_property
    def digest(self) -> bytes:
        """The 32 bytes that identify this run; what the parties sign. See the module's docstring."""
        return hashlib.sha256(self.policy.digest + rfc8785.dumps(self.input_data())).digest()

    def input_data(self) -> dict[str, Any]:
        """The canonical input: text, integers, Booleans and lists; nothing that names a person."""
        data: dict[str, Any] = {
            "format": INPUT_FORMAT,
            "parties": [party.id for party in self.parties],
            "contributions": [_contribution_data(made) for made in self.contributions],
        }
        if self.background:
            data["background"] = [_background_data(held) for held in self.background]
        data |= self.stated.to_data()
        if self.negotiated:
            data["negotiated"] = {"shares": self.negotiated.split.to_data(), "reason": self.negotiated.reason}
        return data


def allocate(
    policy: Policy,
    parties: Iterable[Party],
    contributions: Iterable[Contribution],
    negotiated: Negotiated | None = None,
    signed_by: Iterable[str] = (),
    background: Iterable[Background] = (),
    stated: Stated = NOTHING_STATED,
) -> Allocation:
    """Compute who holds what under ``policy``, and why. The order of the input decides nothing.

    Args:
        policy: the rules (:func:`ipr_service.rights.policies.shipped` or ``load``).
        parties: everybody who takes part, at least one, ids unique.
        contributions: ids unique, each of one of the parties, in a role that is known or that the policy names.
        negotiated: shares that shall replace the computed ones; they name exactly the parties.
        signed_by: ids of the parties that signed the digest of this very allocation.
        background: what the contributions are built on; kept only where the policy derives.
        stated: facts that the policy declares, of the case and of the parties.

    Raises:
        InputError: inconsistent input, or something missing that the policy needs; names the field.
        UndeterminedError, RuleConflictError: it cannot be said who holds what; :func:`settle` gives these as values.
        RefusedError: nothing to divide by, or bounds that cannot be met.
    """
    ordered = tuple(sorted(parties, key=lambda party: party.id))
    made = _in_order(contributions)
    held = tuple(sorted(background, key=lambda one: one.id)) if derives(policy) else ()
    signed = tuple(sorted(set(signed_by)))
    _check(policy, ordered, made)
    ids = tuple(party.id for party in ordered)
    known = frozenset(ids)
    for signatory in signed:
        if signatory not in known:
            check_known("/signed_by", signatory, ids, N_("{value} signed but is not a party; parties are: {known}"))
    if negotiated is not None and set(negotiated.split.fractions) != known:
        missing = sorted(known ^ set(negotiated.split.fractions))
        msgid = N_("Negotiated shares name every party and nobody else, 0 included; see {party}")
        raise InputError.at("/negotiated", msgid, party=missing[0])
    _check_facts(policy, known, made, stated)
    _check_owners(held, known)
    derivation = evaluation.derive(policy, ids, made, held, stated)
    veto = strikes(policy, Known(policy.declared, stated)) if negotiated else None
    computed = Split.of(derivation.fractions(ids))
    return Allocation(policy, ordered, made, computed, derivation, negotiated, signed, held, stated, veto)


def derives(policy: Policy) -> bool:
    """Whether a policy looks at what was built on what, and so at background."""
    return any(isinstance(rule, Derive) for rule in policy.rules)


def settle(
    policy: Policy,
    parties: Iterable[Party],
    contributions: Iterable[Contribution],
    negotiated: Negotiated | None = None,
    signed_by: Iterable[str] = (),
    background: Iterable[Background] = (),
    stated: Stated = NOTHING_STATED,
) -> Allocation | Conflict | Undetermined:
    """:func:`allocate`, with the three answers as values: shares, a conflict of rules, or what is missing to say them."""
    try:
        return allocate(policy, parties, contributions, negotiated, signed_by, background, stated)
    except (RuleConflictError, UndeterminedError) as unsaid:
        return unsaid.outcome


def _in_order(contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """By time of registration, then id; those never registered last."""
    ordered = sorted(contributions, key=attrgetter("id"))
    if any(map(attrgetter("registered_at"), ordered)):
        ordered.sort(key=lambda one: one.registered_at or _NEVER)  # a stable sort keeps the ids in order
    return tuple(ordered)


def _check_facts(policy: Policy, parties: frozenset[str], made: Sequence[Contribution], stated: Stated) -> None:
    """Refuse facts that the policy does not ask for, or of another type."""
    facts.check("/facts", stated.case, facts.CASE, policy.declared, parties)
    for party, own in stated.parties:
        facts.check(f"/parties/{party}/facts", own, "party", policy.declared, parties)
    for one in filter(attrgetter("facts"), made):
        facts.check(f"/contributions/{one.id}/facts", one.facts, "contribution", policy.declared, parties)


def _check_owners(held: Sequence[Background], parties: frozenset[str]) -> None:
    _check_unique("/background", [one.id for one in held])
    for one in held:
        for owner in sorted(one.split.fractions if one.split else (one.party,)):
            if owner not in parties:
                check_known(f"/background/{one.id}/party", owner, sorted(parties), N_("{value} is not a party; did you mean {near}?"))


def _check(policy: Policy, parties: Sequence[Party], contributions: Sequence[Contribution]) -> None:
    """Refuse what cannot be one computation."""
    if not parties:
        raise InputError.at("/parties", N_("Name at least one party"))
    for pointer, count, limit in (("/parties", len(parties), MAX_PARTIES), ("/contributions", len(contributions), MAX_CONTRIBUTIONS)):
        if count > limit:
            raise InputError.at(pointer, N_("{count} items; at most {limit} are taken"), count=count, limit=limit)
    _check_unique("/parties", [party.id for party in parties])
    _check_unique("/contributions", list(map(attrgetter("id"), contributions)))
    known = frozenset(party.id for party in parties)
    roles = policy.roles + tuple(rule.role for rule in policy.rules if isinstance(rule, Exclude))
    weighed = roles if all(isinstance(basis, (Pool, Pools)) for basis in policy.bases) else roles + tuple(ROLES)
    if known.issuperset(map(attrgetter("party"), contributions)) and set(weighed).issuperset(map(attrgetter("role"), contributions)):
        return
    for made in contributions:
        if made.party not in known:
            message = N_("{value} is not a party; did you mean {near}?")
            check_known(f"/contributions/{made.id}/party", made.party, sorted(known), message)
        if made.role not in weighed:
            message = N_('The policy knows no role "{value}"; did you mean "{near}"? Roles are: {known}')
            check_known(f"/contributions/{made.id}/role", made.role, dict.fromkeys(weighed), message)


def _check_unique(pointer: str, ids: Sequence[str]) -> None:
    if len(set(ids)) != len(ids):
        double = sorted(name for name, count in Counter(ids).items() if count > 1)
        raise InputError.at(pointer, N_("The id {id} stands here twice; ids are unique"), id=double[0])


def _contribution_data(made: Contribution) -> dict[str, Any]:
    """One contribution as data; what nobody said is left out, so that missing never looks like 0."""
    data: dict[str, Any] = {"id": made.id, "party": made.party, "role": made.role, "severable": made.severable}
    if made.degree is not None:
        data["degree"] = made.degree
    if made.points is not None:
        data["points"] = fraction_text(made.points)
    if made.effort is not None:
        data["effort"] = fraction_text(made.effort)
    if made.cost is not None:
        data["cost"] = {"amount": fraction_text(made.cost.amount), "currency": made.cost.currency}
    if made.built_on:
        data["built_on"] = sorted(made.built_on)
    if made.registered_at is not None:
        data["registered_at"] = made.registered_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if made.commitment is not None:
        data["commitment"] = made.commitment
    return data | _derived_data(made) | ({"facts": facts.to_data(made.facts)} if made.facts else {})


def _background_data(held: Background) -> dict[str, Any]:
    """Background as the derivation looks at it: without the title, which names a thing."""
    data: dict[str, Any] = {"id": held.id, "party": held.party}
    if held.split is not None:
        data["shares"] = held.split.to_data()
    return data | ({"built_on": sorted(held.built_on)} if held.built_on else {}) | _derived_data(held)


def _derived_data(thing: Contribution | Background) -> dict[str, Any]:
    return {"parts": {earlier: fraction_text(part) for earlier, part in sorted(thing.parts)}} if thing.parts else {}
