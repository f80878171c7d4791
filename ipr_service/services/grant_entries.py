"""What the log holds of licence grants: one entry for each grant recorded, and one for whatever is done about it afterwards.

A grant's entry has one file, ``grant.json`` (``rights.grant_record``), and one statement ``grant`` that names the digest of that file and
of what the check said; an entry that replaces or withdraws a grant names its commitment as ``previous``. The openings rest under the
collaboration's key. Who recorded it is kept as logged, for people change their addresses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256, sha512

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.evidence import statements
from ipr_service.evidence.commitment import Committed
from ipr_service.evidence.digest import Digests, to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.rights.grant_record import GrantRecord
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to
from ipr_service.store.schema import Collaboration, CollaborationParty, GrantAct, LicenceGrant, LogEntry, Person

FILE_NAME, MEDIA_TYPE = "grant.json", "application/json"
_RECORD, _ANSWER, _WHO = "grant.record", "grant.answer", "grant.who"
Who = Mapping[str, str]


def who(session: Session, party_id: str, person_id: str) -> Who:
    """The identities of a party and of the person who records, as they are logged."""
    party, person = session.get_one(CollaborationParty, party_id), session.get_one(Person, person_id)
    return {"party": f"mailto:{party.email}", "person": f"mailto:{person.email}"}


def seal_who(ctx: Context, key_id: str, said: Who) -> bytes:
    """Both identities, encrypted."""
    return ctx.seal(key_id, _WHO, json.dumps(dict(said), sort_keys=True).encode())


def seal_grant(ctx: Context, key_id: str, record: bytes, answer: bytes) -> dict[str, bytes]:
    """The columns with the record and with what the check said."""
    return {"record_sealed": ctx.seal(key_id, _RECORD, record), "answer_sealed": ctx.seal(key_id, _ANSWER, answer)}


def record_bytes(ctx: Context, key_id: str, row: LicenceGrant) -> bytes:
    """``grant.json`` verbatim.

    Raises:
        NotFoundError: the key was erased.
    """
    return ctx.open(key_id, _RECORD, row.record_sealed)


def record_of(ctx: Context, key_id: str, row: LicenceGrant) -> GrantRecord | None:
    """The record; None once the key was erased."""
    text = ctx.open_text(key_id, _RECORD, row.record_sealed)
    return None if text is None else GrantRecord.from_bytes(text.encode())


def answer_of(ctx: Context, key_id: str, row: LicenceGrant) -> dict[str, object]:
    """What the check said when the grant was recorded; empty once the key was erased."""
    found: dict[str, object] = json.loads(ctx.open_text(key_id, _ANSWER, row.answer_sealed) or "{}")
    return found


def grant_statements(record: bytes, answer: bytes, replaces: bytes | None, said: Who, at: datetime) -> list[Statement]:
    """What the entry of a grant says."""
    digests, before = (sha256(record).hexdigest(), sha256(answer).hexdigest()), None if replaces is None else to_base64(replaces)
    return [
        statements.grant(*digests, before, said["party"], said["person"], at),
        statements.file(1, FILE_NAME, len(record), MEDIA_TYPE),
    ]


def commit_grant(
    ctx: Context, session: Session, record: bytes, answer: bytes, replaces: LicenceGrant | None, said: Who, at: datetime
) -> Committed:
    """The commitment to a grant that is being recorded."""
    before = None if replaces is None else replaces.commitment
    digests = Digests(sha256(record).digest(), sha512(record).digest(), len(record))
    return commit_to(ctx, session, "agreement", grant_statements(record, answer, before, said, at), files=[digests], previous=before)


def commit_act(ctx: Context, session: Session, row: LicenceGrant, act: str, day: str, said: Who, at: datetime) -> Committed:
    """The commitment to something done about a grant. Withdrawing follows the grant; everything else stands beside it."""
    ends = act == "withdrawn"
    statement = _act_statement(row.commitment, act, day, said, at)
    return commit_to(ctx, session, "supersession" if ends else "agreement", [statement], previous=row.commitment if ends else None)


def _act_statement(grant: bytes, act: str, day: str, said: Who, at: datetime) -> Statement:
    return statements.grant_act(to_base64(grant), act, said["party"], said["person"], day, at)


def expected_grant(ctx: Context, session: Session, row: LicenceGrant) -> list[Statement]:
    """What the entry of a grant must say, from its row alone: for the audit.

    Raises:
        NotFoundError: the key was erased.
    """
    key_id = _key(session, row)
    record, answer = record_bytes(ctx, key_id, row), ctx.open(key_id, _ANSWER, row.answer_sealed)
    if GrantRecord.from_bytes(record).grant.id != row.id:
        return []
    before = None if row.replaces is None else session.get_one(LicenceGrant, row.replaces).commitment
    return grant_statements(record, answer, before, _who_of(ctx, key_id, row.who_sealed), row.created_at)


def expected_act(ctx: Context, session: Session, row: GrantAct) -> list[Statement]:
    """What the entry of an act must say, from its row alone: for the audit."""
    grant = session.get_one(LicenceGrant, row.grant_id)
    said = _who_of(ctx, _key(session, grant), row.who_sealed)
    return [_act_statement(grant.commitment, row.kind, row.day, said, row.created_at)]


def _who_of(ctx: Context, key_id: str, sealed: bytes) -> Who:
    found: Who = json.loads(ctx.open(key_id, _WHO, sealed))
    return found


def _key(session: Session, row: LicenceGrant) -> str:
    return session.get_one(Collaboration, row.collaboration_id).key_id


def entries_of(ctx: Context, session: Session, collaboration_id: str, grant_id: str) -> dict[bytes, dict[int, bytes]]:
    """Commitments of everything logged of a grant and of those whose place it took, in the order of the log, with the files of each.

    Raises:
        NotFoundError: no such grant here, or its key was erased.
    """
    rows = {one.id: one for one in session.scalars(select(LicenceGrant).where(LicenceGrant.collaboration_id == collaboration_id))}
    if grant_id not in rows:
        raise NotFoundError(N_("There is no such grant in this collaboration."))
    chain = [rows[grant_id]]
    while chain[-1].replaces is not None:
        chain.append(rows[chain[-1].replaces])
    files = {one.commitment: {1: record_bytes(ctx, _key(session, one), one)} for one in chain}
    logged = select(LogEntry.commitment).where(LogEntry.thing_id.in_([one.id for one in chain])).order_by(LogEntry.index)
    return {commitment: files.get(commitment, {}) for commitment in session.scalars(logged)}
