"""Chosen parts of a version are everybody's to see; the rest stays sealed, and the log says when it was opened."""

from __future__ import annotations

import pytest

from ipr_service.errors import ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import audit, publication, registration
from ipr_service.services.context import Context
from ipr_service.services.entries import entry_of, opened
from tests.services.confidence import CHAIR, DESCRIPTION, NOTES, TITLE, register
from tests.support.house import MovingClock, as_role, person


def test_one_opened_file_shows_itself_and_nothing_else(ctx: Context) -> None:
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara)
    with pytest.raises(NotFoundError):
        publication.look(ctx, idea.idea_id, 1)
    receipt = publication.publish(ctx, sara, idea.idea_id, 1, [1])
    seen = publication.look(ctx, idea.idea_id, 1)
    assert [line.name for line in seen.files] == ["chair.svg"]
    assert (seen.title, seen.description, seen.sealed) == (None, None, 1)
    assert TITLE not in repr(seen)
    assert publication.file(ctx, idea.idea_id, 1, 1).reader.read() == CHAIR
    with pytest.raises(NotFoundError):
        publication.file(ctx, idea.idea_id, 1, 2)
    with ctx.database.reading() as session:
        (opening,) = opened(ctx, entry_of(session, receipt.commitment)).openings.statements
    assert (opening.statement["type"], opening.statement["positions"]) == ("publication", [1])
    assert audit.audit(ctx).findings == ()


def test_more_is_opened_later_and_closing_hides_what_that_act_opened(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    publication.publish(ctx, sara, idea, None, [0])
    clock.forward(minutes=1)
    publication.publish(ctx, sara, idea, None, [2])
    seen = publication.look(ctx, idea, 1)
    assert (seen.title, seen.description) == (TITLE, DESCRIPTION)
    assert publication.file(ctx, idea, 1, 2).reader.read() == NOTES
    newest, _oldest = publication.acts(ctx, sara, idea)
    assert newest.positions == (2,)
    publication.close(ctx, sara, idea, newest.id)
    assert publication.look(ctx, idea, 1).files == ()
    with pytest.raises(NotFoundError):
        publication.file(ctx, idea, 1, 2)
    assert audit.audit(ctx).findings == ()


def test_a_newer_version_is_not_public_by_itself(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    publication.publish(ctx, sara, idea, 1, [0, 1, 2])
    register(ctx, sara, idea)
    with pytest.raises(NotFoundError):
        publication.look(ctx, idea, 2)


def test_refusals_name_what_is_wrong(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    for chosen, said in (([], "at least one"), ([3], "no part 3"), ([-1], "no part -1")):
        with pytest.raises(InputError, match=said):
            publication.publish(ctx, sara, idea, 1, chosen)
    publication.publish(ctx, sara, idea, 1, [1])
    with pytest.raises(InputError, match="public already"):
        publication.publish(ctx, sara, idea, 1, [1])
    with pytest.raises(ForbiddenError):
        publication.publish(ctx, as_role(sara, "member"), idea, 1, [2])
    hashed = registration.register_commitment(ctx, sara, b"8" * 32).idea_id
    with pytest.raises(RefusedError, match="never came here"):
        publication.publish(ctx, sara, hashed, 1, [0])
    with pytest.raises(NotFoundError):
        publication.publish(ctx, person(ctx, "Eva"), idea, 1, [2])
