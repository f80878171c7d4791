"""Links to sign, who stands behind one, and the mails that carry them.

A link rests as a digest, bound to one signatory and to the digest of one exact document; its address stands in mails to her and nowhere
else, so that whoever sent the agreement cannot use it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ExpiredError, NotFoundError
from ipr_service.services import access, ceremonies, sessions
from ipr_service.services.access import Actor
from ipr_service.services.ceremonies import Signing
from ipr_service.services.context import Context
from ipr_service.services.drafts import participant
from ipr_service.services.letters import acting, letter
from ipr_service.services.words import fold_email
from ipr_service.store.schema import Agreement, Organisation, Participant, Person, Signatory, SigningLink
from ipr_service.store.sequencer import Insert

_GONE = N_("There is nothing to sign here. The link may have been cut short; copy it whole from the mail.")


@dataclass(frozen=True)
class ByLink:
    """Whoever holds the secret of a mailed link."""

    secret: str


@dataclass(frozen=True)
class AsMember:
    """A person who is logged in with the address of a signatory."""

    actor: Actor
    agreement_id: str


Signer = ByLink | AsMember


def inviter_of(session: Session, agreement: Agreement) -> dict[str, str]:
    person = session.get_one(Person, agreement.person_id)
    return {"person": person.name, "organisation": session.get_one(Organisation, agreement.organisation_id).name}


def new_link(ctx: Context, signatory_id: str, document_sha256: bytes, expires_at: datetime) -> tuple[str, Insert]:
    """A fresh link of a signatory and the row that keeps its digest; the address may stand in a mail to her and nowhere else."""
    secret = sessions.secret(ctx)
    row = {
        "digest": sessions.digest(secret),
        "signatory_id": signatory_id,
        "document_sha256": document_sha256,
        "created_at": ctx.now(),
        "expires_at": expires_at,
    }
    return f"{ctx.settings.base_url}/signing/{secret}", Insert(SigningLink, (row,))


def invite(ctx: Context, row: dict[str, Any], document_sha256: bytes, inviter: dict[str, str], ends_at: datetime) -> tuple[Insert, ...]:
    link, step = new_link(ctx, row["id"], document_sha256, ends_at)
    mail = letter(
        row["email"],
        row["language"],
        N_("{inviter} asks you to sign an agreement"),
        N_("{acting} asks you to read and sign an agreement. You need no account:"),
        "{link}",
        N_("The link is yours alone: do not pass it on. It works until {day}. To sign you confirm a code that we send to this address."),
        link=link,
        day=ends_at.date().isoformat(),
        inviter=inviter["person"],
        acting=acting(row["language"], **inviter),
    )
    return step, ctx.due("mail", mail, thing_id=row["agreement_id"])


def let_in(ctx: Context, session: Session, agreement_id: str, emails: Iterable[str]) -> tuple[Insert, ...]:
    """Signatories who have an account with that address, confirmed, take part as that person."""
    folded = [fold_email(email) for email in emails]
    people = session.scalars(select(Person).where(Person.email_folded.in_(folded), Person.email_confirmed_at.is_not(None))).all()
    inside = set(
        session.scalars(select(Participant.person_id).where(Participant.thing_id == agreement_id, Participant.role == "signatory"))
    )
    rows = [participant(ctx, agreement_id, one.personal_organisation_id, one.id, "signatory") for one in people if one.id not in inside]
    return (Insert(Participant, tuple(rows)),)


def find(ctx: Context, session: Session, signer: Signer) -> tuple[Signing, Signatory]:
    """The document and the signatory behind a link or a log-in.

    Raises:
        NotFoundError: no such link; or nothing that this person is asked to sign. The same for both, whatever is the reason.
        ExpiredError: the link has run out.
    """
    if isinstance(signer, ByLink):
        link = session.get(SigningLink, sessions.digest(signer.secret))
        if link is None:
            raise NotFoundError(_GONE)
        if link.expires_at <= ctx.now():
            raise ExpiredError(N_("This link has run out. Ask the sender to start the signing again."))
        row = session.get_one(Signatory, link.signatory_id)
        loaded = ceremonies.load(session, str(row.document_id))
        if link.document_sha256 != loaded.document.pdf_sha256:
            raise NotFoundError(_GONE)
        return loaded, loaded.row(row.id)
    access.require(session, signer.actor, "sign", "agreement", signer.agreement_id)
    person = session.get_one(Person, access.require_person(signer.actor))
    document = ceremonies.newest_document(session, signer.agreement_id)
    if document is not None and person.email_confirmed_at is not None:
        loaded = ceremonies.load(session, document.id)
        for row in loaded.rows:
            if fold_email(row.email) == person.email_folded:
                return loaded, row
    raise NotFoundError(N_("You are not asked to sign this agreement."))
