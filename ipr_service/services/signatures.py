"""The acts that count: sign, decline, withdraw. Each is one plan, logged where it is somebody's word.

A try at a code is counted before it is compared, in a transaction of its own, so that no number of guesses at once is more than the limit.
``Agreement.awaited`` guards the last signature: whoever finds it changed looks again and decides anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ipr_service.agreements import consent, lifecycle
from ipr_service.agreements import signing as rules
from ipr_service.agreements.ceremony import Ceremony, CeremonyState, Method, SignatoryState
from ipr_service.agreements.consent import CodeOutcome
from ipr_service.agreements.lifecycle import Act, State
from ipr_service.errors import N_, ConflictError, RefusedError, UnavailableError
from ipr_service.evidence import statements
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, ceremonies
from ipr_service.services.access import Actor
from ipr_service.services.ceremonies import METHODS, Signing
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.letters import letter
from ipr_service.services.links import Signer, find, invite, inviter_of, let_in
from ipr_service.services.words import clean_text
from ipr_service.store.schema import Agreement, AgreementDocument, Person, Signatory, Signature, SigningCode
from ipr_service.store.sequencer import Insert, Receipt, Update, WritePlan

MAX_REASON = 1000
REASON = "agreement.reason"
TRIES = 8
Step = Insert | Update
_USED = N_("This code was used already. If that was you, your signature is there; else ask for a new code.")
_TWICE = N_("This person has signed already. Nothing was signed twice.")


@dataclass(frozen=True)
class Signed:
    """A signature, on the disk: its receipt, and whether it was the last one."""

    receipt: Receipt
    executed: bool


def code_digest(ctx: Context, ceremony: Ceremony, signatory_id: str, code: str) -> bytes:
    """What rests of a code: bound to this document and person, keyed by the service."""
    secret = ctx.service_keys.derived("signing-code")
    return consent.code_digest(secret, ceremony.id, signatory_id, ceremony.document_sha256, code)


# --- sign -----------------------------------------------------------------------------------------------------------------


def sign(ctx: Context, signer: Signer, code: str, document_sha256: str, consent_id: str) -> Signed:
    """Sign exactly this document.

    Args:
        code: as typed.
        document_sha256: digest of the PDF that the screen showed, lower-case hex.
        consent_id: ``id/language@version`` of the consent text that the screen showed.

    Raises:
        InputError: what was typed cannot be a code; that is no try.
        RefusedError: a wrong code (with the tries left), another document or consent text, not her turn, not opened, or over.
        ExpiredError: code or link ran out. RateLimitError: the code was tried too often.
        ConflictError: she signed already, or the code was used.
        NotFoundError: see ``links.find``.
    """
    code, counted = consent.typed_code(code), False
    for _ in range(TRIES):
        with ctx.database.reading() as session:
            loaded, row = find(ctx, session, signer)
        ceremony = _uncounted(loaded.ceremony, row.id) if counted else loaded.ceremony
        confirmed, outcome = rules.enter_code(ceremony, row.id, code_digest(ctx, ceremony, row.id, code), ctx.now())
        if not counted:
            _count(ctx, loaded, row, confirmed, outcome)
            counted = True
        known = confirmed.consent.sha256 if consent_id == confirmed.consent.name else ""
        now = ctx.now().replace(microsecond=0)
        after = rules.sign(confirmed, row.id, document_sha256, known, Method.EMAIL_CODE, now)
        raced = ConflictError(_TWICE)
        try:
            receipt = _write(ctx, loaded, row, after, now, raced)
        except ConflictError as problem:
            if problem is raced:
                continue  # somebody else signed at the same moment: decide anew who is the last
            raise
        return Signed(receipt, after.state is CeremonyState.EXECUTED)
    raise UnavailableError(N_("Many people sign at this moment. Try again in a minute; nothing was signed yet."))


def _uncounted(ceremony: Ceremony, signatory_id: str) -> Ceremony:
    """The ceremony without the try that was counted already: it was right, and must not stand in its own way."""
    found = []
    for one in ceremony.signatories:
        if one.id == signatory_id and one.code is not None:
            one = replace(one, code=replace(one.code, attempts=max(0, one.code.attempts - 1)))
        found.append(one)
    return replace(ceremony, signatories=tuple(found))


def _count(ctx: Context, loaded: Signing, row: Signatory, confirmed: Ceremony, outcome: CodeOutcome) -> None:
    """Count one try; refuse what is no right code.

    Raises:
        RefusedError, ExpiredError, RateLimitError: see ``consent.refuse``. ConflictError: the code was used.
    """
    challenge, newest = confirmed.signatory(row.id).code, loaded.codes[row.id]
    if challenge is None:
        raise RefusedError(N_("Ask for a code first."))
    if outcome in (CodeOutcome.WRONG, CodeOutcome.CONFIRMED):
        open_still = (SigningCode.id == newest.id, SigningCode.attempts < consent.ATTEMPTS, SigningCode.used_at.is_(None))
        counting = update(SigningCode).where(*open_still).values(attempts=SigningCode.attempts + 1).returning(SigningCode.attempts)
        with ctx.database.writing() as session:
            counted = session.execute(counting).scalar_one_or_none()
            used = session.scalar(select(SigningCode.used_at).where(SigningCode.id == newest.id))
        if counted is None:
            if used is not None:
                raise ConflictError(_USED)
            outcome = CodeOutcome.SPENT
    if outcome is not CodeOutcome.CONFIRMED:
        consent.refuse(outcome, challenge)


def _statement(given: dict[str, Any]) -> Statement:
    return statements.signature(
        given["document_sha256"].hex(),
        given["identity"],
        given["role"],
        given["method"],
        given["consent"],
        given["consent_sha256"].hex(),
        given["at"],
    )


def expected_statements(_session: Session, row: Signature) -> list[Statement]:
    """The statement that a signature's row must equal; for ``ipr log audit``."""
    return [_statement({**vars(row)})]


