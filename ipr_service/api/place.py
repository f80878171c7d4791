"""Where a resource module finds the house: the context that ``app`` built, kept on the application."""

from __future__ import annotations

from typing import cast

from flask import current_app

from ipr_service.services.context import Context


def context() -> Context:
    """The context of the running application."""
    return cast(Context, current_app.extensions["ipr"])
