"""What the operator is shown of proofs that end soon: which entries, when, and who can renew them; no title and no name."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update

from ipr_service.app import create_app
from ipr_service.errors import NotFoundError
from ipr_service.gateways.tsa_round import Patience
from ipr_service.services import registration, renewing, sealing
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import RegisterIdea
from ipr_service.store.schema import Person
from tests.support.house import MovingClock, person
from tests.support.twin import twin
from tests.web.conftest import Browser


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC))


def the_operator(ctx: Context, name: str = "Op") -> Browser:
    browser = Browser(create_app(ctx=ctx).test_client())
    browser.sign_up(name)
    with ctx.database.writing() as session:
        session.execute(update(Person).values(is_operator=True))
    return browser


def shown(browser: Browser) -> str:
    page = browser.get("/operator").get_data(as_text=True)
    return page[page.index('id="renewals"') : page.index('id="witnesses"')]


def test_proofs_that_end_soon_are_listed_by_entry_with_the_command_that_renews_them(sqlite_ctx: Context, clock: MovingClock) -> None:
    sara = person(sqlite_ctx)
    registration.register_idea(sqlite_ctx, sara, RegisterIdea("A chair that nobody knows", "It folds."), open_intake(sqlite_ctx, sara))
    registration.register_commitment(sqlite_ctx, sara, b"\x01" * 32)
    with twin(clock, "First") as first:
        ctx = replace(sqlite_ctx, authorities=(first.client(), sqlite_ctx.authorities[-1]))
        sealing.stamp_newest(ctx, Patience(attempts=1))
    assert "None. No proof rests on a time stamp that ends within" in shown(the_operator(sqlite_ctx))
    (ends,) = {one.ends_at for one in renewing.due(sqlite_ctx, dt.timedelta(days=365 * 30))}
    clock.forward(days=(ends - clock.now).days - 10)
    browser = the_operator(sqlite_ctx, "Later")
    page = shown(browser)
    assert "The time stamps of 2 proofs end within" in page
    assert "1 of them only their holders can renew" in page
    assert (page.count("The service<"), page.count("Its holder<")) == (1, 1)
    assert ("ipr renew --due" in page, "ipr refresh BUNDLE" in page, "nobody knows" in page) == (True, True, False)
    browser.send("/language", page="/operator", language="it")
    assert "Le marche temporali di 2 prove" in shown(browser)


def test_nobody_but_the_operator_is_told_what_is_due(sqlite_ctx: Context) -> None:
    with pytest.raises(NotFoundError):
        renewing.listed(sqlite_ctx, person(sqlite_ctx))