def _write(ctx: Context, loaded: Signing, row: Signatory, after: Ceremony, now: datetime, raced: ConflictError) -> Receipt:
    given = after.signatory(row.id).signature
    assert given is not None  # noqa: S101 - rules.sign has just put it there
    values: dict[str, Any] = {
        "id": ctx.new_id(),
        "signatory_id": row.id,
        "agreement_id": loaded.agreement.id,
        "document_sha256": loaded.document.pdf_sha256,
        "identity": f"mailto:{row.email}",
        "role": row.role,
        "method": METHODS[given.method],
        "consent": given.consent,
        "consent_sha256": bytes.fromhex(given.consent_sha256),
        "at": now,
    }
    with ctx.database.reading() as session:
        made = commit_to(ctx, session, "signature", [_statement(values)])
        inside = let_in(ctx, session, loaded.agreement.id, [row.email])
        further = _further(ctx, session, loaded, after)
    code = loaded.codes[row.id]
    steps: tuple[Step, ...] = (
        _agreement_step(loaded, after, now, raced),
        Update(SigningCode, (SigningCode.id == code.id, SigningCode.used_at.is_(None)), {"used_at": now}, otherwise=ConflictError(_USED)),
        Insert(Signature, ({**values, "commitment": made.commitment},), taken=ConflictError(_TWICE)),
        Update(
            Signatory,
            (Signatory.id == row.id, Signatory.state == SignatoryState.VIEWED.value),
            {"state": SignatoryState.SIGNED.value},
            otherwise=ConflictError(_TWICE),
        ),
        *further,
        *inside,
    )
    (receipt,) = ctx.write(WritePlan(steps, (logged(ctx, made, loaded.agreement.id, loaded.agreement.key_id),)))
    return receipt


def _agreement_step(loaded: Signing, after: Ceremony, now: datetime, raced: ConflictError) -> Update:
    missing = len(loaded.rows) - len(loaded.signatures)
    values: dict[str, Any] = {"awaited": missing - 1}
    if after.state is CeremonyState.EXECUTED:
        values |= {"state": lifecycle.advance(State.SIGNING, Act.EXECUTE).value, "executed_at": now}
    where = (Agreement.id == loaded.agreement.id, Agreement.state == State.SIGNING.value, Agreement.awaited == missing)
    return Update(Agreement, where, values, otherwise=raced)


def _further(ctx: Context, session: Session, loaded: Signing, after: Ceremony) -> list[Step]:
    """What a signature sets going: the order to seal, or the invitations of those whose turn it is now."""
    if after.state is CeremonyState.EXECUTED:
        executed = Update(AgreementDocument, (AgreementDocument.id == loaded.document.id,), {"state": "executed"})
        return [executed, ctx.due("seal", {"agreement_id": loaded.agreement.id}, thing_id=loaded.agreement.id)]
    steps: list[Step] = []
    inviter, ends_at = inviter_of(session, loaded.agreement), after.expires_at
    for one in after.turn:
        if one.state is SignatoryState.WAITING:
            row = loaded.row(one.id)
            values = {"state": SignatoryState.INVITED.value, "invited_at": ctx.now()}
            steps.append(Update(Signatory, (Signatory.id == row.id, Signatory.state == SignatoryState.WAITING.value), values))
            steps += invite(ctx, {**vars(row)}, loaded.document.pdf_sha256, inviter, ends_at)
    return steps


