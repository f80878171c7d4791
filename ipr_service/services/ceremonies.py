"""Between the rows of an agreement and the ceremony of ``agreements.signing``: load the one from the other, and say how it stands.

Nothing is written here and nobody is let in: ``signing`` does both. Other services ask :func:`is_executed` before they open anything
that hangs on an agreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.agreements import ceremony as rules
from ipr_service.agreements.ceremony import Ceremony, CeremonyState, Method, Mode, SignatoryState
from ipr_service.agreements.consent import CodeChallenge, consent
from ipr_service.agreements.lifecycle import State
from ipr_service.errors import N_, NotFoundError
from ipr_service.store.schema import Agreement, AgreementDocument, Signatory, Signature, SigningCode

METHODS: Mapping[Method, str] = {Method.EMAIL_CODE: "mail-code", Method.PASSKEY: "passkey"}
"""The ceremony's methods in the words of a logged statement."""
_FROM_WORD = {word: method for method, word in METHODS.items()}
_CEREMONY_STATES: Mapping[str, CeremonyState] = {
    State.SIGNING: CeremonyState.OPEN,
    State.EXECUTED: CeremonyState.EXECUTED,
    State.SUPERSEDED: CeremonyState.EXECUTED,
    State.ENDED: CeremonyState.EXECUTED,
    State.WITHDRAWN: CeremonyState.WITHDRAWN,
}
_NEVER = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signing:
    """One document in the middle of being signed, loaded once.

    Args:
        rows: the signatories by position.
        signatures: those given, by signatory id.
        codes: the newest code of each signatory, by signatory id.
        ceremony: the same as the rules see it.
    """

    agreement: Agreement
    document: AgreementDocument
    rows: tuple[Signatory, ...]
    signatures: Mapping[str, Signature]
    codes: Mapping[str, SigningCode]
    ceremony: Ceremony

    def row(self, signatory_id: str) -> Signatory:
        """The row of a signatory of this document."""
        return next(row for row in self.rows if row.id == signatory_id)


@dataclass(frozen=True)
class Standing:
    """How an agreement stands, for whoever waits for it.

    Args:
        state: ``agreements.lifecycle.State``.
        signed, required: signatures given and asked for; 0 of 0 while it was not sent.
        document_sha256: of the document that is signed, 32 bytes; None before there is one.
        declined: somebody declined the newest document.
    """

    state: str
    signed: int
    required: int
    document_sha256: bytes | None
    declined: bool


def newest_document(session: Session, agreement_id: str) -> AgreementDocument | None:
    """The newest final text, or None while there is none. A dropped one was replaced and does not count."""
    query = select(AgreementDocument).where(AgreementDocument.agreement_id == agreement_id, AgreementDocument.state != "dropped")
    return session.scalars(query.order_by(AgreementDocument.number.desc()).limit(1)).one_or_none()


def signatories(session: Session, agreement_id: str, document_id: str | None) -> tuple[Signatory, ...]:
    """The signatories of a document by position; for None those who are planned."""
    of_document = Signatory.document_id.is_(None) if document_id is None else Signatory.document_id == document_id
    query = select(Signatory).where(Signatory.agreement_id == agreement_id, of_document)
    return tuple(session.scalars(query.order_by(Signatory.position, Signatory.id)))


def load(session: Session, document_id: str) -> Signing:
    """The signing of one document."""
    document = session.get_one(AgreementDocument, document_id)
    agreement = session.get_one(Agreement, document.agreement_id)
    rows = signatories(session, agreement.id, document_id)
    ids = [row.id for row in rows]
    given = {one.signatory_id: one for one in session.scalars(select(Signature).where(Signature.signatory_id.in_(ids)))}
    codes = select(SigningCode).where(SigningCode.signatory_id.in_(ids)).order_by(SigningCode.created_at, SigningCode.id)
    sent = session.scalars(codes).all()
    ceremony = Ceremony(
        id=document.id,
        document_sha256=document.pdf_sha256.hex(),
        consent=consent("simple", agreement.language),
        mode=Mode(agreement.mode),
        expires_at=agreement.ends_at or _NEVER,
        signatories=tuple(_signatory(row, given.get(row.id), [code for code in sent if code.signatory_id == row.id]) for row in rows),
        state=_ceremony_state(agreement, document),
        ended_at=agreement.executed_at,
    )
    return Signing(agreement, document, rows, given, {code.signatory_id: code for code in sent}, ceremony)


def _ceremony_state(agreement: Agreement, document: AgreementDocument) -> CeremonyState:
    if document.state == "dropped":
        return CeremonyState.WITHDRAWN
    return _CEREMONY_STATES.get(agreement.state, CeremonyState.DECLINED)


def _signatory(row: Signatory, given: Signature | None, codes: Sequence[SigningCode]) -> rules.Signatory:
    newest = codes[-1] if codes else None
    code = None
    if newest is not None and newest.used_at is None:
        code = CodeChallenge(newest.digest, newest.expires_at, newest.attempts)
    signature = None
    if given is not None:
        method = _FROM_WORD[given.method]
        signature = rules.Signature(given.at, method, given.document_sha256.hex(), given.consent, given.consent_sha256.hex())
    return rules.Signatory(
        id=row.id,
        role=row.role,
        order=row.position,
        state=SignatoryState(row.state),
        viewed_at=row.viewed_at,
        codes_sent=len(codes),
        code=code,
        signature=signature,
    )


def standing(session: Session, agreement_id: str) -> Standing:
    """How an agreement stands. The caller has asked ``access``.

    Raises:
        NotFoundError: there is no such agreement.
    """
    agreement = session.get(Agreement, agreement_id)
    if agreement is None:
        raise NotFoundError(N_("There is nothing here that you may see."))
    document = newest_document(session, agreement_id)
    rows = () if document is None else signatories(session, agreement_id, document.id)
    signed = sum(_has_signed(session, row, document) for row in rows)
    declined = any(row.state == "declined" for row in rows)
    return Standing(agreement.state, signed, len(rows), None if document is None else document.pdf_sha256, declined)


def _has_signed(session: Session, row: Signatory, document: AgreementDocument | None) -> bool:
    """A signature counts for the digest that it names, whatever the signatory's row says."""
    digest = session.scalar(select(Signature.document_sha256).where(Signature.signatory_id == row.id))
    return document is not None and digest == document.pdf_sha256


def required_signed(session: Session, agreement_id: str) -> tuple[int, int]:
    """(signatures that name the newest document, signatures asked for)."""
    found = standing(session, agreement_id)
    return found.signed, found.required


def is_executed(session: Session, agreement_id: str) -> bool:
    """Whether every required signatory has signed exactly the newest document; from the signatures, not from a state alone.

    Sealing comes later, in the background, and is not waited for. What was superseded, ended or never existed gives False.
    """
    agreement = session.get(Agreement, agreement_id)
    if agreement is None or agreement.state != State.EXECUTED:
        return False
    signed, required = required_signed(session, agreement_id)
    return 0 < required == signed
