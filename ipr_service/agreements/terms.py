"""Terms: the checked answers of one agreement, frozen, with one byte form and one digest.

The bytes are RFC 8785 (JCS) of ``{"answers", "kind", "version"}``, with whole numbers only: money is minor units and an ISO 4217
code, a share is a fraction as text (``3/8``), a date is ISO 8601, a period is ISO 8601 with one unit (``P3Y``). Text is NFC. The
digest is what a draft, an approval and a signature refer to.

``interview.check`` is the way to make one; this module only holds it, writes it and turns it into the names that clauses read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import rfc8785

from ipr_service.agreements.kinds import Kind, Question
from ipr_service.errors import N_, FormatError

FORMAT_VERSION = 1
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Terms:
    """The answers to the questions of one kind.

    Args:
        kind: ``id@version`` of the kind.
        answers: stored form of every answer, defaults included, by question id; ``parties`` is a list of records.
    """

    kind: str
    answers: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", frozen(self.answers))

    def to_bytes(self) -> bytes:
        """RFC 8785 form; the same terms give the same bytes on every machine."""
        return rfc8785.dumps({"answers": thawed(self.answers), "kind": self.kind, "version": FORMAT_VERSION})

    @classmethod
    def from_bytes(cls, data: bytes) -> Terms:
        """Read what ``to_bytes`` wrote; only the canonical form is accepted.

        Raises:
            FormatError: not JSON, not canonical, another version, or more than ``MAX_BYTES`` bytes.
        """
        if len(data) > MAX_BYTES:
            raise FormatError(N_("terms have at most {limit} bytes"), limit=MAX_BYTES)
        try:
            value = json.loads(data)
            texts = isinstance(value["kind"], str) and isinstance(value["answers"], dict)
            terms = cls(value["kind"], value["answers"])
            if not texts or value["version"] != FORMAT_VERSION or terms.to_bytes() != data:
                raise FormatError(N_("these terms are not in their canonical form, version {version}"), version=FORMAT_VERSION)
        except (ValueError, KeyError, TypeError, RecursionError, rfc8785.CanonicalizationError) as error:
            raise FormatError(N_("these bytes are not the terms of an agreement")) from error
        return terms

    @property
    def digest(self) -> str:
        """SHA-256 of ``to_bytes``, lower-case hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def context(self, kind: Kind) -> dict[str, Any]:
        """The names that clauses of ``kind`` read: every question (``None`` when not answered), ``parties``, and each role."""
        values: dict[str, Any] = {"kind_title": kind.title}
        for question in kind.questions:
            values[question.id] = _readable(question, self.answers.get(question.id))
        labels = {role.id: role.label for role in kind.roles}
        parties = tuple(_party(kind, party, labels) for party in self.answers.get("parties", ()))
        values["parties"] = parties
        for role in kind.roles:
            members = tuple(party for party in parties if party["role"] == role.id)
            values[f"{role.id}_parties"] = members
            if role.maximum == 1:
                values[role.id] = members[0] if members else None
        return values


def _party(kind: Kind, party: Mapping[str, Any], labels: Mapping[str, str]) -> Mapping[str, Any]:
    fields = {f.id: _readable(f, party.get(f.id)) for f in kind.party_fields}
    return MappingProxyType({**fields, "role": party["role"], "role_label": labels.get(party["role"], party["role"])})


def _readable(question: Question, value: Any) -> Any:
    """The stored form as clauses read it: a fraction becomes a ``Fraction``, entries of a list become records."""
    if value is None:
        return None
    if question.type == "fraction":
        return Fraction(value)
    if question.type == "list":
        return tuple(MappingProxyType({f.id: _readable(f, entry.get(f.id)) for f in question.fields}) for entry in value)
    return value


def frozen(value: Any) -> Any:
    """``value`` with mappings read-only and lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(entry) for key, entry in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return tuple(frozen(entry) for entry in value)
    return value


def thawed(value: Any) -> Any:
    """The plain dictionaries and lists of ``frozen``'s result, for a writer."""
    if isinstance(value, Mapping):
        return {key: thawed(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [thawed(entry) for entry in value]
    return value