# --- ways out -------------------------------------------------------------------------------------------------------------


def decline(ctx: Context, signer: Signer, reason: str) -> Receipt:
    """She will not sign, and says why. Ends the signing for everybody; logged.

    Raises:
        InputError: no reason, or one over 1000 characters. RefusedError, ExpiredError, ConflictError: it is over, or she signed.
        NotFoundError: see ``links.find``.
    """
    said = clean_text("/reason", reason, MAX_REASON)
    now = ctx.now().replace(microsecond=0)
    with ctx.database.reading() as session:
        loaded, row = find(ctx, session, signer)
        rules.decline(loaded.ceremony, row.id, said, now)
        statement = statements.decline(loaded.document.pdf_sha256.hex(), f"mailto:{row.email}", said, now)
        made = commit_to(ctx, session, "signature", [statement])
        mails = _ended(ctx, session, loaded, but=row.id)
    key_id = loaded.agreement.key_id
    values = {
        "state": SignatoryState.DECLINED.value,
        "declined_at": now,
        "reason_sealed": ctx.seal(key_id, REASON, said.encode()),
        "commitment": made.commitment,
    }
    steps: tuple[Step, ...] = (
        _end(ctx, loaded.agreement, Act.DECLINE, said),
        Update(Signatory, (Signatory.id == row.id, Signatory.state == row.state), values),
        *mails,
    )
    (receipt,) = ctx.write(WritePlan(steps, (logged(ctx, made, loaded.agreement.id, key_id),)))
    return receipt


def _end(ctx: Context, agreement: Agreement, act: Act, reason: str) -> Update:
    """The agreement leaves the state it is in; whoever was faster wins."""
    state = lifecycle.advance(State(agreement.state), act)
    where = (Agreement.id == agreement.id, Agreement.state == agreement.state)
    values = {"state": state.value, "reason_sealed": ctx.seal(agreement.key_id, REASON, reason.encode()), "awaited": 0}
    changed = N_("Somebody changed this agreement at the same moment. Load the page again.")
    return Update(Agreement, where, {**values, "revision": Agreement.revision + 1}, otherwise=ConflictError(changed))


def withdraw(ctx: Context, actor: Actor, agreement_id: str, reason: str) -> None:
    """Take an agreement back that is not executed. Signatures given so far bind nobody: it was not executed.

    Raises:
        InputError: no reason. RefusedError: it is executed, or over. NotFoundError, ForbiddenError: see ``access``.
    """
    said = clean_text("/reason", reason, MAX_REASON)
    with ctx.database.reading() as session:
        access.require(session, actor, "withdraw", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
        step, mails = _end(ctx, agreement, Act.WITHDRAW, said), []
        document = ceremonies.newest_document(session, agreement_id)
        if agreement.state == State.SIGNING and document is not None:
            mails = _ended(ctx, session, ceremonies.load(session, document.id), but=None)
    ctx.write(WritePlan((step, *mails)))


def _ended(ctx: Context, session: Session, loaded: Signing, but: str | None) -> list[Insert]:
    """Tell the sender and everybody who was invited that the signing ended; never why: that stands behind the log-in."""
    sender = session.get_one(Person, loaded.agreement.person_id)
    people = {sender.email: sender.language}
    people |= {row.email: row.language for row in loaded.rows if row.state != SignatoryState.WAITING.value and row.id != but}
    found = []
    for email, language in people.items():
        mail = letter(
            email,
            language,
            N_("The signing of an agreement has ended"),
            N_("An agreement that you sent or were asked to sign was declined or taken back. Nobody is bound by it."),
            N_("If you sent it, log in to see the reason: {link}"),
            link=f"{ctx.settings.base_url}/agreements/{loaded.agreement.id}",
        )
        found.append(ctx.due("mail", mail, thing_id=loaded.agreement.id))
    return found


def expected_decline(ctx: Context, session: Session, row: Signatory) -> list[Statement]:
    """The statement that a declined signatory's row must equal; for ``ipr log audit``. Nothing when she did not decline."""
    if row.document_id is None or row.declined_at is None:
        return []
    document = session.get_one(AgreementDocument, row.document_id)
    key_id = session.get_one(Agreement, row.agreement_id).key_id
    reason = ctx.open_text(key_id, REASON, row.reason_sealed)
    if reason is None:
        return []
    return [statements.decline(document.pdf_sha256.hex(), f"mailto:{row.email}", reason, row.declined_at)]
