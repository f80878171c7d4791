"""Sign an agreement: send it, open the link, read, ask for a code. What counts (sign, decline, withdraw) is in ``signatures``.

A *simple electronic signature* with a mailed code, and nothing more is ever said of it. The rules are in ``agreements.signing``; here they
meet rows and mails. A signatory with an account of that address may sign from the page, with the same mailed code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from ipr_service.agreements import ceremony as acts
from ipr_service.agreements import consent, lifecycle
from ipr_service.agreements import signing as rules
from ipr_service.agreements.ceremony import CeremonyState, Mode, SignatoryState
from ipr_service.agreements.lifecycle import Act, State
from ipr_service.errors import N_, InputError, RateLimitError, RefusedError, StaleError
from ipr_service.services import access, ceremonies, papers
from ipr_service.services.access import Actor
from ipr_service.services.ceremonies import Signing, is_executed, required_signed, standing
from ipr_service.services.context import Context
from ipr_service.services.drafts import pinned_kind
from ipr_service.services.letters import letter, post
from ipr_service.services.links import AsMember, ByLink, Signer, find, invite, inviter_of, let_in
from ipr_service.services.signatures import code_digest, decline, sign, withdraw
from ipr_service.services.words import clean_choice
from ipr_service.store.schema import Agreement, AgreementDocument, Organisation, Person, Signatory, SigningCode
from ipr_service.store.sequencer import Insert, Update, WritePlan

__all__ = [
    "AsMember",
    "ByLink",
    "Signer",
    "SigningPage",
    "decline",
    "document_pdf",
    "is_executed",
    "look",
    "open_link",
    "request_code",
    "required_signed",
    "send",
    "sign",
    "standing",
    "withdraw",
]

DAYS = 30
"""How long a document may be signed after it was sent."""
PAUSE = timedelta(seconds=30)
"""Between two codes to the same person."""


@dataclass(frozen=True)
class OtherSignatory:
    """One of those who sign, as the others see it."""

    name: str
    organisation: str
    role_label: str
    state: str
    signed_at: datetime | None


@dataclass(frozen=True)
class SigningPage:
    """What a signatory sees. The sender's private title is not in it.

    Args:
        state: of the ceremony: open, executed, declined, withdrawn, expired.
        own: the signatory sent it herself.
        mine: of this signatory: waiting, invited, viewed, signed, declined.
        document_sha256: lower-case hex of the exact PDF.
        consent_id: ``id/language@version`` of the text beside the button.
        waits: how many sign before.
        sealed: the executed PDF is there; evidence: the evidence file too.
    """

    agreement_id: str
    signatory_id: str
    name: str
    email: str
    organisation: str
    capacity: str
    role_label: str
    kind_title: str
    sender: str
    own: bool
    state: str
    mine: str
    waits: int
    ends_at: datetime | None
    document_sha256: str
    consent_id: str
    consent_text: str
    code_until: datetime | None
    signed_at: datetime | None
    others: tuple[OtherSignatory, ...]
    sealed: bool
    evidence: bool


# --- sending ------------------------------------------------------------------------------------------------------------


def send(ctx: Context, actor: Actor, agreement_id: str, mode: str = "parallel") -> None:
    """Send the final text to those who sign: to all at once, or one after the other (``ordered``).

    Raises:
        InputError: another mode, or a party for whom nobody signs.
        RefusedError: there is no final text, or it was sent before.
        StaleError: somebody sent or changed it at the same moment.
    """
    clean_choice("/mode", mode, tuple(Mode))
    with ctx.database.reading() as session:
        access.require(session, actor, "send", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
        state = lifecycle.advance(State(agreement.state), Act.INVITE)
        document = ceremonies.newest_document(session, agreement_id)
        planned = ceremonies.signatories(session, agreement_id, None)
        if document is None:
            raise RefusedError(N_("There is no final text yet."))
        _require_everybody(ctx, agreement, document, planned)
        ends_at = ctx.now() + timedelta(days=DAYS)
        sent = tuple(acts.Signatory(ctx.new_id(), one.role, at) for at, one in enumerate(planned, 1))
        text = consent.consent("simple", agreement.language)
        ceremony = acts.begin(document.id, document.pdf_sha256.hex(), text, Mode(mode), ends_at, sent)
        people = {one.id: _sent_row(one, before, document.id) for one, before in zip(sent, planned, strict=True)}
        inside = let_in(ctx, session, agreement_id, [row["email"] for row in people.values()])
        inviter = inviter_of(session, agreement)
    for one in ceremony.turn:
        people[one.id] |= {"state": SignatoryState.INVITED.value, "invited_at": ctx.now()}
    where = (Agreement.id == agreement_id, Agreement.state == State.FROZEN.value, Agreement.revision == agreement.revision)
    changed = {"state": state.value, "mode": mode, "awaited": len(sent), "ends_at": ends_at, "revision": agreement.revision + 1}
    stale = StaleError(N_("Somebody changed this agreement since you last saw it. Load the page again."))
    mails = [step for one in ceremony.turn for step in invite(ctx, people[one.id], document.pdf_sha256, inviter, ends_at)]
    begin = Update(Agreement, where, changed, otherwise=stale)
    ctx.write(WritePlan((begin, Insert(Signatory, tuple(people.values())), *mails, *inside)))


def _require_everybody(ctx: Context, agreement: Agreement, document: AgreementDocument, planned: Iterable[Signatory]) -> None:
    """Somebody signs for every party: as many signatories of a role as there are parties of it."""
    parties = papers.of_terms(ctx, agreement, document).terms.answers["parties"]
    roles = [one.role for one in planned]
    for role in pinned_kind(ctx, agreement).roles:
        wanted = sum(party["role"] == role.id for party in parties)
        if roles.count(role.id) < wanted:
            said = N_("{wanted} people sign as {role}, one for each party; {named} are named. Add who is missing.")
            raise InputError.at("/signatories", said, wanted=wanted, role=role.label, named=roles.count(role.id))


def _sent_row(one: acts.Signatory, planned: Signatory, document_id: str) -> dict[str, Any]:
    kept = ("agreement_id", "position", "role", "name", "email", "organisation_name", "capacity", "language")
    values: dict[str, Any] = {name: getattr(planned, name) for name in kept}
    return values | {"id": one.id, "document_id": document_id, "position": one.order, "state": "waiting", "invited_at": None}


# --- looking ------------------------------------------------------------------------------------------------------------


def open_link(ctx: Context, secret: str) -> SigningPage:
    """What the holder of a link sees. No account needed.

    Raises:
        NotFoundError, ExpiredError: see :func:`find`.
    """
    return look(ctx, ByLink(secret))


def look(ctx: Context, signer: Signer) -> SigningPage:
    """What a signatory sees: who asks, what, how it stands, and what to do now.

    Raises:
        NotFoundError, ExpiredError: see :func:`find`.
    """
    with ctx.database.reading() as session:
        loaded, row = find(ctx, session, signer)
        sender = session.get_one(Organisation, loaded.agreement.organisation_id).name
        author = session.get_one(Person, loaded.agreement.person_id)
    ceremony = rules.expire(loaded.ceremony, ctx.now())
    kind, mine = pinned_kind(ctx, loaded.agreement), ceremony.signatory(row.id)
    labels = {role.id: role.label for role in kind.roles}
    code = loaded.codes.get(row.id)
    waiting_code = code is not None and code.used_at is None and code.expires_at > ctx.now() and code.attempts < consent.ATTEMPTS
    return SigningPage(
        agreement_id=loaded.agreement.id,
        signatory_id=row.id,
        name=row.name,
        email=row.email,
        organisation=row.organisation_name,
        capacity=row.capacity,
        role_label=labels.get(row.role, row.role),
        kind_title=kind.title,
        sender=sender,
        own=row.email.casefold() == author.email.casefold(),
        state=ceremony.state.value,
        mine=row.state,
        waits=len(acts.waits_for(ceremony, mine)),
        ends_at=loaded.agreement.ends_at,
        document_sha256=ceremony.document_sha256,
        consent_id=ceremony.consent.name,
        consent_text=ceremony.consent.text,
        code_until=code.expires_at if code is not None and waiting_code else None,
        signed_at=mine.signature.at if mine.signature else None,
        others=others(loaded, labels),
        sealed=loaded.document.sealed_blob is not None,
        evidence=loaded.document.evidence_blob is not None,
    )


def others(loaded: Signing, labels: Mapping[str, str]) -> tuple[OtherSignatory, ...]:
    """Everybody who signs, in order."""
    return tuple(
        OtherSignatory(
            row.name,
            row.organisation_name,
            labels.get(row.role, row.role),
            row.state,
            loaded.signatures[row.id].at if row.id in loaded.signatures else None,
        )
        for row in loaded.rows
    )


# --- reading and the code -------------------------------------------------------------------------------------------------


def document_pdf(ctx: Context, signer: Signer) -> bytes:
    """The exact PDF that is to be signed. The first opening is kept: nobody signs what she did not open.

    Raises:
        NotFoundError, ExpiredError: see :func:`find`.
    """
    with ctx.database.reading() as session:
        loaded, row = find(ctx, session, signer)
    content = papers.read(ctx, loaded.agreement, loaded.document, "pdf")
    if row.state == SignatoryState.INVITED.value and loaded.ceremony.state is CeremonyState.OPEN:
        rules.view(loaded.ceremony, row.id, loaded.ceremony.document_sha256, ctx.now())
        with ctx.database.writing() as session:
            fresh = session.get_one(Signatory, row.id, with_for_update=True)
            if fresh.state == SignatoryState.INVITED.value:
                fresh.state, fresh.viewed_at = SignatoryState.VIEWED.value, ctx.now()
    return content


def executed(ctx: Context, signer: Signer, what: str) -> bytes:
    """After the execution: ``sealed`` (the executed PDF) or ``evidence`` (the zip file), for whoever signed.

    Raises:
        NotFoundError: see :func:`find`; or it is still being made.
    """
    clean_choice("/what", what, ("sealed", "evidence"))
    with ctx.database.reading() as session:
        loaded, _ = find(ctx, session, signer)
    return papers.read(ctx, loaded.agreement, loaded.document, what)


def request_code(ctx: Context, signer: Signer) -> datetime:
    """Mail a one-time code to the signatory's own address; an older one stops working. Returns until when it is good.

    Raises:
        RefusedError, ExpiredError, ConflictError: it is not her turn, she did not open the document, or it is over.
        RateLimitError: the last code is younger than 30 seconds, or too many were sent.
    """
    now = ctx.now()
    with ctx.database.writing() as session:
        loaded, row = find(ctx, session, signer)
        session.get_one(Signatory, row.id, with_for_update=True)
        loaded = ceremonies.load(session, loaded.document.id)  # again, now that nobody else asks for the same person
        last = loaded.codes.get(row.id)
        if last is not None and last.created_at + PAUSE > now:
            wait = int((last.created_at + PAUSE - now).total_seconds()) + 1
            said = N_("A code was sent just now. Look in your mail; in {wait} seconds you can ask again.")
            raise RateLimitError(said, wait=wait, retry_after=wait)
        code = consent.new_code(ctx.random(16))
        digest = code_digest(ctx, loaded.ceremony, row.id, code)
        asked = rules.request_code(loaded.ceremony, row.id, digest, now).signatory(row.id).code
        if asked is None:
            raise RefusedError(N_("Ask for a code first."))
        for older in session.scalars(select(SigningCode).where(SigningCode.signatory_id == row.id, SigningCode.used_at.is_(None))):
            older.used_at = now
        session.add(
            SigningCode(
                id=ctx.new_id(),
                signatory_id=row.id,
                document_sha256=loaded.document.pdf_sha256,
                digest=digest,
                attempts=0,
                created_at=now,
                expires_at=asked.expires_at,
            )
        )
        mail = letter(
            row.email,
            row.language,
            N_("Your code for signing"),
            N_("Your code is {code}. It is good for {minutes} minutes and for this one document."),
            N_("Type it on the page where you asked for it. Nobody from us will ever ask you for it."),
            code=code,
            minutes=consent.MINUTES,
        )
        post(ctx, session, mail, thing_id=loaded.agreement.id)
    ctx.wake()
    return asked.expires_at
