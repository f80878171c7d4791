"""Frozen runs: an allocation as a record that anybody can compute again, offline, from nothing but the record.

The record is JSON with the policy written out, the canonical input, who signed, and the outcome with its reasons.
Everything is checked but the sentences (``why``, ``warnings``): their wording may get better, the numbers they tell are
checked beside them.

What a true report says: this outcome follows from this input under this policy. It does not say that the input is
true, that the signatures named are real, or when any of it happened: that is for the log and the signed paper.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ipr_service.errors import N_, ServiceError
from ipr_service.rights import entries, facts, policies, strict_yaml
from ipr_service.rights.allocation import INPUT_FORMAT, Allocation, Negotiated, allocate
from ipr_service.rights.contributions import MAX_CONTRIBUTIONS
from ipr_service.rights.derivation import Aside, Step, Term
from ipr_service.rights.explanation import Sentence, account, why_not
from ipr_service.rights.notation import fraction_text, percent
from ipr_service.rights.parties import MAX_PARTIES, Party
from ipr_service.rights.scopes import Stated
from ipr_service.rights.strict_yaml import Node

RECORD_FORMAT: Final = "ipr-split/1"
LABELS: Final = ("case", "title")


def to_data(allocation: Allocation) -> dict[str, Any]:
    """The record as plain data: text, integers, Booleans, lists and mappings only."""
    return {
        "format": RECORD_FORMAT,
        "digest": allocation.digest.hex(),
        "policy": allocation.policy.to_data(),
        "policy_digest": allocation.policy.digest.hex(),
        "input": allocation.input_data(),
        "signed_by": list(allocation.signed_by),
        "unsigned": list(allocation.unsigned),
        "computed": allocation.computed.to_data(),
        "split": allocation.split.to_data(),
        "shares": _shares(allocation),
        "set_apart": [_aside(aside) for aside in allocation.derivation.asides],
        "warnings": [str(warning) for warning in allocation.split.warnings()],
    } | _further(allocation)


def _further(allocation: Allocation) -> dict[str, Any]:
    """What only some policies give; left out when there is none, so that records of the others keep their form."""
    derivation = allocation.derivation
    found = {
        "attributed": [_fields(one, "contribution", "maker", "party", "rule", "because", "source") for one in derivation.attributions],
        "licensed_back": [
            _fields(one, "party", "holder", "rule", "because", "source") | _fields(one.back, "licence", "scope", "option", "money", "ends")
            for one in derivation.entitlements
        ],
        "why_not": [str(sentence) for sentence in why_not(allocation)],
    }
    return {name: listed for name, listed in found.items() if listed}


def _fields(value: object, *names: str) -> dict[str, str]:
    return {name: getattr(value, name) for name in names if getattr(value, name)}


def record(allocation: Allocation, labels: Mapping[str, str] | None = None) -> str:
    """The record as JSON text; ``labels`` (``case``, ``title``) are put in front and are not checked."""
    return json.dumps({**(labels or {}), **to_data(allocation)}, ensure_ascii=False, indent=2) + "\n"


def _shares(allocation: Allocation) -> list[dict[str, Any]]:
    paper = allocation.split.basis_points()
    return [
        {
            "party": told.party,
            "share": fraction_text(allocation.split.fractions[told.party]),
            "percent": percent(allocation.split.fractions[told.party]),
            "basis_points": paper[told.party],
            "computed": fraction_text(told.share),
            "why": [str(told.headline), *map(str, told.details)],
            "terms": [_term(term) for term in told.terms],
        }
        | ({"steps": [_step(step) for step in told.steps]} if told.steps else {})
        for told in account(allocation)
    ]


def _term(term: Term) -> dict[str, Any]:
    data: dict[str, Any] = {"rule": term.rule, "measure": term.measure}
    if term.role is not None:
        data["role"] = term.role
    exact = {"factor": term.factor, "part": term.part, "whole": term.whole, "value": term.value}
    numbers = {name: fraction_text(number) for name, number in exact.items()}
    return data | numbers | {"contributions": list(term.contributions)} | _worth(term)


def _worth(term: Term) -> dict[str, Any]:
    """How an expression came to its amounts; only where one did."""
    if term.measure != "worth":
        return {}
    unit = {"unit": term.unit} if term.unit else {}
    return {"amounts": [fraction_text(amount) for amount in term.amounts], "told": list(term.told)} | unit


def _step(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": step.kind, "rule": step.rule, "because": step.because, "source": step.source}
    data |= {"before": fraction_text(step.before), "after": fraction_text(step.after)}
    data |= {"at": fraction_text(step.at)} if step.at is not None else {}
    passed = [
        _fields(one, "giver", "taker") | {"part": fraction_text(one.part), "amount": fraction_text(one.amount)} for one in step.passed
    ]
    return data | ({"passed": passed} if passed else {})


def _aside(aside: Aside) -> dict[str, str]:
    return {
        "contribution": aside.contribution,
        "party": aside.party,
        "kind": aside.kind,
        "rule": aside.rule,
        "because": aside.because,
        "source": aside.source,
    }


@dataclass(frozen=True)
class Check:
    """One named check, whether it holds, and what was found in plain words."""

    name: str
    holds: bool
    sentence: Sentence


@dataclass(frozen=True)
class Report:
    """The outcome of a replay; true when every check holds.

    Args:
        checks: in the order made; when ``readable`` fails there are no others.
        allocation: the run as computed again, if that was possible.
    """

    checks: tuple[Check, ...]
    allocation: Allocation | None = None

    def __bool__(self) -> bool:
        return all(check.holds for check in self.checks)


_SENTENCES: Final = {
    "readable": (N_("The record could be read and computed again"), N_("The record cannot be computed again: {problem}")),
    "policy": (N_("The policy is the one whose digest is recorded"), N_("The policy is not the one whose digest is recorded")),
    "input": (N_("The input is in its canonical form"), N_("The input is not in its canonical form: it was edited or made elsewhere")),
    "digest": (N_("The digest is that of policy and input"), N_("The digest is not that of policy and input")),
    "computed": (N_("The policy gives exactly these shares"), N_("The policy gives other shares than recorded")),
    "split": (N_("What stands follows from the computation and the signatures listed"), N_("What stands does not follow from it")),
}


def replay(text: str) -> Report:
    """Compute a record again and compare. Never raises for bad data: what is wrong is a check that does not hold."""
    try:
        node = strict_yaml.read(text)
        found = node.fields(_FIELDS, (*LABELS, *_FURTHER))
        again = _allocation(found)
    except ServiceError as error:
        sentence = Sentence(_SENTENCES["readable"][1], {"problem": str(error)})
        return Report((Check("readable", False, sentence),))
    was = {name: _plain(inner) for name, inner in found.items()}
    now = to_data(again)
    outcomes = {
        "readable": True,
        "policy": _same(was, now, "policy", "policy_digest"),
        "input": _same(was, now, "input"),
        "digest": _same(was, now, "digest"),
        "computed": _same(was, now, "computed", "set_apart", "attributed", "licensed_back"),
        "split": _same(was, now, "split", "signed_by", "unsigned") and _unworded(was["shares"]) == _unworded(now["shares"]),
    }
    return Report(tuple(Check(name, holds, Sentence(_SENTENCES[name][0 if holds else 1])) for name, holds in outcomes.items()), again)


_FIELDS: Final = (
    "format",
    "digest",
    "policy",
    "policy_digest",
    "input",
    "signed_by",
    "unsigned",
    "computed",
    "split",
    "shares",
    "set_apart",
    "warnings",
)


_FURTHER: Final = ("attributed", "licensed_back", "why_not")


def _allocation(found: Mapping[str, Node]) -> Allocation:
    """The run, from the policy, the input and the signatures of a record; nothing of its outcome is used."""
    _must_be(found["format"], RECORD_FORMAT)
    data = found["input"].fields(("format", "parties", "contributions"), ("negotiated", "background", "facts", "party_facts"))
    _must_be(data["format"], INPUT_FORMAT)
    parties = [Party(item.text()) for item in data["parties"].items(MAX_PARTIES)]
    made = [entries.contribution(item) for item in data["contributions"].items(MAX_CONTRIBUTIONS)]
    negotiated = None
    if "negotiated" in data:
        agreed = data["negotiated"].fields(("shares", "reason"))
        negotiated = Negotiated(entries.split(agreed["shares"]), agreed["reason"].text())
    signed_by = [item.text() for item in found["signed_by"].items(MAX_PARTIES)]
    held = [entries.background(item) for item in data["background"].items(MAX_CONTRIBUTIONS)] if "background" in data else []
    own = data["party_facts"].entries() if "party_facts" in data else {}
    stated = Stated(
        facts.read_all(data["facts"]) if "facts" in data else (),
        tuple((party, facts.read_all(inner)) for party, inner in sorted(own.items())),
    )
    return allocate(policies.from_node(found["policy"]), parties, made, negotiated, signed_by, held, stated)


def _must_be(node: Node, name: str) -> None:
    if node.value != name:
        node.refuse(N_("This is not the format {format}"), format=name)


def _plain(node: Node) -> Any:
    if node.kind == "mapping":
        return {key: _plain(inner) for key, inner in node.value}
    return [_plain(item) for item in node.value] if node.kind == "list" else node.value


def _same(was: Mapping[str, Any], now: Mapping[str, Any], *names: str) -> bool:
    return all(was.get(name) == now.get(name) for name in names)


def _unworded(shares: Any) -> Any:
    """The shares without their sentences, or as they are when they are not even shares."""
    if not isinstance(shares, list) or not all(isinstance(share, dict) for share in shares):
        return shares
    return [{name: value for name, value in share.items() if name != "why"} for share in shares]
