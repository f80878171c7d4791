"""The whole service behind a real server, and people with real browsers before it.

Every browser is watched: a report of the content security policy, an error of a script, a message on the console, an unexpected dialog
or a request to anywhere else is a finding, and a module's ``site`` fails for it at its end. The mails are read as the operator's
terminal reads them.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, Request
from waitress.server import create_server

from ipr_service.app import create_app, utc_now
from ipr_service.services import outbox
from ipr_service.services.context import Context
from ipr_service.web.guard import REPORTS
from tests.support.house import build, work

DESK: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")
_OF_THE_BROWSER = ("about:", "data:", "blob:", "chrome:", "chrome-extension:")  # the last two: its own reader of PDF
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d)")


def reports() -> float:
    """How many reports of the content security policy this process has received."""
    return sum(sample.value for metric in REPORTS.collect() for sample in metric.samples if sample.name.endswith("_total"))


@dataclass
class Site:
    """A running service.

    Args:
        address: scheme, host and port.
        findings: what no browser may show; empty at the end.
    """

    ctx: Context
    address: str
    browser: Browser
    findings: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, viewport: dict[str, int] = DESK, **options: Any) -> Page:
        """A browser of its own, on an empty page; ``options`` are those of a browser context."""
        settings = {"viewport": viewport, "locale": "en-GB", "timezone_id": "Europe/Rome", "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**settings)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        context.on("request", self._went)
        context.on("weberror", lambda problem: self.findings.append(f"script: {problem.error}"))
        context.on("console", self._said)
        context.on("dialog", self._asked)
        return context.new_page()

    def _went(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", *_OF_THE_BROWSER)):
            self.findings.append(f"elsewhere: {request.url}")
        elif request.url.startswith(f"{self.address}/csp-report"):
            self.findings.append(f"policy: {request.post_data}")

    def _said(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            self.findings.append(f"console: {message.text}")

    def _asked(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.findings.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def link(self, to: str, path: str) -> str:
        """The newest mailed link to a person whose address holds ``path``, as an address of this site."""
        return self._newest(to, re.compile(rf"(https?://\S*{path}[0-9A-Za-z_-]{{20,}})"))

    def code(self, to: str) -> str:
        """The six digits in the newest mail with a code to a person."""
        return self._newest(to, _CODE)

    def work(self) -> None:
        """Do what a worker would do now, in a thread of its own as a worker would: Playwright keeps an event loop in this one."""
        with ThreadPoolExecutor(1) as worker:
            worker.submit(work, self.ctx).result()

    def _newest(self, to: str, wanted: re.Pattern[str]) -> str:
        self.work()
        for mail in outbox.mails_for_terminal(self.ctx):
            if mail.to != to:
                continue
            if found := wanted.search(f"{mail.subject}\n{mail.body}"):
                return found[1]
        raise LookupError(f"no mail to {to} holds {wanted.pattern}")

    def leave(self) -> None:
        """Close every browser context, so that nothing of one test reaches the next."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()


@contextmanager
def served(database_url: str, folder: Path, browser: Browser, **settings: Any) -> Iterator[Site]:
    """A service on a free port with the real clock; nothing may have been found when it ends."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ctx = build(database_url, folder, utc_now, base_url=address, **settings)
    server = create_server(create_app(ctx=ctx), host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    before = reports()
    site = Site(ctx, address, browser)
    try:
        yield site
        site.leave()
    finally:
        server.close()
        thread.join(5)
        ctx.database.close()
    assert (site.findings, reports() - before) == ([], 0)
