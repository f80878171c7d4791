"""The peer of the registration benchmark: a Flask application that does nothing, behind the same listener with the same settings."""

from __future__ import annotations

import sys

from flask import Flask

from ipr_service.cli.listening import listen
from ipr_service.settings import Settings


def serve(port: int) -> None:
    """Answer every POST with a small JSON object until killed."""
    app = Flask("noop")

    @app.post("/")
    def nothing() -> dict[str, bool]:
        return {"done": True}

    listen(app, Settings.from_environ({"IPR_LISTEN": f"127.0.0.1:{port}"})).run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
