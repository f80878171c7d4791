"""The application behind a real server, and a real browser before it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from waitress.server import create_server

from ipr_service.app import create_app
from ipr_service.services.context import Context
from tests.support.house import build

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[tuple[Context, str]]:
    """A house on a free port: its context and its address."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{chosen.getsockname()[1]}"
    ctx = build(database_url, folder, base_url=address)
    server = create_server(create_app(ctx=ctx), host="127.0.0.1", port=int(address.rsplit(":", 1)[1]), threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield ctx, address
    finally:
        server.close()
        thread.join(5)
        ctx.database.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()
