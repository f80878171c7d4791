"""What an owner does to a disclosure later: adding, ending, inviting again; races; and what an audit sees of edits behind its back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ipr_service.errors import ConflictError, ExpiredError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statement_forms import format_time
from ipr_service.services import disclosure, revocation, viewing
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen
from ipr_service.store.schema import AccessRecord, Disclosure, DisclosureItem, LogEntry
from tests.services.confidence import (
    CHAIR,
    DESCRIPTION,
    GUEST,
    NOTES,
    TITLE,
    findings,
    invitation,
    look,
    open_scene,
    records,
    register,
    said,
    scene,
)
from tests.support.house import MovingClock, as_role, person


def test_a_later_version_opens_by_the_owners_act_alone_and_that_is_logged(ctx: Context) -> None:
    made = open_scene(ctx)
    assert made.mara is not None
    second = register(ctx, made.sara, made.idea.idea_id, plan_txt=b"longer legs")
    with pytest.raises(NotFoundError):
        viewing.file(ctx, made.mara, made.id, 2, 1)
    (receipt,) = disclosure.add_items(ctx, made.sara, made.id, [Chosen(2, 1)])
    assert said(ctx, receipt.commitment)[0]["items"] == [to_base64(second.receipt.commitment)]
    assert viewing.file(ctx, made.mara, made.id, 2, 1).reader.read() == b"longer legs"
    with pytest.raises(InputError, match="shown already"):
        disclosure.add_items(ctx, made.sara, made.id, [Chosen(2, 1)])
    with pytest.raises(ForbiddenError):
        disclosure.add_items(ctx, made.mara, made.id, [Chosen(1, 2)])


def test_nothing_is_added_before_it_is_open(sqlite_ctx: Context) -> None:
    made = scene(sqlite_ctx)
    with pytest.raises(RefusedError, match="new offer"):
        disclosure.add_items(sqlite_ctx, made.sara, made.id, [Chosen(1, 2)])


def test_revocation_closes_at_once_and_is_logged_for_everything_opened(ctx: Context, clock: MovingClock) -> None:
    made = open_scene(ctx)
    assert made.mara is not None
    assert look(ctx, made.mara, made.id) == TITLE
    register(ctx, made.sara, made.idea.idea_id, plan_txt=b"longer legs")
    disclosure.add_items(ctx, made.sara, made.id, [Chosen(2, 1)])
    clock.forward(minutes=1)
    at = revocation.revoke(ctx, made.sara, made.id)
    assert look(ctx, made.mara, made.id) == "expired"
    row = made.row()
    assert row.commitment is not None
    with ctx.database.reading() as session:
        opened_under = {to_base64(c) for c in session.scalars(select(DisclosureItem.commitment)) if c is not None}
    statements = said(ctx, row.commitment)
    assert {one["disclosure"] for one in statements} == opened_under
    assert {(one["type"], one["person"], one["time"]) for one in statements} == {("revocation", "mailto:sara@example.org", format_time(at))}
    assert revocation.revoke(ctx, made.sara, made.id) == at


def test_revoked_before_anybody_came_the_link_opens_nothing(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx)
    secret = invitation(ctx)
    revocation.revoke(ctx, made.sara, made.id)
    with pytest.raises(ExpiredError):
        disclosure.accept(ctx, person(ctx, "Mara", GUEST), secret)
    assert made.row().commitment is None


def test_a_guest_or_a_stranger_cannot_revoke(sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    with pytest.raises(ForbiddenError):
        revocation.revoke(sqlite_ctx, made.mara, made.id)
    with pytest.raises(NotFoundError):
        revocation.revoke(sqlite_ctx, person(sqlite_ctx, "Nil"), made.id)
    with pytest.raises(ForbiddenError):
        revocation.revoke(sqlite_ctx, as_role(made.sara, "viewer"), made.id)


def test_a_new_invitation_ends_the_one_before(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    made = scene(ctx)
    first = invitation(ctx)
    clock.forward(minutes=1)
    disclosure.invite_again(ctx, made.sara, made.id)
    made.mara = person(ctx, "Mara", GUEST)
    with pytest.raises(ExpiredError):
        disclosure.accept(ctx, made.mara, first)
    made.arrive()
    with pytest.raises(RefusedError, match="nobody left"):
        disclosure.invite_again(ctx, made.sara, made.id)


# --- races and the audit ----------------------------------------------------------------------------------------------


def test_views_and_a_revocation_at_once_leave_no_view_after_it_in_the_log(ctx: Context) -> None:
    made = open_scene(ctx)
    assert made.mara is not None
    mara, outcomes = made.mara, []

    def view() -> None:
        outcomes.append(look(ctx, mara, made.id))

    def end() -> None:
        try:
            revocation.revoke(ctx, made.sara, made.id)
        except ConflictError:  # it opened at that moment: the owner presses again
            revocation.revoke(ctx, made.sara, made.id)

    threads = [threading.Thread(target=view) for _ in range(4)] + [threading.Thread(target=end)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = records(ctx)
    assert outcomes.count(TITLE) == len(kept)
    assert set(outcomes) <= {TITLE, "expired"}
    ended = made.row().commitment
    with ctx.database.reading() as session:
        index = {entry.commitment: entry.index for entry in session.scalars(select(LogEntry))}
    assert ended is None or all(index[record.commitment] < index[ended] for record in kept)
    assert look(ctx, mara, made.id) == "expired"
    assert findings(ctx) == set()


@pytest.mark.parametrize(
    ("model", "values", "named"),
    [
        (AccessRecord, {"at": None}, "access_record"),
        (Disclosure, {"recipient_email": "other@example.org"}, "disclosure_item"),
        (Disclosure, {"terms_sha256": b"\x02" * 32}, "disclosure_item"),
        (Disclosure, {"ends_at": None}, "disclosure_item"),
        (Disclosure, {"revoked_at": None}, "disclosure"),
        (DisclosureItem, {"position": 7}, "access_record"),
    ],
)
def test_an_edit_behind_the_back_of_the_log_is_named_by_the_audit(
    sqlite_ctx: Context, clock: MovingClock, model: type, values: dict[str, object], named: str
) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx, ends_at=ctx.now() + timedelta(days=2), items=(Chosen(1, 0),))
    assert made.mara is not None
    assert look(ctx, made.mara, made.id) == TITLE
    revocation.revoke(ctx, made.sara, made.id)
    assert findings(ctx) == set()
    later = ctx.now() + timedelta(days=1)
    changed = {name: later if value is None else value for name, value in values.items()}
    with ctx.database.writing() as session:
        session.execute(update(model).values(**changed))
    assert named in findings(ctx)


def test_stored_rows_hold_no_title_and_no_file_name(sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    viewing.look(sqlite_ctx, made.mara, made.id, 1)
    stored = b"".join(path.read_bytes() for path in sqlite_ctx.settings.data_dir.parent.rglob("*") if path.is_file())
    for secret in (TITLE.encode(), DESCRIPTION.encode(), b"chair.svg", CHAIR, NOTES[:40]):
        assert secret not in stored
