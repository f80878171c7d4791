"""The signing ceremony: who may sign which bytes, in what order, and when it is over.

A pure state machine over ``ceremony.Ceremony``. Each transition takes one and gives the next one, or raises and changes nothing:

    invite -> view -> request_code -> enter_code -> sign        one signatory's way
    decline, withdraw, expire                                   ways out

Rules, in the order in which they are asked:

1. The ceremony is open: not executed, declined, withdrawn or past its end.
2. The signatory belongs to it and has neither signed nor declined.
3. It is her turn. *ordered*: every required signatory with a smaller order number has signed (equal numbers may sign
   in any order); *parallel*: always.
4. The document digest is the ceremony's, byte for byte. Terms that changed are another ceremony.
5. She opened that document, and saw the consent text with the digest she gives.
6. She confirmed it with a code that was made for this ceremony, person and document (`consent`), or with a passkey
   over the same challenge, checked outside.

When the last required signatory has signed, the ceremony is executed and nobody can add a signature: the executed PDF
is fixed. A decline by a required signatory ends it; one by an optional signatory does not.

What this does not do: it makes no cryptographic signature, seals nothing (``gateways/seal``) and stores nothing. What
it records is a *simple electronic signature* (Regulation (EU) 910/2014, art. 3(10)), the signatory's own act; the
service's seal on the PDF is the service's and never hers (AGREEMENTS.md 2.4).

The class of bad input closed here: stale terms signed, signing twice, signing out of turn, a code used elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ipr_service.agreements import consent
from ipr_service.agreements.ceremony import (
    Ceremony,
    CeremonyState,
    Method,
    Signatory,
    SignatoryState,
    Signature,
    waits_for,
)  # fmt: skip
from ipr_service.agreements.consent import CodeOutcome
from ipr_service.errors import N_, ConflictError, ExpiredError, InputError, RateLimitError, RefusedError

REASON_LIMIT = 2000
"""Characters of a reason for declining or withdrawing."""


# --- transitions of one signatory ---------------------------------------------------------------------------------


def invite(ceremony: Ceremony, signatory_id: str, at: datetime) -> Ceremony:
    """Her link may go out. In an ordered ceremony, not before her turn; a second invitation is a reminder.

    Raises:
        RefusedError, ExpiredError, ConflictError, NotFoundError: rules 1 to 3.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    _require_turn(ceremony, signatory)
    if signatory.state is not SignatoryState.WAITING:
        return ceremony
    return _with(ceremony, replace(signatory, state=SignatoryState.INVITED))


def view(ceremony: Ceremony, signatory_id: str, document_sha256: str, at: datetime) -> Ceremony:
    """She opened the document. Only the first time is kept.

    Raises:
        RefusedError, ExpiredError, ConflictError, NotFoundError: rules 1, 2 and 4, or she was never invited.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    _require_document(ceremony, document_sha256)
    if signatory.state is SignatoryState.WAITING:
        raise RefusedError(N_("This person was not invited to sign yet."))
    if signatory.state is SignatoryState.VIEWED:
        return ceremony
    return _with(ceremony, replace(signatory, state=SignatoryState.VIEWED, viewed_at=at))


def request_code(ceremony: Ceremony, signatory_id: str, digest: bytes, at: datetime) -> Ceremony:
    """A new code is on its way to her; an older one stops working.

    Args:
        digest: `consent.code_digest` of the code that is being sent.

    Raises:
        RefusedError, ExpiredError, ConflictError, NotFoundError: rules 1 to 3, or the document was not opened.
        RateLimitError: she asked for `consent.CODES` already.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    _require_turn(ceremony, signatory)
    _require_viewed(signatory)
    if signatory.codes_sent >= consent.CODES:
        raise RateLimitError(
            N_("{limit} codes were sent for this document. Ask the sender to start the signing again."), limit=consent.CODES, retry_after=0
        )
    return _with(ceremony, replace(signatory, codes_sent=signatory.codes_sent + 1, code=consent.challenge(digest, at)))


def enter_code(ceremony: Ceremony, signatory_id: str, digest: bytes, at: datetime) -> tuple[Ceremony, CodeOutcome]:
    """She typed a code. Store the ceremony whatever the outcome: it counts the wrong tries.

    Args:
        digest: `consent.code_digest` of what she typed.

    Raises:
        RefusedError, ExpiredError, ConflictError, NotFoundError: rules 1 to 3, or no code was asked for.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    _require_turn(ceremony, signatory)
    if signatory.code is None:
        raise RefusedError(N_("Ask for a code first."))
    code, outcome = consent.answer(signatory.code, digest, at)
    return _with(ceremony, replace(signatory, code=code)), outcome


def sign(ceremony: Ceremony, signatory_id: str, document_sha256: str, consent_sha256: str, method: Method, at: datetime) -> Ceremony:
    """She signs; when she was the last required one, the ceremony is executed.

    Args:
        document_sha256: digest of what her screen showed, lower-case hex.
        consent_sha256: digest of the consent text her screen showed, lower-case hex.
        method: for `Method.PASSKEY` the caller has checked the assertion over `consent.passkey_challenge`.

    Raises:
        RefusedError: it is not her turn, another document, another consent text, not opened, or no confirmed code.
        ConflictError: she signed already.
        ExpiredError: the ceremony or her code has ended.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    _require_turn(ceremony, signatory)
    _require_document(ceremony, document_sha256)
    _require_viewed(signatory)
    if consent_sha256 != ceremony.consent.sha256:
        raise RefusedError(N_("The consent text has changed. Reload the page and read it again."))
    if method is Method.EMAIL_CODE:
        _require_confirmed_code(signatory, at)
    signature = Signature(at, method, document_sha256, ceremony.consent.name, consent_sha256)
    signed = _with(ceremony, replace(signatory, state=SignatoryState.SIGNED, signature=signature))
    if all(one.state is SignatoryState.SIGNED for one in signed.signatories if one.required):
        return replace(signed, state=CeremonyState.EXECUTED, ended_at=at)
    return signed


