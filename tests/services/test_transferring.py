"""An idea passes to another organisation when both have said so, whole, once, and the log knows it."""

from __future__ import annotations

import io

import pytest

from ipr_service.errors import ConflictError, ExpiredError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import audit, disclosure, library, proving, registration, revocation, transferring
from ipr_service.services.context import Context
from ipr_service.services.entries import entry_of, opened
from ipr_service.store.schema import IdeaVersion
from tests.services.confidence import CHAIR, TITLE, order, register
from tests.support.house import MovingClock, as_role, mails, person, secret_in

RECEIVER = "livia@example.org"


def _secret(ctx: Context) -> str:
    return secret_in(next(mail for mail in mails(ctx, RECEIVER) if "offered" in mail.subject))


def test_the_receiver_holds_files_and_proofs_and_the_giver_nothing_more(ctx: Context) -> None:
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara)
    transferring.offer(ctx, sara, idea.idea_id, RECEIVER)
    livia = person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    secret = _secret(ctx)
    seen = transferring.offered(ctx, livia, secret)
    assert (seen.giver_name, seen.title, seen.versions) == ("Mobili Rossi", TITLE, 1)
    receipt = transferring.accept(ctx, livia, secret)
    assert library.file_content(ctx, livia, idea.idea_id, 1, 1).reader.read() == CHAIR
    out = io.BytesIO()
    proving.write_bundle(ctx, livia, idea.idea_id, 1, out)
    assert out.getvalue()[:2] == b"PK"
    for act in (library.idea, proving.receipt_of):
        with pytest.raises(NotFoundError):
            act(ctx, sara, idea.idea_id)
    with ctx.database.reading() as session:
        (opening,) = opened(ctx, entry_of(session, receipt.commitment)).openings.statements
    said = opening.statement
    assert (said["type"], said["giver"], said["receiver"]) == ("transfer", "mailto:sara@example.org", f"mailto:{RECEIVER}")
    assert (said["giver_name"], said["receiver_name"]) == ("Mobili Rossi", "Casa Livia")
    assert len(said["items"]) == 1
    assert audit.audit(ctx).findings == ()


def test_the_new_holder_registers_the_next_version_and_all_files_still_open(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara, livia = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    idea = register(ctx, sara)
    transferring.offer(ctx, sara, idea.idea_id, RECEIVER)
    transferring.accept(ctx, livia, _secret(ctx))
    register(ctx, livia, idea.idea_id, chair_svg=b"<svg/>")
    contents = [library.file_content(ctx, livia, idea.idea_id, number, 1).reader.read() for number in (1, 2)]
    assert contents == [CHAIR, b"<svg/>"]
    with ctx.database.reading() as session:
        named = [one.organisation_id for one in session.query(IdeaVersion).order_by(IdeaVersion.number)]
    assert named == [sara.organisation_id, livia.organisation_id]
    assert audit.audit(ctx).findings == ()


def test_a_hash_only_idea_passes_too(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara, livia = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    made = registration.register_commitment(ctx, sara, b"7" * 32)
    transferring.offer(ctx, sara, made.idea_id, RECEIVER)
    transferring.accept(ctx, livia, _secret(ctx))
    assert library.idea(ctx, livia, made.idea_id).history[0].hash_only
    assert audit.audit(ctx).findings == ()


def test_nothing_passes_while_somebody_looks_under_an_nda(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara)
    shown = disclosure.offer(ctx, sara, order(idea))
    with pytest.raises(RefusedError, match="End that access first"):
        transferring.offer(ctx, sara, idea.idea_id, RECEIVER)
    revocation.revoke(ctx, sara, shown.disclosure_id)
    transferring.offer(ctx, sara, idea.idea_id, RECEIVER)
    disclosure.offer(ctx, sara, order(idea))
    livia = person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    with pytest.raises(ConflictError, match="shown to somebody"):
        transferring.accept(ctx, livia, _secret(ctx))
    assert library.idea(ctx, sara, idea.idea_id).organisation_id == sara.organisation_id


def test_a_version_that_the_receiver_was_not_shown_never_passes(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara, livia = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    idea = register(ctx, sara)
    transferring.offer(ctx, sara, idea.idea_id, RECEIVER)
    register(ctx, sara, idea.idea_id)
    with pytest.raises(ConflictError, match="changed since it was offered"):
        transferring.accept(ctx, livia, _secret(ctx))


def test_an_offer_is_answered_once_and_can_be_taken_back_and_runs_out(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    sara, livia = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    idea = register(ctx, sara).idea_id
    first = transferring.offer(ctx, sara, idea, RECEIVER)
    with pytest.raises(RefusedError, match="offered to somebody already"):
        transferring.offer(ctx, sara, idea, "other@example.org")
    secret = _secret(ctx)
    transferring.withdraw(ctx, sara, idea, first)
    with pytest.raises(ExpiredError):
        transferring.accept(ctx, livia, secret)
    clock.forward(minutes=1)
    transferring.offer(ctx, sara, idea, RECEIVER)
    secret = _secret(ctx)
    transferring.decline(ctx, livia, secret)
    with pytest.raises(ExpiredError):
        transferring.accept(ctx, livia, secret)
    clock.forward(minutes=1)
    transferring.offer(ctx, sara, idea, RECEIVER)
    secret = _secret(ctx)
    clock.forward(days=15)
    with pytest.raises(ExpiredError):
        transferring.accept(ctx, livia, secret)
    assert [one.state for one in transferring.offers(ctx, sara, idea)] == ["ended", "declined", "withdrawn"]


def test_only_an_owner_gives_and_only_the_addressee_takes(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara, eva = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Eva", organisation="Copia")
    idea = register(ctx, sara).idea_id
    with pytest.raises(ForbiddenError):
        transferring.offer(ctx, as_role(sara, "member"), idea, RECEIVER)
    with pytest.raises(NotFoundError):
        transferring.offer(ctx, eva, idea, RECEIVER)
    with pytest.raises(InputError, match="your own address"):
        transferring.offer(ctx, sara, idea, "Sara@example.org")
    transferring.offer(ctx, sara, idea, RECEIVER)
    with pytest.raises(RefusedError, match="was sent to"):
        transferring.accept(ctx, eva, _secret(ctx))
    livia = person(ctx, "Livia", RECEIVER, organisation="Casa Livia")
    with pytest.raises(ForbiddenError):
        transferring.accept(ctx, as_role(livia, "viewer"), _secret(ctx))


def test_the_mail_says_no_title(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, "Sara", organisation="Mobili Rossi")
    transferring.offer(sqlite_ctx, sara, register(sqlite_ctx, sara).idea_id, RECEIVER)
    (mail,) = mails(sqlite_ctx, RECEIVER)
    assert TITLE not in mail.subject + mail.body
