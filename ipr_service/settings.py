"""What an operator may set, read once at the door and passed down; nothing else in the house reads the environment.

Every setting is one row of :data:`TABLE`: name, kind, default, one sentence. ``ipr settings`` prints the table,
``Settings.from_environ`` refuses a half configuration and names what is missing (12-factor, ECOSYSTEM.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ipr_service.errors import N_, SettingsError

_PACKAGE = Path(__file__).resolve().parent


def resource_directory(name: str) -> Path:
    """Where a top-level data directory lies: inside an installed package first, then in the checkout.

    Args:
        name: ``migrations``, ``agreement_templates`` or ``demo``.

    Raises:
        SettingsError: neither place has it (a broken installation).
    """
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise SettingsError(N_("The directory {name} is missing from this installation. Install the package again."), name=name)


def _bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("write 1 or 0")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("write a whole number")
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


@dataclass(frozen=True)
class Row:
    """One setting: the attribute it fills, how its text is read, what it means."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return f"IPR_{self.name.upper()}"


TABLE: tuple[Row, ...] = (
    Row("data_dir", _path, "var", N_("Folder of the embedded database, the keys and the stored files.")),
    Row("database_url", str, "", N_("SQLAlchemy address of the database; empty means SQLite in the data folder."), secret=True),
    Row("keys_dir", _path, "", N_("Folder of the key store, backed up apart; empty means keys/ in the data folder.")),
    Row("key_encryption_key", str, "", N_("Base64 of 32 bytes that wrap the keys; empty means a file in the key folder."), secret=True),
    Row("blobs_url", str, "", N_("Where stored files rest: empty for a folder, or s3://bucket/prefix.")),
    Row("base_url", str, "http://127.0.0.1:8000", N_("The address people type; links in mails begin with it.")),
    Row("listen", str, "127.0.0.1:8000", N_("Address and port that the server listens on.")),
    Row("threads", _whole, "16", N_("Threads that answer requests in one server process, 1 to 64.")),
    Row("trusted_proxies", _whole, "0", N_("How many proxies in front may set X-Forwarded-For and -Proto.")),
    Row("origin", str, "", N_("Name of the log, for example log.example.org/ipr; never changes. Required, except in the demo.")),
    Row("demo", _bool, "0", N_("Load the demo initiative into an empty database and show its log-ins.")),
    Row("smtp_url", str, "", N_("Mail server, smtp://user:password@host:587 or smtps://…; empty keeps mail in the outbox."), secret=True),
    Row("mail_from", str, "", N_("Sender address of every mail; required with IPR_SMTP_URL.")),
    Row("operators", _words, "", N_("Mail addresses of the people who may see the operator's page, separated by commas.")),
    Row("tsa_urls", _words, "", N_("Independent RFC 3161 authorities: names from `ipr tsa list` or addresses; empty: none.")),
    Row("tsa_roots", str, "", N_("PEM file with roots of authorities; required for addresses, and for names whose root we do not carry.")),
    Row("tsa_interval", _whole, "300", N_("Least seconds between two tokens of an authority, 15 to 86400; one covers all before it.")),
    Row("ots_calendars", _words, "", N_("OpenTimestamps calendars that stamp checkpoints too: a bonus, no promise; needs the extra ots.")),
    Row("renew_days", _whole, "365", N_("How many days before a token's certificates or algorithms end it is renewed, 1 to 3650.")),
    Row("queue_url", str, "", N_("Background queue: empty for SQLite in the data folder, or redis://host:port/0.")),
    Row("limits_url", str, "memory://", N_("Where rate limits are counted: memory:// or redis://host:port/1.")),
    Row("witnesses", str, "", N_("tlog-policy file: the witnesses that cosign our checkpoints, and the quorum; empty means none.")),
    Row("witnessed_logs", str, "", N_("File with a log line for each log that we witness: log <vkey> [address]; empty means none.")),
    Row("export_dir", str, "", N_("Folder that keeps an export of the log, compared at each start; empty means none.")),
    Row("converter", str, "", N_("Path of soffice for Word to PDF; empty means none.")),
    Row("max_upload_bytes", _whole, str(4 * 1024**3), N_("Largest upload in one request, in bytes.")),
    Row("max_files", _whole, "100", N_("Most files in one registration.")),
    Row("languages", _words, "en,it", N_("Interface languages offered, the first is the default.")),
    Row("log_level", str, "info", N_("debug, info, warning or error.")),
)

