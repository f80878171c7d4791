"""The one error tree of the house: what went wrong, said to a person, with a stable code.

Codes are API: a client may switch on them, so a code is never renamed. Nothing here knows HTTP or exit codes;
``api/problems`` maps codes to RFC 9457 problem documents, ``cli`` maps them to exit codes.

A message is a gettext msgid with named ``{placeholders}`` and the values that fill them, so that a face can say
it in the reader's language: ``gettext(error.msgid).format(**error.values)``. ``str(error)`` is the English one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


def N_(msgid: str) -> str:
    """Mark ``msgid`` for extraction by Babel without translating it here."""
    return msgid


@dataclass(frozen=True)
class FieldProblem:
    """One field that was refused: where, why, what the limit is and what to do.

    Args:
        pointer: RFC 6901 JSON pointer into the input (``/files/0/name``), or ``""`` for the whole input.
        msgid: the English sentence, a gettext msgid with ``{placeholders}``; names the limit and the remedy.
        values: what fills the placeholders. Never a secret, a title or the content of a file.
    """

    pointer: str
    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid.format(**self.values) if self.values else self.msgid


class ServiceError(Exception):
    """Root of everything this package raises on purpose.

    Args:
        msgid: English sentence for a person, a gettext msgid with ``{placeholders}``.
        values: what fills the placeholders.
        problems: the fields concerned, if any.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = N_("Something is not right")

    def __init__(self, msgid: str, *, problems: Sequence[FieldProblem] = (), **values: Any) -> None:
        self.msgid = msgid
        self.values = values
        self.problems = tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        return self.msgid.format(**self.values) if self.values else self.msgid


class InputError(ServiceError):
    """What was sent cannot be taken; ``problems`` says which field, its limit and the remedy."""

    code = "input"
    title = N_("Please check what you entered")

    @classmethod
    def at(cls, pointer: str, msgid: str, **values: Any) -> InputError:
        """The common case: one field, one sentence."""
        return cls(msgid, problems=(FieldProblem(pointer, msgid, values),), **values)


class FormatError(InputError):
    """Bytes or text that are not what they claim to be (a note, a proof, a manifest, a policy file)."""

    code = "format"
    title = N_("This is not in the expected form")


class MissingAnswerError(InputError):
    """A template needs an answer that nobody gave; ``problems`` name the questions."""

    code = "missing-answer"
    title = N_("Some questions are still open")


class TooLargeError(InputError):
    code = "too-large"
    title = N_("This is larger than the limit")


class RefusedError(ServiceError):
    """A rule forbids it (not signed yet, revoked, wrong order, wrong state)."""

    code = "refused"
    title = N_("A rule does not allow this")


class ForbiddenError(RefusedError):
    """The actor is known, sees the thing, and may not do this to it."""

    code = "forbidden"
    title = N_("You may not do this")


class ConflictError(RefusedError):
    """Somebody else was first, or the state changed meanwhile."""

    code = "conflict"
    title = N_("Somebody was faster")


class ExpiredError(RefusedError):
    """A link, code, invitation or access that ended."""

    code = "expired"
    title = N_("This has ended")


class IdempotencyError(RefusedError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency-mismatch"
    title = N_("This key was used for something else")


class PreconditionRequiredError(RefusedError):
    code = "precondition-required"
    title = N_("Say which version you are changing")


class StaleError(RefusedError):
    code = "stale"
    title = N_("It changed since you last saw it")


class UnauthenticatedError(ServiceError):
    code = "unauthenticated"
    title = N_("Please log in")


class NotFoundError(ServiceError):
    """It does not exist, or the actor may not know that it does: the two answers are the same."""

    code = "not-found"
    title = N_("Nothing here")


class RateLimitError(ServiceError):
    """Too often. ``values['retry_after']`` is in seconds."""

    code = "rate-limit"
    title = N_("Too many tries")


class OutsideError(ServiceError):
    """The outside world failed: mail server, timestamp authority, remote log, converter."""

    code = "outside"
    title = N_("Another service did not answer")


class StorageFullError(ServiceError):
    """The disk or the object store is full; nothing was kept and nothing was acknowledged."""

    code = "storage-full"
    title = N_("There is no room left")


class UnavailableError(ServiceError):
    """Cannot be done right now (clock behind the log, database locked, shutting down)."""

    code = "unavailable"
    title = N_("Not possible right now")


class SettingsError(ServiceError):
    """The configuration is half done or contradicts itself; names the setting."""

    code = "settings"
    title = N_("The configuration is not complete")


class DamageError(ServiceError):
    """Stored bytes are not what was stored: wrong key, edited row, cut file. Never repaired silently."""

    code = "damage"
    title = N_("Stored data does not check")
