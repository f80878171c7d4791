"""Who walks the demo, and what they can do: sign up, read the mails that were kept, follow a link, write into the journal.

Everything goes through the services, as a person in a browser would make them go; the mails are read from the kept outbox, as
``ipr outbox`` does for whoever sits at the terminal.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ipr_service.errors import N_, RefusedError
from ipr_service.services import accounts, organisations, outbox, sessions
from ipr_service.services.access import Actor
from ipr_service.services.context import Context

_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")


@dataclass(frozen=True)
class Firm:
    """An invented organisation."""

    name: str
    country: str
    number: str
    address: str
    form: str
    capacity: str


@dataclass(frozen=True)
class Part:
    """A person of the demo. Addresses end in ``.example``, which belongs to nobody (RFC 2606)."""

    name: str
    email: str
    language: str
    firm: Firm | None = None
    address: str = ""
    country: str = ""

    @property
    def company(self) -> Firm:
        """The organisation of a person who has one."""
        if self.firm is None:
            raise LookupError(f"{self.name} acts for nobody else")
        return self.firm


SARA = Part(
    "Sara Conti",
    "sara@officina-conti.example",
    "en",
    Firm(
        "Officina Conti S.r.l.",
        "IT",
        "UD-999001",
        "Via dei Falegnami 12\n33100 Udine",
        "società a responsabilità limitata",
        "sole director",
    ),
)
NIKOS = Part(
    "Nikos Vlachos",
    "nikos@vlachos-design.example",
    "en",
    Firm("Vlachos Design IKE", "GR", "GEMI 999002", "Odos Ermou 7\n54624 Thessaloniki", "private capital company (IKE)", "administrator"),
)
ELENA = Part("Elena Moro", "elena@moro.example", "en", None, "Via Aquileia 3, 33100 Udine", "IT")
CAST = (SARA, NIKOS, ELENA)


@dataclass
class Journey:
    """One walk: what was made on the way, and what the journal says of it.

    Args:
        work: does what a worker would do now.
        originals: folder of the four files.
    """

    ctx: Context
    work: Callable[[], None]
    originals: Path
    passwords: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    journal: list[tuple[datetime, str]] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """A line of the journal, at this moment."""
        self.journal.append((self.ctx.now(), sentence))

    def actor(self, part: Part) -> Actor:
        return self.actors[part.email]

    def enter(self, part: Part) -> None:
        """Sign up, confirm the address by the mailed link, complete the organisation's facts."""
        password = self.passwords.setdefault(part.email, secrets.token_urlsafe(15))
        firm = part.firm
        order = accounts.SignUp(
            part.name, part.email, password, firm.name if firm else "", firm.country if firm else part.country, part.language
        )
        token = accounts.sign_up(self.ctx, order, source="demo").token
        accounts.confirm(self.ctx, self.secret(part, "/confirm/"))
        actor = sessions.actor_of_session(self.ctx, token)
        if firm is not None:
            facts = organisations.Facts(firm.name, "company", firm.country, firm.number, firm.address)
            organisations.edit(self.ctx, actor, str(actor.organisation_id), facts)
        self.actors[part.email] = actor

    def secret(self, part: Part, path: str) -> str:
        """What stands at the end of the newest mailed link to a person whose address holds ``path``."""
        return self._newest(part, re.compile(rf"https?://\S+{path}([0-9A-Za-z_-]{{20,}})"))

    def code(self, part: Part) -> str:
        """The six digits in the newest mail with a code to a person."""
        return self._newest(part, _CODE)

    def _newest(self, part: Part, wanted: re.Pattern[str]) -> str:
        """What ``wanted`` finds in the newest kept mail to a person that has it, after the worker has looked.

        Raises:
            RefusedError: there is no such mail.
        """
        self.work()
        for mail in outbox.mails_for_terminal(self.ctx, 40):
            found = wanted.search(f"{mail.subject}\n{mail.body}") if mail.to == part.email else None
            if found is not None:
                return found[1]
        raise RefusedError(N_("The demo waits for a mail that was not kept here."))

    def seal(self, what: str) -> None:
        """Let the worker seal an executed agreement and make its evidence file."""
        self.work()
        self.say(
            f"{what}: signed by all, sealed by the service (its own seal, not a person's signature), sent to all with the evidence file."
        )
