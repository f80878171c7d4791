"""Mails as outbox rows: subject and body in the reader's language, composed when their cause is written.

A mail never holds a title, the name of an idea or of a file, or terms: it says who asks, what to do, and one link.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ipr_service.errors import N_
from ipr_service.services.context import Context
from ipr_service.services.languages import say
from ipr_service.store.schema import OutboxRow

_FOR = N_("{person} of {organisation}")
_FAREWELL = N_("If you did not expect this mail, leave it: nothing happens.")


def letter(to: str, language: str, subject: str, *paragraphs: str, **values: Any) -> dict[str, Any]:
    """The payload of a mail: for ``ctx.due("mail", payload, thing_id=…)`` in a plan, or :func:`post` in a session.

    Args:
        to: an address, through ``words.clean_email``.
        subject: msgid of one line.
        paragraphs: msgids; a link stands in a paragraph of its own, as ``"{link}"``.
        values: what fills the placeholders of all of them.
    """
    said = [say(language, text) for text in (*paragraphs, _FAREWELL)]
    body = "\n\n".join(text.format(**values) for text in said)
    return {"to": to, "subject": say(language, subject).format(**values), "body": body + "\n", "language": language}


def acting(language: str, person: str, organisation: str) -> str:
    """Who asks, and for whom: a person who acts for herself (her personal organisation has her name) is named once."""
    return person if person == organisation else say(language, _FOR, person=person, organisation=organisation)


def post(ctx: Context, session: Session, payload: dict[str, Any], *, thing_id: str | None = None) -> None:
    """Write a mail in the transaction of its cause. Call ``ctx.wake()`` after the commit."""
    session.add(OutboxRow(**ctx.outbox_row("mail", payload, thing_id=thing_id)))