def decline(ceremony: Ceremony, signatory_id: str, reason: str, at: datetime) -> Ceremony:
    """She will not sign. A required signatory ends the ceremony for everybody.

    Raises:
        InputError: no reason, or one over REASON_LIMIT characters.
        RefusedError, ExpiredError, ConflictError, NotFoundError: rules 1 and 2, or she was never invited.
    """
    signatory = _may_act(ceremony, signatory_id, at)
    if signatory.state is SignatoryState.WAITING:
        raise RefusedError(N_("This person was not invited to sign yet."))
    said = _reason(reason)
    declined = _with(ceremony, replace(signatory, state=SignatoryState.DECLINED, reason=said))
    if signatory.required:
        return replace(declined, state=CeremonyState.DECLINED, ended_at=at, reason=said)
    return declined


# --- transitions of the whole ceremony ------------------------------------------------------------------------------


def withdraw(ceremony: Ceremony, reason: str, at: datetime) -> Ceremony:
    """The sender takes it back. Signatures given so far bind nobody: the document was not executed.

    Raises:
        InputError: no reason, or one over REASON_LIMIT characters.
        RefusedError, ExpiredError: it is over already.
    """
    _require_open(ceremony, at)
    return replace(ceremony, state=CeremonyState.WITHDRAWN, ended_at=at, reason=_reason(reason))


def expire(ceremony: Ceremony, at: datetime) -> Ceremony:
    """Close what is past its end; anything else is given back unchanged, so that a worker may ask as often as it likes."""
    if ceremony.state is CeremonyState.OPEN and at >= ceremony.expires_at:
        return replace(ceremony, state=CeremonyState.EXPIRED, ended_at=ceremony.expires_at)
    return ceremony


# --- the rules --------------------------------------------------------------------------------------------------------


def _require_open(ceremony: Ceremony, at: datetime) -> None:
    if ceremony.state is not CeremonyState.OPEN:
        raise RefusedError(_CLOSED[ceremony.state])
    if at >= ceremony.expires_at:
        raise ExpiredError(_CLOSED[CeremonyState.EXPIRED])


def _may_act(ceremony: Ceremony, signatory_id: str, at: datetime) -> Signatory:
    """Rules 1 and 2."""
    signatory = ceremony.signatory(signatory_id)
    if signatory.state is SignatoryState.SIGNED:
        raise ConflictError(N_("This person has signed already. Nothing was signed twice."))
    _require_open(ceremony, at)
    if signatory.state is SignatoryState.DECLINED:
        raise RefusedError(N_("This person has declined to sign."))
    return signatory


def _require_turn(ceremony: Ceremony, signatory: Signatory) -> None:
    before = waits_for(ceremony, signatory)
    if before:
        raise RefusedError(N_("{count} people sign before. You will get a message when it is your turn."), count=len(before))


def _require_document(ceremony: Ceremony, document_sha256: str) -> None:
    if document_sha256 != ceremony.document_sha256:
        raise RefusedError(N_("This is not the document you were invited to sign. Open it again from your link."))


def _require_viewed(signatory: Signatory) -> None:
    if signatory.viewed_at is None:
        raise RefusedError(N_("Open the document before you sign it."))


def _require_confirmed_code(signatory: Signatory, at: datetime) -> None:
    code = signatory.code
    if code is None or code.confirmed_at is None:
        raise RefusedError(N_("Enter the code from your e-mail before you sign."))
    if at >= code.expires_at:
        consent.refuse(CodeOutcome.LATE, code)


def _reason(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise InputError.at("/reason", N_("Say in a few words why."))
    if len(said) > REASON_LIMIT:
        msgid = N_("A reason may have {limit} characters; this one has {length}.")
        raise InputError.at("/reason", msgid, limit=REASON_LIMIT, length=len(said))
    return said


def _with(ceremony: Ceremony, changed: Signatory) -> Ceremony:
    signatories = tuple(changed if one.id == changed.id else one for one in ceremony.signatories)
    return replace(ceremony, signatories=signatories)


_CLOSED: Mapping[CeremonyState, str] = {
    CeremonyState.EXECUTED: N_("This document is executed: everybody who had to sign has signed."),
    CeremonyState.DECLINED: N_("The signing ended because somebody declined."),
    CeremonyState.WITHDRAWN: N_("The sender has withdrawn this document."),
    CeremonyState.EXPIRED: N_("The time to sign this document has ended. Ask the sender to start again."),
}
