"""What the worker does for each kind of outbox row, what it does each minute, and each day."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ipr_service.services import (
    calendar_stamps,
    cosigning,
    erasing,
    executing,
    idempotency,
    intake,
    outbox,
    publishing,
    renewing,
    sealing,
    starting,
)
from ipr_service.services.context import Context
from ipr_service.services.outbox import Handler

HANDLERS: Mapping[str, Handler] = {"mail": outbox.deliver, "seal": executing.seal, "erase": erasing.destroy}
PERIODIC: tuple[Callable[[Context], object], ...] = (
    sealing.stamp_newest,
    calendar_stamps.look,
    cosigning.ask_witnesses,
    starting.remember,
    idempotency.sweep,
)
DAILY: tuple[Callable[[Context], object], ...] = (intake.sweep, publishing.keep_export, renewing.renew_due)
