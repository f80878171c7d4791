"""Forms: what was sent, what was refused beside each field, and one-time form ids, so that a double click registers once.

The services check; a form only carries values there and problems back. The pointer ``/email`` of a problem is the field ``email``;
``/files/0/name`` is shown at the field ``files``. Problems without a field stand in the summary alone.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import ParamSpec

from flask import Response, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, ConflictError, InputError, RateLimitError, RefusedError, ServiceError
from ipr_service.services import idempotency
from ipr_service.services.access import Actor
from ipr_service.web.languages import say
from ipr_service.web.pages import actor, ctx

P = ParamSpec("P")
WAIT_SECONDS = 20.0
ANSWER_SECONDS = 3.0


@dataclass(frozen=True)
class Problem:
    """One refusal: the field's name (``""`` for the whole form), the sentence, translated, and where exactly the service refused it."""

    name: str
    text: str
    pointer: str = ""


@dataclass
class Form:
    """The values of one form and what was refused. ``sent`` is true for a POST."""

    sent: bool = False
    start: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    title: str = ""
    sentence: str = ""
    status: int = 200

    @classmethod
    def read(cls, **start: str | None) -> Form:
        """The form of this request. ``start``: what the fields show before anything was sent."""
        return cls(sent=request.method == "POST", start={name: value or "" for name, value in start.items()})

    def value(self, name: str) -> str:
        """What was sent for a field, else what it starts with."""
        return request.form.get(name, "") if self.sent else self.start.get(name, "")

    def values_of(self, name: str) -> Sequence[str]:
        """Everything that was sent for a field that takes several."""
        return request.form.getlist(name) if self.sent else self.start.get(name, "").split()

    def all_values(self) -> Sequence[tuple[str, str]]:
        """Every field that was sent, with its first value."""
        return tuple(request.form.items()) if self.sent else tuple(self.start.items())

    def wrong(self, name: str) -> str:
        """What was refused at this field."""
        return next((problem.text for problem in self.problems if problem.name == name), "")

    def catching(self) -> Catching:
        """Turn a refusal inside the block into sentences on the form; the page is then shown again with what was typed."""
        return Catching(self)

    def refuse(self, problem: ServiceError) -> bool:
        """Put a refusal on the form. False for what is no business of a form."""
        if isinstance(problem, InputError):
            self.status, self.title = 422, _(problem.title)
            self.problems += [Problem(found.pointer.strip("/").split("/")[0], say(found), found.pointer) for found in problem.problems]
            if not problem.problems:
                self.sentence = say(problem)
            return True
        if isinstance(problem, (RefusedError, RateLimitError)):
            self.status = 429 if isinstance(problem, RateLimitError) else 409
            self.title, self.sentence = _(problem.title), say(problem)
            return True
        return False


@dataclass(frozen=True)
class Catching:
    """The block in which refusals go to a form."""

    form: Form

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> bool:
        return isinstance(problem, ServiceError) and self.form.refuse(problem)


def form_id() -> str:
    """A fresh one-time id for the hidden field of a form."""
    return secrets.token_urlsafe(18)


def once(view: Callable[P, Response]) -> Callable[P, Response]:
    """Do a POST once, however often it is sent: the ``form_id`` field (or query argument) is its idempotency key.

    A second click waits for the first and is sent where the first was sent. A form that was refused may be sent again: only an
    answer that redirects is kept. A form without an id is refused, so that nobody forgets it.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if request.method != "POST":
            return view(*args, **kwargs)
        key = request.args.get("form_id") or request.form.get("form_id", "")
        if not 16 <= len(key) <= 64:
            raise InputError(N_("This form is incomplete. Load the page again and send it once more."))
        who = _sender(key)
        digest = hashlib.sha256(f"{request.method} {request.path}".encode()).digest()
        kept = _take(key, digest)
        if kept is not None:
            return current_app.make_response(redirect(kept, 303))
        g.request_key = f"form {key}"
        try:
            answer = view(*args, **kwargs)
        except BaseException:
            idempotency.forget(ctx(), who, f"form {key}")
            raise
        if answer.status_code == 303 and answer.location:
            idempotency.finish(ctx(), who, f"form {key}", 303, "{}", answer.location.encode())
        else:
            idempotency.forget(ctx(), who, f"form {key}")
        return answer

    return guarded


def _sender(key: str) -> Actor:
    """Who sends this form: the person, whichever organisation they act for, because a form may change just that."""
    return Actor(person_id=actor().person_id, request_key=f"form {key}")


def _take(key: str, digest: bytes) -> str | None:
    """None when the form is ours to do; else where the first sending went, once it has gone."""
    began = time.monotonic()
    deadline = began + WAIT_SECONDS
    while True:
        try:
            kept = idempotency.begin(ctx(), _sender(key), f"form {key}", digest)
        except ConflictError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
            continue
        if kept is None:
            return None
        if kept.status is None:  # it was done, but not yet answered: by a first click that is about to, or by a process that was killed
            if time.monotonic() < began + ANSWER_SECONDS:
                time.sleep(0.1)
                continue
            flash(_("This was done already. You find it here."), "done")
            return url_for("front.index")
        return kept.body.decode()