# Read by commands that ask a service elsewhere; no setting of this one, and no reason to refuse to start.
CLIENT_VARIABLES = {"IPR_TOKEN": N_("API token of `ipr register --server`.")}


@dataclass(frozen=True)
class Settings:
    """The settings of one running process. Build with :meth:`from_environ`; tests pass keyword overrides."""

    data_dir: Path
    database_url: str
    keys_dir: Path
    blobs_url: str
    base_url: str
    listen: str
    threads: int
    trusted_proxies: int
    origin: str
    demo: bool
    mail_from: str
    operators: tuple[str, ...]
    tsa_urls: tuple[str, ...]
    tsa_roots: str
    tsa_interval: int
    renew_days: int
    ots_calendars: tuple[str, ...]
    limits_url: str
    witnesses: str
    witnessed_logs: str
    export_dir: str
    converter: str
    max_upload_bytes: int
    max_files: int
    languages: tuple[str, ...]
    log_level: str
    key_encryption_key: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    queue_url: str = field(default="", repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
        """Read the table from ``environ``; ``overrides`` (attribute names, already typed) win.

        Raises:
            SettingsError: a value that cannot be read, or a half configuration; names the variable and the remedy.
        """
        known = {row.variable for row in TABLE} | CLIENT_VARIABLES.keys()
        for variable in environ:
            if variable.startswith("IPR_") and variable not in known and not variable.startswith("IPR_TEST_"):
                raise SettingsError(N_("{variable} is no setting of this service. See `ipr settings`."), variable=variable)
        values: dict[str, Any] = {}
        for row in TABLE:
            text = environ.get(row.variable, row.default)
            try:
                values[row.name] = row.read(text) if text or row.read is not _path else None
            except ValueError as problem:
                raise SettingsError(N_("{variable} cannot be read: {problem}."), variable=row.variable, problem=problem) from problem
        if "IPR_BASE_URL" not in environ and "IPR_LISTEN" in environ:  # on another port, links in mails must lead there too
            values["base_url"] = f"http://{values['listen'].replace('0.0.0.0', '127.0.0.1')}"  # noqa: S104 - nothing is bound here
        values.update(overrides)
        data = Path(values["data_dir"])
        values["keys_dir"] = Path(values["keys_dir"]) if values["keys_dir"] else data / "keys"
        values["database_url"] = values["database_url"] or f"sqlite:///{data / 'ipr.db'}"
        settings = cls(**values)
        settings._refuse_half()
        return settings

    def _refuse_half(self) -> None:
        checks = (
            (bool(self.smtp_url) and not self.mail_from, "IPR_MAIL_FROM", N_("is required when IPR_SMTP_URL is set")),
            (
                any("://" in word for word in self.tsa_urls) and not self.tsa_roots,
                "IPR_TSA_ROOTS",
                N_("is required when IPR_TSA_URLS holds an address"),
            ),
            (not 15 <= self.tsa_interval <= 86_400, "IPR_TSA_INTERVAL", N_("must lie between 15 and 86400")),
            (not 1 <= self.renew_days <= 3650, "IPR_RENEW_DAYS", N_("must lie between 1 and 3650")),
            (urlsplit(self.base_url).scheme not in {"http", "https"}, "IPR_BASE_URL", N_("must begin with http:// or https://")),
            (not 1 <= self.threads <= 64, "IPR_THREADS", N_("must lie between 1 and 64")),
            (not self.languages, "IPR_LANGUAGES", N_("must name at least one language")),
            (self.log_level not in {"debug", "info", "warning", "error"}, "IPR_LOG_LEVEL", N_("must be debug, info, warning or error")),
            (any(c in self.origin for c in " +\n"), "IPR_ORIGIN", N_("must hold no space and no plus sign")),
        )
        for broken, variable, reason in checks:
            if broken:
                raise SettingsError(N_("{variable} {reason}."), variable=variable, reason=reason)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service over https (cookies get ``__Host-`` and Secure)."""
        return self.base_url.startswith("https://")


assert {row.name for row in TABLE} == {f.name for f in fields(Settings)}  # noqa: S101 - the table and the class are one list
