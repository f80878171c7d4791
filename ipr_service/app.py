"""Build and join everything: the context from the settings, the WSGI application, the worker. The only place that knows all rooms."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from huey import Huey
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from ipr_service.agreements.catalogue import Catalogue
from ipr_service.api import problems
from ipr_service.api import site as api_site
from ipr_service.errors import N_, ServiceError, SettingsError
from ipr_service.evidence.checkpoint import sign_checkpoint
from ipr_service.gateways.blobs import BlobStore, FolderShelf, Shelf
from ipr_service.gateways.calendars import calendars
from ipr_service.gateways.converter import Converter, LibreOffice, NoConverter
from ipr_service.gateways.keys import KeyStore, read_key_encryption_key
from ipr_service.gateways.mail import Mailer, OutboxMailer, SmtpMailer
from ipr_service.gateways.service_keys import ServiceKeys
from ipr_service.gateways.tsa import Authority, OwnAuthority
from ipr_service.gateways.tsa_presets import independent_authorities
from ipr_service.gateways.witness import load as load_network
from ipr_service.jobs.queue import make_queue
from ipr_service.jobs.worker import Worker, announce, every_day, every_minute, look_now
from ipr_service.services import backup as backing_up
from ipr_service.services import outbox, publishing, readiness, renewing, restoring, sealing, starting, terminal, verifying
from ipr_service.services.audit import AuditReport
from ipr_service.services.audit import audit as run_audit
from ipr_service.services.context import Context
from ipr_service.services.terminal import OwnLog
from ipr_service.settings import Settings, resource_directory
from ipr_service.store.database import Clock, Database, Random, migrate
from ipr_service.store.schema import LogHead
from ipr_service.store.sequencer import Sequencer, log_time, open_log
from ipr_service.web import refusals
from ipr_service.web import site as web_site
from ipr_service.wire import site as wire_site
from ipr_service.wire.addresses import Ordinal
from ipr_service.wire.bodies import NOTICE, Body, bound
from ipr_service.wire.logs import configure as configure_logs
from ipr_service.wire.logs import take_over

Refuse = Callable[[Any], Response]
EMPTY_ROOT = sha256(b"").digest()


def utc_now() -> datetime:
    """The clock of a real process."""
    return datetime.now(UTC)


def take_over_logs() -> None:
    """For ``ipr serve`` and ``ipr worker``: whatever speaks in this process speaks JSON, a line each."""
    take_over()


def with_origin(settings: Settings, random: Random) -> Settings:
    """The settings with the log's origin: as set, else the one in the key folder, else (only in the demo) a fresh ``demo.invalid/…``.

    Raises:
        SettingsError: a new installation without a name, and not the demo.
    """
    if settings.origin:
        return settings
    found = ServiceKeys.origin_in(settings.keys_dir) if settings.keys_dir.is_dir() else None
    if found is None and not settings.demo:
        raise SettingsError(N_("IPR_ORIGIN is required: the name of your log, for example log.example.org/ipr. It never changes."))
    return replace(settings, origin=found or f"demo.invalid/{random(6).hex()}")


def _key_encryption_key(settings: Settings) -> bytes | None:
    return read_key_encryption_key(settings.key_encryption_key) if settings.key_encryption_key else None


def _log_size(database: Database) -> int:
    """0 when there is no log yet, or no table for it."""
    try:
        with database.engine.connect() as connection:
            return (connection.execute(LogHead.__table__.select()).scalar_one_or_none() and 1) or 0
    except DBAPIError:
        return 0


def prepare(settings: Settings, clock: Clock = utc_now, random: Random = os.urandom) -> Settings:
    """Bring an installation to this version: database, keys, head of the log. Safe to repeat; runs before anything serves.

    Returns:
        the settings with the origin.

    Raises:
        DamageError: the database holds a log but its keys are gone.
        SettingsError: database, keys and settings name different logs.
    """
    settings = with_origin(settings, random)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # no other user of the machine reads the rows
    database = Database(settings.database_url)
    try:
        migrate(database)
        kek = _key_encryption_key(settings)
        expect = _log_size(database) > 0
        KeyStore.initialise(settings.keys_dir, random, kek)
        ServiceKeys.load_or_create(settings.keys_dir, settings.origin, random, clock(), expect_existing=expect, key_encryption_key=kek)
        open_log(database, settings.origin, clock(), EMPTY_ROOT)
    finally:
        database.close()
    return settings


def _shelf(settings: Settings, random: Random) -> Shelf:
    if settings.blobs_url.startswith("s3://"):
        from_url = __import__("ipr_service.gateways.blobs_s3", fromlist=["S3Shelf"]).S3Shelf.from_url
        shelf: Shelf = from_url(settings.blobs_url)
        return shelf
    return FolderShelf(Path(settings.blobs_url or settings.data_dir / "blobs"), random)


def _authorities(settings: Settings, keys: ServiceKeys, clock: Clock, random: Random) -> tuple[Authority, ...]:
    return (*independent_authorities(settings.tsa_urls, settings.tsa_roots), OwnAuthority(keys.clock, clock, random))


def build_context(settings: Settings, queue: Huey | None = None, clock: Clock = utc_now, random: Random = os.urandom) -> Context:
    """Join the rooms for one process. The installation must have been prepared.

    Args:
        queue: where wakes go; None for none (tests, the demo, one-off commands run what is due themselves).
    """
    settings = with_origin(settings, random)
    kek = _key_encryption_key(settings)
    keys = KeyStore(settings.keys_dir, random, kek)
    keys.replay_erasures()
    service_keys = ServiceKeys.load_or_create(
        settings.keys_dir, settings.origin, random, clock(), expect_existing=True, key_encryption_key=kek
    )
    database = Database(settings.database_url)
    mailer: Mailer = SmtpMailer.from_url(settings.smtp_url, settings.mail_from, clock) if settings.smtp_url else OutboxMailer()
    converter: Converter = LibreOffice(settings.converter) if settings.converter else NoConverter()
    return Context(
        settings=settings,
        database=database,
        sequencer=Sequencer(database, partial(sign_checkpoint, keys=service_keys.log_keys), settings.origin, clock),
        keys=keys,
        service_keys=service_keys,
        blobs=BlobStore(_shelf(settings, random), random),
        mailer=mailer,
        authorities=_authorities(settings, service_keys, partial(log_time, database, clock), random),
        network=load_network(settings.witnesses, settings.witnessed_logs, settings.base_url),
        converter=converter,
        catalogue=Catalogue.load(resource_directory("agreement_templates")),
        clock=clock,
        random=random,
        wake=announce(queue, lambda: None) if queue is not None else lambda: None,
        calendars=calendars(settings.ots_calendars),
    )


def create_queue(settings: Settings, random: Random = os.urandom) -> Huey:
    """The queue, signed with a secret derived from the service's keys."""
    settings = with_origin(settings, random)
    keys = ServiceKeys.load_or_create(
        settings.keys_dir, settings.origin, random, utc_now(), expect_existing=True, key_encryption_key=_key_encryption_key(settings)
    )
    return make_queue(settings, keys.derived("queue"))


