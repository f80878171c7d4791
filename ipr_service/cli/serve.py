"""``ipr serve``: migrate, then a real WSGI server (waitress) and one worker beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from types import ModuleType

import click

from ipr_service.cli import house
from ipr_service.cli.demo import kept_log_ins, load_demo
from ipr_service.cli.listening import listen
from ipr_service.settings import Settings


class Companion:
    """The worker process beside an embedded server: started again when it dies, stopped with us.

    Its standard input is a pipe that we hold: if we are killed, the pipe ends and it stops, so that no worker is ever left behind.
    """

    def __init__(self, demo: bool) -> None:
        self._command = [sys.executable, "-m", "ipr_service", "worker", "--beside", *(["--demo"] if demo else [])]
        self._process = self._start()
        self._stopping = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 - our own program

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._process.wait()
            if self._stopping.wait(timeout=1):
                return
            self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def run(app: object, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = listen(app, settings)
    try:
        server.run()
    finally:
        server.close()


def _demo(app_module: ModuleType, settings: Settings) -> list[tuple[str, str]]:
    """Load the demo initiative into an empty database; what was loaded before stays as people left it."""
    ctx = app_module.one_off(settings)
    try:
        if not app_module.has_people(ctx):
            click.echo("Loading the demo: three people, a chair, their agreements. A few seconds …")
            return load_demo(app_module, ctx)
        return kept_log_ins(settings)
    finally:
        ctx.database.close()


@click.command()
@click.option("--demo", is_flag=True, help="Invent an origin, load the demo initiative into an empty database, show its log-ins.")
@click.option("--no-worker", is_flag=True, help="Do not start a worker beside the server.")
@click.pass_context
def serve(ctx: click.Context, demo: bool, no_worker: bool) -> None:
    """Run the service: migrate, serve, and do background work in a process beside.

    Settings come from the environment; `ipr settings` explains them.
    """
    settings = house.settings(demo=demo)
    app_module = house.builders(ctx)
    app_module.take_over_logs()
    settings = app_module.prepare(settings)
    os.environ["IPR_ORIGIN"] = settings.origin  # the worker beside serves the same log
    signal.signal(signal.SIGTERM, _stop)
    log_ins = _demo(app_module, settings) if settings.demo else []
    if log_ins and not settings.operators:
        settings = replace(settings, operators=(log_ins[0][0],))  # somebody must be able to read the mails of the demo
    app = app_module.create_app(settings)
    companion = None if no_worker else Companion(settings.demo)
    click.echo(f"IPR Service at {settings.base_url}  (log {settings.origin})")
    if not settings.smtp_url:
        click.echo("Mail is off: messages are kept. Read them with `.venv/bin/ipr outbox`, or as operator at /operator.")
    if not settings.tsa_urls:
        click.echo("No independent timestamp authority is set: proofs carry the service's own clock only.")
    if not settings.converter:
        click.echo("No converter is set: Word files that people change cannot be turned into PDF here.")
    for email, password in log_ins:
        click.echo(f"  log in as {email}  password {password}{'  (operator)' if email in settings.operators else ''}")
    try:
        run(app, settings)
    finally:
        if companion:
            companion.stop()
