"""A whole house for a test: real database, real keys and files in a temporary folder, a clock that the test moves.

Nothing is mocked: the mailer keeps mails in the outbox (``mails`` reads them as the operator's terminal does), the service's clock
really signs tokens.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ipr_service.app import build_context, prepare
from ipr_service.jobs.worker import look_now
from ipr_service.services import accounts, limits, outbox, sessions
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.settings import Settings

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PASSWORD = "three plain oaken words"


@dataclass
class MovingClock:
    """Shows the same time until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def build(database_url: str, folder: Path, clock: Callable[[], datetime] | None = None, **settings: Any) -> Context:
    """A context over a migrated database; ``settings`` are attributes of Settings."""
    chosen = Settings.from_environ(
        {}, **{"data_dir": folder, "database_url": database_url, "origin": "test.invalid/log", "demo": False, **settings}
    )
    clock = clock or MovingClock()
    chosen = prepare(chosen, clock, os.urandom)
    return build_context(chosen, clock=clock, random=os.urandom)


def person(ctx: Context, name: str = "Sara", email: str | None = None, organisation: str = "", country: str = "IT") -> Actor:
    """Sign a person up and give the actor of her browser session; acts for the company when one is named."""
    email = email or f"{name.lower()}@example.org"
    order = accounts.SignUp(name, email, PASSWORD, organisation, country)
    logged_in = accounts.sign_up(ctx, order, source=f"test-{name}")
    return sessions.actor_of_session(ctx, logged_in.token)


def as_role(actor: Actor, role: str) -> Actor:
    """The same person with another role in the organisation acted for."""
    return replace(actor, roles={**actor.roles, str(actor.organisation_id): role})


def work(ctx: Context) -> None:
    """Do what a worker would do now."""
    look_now(ctx)


def mails(ctx: Context, to: str | None = None) -> list[outbox.Kept]:
    """The mails that were kept, newest first; the worker runs before."""
    work(ctx)
    return [mail for mail in outbox.mails_for_terminal(ctx) if to is None or mail.to == to]


def secret_in(mail: outbox.Kept) -> str:
    """The secret at the end of the one link of a mail."""
    (link,) = re.findall(r"https?://\S+/([0-9A-Za-z_-]{20,})", mail.body)
    return str(link)


def forget_limits(ctx: Context) -> None:
    """Begin all rate limits anew."""
    limits._limiters.pop(ctx.database, None)
