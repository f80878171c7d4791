"""The signature record: a page for people that says who signed what, when and how, and what that shows.

It goes with the executed PDF and the evidence file. Every digest and index on it can be checked against the log by
``ipr verify``; the page itself is a summary and proves nothing.

Honest words are part of the format: what was recorded is a simple electronic signature (Regulation (EU) 910/2014, art.
3(10)); the seal is the service's; a time without an independent authority is the service's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ipr_service.agreements import typesetting
from ipr_service.agreements.ceremony import Ceremony, CeremonyState, Method, Signatory, moment
from ipr_service.errors import N_, RefusedError


@dataclass(frozen=True)
class Person:
    """What the record adds to a signatory of the ceremony.

    Args:
        name: as she wrote it when she signed.
        party: for whom she signed; empty when for herself.
        email: the address that the code went to.
        entry: index of her signature in the log, from 0; ``None`` until it is written.
    """

    name: str
    email: str
    party: str = ""
    entry: int | None = None


@dataclass(frozen=True)
class Record:
    """Everything the page says.

    Args:
        ceremony: executed.
        title: the document's.
        people: by signatory id.
        log: the log's origin.
        independent_time: name of the independent authority whose token covers the entries; empty when there is none.
        executed_sha256: lower-case hex of the sealed PDF; empty when the record goes into it.
    """

    ceremony: Ceremony
    title: str
    people: Mapping[str, Person]
    log: str
    independent_time: str = ""
    executed_sha256: str = ""


METHODS: Mapping[Method, str] = {
    Method.EMAIL_CODE: "One-time code sent to the e-mail address above",
    Method.PASSKEY: "Passkey, over a challenge made from this document's digest",
}
_MEANING = (
    "Each signature listed here is an electronic signature in the sense of Regulation (EU) No 910/2014, art. 3(10), of the kind called "
    "simple electronic signature. It is not an advanced or qualified electronic signature, and nobody's identity papers were checked.",
    "A one-time code shows that somebody who could read the mailbox confirmed this very document. It does not show who that was.",
    "The seal on the executed document is the service's own. It shows that the document was not changed since it was sealed; it is not "
    "the signature of any person named here.",
    "Each signature is an entry of the log named above. Its proof is in the evidence file and can be checked without this service.",
)
_OWN_TIME = "The times are those of the service's own clock, in the order of the log; no independent authority has confirmed them."
_INDEPENDENT_TIME = "A timestamp token of {authority} confirms that the entries existed; the times above are the service's own clock."


def typeset_record(record: Record, made: datetime) -> bytes:
    """The record as PDF/A-3a and PDF/UA-1, in English, the same bytes for the same input.

    Raises:
        RefusedError: the ceremony is not executed.
        InputError: a character that the type does not have.
    """
    ceremony = record.ceremony
    if ceremony.state is not CeremonyState.EXECUTED or ceremony.ended_at is None:
        raise RefusedError(N_("There is a signature record when everybody has signed."))
    time = _INDEPENDENT_TIME.format(authority=record.independent_time) if record.independent_time else _OWN_TIME
    data = {
        "title": "Signature record",
        "author": "",
        "language": "en",
        "version": record.title,
        "page": typesetting.WORDS["en"]["page"],
        "state": "Summary for reading; the evidence file carries the proofs",
        "reference": f"Document SHA-256 {ceremony.document_sha256}",
        "lead": f"“{record.title}” was signed by everybody who had to sign it. This page says who did what, and what that shows.",
        "facts": _facts(record, ceremony.ended_at),
        "signatories": [_signatory(one, record.people[one.id]) for one in _in_time(ceremony.signatories)],
        "meaning": {"title": "What this record shows", "lines": [*_MEANING, time]},
        "consent": {
            "title": "What each signatory agreed to",
            "text": ceremony.consent.text,
            "digest": f"Consent text {ceremony.consent.name}, SHA-256 {ceremony.consent.sha256}",
        },
    }
    return typesetting.compile_paper("record.typ", data, made)


def _in_time(signatories: Sequence[Signatory]) -> list[Signatory]:
    """Those who signed, in the order in which they did."""
    signed = [(one.signature.at, at, one) for at, one in enumerate(signatories) if one.signature]
    return [one for _at, _place, one in sorted(signed, key=lambda entry: entry[:2])]


def _facts(record: Record, ended: datetime) -> list[tuple[str, str]]:
    facts = [
        ("Document signed", record.title),
        ("SHA-256 of that document", record.ceremony.document_sha256),
        ("Executed", _readable(ended)),
        ("Ceremony", record.ceremony.id),
        ("Log", record.log),
    ]
    if record.executed_sha256:
        facts.insert(2, ("SHA-256 of the sealed copy", record.executed_sha256))
    return facts


def _signatory(signatory: Signatory, person: Person) -> dict[str, Any]:
    signature = signatory.signature
    if signature is None:
        raise RefusedError(N_("This person has not signed."))
    facts = [
        ("For", person.party or "no organisation"),
        ("Role", signatory.role),
        ("E-mail address", person.email),
        ("Opened the document", _readable(signatory.viewed_at) if signatory.viewed_at else "–"),
        ("Signed", _readable(signature.at)),
        ("Confirmed by", METHODS[signature.method]),
        ("Entry in the log", "not written yet" if person.entry is None else str(person.entry)),
    ]
    return {"name": person.name, "facts": facts}


def _readable(at: datetime) -> str:
    return moment(at).replace("T", " ").replace("Z", " UTC")
