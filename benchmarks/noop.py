"""The peers of the registration benchmark, behind the same listener with the same settings: Flask that does nothing, and a naive insert.

``nothing`` reads JSON and answers. ``naive`` inserts each request's bytes into SQLite in a transaction of its own, with full sync, on a
connection for each thread: what one writes who does not group.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from flask import Flask, request

from ipr_service.cli.listening import listen
from ipr_service.settings import Settings
from ipr_service.store.database import sqlite


def nothing() -> Flask:
    """Answer every POST with a small JSON object."""
    app = Flask("noop")

    @app.post("/")
    def answer() -> dict[str, bool]:
        request.get_json()
        return {"done": True}

    return app


def naive(file: Path) -> Flask:
    """Insert first, then answer."""
    app, kept = Flask("naive"), threading.local()
    first = sqlite.connect(str(file))
    first.executescript("PRAGMA journal_mode=WAL; CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT)")
    first.close()

    @app.post("/")
    def answer() -> dict[str, int]:
        body = request.get_json()
        if not hasattr(kept, "line"):
            kept.line = sqlite.connect(str(file), timeout=30, isolation_level=None)
            kept.line.execute("PRAGMA synchronous=FULL")
        kept.line.execute("BEGIN IMMEDIATE")
        made = kept.line.execute("INSERT INTO entry (body) VALUES (?)", (body["commitment"],)).lastrowid
        kept.line.execute("COMMIT")
        return {"index": made}

    return app


if __name__ == "__main__":
    app = naive(Path(sys.argv[2])) if len(sys.argv) > 2 else nothing()
    listen(app, Settings.from_environ({"IPR_LISTEN": f"127.0.0.1:{sys.argv[1]}"})).run()