class House(Flask):
    """Flask without a question that it asks of each function of each request: no view of ours is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, ctx: Context | None = None) -> Flask:
    """The WSGI application.

    Args:
        settings: default from the environment.
        ctx: given by tests; default built from the settings.
    """
    if ctx is None:
        settings = settings or Settings.from_environ()
        configure_logs(settings.log_level)
        ctx = build_context(settings, create_queue(settings))
        starting.refuse_fork(ctx)
    web = Path(__file__).parent / "web"
    app = House("ipr_service", static_folder=str(web / "static"), template_folder=str(web / "templates"))
    app.secret_key = ctx.service_keys.cookie_secret
    app.extensions["ipr"] = ctx
    app.config["MAX_FORM_PARTS"] = 2 * ctx.settings.max_files + 500
    app.config["MAX_CONTENT_LENGTH"] = ctx.settings.max_upload_bytes + 4 * 1024**2
    app.url_map.converters["int"] = Ordinal
    bound(app, _bodies(app))
    wire_site.register(app, ctx)
    web_site.register(app, ctx)
    api_site.register(app, ctx)
    _refusals(app)
    return app


def _bodies(app: Flask) -> dict[str, Body]:
    """Which endpoints take another size than a form or JSON has."""
    upload = Body(lambda: int(app.config["MAX_CONTENT_LENGTH"]))
    check = Body(lambda: verifying.LARGEST, known=False)
    notice = Body(lambda: NOTICE, files=False, known=False)
    return {
        "ideas.new": upload,
        "ideas.revise": upload,
        "api_ideas.register": upload,
        "api_ideas.revise": upload,
        "verify.check": check,
        "api_verification.verify": check,
        "reports.csp_report": notice,
        "wire_tsa.tsa": notice,
        "wire_witness.add_checkpoint": notice,
    }


def _refusals(app: Flask) -> None:
    """Every face refuses in its own form: the API with problem documents, wires with plain text, everything else with a page."""

    def choose(api: Refuse, wire: Refuse, page: Refuse) -> Refuse:
        def refuse(error: Any) -> Response:
            if request.path.startswith(f"{api_site.PREFIX}/"):
                return api(error)
            return wire(error) if request.path.startswith(wire_site.PREFIXES) else page(error)

        return refuse

    app.register_error_handler(ServiceError, choose(problems.from_service, wire_site.refuse, refusals.page_for))
    app.register_error_handler(HTTPException, choose(problems.from_http, wire_site.refuse, refusals.page_for_http))
    app.register_error_handler(Exception, choose(problems.from_crash, wire_site.refuse, refusals.page_for_fault))


def create_worker(settings: Settings | None = None) -> Worker:
    """The background worker."""
    settings = settings or Settings.from_environ()
    configure_logs(settings.log_level)
    queue = create_queue(settings)
    ctx = build_context(settings)
    starting.refuse_fork(ctx)
    look = partial(look_now, ctx)
    wake = announce(queue, look)
    every_minute(queue, look)
    every_day(queue, ctx)
    return Worker(queue, replace(ctx, wake=wake))


def one_off(settings: Settings) -> Context:
    """A context for one command: quiet, without a queue.

    Raises:
        SettingsError: nothing was prepared here.
    """
    configure_logs("error")
    if not settings.keys_dir.is_dir():
        raise SettingsError(N_("Nothing was prepared here: no key folder. Run `ipr migrate`; if there was a log, restore its keys."))
    return build_context(settings)


def audit(settings: Settings, anchors: Sequence[bytes] = (), export: Path | None = None) -> AuditReport:
    """For ``ipr log audit``."""
    return run_audit(one_off(settings), anchors, export)


def export_log(settings: Settings, folder: Path) -> int:
    """For ``ipr log export``."""
    return publishing.export(one_off(settings), folder)


def kept_mails(settings: Settings, limit: int) -> list[outbox.Kept]:
    """For ``ipr outbox``."""
    return outbox.mails_for_terminal(one_off(settings), limit)


def readiness_checks(settings: Settings) -> tuple[readiness.Check, ...]:
    """For ``ipr doctor``."""
    return readiness.look(one_off(settings))


def renew(settings: Settings, within: timedelta | None, dry_run: bool) -> tuple[tuple[renewing.Due, ...], tuple[renewing.Round, ...]]:
    """For ``ipr renew --due``: what is due, and what was renewed of it."""
    ctx = one_off(settings)
    due = renewing.due(ctx, within)
    return due, () if dry_run else renewing.renew_due(ctx, within)


def time_authorities(settings: Settings) -> tuple[sealing.AuthorityState, ...]:
    """For ``ipr doctor``."""
    return sealing.states(one_off(settings))


def own_log(settings: Settings) -> OwnLog:
    """For ``ipr register`` without a server."""
    ctx = one_off(settings)
    starting.refuse_fork(ctx)
    return OwnLog(ctx)


def backup(settings: Settings, target: Path, keys: Path | None) -> backing_up.BackedUp:
    """For ``ipr backup``."""
    return backing_up.backup(one_off(settings), target, keys)


def restore(settings: Settings, order: restoring.Restore) -> restoring.Restored:
    """For ``ipr restore``: into a place where nothing was prepared."""
    configure_logs("error")
    return restoring.restore(settings, _shelf(settings, os.urandom), order, os.urandom, utc_now)


def do_what_is_due(ctx: Context) -> None:
    """What a worker would do now, in this thread: for the demo."""
    look_now(ctx)


def has_people(ctx: Context) -> bool:
    """For ``ipr serve --demo``: whether anybody signed up here already."""
    return terminal.has_people(ctx)
