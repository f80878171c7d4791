"""The ceremony as a value: who signs which document, how far each of them is, and what is said of it in the log.

``signing`` holds the rules that lead from one ceremony to the next. The statements here go into log entries, as plain dictionaries of
text that are their own JCS form (EVIDENCE.md, statements); who keeps or logs them is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ipr_service.agreements.consent import CodeChallenge, ConsentText
from ipr_service.errors import N_, InputError, NotFoundError, RefusedError

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Mode(StrEnum):
    ORDERED = "ordered"
    PARALLEL = "parallel"


class Method(StrEnum):
    """How the signatory confirmed that it was she."""

    EMAIL_CODE = "email-code"
    PASSKEY = "passkey"


class CeremonyState(StrEnum):
    OPEN = "open"
    EXECUTED = "executed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class SignatoryState(StrEnum):
    WAITING = "waiting"
    INVITED = "invited"
    VIEWED = "viewed"
    SIGNED = "signed"
    DECLINED = "declined"


@dataclass(frozen=True)
class Signature:
    """What one person did.

    Args:
        at: aware UTC.
        method: how she confirmed it.
        document_sha256: lower-case hex of the exact PDF she saw.
        consent: the consent text's name, ``id/language@version``.
        consent_sha256: lower-case hex, digest of the text shown.
    """

    at: datetime
    method: Method
    document_sha256: str
    consent: str
    consent_sha256: str


@dataclass(frozen=True)
class Signatory:
    """One person who is asked to sign.

    Args:
        id: opaque, unique in the ceremony.
        role: in which capacity, e.g. ``"discloser"``.
        order: 1 or more; meaningful in an ordered ceremony.
        required: False for somebody whose signature is welcome and not waited for.
    """

    id: str
    role: str
    order: int = 1
    required: bool = True
    state: SignatoryState = SignatoryState.WAITING
    viewed_at: datetime | None = None
    codes_sent: int = 0
    code: CodeChallenge | None = None
    signature: Signature | None = None
    reason: str = ""


@dataclass(frozen=True)
class Ceremony:
    """The signing of one document by its signatories. Build it with `begin`.

    Args:
        id: opaque.
        document_sha256: lower-case hex SHA-256 of the exact PDF, bound into every invitation.
        consent: the text every signatory is shown.
        mode: ordered or parallel.
        expires_at: aware UTC; at this moment it is already too late.
        signatories: by order, then as given.
        ended_at: aware UTC, when it left the open state.
        reason: why it was declined or withdrawn.
    """

    id: str
    document_sha256: str
    consent: ConsentText
    mode: Mode
    expires_at: datetime
    signatories: tuple[Signatory, ...]
    state: CeremonyState = CeremonyState.OPEN
    ended_at: datetime | None = None
    reason: str = ""

    def signatory(self, signatory_id: str) -> Signatory:
        """Raises NotFoundError: nobody here has this id."""
        for signatory in self.signatories:
            if signatory.id == signatory_id:
                return signatory
        raise NotFoundError(N_("This person is not asked to sign this document."))

    @property
    def turn(self) -> tuple[Signatory, ...]:
        """Who may sign now; empty when the ceremony is over."""
        if self.state is not CeremonyState.OPEN:
            return ()
        return tuple(signatory for signatory in self.signatories if is_pending(signatory) and not waits_for(self, signatory))


def begin(
    id: str, document_sha256: str, consent_text: ConsentText, mode: Mode, expires_at: datetime, signatories: Iterable[Signatory]
) -> Ceremony:
    """Open a ceremony.

    Raises:
        InputError: a digest that is not 64 lower-case hex digits, nobody required to sign, the same person twice, an
            order below 1, or an end without a time zone.
    """
    chosen = tuple(sorted(signatories, key=lambda signatory: signatory.order))
    if not _HEX_DIGEST.match(document_sha256):
        raise InputError.at("/document_sha256", N_("A document digest is 64 hexadecimal digits in lower case."))
    if not any(signatory.required for signatory in chosen):
        raise InputError.at("/signatories", N_("At least one person must be required to sign."))
    if len({signatory.id for signatory in chosen}) < len(chosen):
        raise InputError.at("/signatories", N_("Each person signs once: the same person is listed twice."))
    if any(signatory.order < 1 for signatory in chosen):
        raise InputError.at("/signatories", N_("The signing order counts from 1."))
    if any(signatory.state is not SignatoryState.WAITING for signatory in chosen):
        raise InputError.at("/signatories", N_("A new ceremony starts with people who have not signed yet."))
    if expires_at.tzinfo is None:
        raise InputError.at("/expires_at", N_("The end of the signing time needs a time zone."))
    return Ceremony(id, document_sha256, consent_text, mode, expires_at, chosen)


def waits_for(ceremony: Ceremony, signatory: Signatory) -> tuple[Signatory, ...]:
    """The required signatories who come before and have not signed; nobody in a parallel ceremony."""
    if ceremony.mode is Mode.PARALLEL:
        return ()
    return tuple(one for one in ceremony.signatories if one.required and one.order < signatory.order and one.signature is None)


def is_pending(signatory: Signatory) -> bool:
    """Whether she may still sign."""
    return signatory.state not in {SignatoryState.SIGNED, SignatoryState.DECLINED}


# --- what goes into the log ---------------------------------------------------------------------------------------


def signature_statement(ceremony: Ceremony, signatory_id: str) -> Mapping[str, Any]:
    """The statement of an entry of kind ``signature``: strings only, ready for JCS (EVIDENCE.md, statements).

    Raises:
        NotFoundError: nobody here has this id.
        RefusedError: she has not signed.
    """
    signatory = ceremony.signatory(signatory_id)
    if signatory.signature is None:
        raise RefusedError(N_("This person has not signed."))
    return {
        "type": "signature",
        "ceremony": ceremony.id,
        "signatory": signatory.id,
        "role": signatory.role,
        "document": signatory.signature.document_sha256,
        "consent": signatory.signature.consent,
        "consent_sha256": signatory.signature.consent_sha256,
        "method": signatory.signature.method.value,
        "at": moment(signatory.signature.at),
    }


def outcome_statement(ceremony: Ceremony) -> Mapping[str, Any]:
    """The statement that closes a ceremony: executed, declined, withdrawn or expired, and by whom it was signed.

    Raises:
        RefusedError: it is still open.
    """
    if ceremony.ended_at is None:
        raise RefusedError(N_("The signing is not over yet."))
    return {
        "type": "ceremony",
        "ceremony": ceremony.id,
        "document": ceremony.document_sha256,
        "outcome": ceremony.state.value,
        "signed": sorted(one.id for one in ceremony.signatories if one.signature),
        "at": moment(ceremony.ended_at),
    }


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, e.g. ``2026-11-22T15:00:00Z``."""
    from_utc = at.utctimetuple()
    return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*from_utc[:6])
