"""Calendar stamps: at most one an hour, completed later, and a bonus that no verdict counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ipr_service.app import create_app
from ipr_service.errors import NotFoundError
from ipr_service.gateways.calendars import Calendars
from ipr_service.services import calendar_stamps, registration
from ipr_service.services.context import Context
from tests.gateways.test_calendars import LOOPBACK, Calendar
from tests.support.house import MovingClock, person


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    made = Calendar()
    yield made
    made.server.shutdown()
    made.server.server_close()


def register(ctx: Context, number: int) -> None:
    registration.register_commitment(ctx, person(ctx, f"Sara{number}"), bytes([number]) * 32)


def test_the_newest_checkpoint_is_offered_once_an_hour_and_completed_later(ctx: Context, clock: MovingClock, calendar: Calendar) -> None:
    ctx = replace(ctx, calendars=Calendars((calendar.url,), LOOPBACK))
    assert calendar_stamps.look(ctx) == 0  # an empty log
    register(ctx, 1)
    assert calendar_stamps.look(ctx) == 1
    register(ctx, 2)
    assert calendar_stamps.look(ctx) == 0
    clock.forward(hours=1)
    assert calendar_stamps.look(ctx) == 1  # the second; the first is still pending
    calendar.mined = True
    pending = calendar_stamps.stamp_of(ctx, 1)
    clock.forward(hours=1)
    assert calendar_stamps.look(ctx) == 2
    assert len(calendar_stamps.stamp_of(ctx, 1)) > len(pending)
    asked = len(calendar.asked)
    clock.forward(hours=1)
    assert (calendar_stamps.look(ctx), len(calendar.asked)) == (0, asked)


def test_a_calendar_that_stands_still_is_asked_for_a_month_and_costs_nothing(
    sqlite_ctx: Context, clock: MovingClock, calendar: Calendar
) -> None:
    ctx = replace(sqlite_ctx, calendars=Calendars((calendar.url,), LOOPBACK))
    register(ctx, 1)
    calendar.away = True
    assert calendar_stamps.look(ctx) == 0
    calendar.away = False
    assert calendar_stamps.look(ctx) == 1
    clock.forward(days=30)
    asked = len(calendar.asked)
    assert (calendar_stamps.look(ctx), len(calendar.asked)) == (0, asked)


def test_anybody_downloads_the_file_and_without_calendars_there_is_none(sqlite_ctx: Context, calendar: Calendar) -> None:
    register(sqlite_ctx, 1)
    assert calendar_stamps.look(sqlite_ctx) == 0
    with pytest.raises(NotFoundError):
        calendar_stamps.stamp_of(sqlite_ctx, 1)
    calendar_stamps.look(replace(sqlite_ctx, calendars=Calendars((calendar.url,), LOOPBACK)))
    client = create_app(ctx=sqlite_ctx).test_client()
    answer = client.get("/api/v1/log/ots?size=1")
    assert (answer.status_code, answer.data) == (200, calendar_stamps.stamp_of(sqlite_ctx, 1))
    assert client.get("/api/v1/log/ots?size=2").status_code == 404
