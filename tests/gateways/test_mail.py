"""Mail: what a real SMTP server receives from us, and what we make of its answers."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ipr_service.errors import InputError, OutsideError, SettingsError
from ipr_service.gateways.mail import MailRefusedError, Message, OutboxMailer, SmtpMailer

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
BODY = "Pozdravljeni,\n\nodprite povezavo.\n.\nKonec\n"
INVITATION = Message("ana@example.org", "Povabilo: ideja čebelnjak", BODY, "01JD7Q2M8X4T0V9K3B5N6P7R8S")


def noon() -> dt.datetime:
    return NOON


class Sink:
    """Keeps what it receives; answers with a given line at a given step."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.received: list[Envelope] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if "data" in self.answers:
            return self.answers["data"]
        self.received.append(envelope)
        return "250 OK"


Start = Callable[..., Controller]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Controller] = []

    def starter(sink: Sink, **options: Any) -> Controller:
        controller = Controller(sink, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return controller

    yield starter
    for controller in running:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mailer(controller: Controller) -> SmtpMailer:
    return SmtpMailer.from_url(f"smtp://127.0.0.1:{controller.port}", "ipr@cluster.example", noon)


def test_a_message_arrives_whole_with_the_headers_of_an_automatic_mail(start: Start) -> None:
    sink = Sink()
    assert mailer(start(sink)).send(INVITATION) == "sent"
    (envelope,) = sink.received
    assert envelope.mail_from == "ipr@cluster.example"
    assert envelope.rcpt_tos == ["ana@example.org"]
    assert isinstance(envelope.content, bytes)
    assert envelope.content.isascii()
    seen = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert seen["From"] == "ipr@cluster.example"
    assert seen["To"] == "ana@example.org"
    assert seen["Subject"] == "Povabilo: ideja čebelnjak"
    assert seen["Auto-Submitted"] == "auto-generated"
    assert seen["Date"].datetime == NOON
    assert seen.get_content_type() == "text/plain"
    assert seen.get_content().replace("\r\n", "\n") == INVITATION.body


def test_a_message_sent_twice_has_one_message_id(start: Start) -> None:
    sink = Sink()
    sender = mailer(start(sink))
    sender.send(INVITATION)
    sender.send(INVITATION)
    ids = {email.message_from_bytes(envelope.content)["Message-ID"] for envelope in sink.received if isinstance(envelope.content, bytes)}
    assert len(sink.received) == 2
    assert ids == {"<01JD7Q2M8X4T0V9K3B5N6P7R8S@cluster.example>"}


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest.mark.parametrize(("answer", "error"), [("450 later", OutsideError), ("550 no such person", MailRefusedError)])
def test_a_temporary_answer_waits_and_a_permanent_one_does_not(start: Start, step: str, answer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        mailer(start(Sink(**{step: answer}))).send(INVITATION)


def test_a_lost_server_is_tried_again_later() -> None:
    lost = SmtpMailer.from_url(f"smtp://127.0.0.1:{free_port()}", "ipr@cluster.example", noon)
    with pytest.raises(OutsideError):
        lost.send(INVITATION)


def test_a_server_that_says_nothing_is_given_up_after_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        stuck = SmtpMailer("127.0.0.1", silent.getsockname()[1], "ipr@cluster.example", noon, "none", timeout=0.2)
        with pytest.raises(OutsideError):
            stuck.send(INVITATION)


def test_a_server_without_starttls_gets_neither_password_nor_message(start: Start) -> None:
    sink = Sink()
    controller = start(sink)
    strict = SmtpMailer("127.0.0.1", controller.port, "ipr@cluster.example", noon, "starttls", "user", "secret")
    with pytest.raises(OutsideError):
        strict.send(INVITATION)
    assert sink.received == []


def server_context(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server side, a client that believes its certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())


def test_starttls_and_log_in_work_against_a_server_that_demands_them(start: Start, tmp_path: Path) -> None:
    server, client = server_context(tmp_path)
    sink = Sink()

    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, auth: Any) -> AuthResult:
        return AuthResult(success=(auth.login, auth.password) == (b"ipr", b"p@ss"), handled=False)

    controller = start(sink, tls_context=server, require_starttls=True, authenticator=knows, auth_required=True)
    good = SmtpMailer("localhost", controller.port, "ipr@cluster.example", noon, "starttls", "ipr", "p@ss", context=client)
    assert good.send(INVITATION) == "sent"
    wrong = SmtpMailer("localhost", controller.port, "ipr@cluster.example", noon, "starttls", "ipr", "no", context=client)
    with pytest.raises(OutsideError):
        wrong.send(INVITATION)
    stranger = SmtpMailer("localhost", controller.port, "ipr@cluster.example", noon, "starttls", "ipr", "p@ss")
    with pytest.raises(OutsideError):
        stranger.send(INVITATION)
    assert len(sink.received) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"to": "ana@example.org\r\nBcc: eve@example.org"},
        {"to": "ana@example.org, eve@example.org"},
        {"to": "Ana <ana@example.org>"},
        {"to": "ana"},
        {"to": ""},
        {"to": "ana@example.org\n"},
        {"subject": "hello\nBcc: eve@example.org"},
        {"subject": "hello\r"},
        {"subject": "hello\u2028Bcc: eve@example.org"},
        {"id": "a>\r\nBcc: eve@example.org"},
        {"id": ""},
    ],
)
def test_nothing_in_a_message_can_add_a_header_or_a_recipient(change: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Message(**{"to": "ana@example.org", "subject": "hello", "body": "x", "id": "1"} | change)


def test_a_message_shows_neither_subject_nor_body_when_printed() -> None:
    shown = repr(Message("ana@example.org", "Secret title", "https://host/link-that-is-a-secret", "1"))
    assert "Secret" not in shown
    assert "link" not in shown


def test_without_a_mail_server_a_message_is_kept_and_said_to_be() -> None:
    assert OutboxMailer().send(INVITATION) == "kept"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://host.example", ("host.example", 587, "starttls", "", "")),
        ("smtp://us%40er:p%3Ass@host.example:2525", ("host.example", 2525, "starttls", "us@er", "p:ss")),
        ("smtps://u:p@host.example", ("host.example", 465, "implicit", "u", "p")),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, "none", "", "")),
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
    ],
)
def test_the_setting_is_read_as_documented(url: str, expected: tuple[object, ...]) -> None:
    made = SmtpMailer.from_url(url, "ipr@cluster.example", noon)
    assert (made.host, made.port, made.tls, made.user, made.password) == expected
    assert "p:ss" not in repr(made)


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host:25", "smtp://host:port", "smtp://u:secret@host:99999"])
def test_a_setting_of_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        SmtpMailer.from_url(url, "ipr@cluster.example", noon)
    assert "secret" not in str(refused.value)
