"""Mail on its way out: one message, one server, one honest answer.

Called by the worker for outbox rows, after the commit. A message is plain text in UTF-8; its Message-ID is made from the
outbox row's id, so that a message sent twice after a crash is recognised as one by mail programs. Nothing is logged here:
subjects and bodies hold names and links that are secrets.

Sources: RFC 5321 (SMTP, section 4.2.1: 4yz try again, 5yz do not), RFC 5322, RFC 3834 (Auto-Submitted), RFC 3207 (STARTTLS),
RFC 8314 (smtps).
"""

from __future__ import annotations

import contextlib
import email.headerregistry
import email.message
import email.policy
import email.utils
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

from ipr_service.errors import N_, InputError, OutsideError, RefusedError, SettingsError

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}")
_PERMANENT = range(500, 600)

State = Literal["sent", "kept"]


class MailRefusedError(RefusedError):
    """The mail server refused this message for good (5yz): trying again is no use, a person has to look."""


@dataclass(frozen=True)
class Message:
    """One mail to one person.

    Args:
        to: address, ``name@domain`` alone.
        subject: one line.
        body: plain text, lines ending in ``\\n``.
        id: the outbox row's id, 1 to 64 letters, digits, ``-`` or ``_``.
    """

    to: str
    subject: str = field(repr=False)
    body: str = field(repr=False)
    id: str

    def __post_init__(self) -> None:
        """Refuse what could add a header or a recipient (ASVS 1.3.11).

        Raises:
            InputError: a line break or control character in a header, or an address that is more than one address.
        """
        if not _ADDRESS.fullmatch(self.to) or _CONTROL.search(self.to):
            raise InputError.at("/to", N_("This is not one mail address of the form name@example.org."))
        if _CONTROL.search(self.subject):
            raise InputError.at("/subject", N_("A subject is one line without control characters."))
        if not _ID.fullmatch(self.id):
            raise InputError.at("/id", N_("A message id has 1 to 64 letters, digits, '-' or '_'."))


class Mailer(Protocol):
    """Whoever takes a message. ``send`` may be repeated with the same message."""

    def send(self, message: Message) -> State:
        """Hand the message over.

        Returns:
            ``sent`` when a server took responsibility for it, ``kept`` when it stays in the outbox on purpose.

        Raises:
            OutsideError: not now; try again later. MailRefusedError: never.
        """


class OutboxMailer:
    """The embedded default: no mail server is set, so a message stays in the outbox, where the operator reads it."""

    def send(self, message: Message) -> State:
        return "kept"


@dataclass(frozen=True)
class SmtpMailer:
    """A mail server. Build with :meth:`from_url`.

    Args:
        host, port: where it listens.
        sender: address in From and in the envelope.
        clock: aware UTC, for the Date header.
        tls: ``implicit`` (smtps), ``starttls``, or ``none`` (only for a server on the same machine).
        user, password: empty when it asks for none.
        timeout: seconds for each step of the conversation.
        context: which certificates are believed; default the system's.
    """

    host: str
    port: int
    sender: str
    clock: Callable[[], datetime]
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    timeout: float = 20.0
    context: ssl.SSLContext | None = None

    @classmethod
    def from_url(cls, url: str, sender: str, clock: Callable[[], datetime], context: ssl.SSLContext | None = None) -> SmtpMailer:
        """Read ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``. User and password may be percent-encoded.

        ``smtp://`` to a loopback address goes without TLS, since such a server seldom has a certificate; a password never
        travels in clear to anywhere else.

        Raises:
            SettingsError: another scheme or no host. The message never repeats the address, which holds a password.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1 or not _ADDRESS.fullmatch(sender):
            raise SettingsError(N_("IPR_SMTP_URL must look like smtp://user:password@host:587 or smtps://…, IPR_MAIL_FROM like a@b.c."))
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        tls: Literal["implicit", "starttls", "none"] = "implicit" if parts.scheme == "smtps" else "none" if local else "starttls"
        default = 465 if tls == "implicit" else 25 if local else 587
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or default, sender, clock, tls, user, password, context=context)

    def send(self, message: Message) -> State:
        """Hand the message to the server; see :class:`Mailer`."""
        try:
            server = self._connect()
            try:
                server.send_message(self._compose(message), self.sender, [message.to])
            finally:
                _leave(server)
        except smtplib.SMTPRecipientsRefused as problem:
            raise _answered(max(code for code, _ in problem.recipients.values())) from problem
        except smtplib.SMTPResponseException as problem:
            # A refused login is the operator's mistake, not the message's: it waits until the setting is mended.
            code = 0 if isinstance(problem, smtplib.SMTPAuthenticationError) else problem.smtp_code
            raise _answered(code) from problem
        except smtplib.SMTPNotSupportedError as problem:
            raise OutsideError(N_("The mail server lacks what is needed: TLS, log-in or addresses in UTF-8.")) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise OutsideError(N_("The mail server did not answer.")) from problem
        return "sent"

    def _connect(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _compose(self, message: Message) -> email.message.EmailMessage:
        composed = email.message.EmailMessage(policy=email.policy.SMTP)
        composed["From"] = self.sender
        composed["To"] = email.headerregistry.Address(addr_spec=message.to) if message.to.isascii() else message.to
        composed["Subject"] = message.subject
        composed["Date"] = email.utils.format_datetime(self.clock())
        composed["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        composed["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        composed.set_content(message.body, charset="utf-8", cte="quoted-printable")
        return composed


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye. The message was taken or refused before; how the goodbye goes changes neither."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _answered(code: int) -> OutsideError | MailRefusedError:
    if code in _PERMANENT:
        return MailRefusedError(N_("The mail server refused this message for good, with code {code}."), code=code)
    return OutsideError(N_("The mail server asked to try again later."))
