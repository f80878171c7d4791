"""What a statement may say: each type with its exact keys and the form of each value.

A statement is a small JSON object that somebody commits to; the log sees only its salted hash (``commitment``). The table
``STATEMENTS`` is the whole grammar and docs/formats.md is its prose. Statements assert: that somebody *said* this before the
checkpoint's time, never that it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.canonical import Json, to_jcs
from ipr_service.evidence.digest import parse_base64, parse_hex

Statement = Mapping[str, Json]
Checker = Callable[[Json], None]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_FRACTION = re.compile(r"0|1|[1-9][0-9]{0,30}/[1-9][0-9]{0,30}")
_VERSIONED = re.compile(r"[a-z0-9][a-z0-9._/-]{0,126}@[0-9][0-9A-Za-z.]{0,31}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with Z, cut to whole seconds. ``moment`` must be aware.

    Raises:
        FormatError: a time without zone.
    """
    if moment.tzinfo is None:
        raise FormatError(N_("A time needs its zone."))
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def parse_time(text: object) -> datetime:
    """The aware UTC time of ``2026-03-02T09:30:00Z``; no other spelling, no leap second.

    Raises:
        FormatError: anything else.
    """
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise FormatError(N_("Expected a time like 2026-03-02T09:30:00Z (RFC 3339, UTC, whole seconds)."))


def format_fraction(share: Fraction) -> str:
    """``5/8``, ``1`` or ``0``: lowest terms, between 0 and 1.

    Raises:
        FormatError: below 0 or above 1.
    """
    text = str(share)
    parse_fraction(text)
    return text


def parse_fraction(text: object) -> Fraction:
    """The exact share that ``text`` spells in its one canonical way.

    Raises:
        FormatError: not in lowest terms, not between 0 and 1, a decimal, a percentage, or no text.
    """
    if isinstance(text, str) and _FRACTION.fullmatch(text):
        share = Fraction(text)
        if str(share) == text and 0 <= share <= 1:
            return share
    raise FormatError(N_("Expected an exact share in lowest terms between 0 and 1, like 5/8."))


def _text(value: Json) -> None:
    if not isinstance(value, str):
        raise FormatError(N_("Expected text."))


def _filled(value: Json) -> None:
    if not isinstance(value, str) or not value.strip():
        raise FormatError(N_("Expected text that is not empty."))


def _pattern(pattern: re.Pattern[str], msgid: str) -> Checker:
    def check(value: Json) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise FormatError(msgid)

    return check


def _number(least: int) -> Checker:
    def check(value: Json) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise FormatError(N_("Expected a whole number of {least} or more."), least=least)

    return check


def _one_of(*choices: str) -> Checker:
    def check(value: Json) -> None:
        if value not in choices:
            raise FormatError(N_("Expected one of: {choices}."), choices=", ".join(choices))

    return check


def _or_null(inner: Checker) -> Checker:
    def check(value: Json) -> None:
        if value is not None:
            inner(value)

    return check


def _list_of(inner: Checker) -> Checker:
    def check(value: Json) -> None:
        if not isinstance(value, list) or not value:
            raise FormatError(N_("Expected a list that is not empty."))
        for member in value:
            inner(member)

    return check


def _record(**keys: Checker) -> Checker:
    def check(value: Json) -> None:
        if not isinstance(value, dict) or sorted(value) != sorted(keys):
            raise FormatError(N_("Expected an object with exactly the keys {keys}."), keys=", ".join(sorted(keys)))
        for key, checker in keys.items():
            checker(value[key])

    return check


def _sha256(value: Json) -> None:
    parse_hex(value, 32)


def _sha512(value: Json) -> None:
    parse_hex(value, 64)


def _commitment(value: Json) -> None:
    parse_base64(value, 32)


def _time(value: Json) -> None:
    parse_time(value)


def _share(value: Json) -> None:
    parse_fraction(value)


def _shares(value: Json) -> None:
    _list_of(_record(identity=_filled, share=_share))(value)
    rows = value if isinstance(value, list) else []
    if sum((parse_fraction(row["share"]) for row in rows if isinstance(row, dict)), Fraction()) != 1:
        raise FormatError(N_("The shares of a split add up to exactly 1."))


_language = _pattern(_LANGUAGE, N_("Expected a language tag like en or pt-BR (BCP 47)."))
_versioned = _pattern(_VERSIONED, N_("Expected an id with its version, like equal@1."))

STATEMENTS: Mapping[str, Mapping[str, Checker]] = {
    # an idea, a contribution, a version of either
    "subject": {"title": _filled, "description": _text, "language": _language},
    "file": {"position": _number(1), "name": _filled, "size": _number(0), "media_type": _filled},
    "contributor": {"identity": _filled, "role": _text, "share": _share},
    "confirmation": {
        "version": _commitment,
        "identity": _filled,
        "role": _text,
        "share": _share,
        "answer": _one_of("confirmed", "declined"),
        "time": _time,
    },
    "party": {"identity": _filled, "name": _filled, "role": _text},
    # showing it to somebody
    "disclosure": {"items": _list_of(_commitment), "recipient": _filled, "terms_sha256": _sha256, "ends": _or_null(_time)},
    "access": {"disclosure": _commitment, "person": _filled, "position": _number(0), "time": _time},
    "revocation": {"disclosure": _commitment, "person": _filled, "time": _time},
    # who gets which part
    "split": {
        "rule": _versioned,
        "inputs_sha256": _sha256,
        "shares": _shares,
        "run_sha256": _sha256,
    },
    "acceptance": {"split": _commitment, "party": _filled, "person": _filled, "time": _time},
    # whose it is, and what everybody may see
    "transfer": {
        "items": _list_of(_commitment),
        "giver": _filled,
        "giver_name": _filled,
        "receiver": _filled,
        "receiver_name": _filled,
        "offered": _time,
        "time": _time,
    },
    "publication": {"item": _commitment, "positions": _list_of(_number(0)), "person": _filled, "time": _time},
    # papers
    "agreement": {"kind": _filled, "template": _versioned, "document_sha256": _sha256},
    "signature": {
        "document_sha256": _sha256,
        "identity": _filled,
        "role": _text,
        "method": _one_of("mail-code", "passkey", "drawn", "external"),
        "consent": _versioned,
        "consent_sha256": _sha256,
        "time": _time,
    },
    "decline": {"document_sha256": _sha256, "identity": _filled, "reason": _text, "time": _time},
    "executed": {"document_sha256": _sha256, "signatures": _list_of(_commitment), "sealed_sha256": _or_null(_sha256), "time": _time},
    # one round of renewals
    "renewal": {"root_sha512": _sha512, "bundles": _number(1), "authority": _filled, "token_sha256": _sha256, "time": _time},
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
