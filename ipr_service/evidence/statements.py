"""What a statement may say: each type with its exact keys and the form of each value.

A statement is a small JSON object that somebody commits to; the log sees only its salted hash (``commitment``). The table
``STATEMENTS`` is the whole grammar and docs/formats.md is its prose. Statements assert: that somebody *said* this before the
checkpoint's time, never that it is true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import statement_forms as form
from ipr_service.evidence.canonical import Json, to_jcs
from ipr_service.evidence.statement_forms import Checker, format_fraction, format_time

Statement = Mapping[str, Json]
GRANT_ACTS = ("signed", "declined", "notified", "offered", "withdrawn")

STATEMENTS: Mapping[str, Mapping[str, Checker]] = {
    # an idea, a contribution, a version of either
    "subject": {"title": form.filled, "description": form.any_text, "language": form.language_tag},
    "file": {"position": form.number(1), "name": form.filled, "size": form.number(0), "media_type": form.filled},
    "contributor": {"identity": form.filled, "role": form.any_text, "share": form.share},
    "confirmation": {
        "version": form.commitment,
        "identity": form.filled,
        "role": form.any_text,
        "share": form.share,
        "answer": form.one_of("confirmed", "declined"),
        "time": form.moment,
    },
    "party": {"identity": form.filled, "name": form.filled, "role": form.any_text},
    # showing it to somebody
    "disclosure": {
        "items": form.list_of(form.commitment),
        "recipient": form.filled,
        "terms_sha256": form.sha256,
        "ends": form.or_null(form.moment),
    },
    "access": {"disclosure": form.commitment, "person": form.filled, "position": form.number(0), "time": form.moment},
    "revocation": {"disclosure": form.commitment, "person": form.filled, "time": form.moment},
    # who gets which part
    "split": {
        "rule": form.versioned,
        "inputs_sha256": form.sha256,
        "shares": form.shares,
        "run_sha256": form.sha256,
    },
    "acceptance": {"split": form.commitment, "party": form.filled, "person": form.filled, "time": form.moment},
    # what was credited to whom
    "payout": {
        "split": form.or_null(form.commitment),
        "input_sha256": form.sha256,
        "record_sha256": form.sha256,
        "accepted": form.list_of(form.record(party=form.filled, person=form.filled, time=form.moment)),
        "time": form.moment,
    },
    "release": {"split": form.commitment, "party": form.filled, "person": form.filled, "time": form.moment},
    "credit": {"party": form.or_null(form.filled), "amount": form.amount, "currency": form.currency},
    # who may use it
    "grant": {
        "document_sha256": form.sha256,
        "answer_sha256": form.sha256,
        "replaces": form.or_null(form.commitment),
        "party": form.filled,
        "person": form.filled,
        "time": form.moment,
    },
    "grant-act": {
        "grant": form.commitment,
        "act": form.one_of(*GRANT_ACTS),
        "party": form.filled,
        "person": form.filled,
        "day": form.day,
        "time": form.moment,
    },
    # whose it is, and what everybody may see
    "transfer": {
        "items": form.list_of(form.commitment),
        "giver": form.filled,
        "giver_name": form.filled,
        "receiver": form.filled,
        "receiver_name": form.filled,
        "offered": form.moment,
        "time": form.moment,
    },
    "publication": {"item": form.commitment, "positions": form.list_of(form.number(0)), "person": form.filled, "time": form.moment},
    # papers
    "agreement": {"kind": form.filled, "template": form.versioned, "document_sha256": form.sha256},
    "signature": {
        "document_sha256": form.sha256,
        "identity": form.filled,
        "role": form.any_text,
        "method": form.one_of("mail-code", "passkey", "drawn", "external"),
        "consent": form.versioned,
        "consent_sha256": form.sha256,
        "time": form.moment,
    },
    "decline": {"document_sha256": form.sha256, "identity": form.filled, "reason": form.any_text, "time": form.moment},
    "executed": {
        "document_sha256": form.sha256,
        "signatures": form.list_of(form.commitment),
        "sealed_sha256": form.or_null(form.sha256),
        "time": form.moment,
    },
    # one round of renewals
    "renewal": {
        "root_sha512": form.sha512,
        "bundles": form.number(1),
        "authority": form.filled,
        "token_sha256": form.sha256,
        "time": form.moment,
    },
}


def check_statement(statement: Statement, known_only: bool = True) -> None:
    """Hold when ``statement`` has a known type, exactly that type's keys, and values of their forms.

    Args:
        statement: the object.
        known_only: False lets a type pass that this release does not know (a later one may have written it); its hash still holds.

    Raises:
        FormatError: naming the key as a JSON pointer.
    """
    kind = statement.get("type")
    if not isinstance(kind, str) or not kind:
        raise FormatError.at("/type", N_("A statement names its type."))
    checkers = STATEMENTS.get(kind)
    if checkers is None:
        if known_only:
            raise FormatError.at("/type", N_("Expected one of: {choices}."), choices=", ".join(STATEMENTS))
        return
    if sorted(statement) != sorted([*checkers, "type"]):
        raise FormatError.at("", N_("Expected an object with exactly the keys {keys}."), keys=", ".join(sorted([*checkers, "type"])))
    for key, checker in checkers.items():
        try:
            checker(statement[key])
        except FormatError as error:
            raise FormatError.at(f"/{key}", error.msgid, **error.values) from error
    to_jcs(statement)


def _made(kind: str, /, **values: Json) -> dict[str, Json]:
    statement: dict[str, Json] = {"type": kind, **values}
    check_statement(statement)
    return statement


def subject(title: str, description: str, language: str) -> dict[str, Json]:
    """What the thing is called and what it is, in one language (BCP 47 tag)."""
    return _made("subject", title=title, description=description, language=language)


def file(position: int, name: str, size: int, media_type: str) -> dict[str, Json]:
    """The name and kind of the file at ``position`` (from 1, the order of the manifest's files). ``size`` in bytes."""
    return _made("file", position=position, name=name, size=size, media_type=media_type)


def contributor(identity: str, role: str, share: Fraction) -> dict[str, Json]:
    """Who contributed as what, and the share that is claimed for them. ``identity`` is a URI such as ``mailto:…``."""
    return _made("contributor", identity=identity, role=role, share=format_fraction(share))


def confirmation(version: str, identity: str, role: str, share: Fraction, answer: str, time: datetime) -> dict[str, Json]:
    """What a named contributor answered about the version with base64 commitment ``version``: ``confirmed`` or ``declined``."""
    return _made(
        "confirmation",
        version=version,
        identity=identity,
        role=role,
        share=format_fraction(share),
        answer=answer,
        time=format_time(time),
    )


def party(identity: str, name: str, role: str) -> dict[str, Json]:
    """A party of a collaboration or agreement."""
    return _made("party", identity=identity, name=name, role=role)


def disclosure(items: Sequence[str], recipient: str, terms_sha256: str, ends: datetime | None) -> dict[str, Json]:
    """What was opened to whom: ``items`` are base64 commitments C, ``terms_sha256`` the digest of the executed terms document."""
    return _made(
        "disclosure", items=list(items), recipient=recipient, terms_sha256=terms_sha256, ends=None if ends is None else format_time(ends)
    )


def access(disclosure: str, person: str, position: int, time: datetime) -> dict[str, Json]:
    """That ``person`` opened the file at ``position`` (0: title and description) under ``disclosure``, a base64 commitment."""
    return _made("access", disclosure=disclosure, person=person, position=position, time=format_time(time))


def revocation(disclosure: str, person: str, time: datetime) -> dict[str, Json]:
    """That ``person`` ended a disclosure before its time."""
    return _made("revocation", disclosure=disclosure, person=person, time=format_time(time))


def split(rule: str, inputs_sha256: str, shares: Sequence[tuple[str, Fraction]], run_sha256: str) -> dict[str, Json]:
    """A computed split: ``rule`` as id@version, digests of its inputs and of its whole run, (identity, share) summing to 1."""
    rows: list[Json] = [{"identity": identity, "share": format_fraction(share)} for identity, share in shares]
    return _made("split", rule=rule, inputs_sha256=inputs_sha256, shares=rows, run_sha256=run_sha256)


def acceptance(split: str, party: str, person: str, time: datetime) -> dict[str, Json]:
    """That ``person`` accepted, for ``party``, the split with base64 commitment ``split``."""
    return _made("acceptance", split=split, party=party, person=person, time=format_time(time))


def grant(document_sha256: str, answer_sha256: str, replaces: str | None, party: str, person: str, time: datetime) -> dict[str, Json]:
    """That ``person`` recorded, for ``party``, the licence in that document (``grant.json``), with what the check said then.

    Args:
        replaces: base64 commitment of the grant whose place this one takes, or None.
    """
    return _made(
        "grant",
        document_sha256=document_sha256,
        answer_sha256=answer_sha256,
        replaces=replaces,
        party=party,
        person=person,
        time=format_time(time),
    )


def grant_act(grant: str, act: str, party: str, person: str, day: str, time: datetime) -> dict[str, Json]:
    """That ``person`` recorded what concerns ``party`` in the grant with base64 C ``grant``: one of ``GRANT_ACTS``, on ``day``."""
    return _made("grant-act", grant=grant, act=act, party=party, person=person, day=day, time=format_time(time))


def payout(
    split: str | None, input_sha256: str, record_sha256: str, accepted: Sequence[tuple[str, str, datetime]], time: datetime
) -> dict[str, Json]:
    """That parties accepted a payout and it was credited. Each amount is a ``credit`` beside it, so that one is shown without the others.

    Args:
        split: base64 commitment of the split that it follows, or None.
        input_sha256: digest of its waterfall and input: what was accepted. record_sha256: of its whole record.
        accepted: (party, person, time) of each acceptance.
    """
    rows: list[Json] = [{"party": party, "person": person, "time": format_time(at)} for party, person, at in accepted]
    found = {"split": split, "input_sha256": input_sha256, "record_sha256": record_sha256}
    return _made("payout", **found, accepted=rows, time=format_time(time))


def release(split: str, party: str, person: str, time: datetime) -> dict[str, Json]:
    """That ``person`` ended, for ``party``, what kept money aside: it was given out by the split with this base64 commitment."""
    return _made("release", split=split, party=party, person=person, time=format_time(time))


def credit(party: str | None, amount: str, currency: str) -> dict[str, Json]:
    """An amount in major units that is due to a party from now on, below 0 when it was taken back; None for what is kept aside."""
    return _made("credit", party=party, amount=amount, currency=currency)


def transfer(items: Sequence[str], giver: tuple[str, str], receiver: tuple[str, str], offered: datetime, time: datetime) -> dict[str, Json]:
    """That the versions ``items`` (base64 C) passed from one to the other: (identity of the person, name of the organisation)."""
    return _made(
        "transfer",
        items=list(items),
        giver=giver[0],
        giver_name=giver[1],
        receiver=receiver[0],
        receiver_name=receiver[1],
        offered=format_time(offered),
        time=format_time(time),
    )


def publication(item: str, positions: Sequence[int], person: str, time: datetime) -> dict[str, Json]:
    """That ``person`` opened parts of the version ``item`` (base64 C) to everybody; position 0 is title and description."""
    return _made("publication", item=item, positions=list(positions), person=person, time=format_time(time))


def agreement(kind: str, template: str, document_sha256: str) -> dict[str, Json]:
    """A document made from ``template`` (id@version)."""
    return _made("agreement", kind=kind, template=template, document_sha256=document_sha256)


def signature(
    document_sha256: str, identity: str, role: str, method: str, consent: str, consent_sha256: str, time: datetime
) -> dict[str, Json]:
    """That ``identity`` signed exactly that document in ``role``; ``consent`` is the id@version of the text shown to them."""
    return _made(
        "signature",
        document_sha256=document_sha256,
        identity=identity,
        role=role,
        method=method,
        consent=consent,
        consent_sha256=consent_sha256,
        time=format_time(time),
    )


def decline(document_sha256: str, identity: str, reason: str, time: datetime) -> dict[str, Json]:
    """That ``identity`` declined to sign that document, and why in their words."""
    return _made("decline", document_sha256=document_sha256, identity=identity, reason=reason, time=format_time(time))


def executed(document_sha256: str, signatures: Sequence[str], sealed_sha256: str | None, time: datetime) -> dict[str, Json]:
    """That everybody signed: base64 commitments of the signatures, digest of the sealed document or None."""
    return _made(
        "executed", document_sha256=document_sha256, signatures=list(signatures), sealed_sha256=sealed_sha256, time=format_time(time)
    )


def renewal(root_sha512: str, bundles: int, authority: str, token_sha256: str, time: datetime) -> dict[str, Json]:
    """That ``bundles`` proofs were renewed by one token of ``authority`` over the root of their tree (``evidence.renewal``)."""
    return _made(
        "renewal", root_sha512=root_sha512, bundles=bundles, authority=authority, token_sha256=token_sha256, time=format_time(time)
    )
