"""What is erased opens to nothing here, and still proves for whoever kept the bundle."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import select

from ipr_service.errors import ForbiddenError, InputError, NotFoundError, RefusedError, UnauthenticatedError
from ipr_service.evidence import verification
from ipr_service.evidence.trust import TrustList
from ipr_service.services import (
    accounts,
    audit,
    confirmation,
    disclosure,
    erasing,
    library,
    organisations,
    proving,
    publication,
    publishing,
    registration,
    sharing,
    transferring,
)
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.store.schema import Contributor, IdeaFile, LogEntry, OutboxRow, Person
from tests.services.confidence import TITLE, order, register
from tests.support.house import PASSWORD, mails, person, secret_in, work


def _bundle(ctx: Context, actor: Actor, idea_id: str, folder: Path) -> Path:
    target = folder / "kept.asice"
    out = io.BytesIO()
    proving.write_bundle(ctx, actor, idea_id, 1, out)
    target.write_bytes(out.getvalue())
    return target


def _secret(ctx: Context, to: str, word: str) -> str:
    """Of the newest mail with this word in its subject."""
    return secret_in(next(mail for mail in mails(ctx, to) if word in mail.subject))


def _holds(ctx: Context, kept: Path) -> bool:
    trust = TrustList.from_bytes(publishing.vkeys(ctx))
    with kept.open("rb") as stream:
        report = verification.verify(stream, trust)
    return bool(report.intact and report.trusted)


def test_an_erased_idea_opens_to_nothing_and_the_kept_bundle_still_proves(ctx: Context, tmp_path: Path) -> None:
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    kept = _bundle(ctx, sara, idea, tmp_path)
    with ctx.database.reading() as session:
        blobs = [str(blob) for blob in session.scalars(select(IdeaFile.blob))]
    assert erasing.before(ctx, sara, idea) == erasing.Stands(1, 2, 0, False)
    erasing.erase_idea(ctx, sara, idea)
    found = library.idea(ctx, sara, idea)
    assert (found.line.state, found.line.title, found.history[0].files) == ("erased", None, ())
    assert not any(ctx.blobs.exists(blob) for blob in blobs)
    for act in (
        lambda: library.file_content(ctx, sara, idea, 1, 1),
        lambda: proving.write_bundle(ctx, sara, idea, 1, io.BytesIO()),
        lambda: proving.certificate_of(ctx, sara, idea, 1, "en"),
        lambda: open_intake(ctx, sara, idea),
    ):
        with pytest.raises((NotFoundError, RefusedError)):
            act()
    with ctx.database.reading() as session:
        assert session.scalars(select(LogEntry.opening_sealed)).all() == [None]
    assert _holds(ctx, kept)
    assert audit.audit(ctx).findings == ()


def test_erasing_ends_accesses_offers_and_public_pages_and_takes_names_and_mails_away(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    intake = open_intake(ctx, sara)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    named = RegisterIdea(TITLE, "", contributors=(NamedContributor("lea@example.org", "form"), NamedContributor("sara@example.org", "all")))
    made = registration.register_idea(ctx, sara, named, intake)
    lea = person(ctx, "Lea", "lea@example.org")
    confirmation.answer(ctx, lea, _secret(ctx, "lea@example.org", "confirm your part"), confirm=True)
    shown = disclosure.offer(ctx, sara, order(made))
    publication.publish(ctx, sara, made.idea_id, 1, [1])
    erasing.erase_idea(ctx, sara, made.idea_id)
    work(ctx)
    with pytest.raises(NotFoundError):
        publication.look(ctx, made.idea_id, 1)
    with ctx.database.reading() as session:
        assert {(one.email, one.share) for one in session.scalars(select(Contributor))} == {("", None)}
        assert session.scalars(select(LogEntry).where(LogEntry.opening_sealed.is_not(None))).all() == []
    assert not any("your part" in mail.subject for mail in mails(ctx, "lea@example.org"))
    assert sharing.details(ctx, sara, shown.disclosure_id).line.state == "revoked"
    assert audit.audit(ctx).findings == ()


def test_a_crash_after_the_rows_were_changed_is_finished_by_the_worker(sqlite_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    with ctx.database.reading() as session:
        blobs = [str(blob) for blob in session.scalars(select(IdeaFile.blob))]

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase_idea(ctx, sara, idea)
    assert all(ctx.blobs.exists(blob) for blob in blobs)
    work(ctx)
    assert not any(ctx.blobs.exists(blob) for blob in blobs)
    assert audit.audit(ctx).findings == ()
    erasing.erase_idea(ctx, sara, idea)
    assert audit.audit(ctx).findings == ()


def test_only_an_owner_erases(sqlite_ctx: Context) -> None:
    from_member = person(sqlite_ctx, "Sara", organisation="Mobili Rossi")
    idea = register(sqlite_ctx, from_member).idea_id
    member = Actor(from_member.person_id, from_member.organisation_id, {str(from_member.organisation_id): "member"})
    with pytest.raises(ForbiddenError):
        erasing.erase_idea(sqlite_ctx, member, idea)
    with pytest.raises(NotFoundError):
        erasing.erase_idea(sqlite_ctx, person(sqlite_ctx, "Eva"), idea)


def test_an_erased_person_leaves_a_pseudonym_and_proofs_that_hold(ctx: Context, tmp_path: Path) -> None:
    sara, lea = person(ctx, "Sara", organisation="Mobili Rossi"), person(ctx, "Lea", "lea@example.org")
    own = register(ctx, lea).idea_id
    kept = _bundle(ctx, lea, own, tmp_path)
    intake = open_intake(ctx, sara)
    named = RegisterIdea(
        TITLE,
        "Text.",
        contributors=(NamedContributor("lea@example.org", "form", "3/8"), NamedContributor("sara@example.org", "all", "5/8")),
    )
    theirs = registration.register_idea(ctx, sara, named, intake).idea_id
    confirmation.answer(ctx, lea, _secret(ctx, "lea@example.org", "confirm your part"), confirm=True)
    with pytest.raises(InputError, match="present password"):
        erasing.erase_person(ctx, lea, "wrong")
    erasing.erase_person(ctx, lea, PASSWORD)
    work(ctx)
    with pytest.raises(UnauthenticatedError):
        accounts.log_in(ctx, "lea@example.org", PASSWORD, source="test")
    with ctx.database.reading() as session:
        gone = session.get_one(Person, lea.person_id)
        assert (gone.name[:7], gone.email.endswith("@erased.invalid")) == ("Person ", True)
        assert all(ctx.open_outbox(row).get("to") != "lea@example.org" for row in session.scalars(select(OutboxRow)))
        shares = {one.share for one in session.scalars(select(Contributor).where(Contributor.person_id == lea.person_id))}
    assert "3/8" in shares
    said = library.idea(ctx, sara, theirs).history[0].contributors
    assert [one.state for one in said] == ["confirmed", "self"]
    assert not any(one.email == "lea@example.org" for one in said)
    assert _holds(ctx, kept)
    assert audit.audit(ctx).findings == ()
    person(ctx, "Lea again", "lea@example.org")  # the address is free


def test_nobody_leaves_others_without_an_owner(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara).idea_id
    with pytest.raises(RefusedError, match="only owner of Mobili Rossi"):
        erasing.erase_person(ctx, sara, PASSWORD)
    erasing.erase_idea(ctx, sara, idea)
    organisations.invite(ctx, sara, str(sara.organisation_id), "marko@example.org", "viewer", "en")
    marko = person(ctx, "Marko")
    organisations.accept(ctx, marko, _secret(ctx, "marko@example.org", "nvit"))
    with pytest.raises(RefusedError, match="only owner"):
        erasing.erase_person(ctx, sara, PASSWORD)
    organisations.change_role(ctx, sara, str(sara.organisation_id), str(marko.person_id), "owner")
    erasing.erase_person(ctx, sara, PASSWORD)
    assert audit.audit(ctx).findings == ()


def test_a_transferred_idea_is_the_receivers_to_erase(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara, livia = person(ctx, "Sara"), person(ctx, "Livia", organisation="Casa Livia")
    idea = register(ctx, sara).idea_id
    transferring.offer(ctx, sara, idea, "livia@example.org")
    transferring.accept(ctx, livia, _secret(ctx, "livia@example.org", "offered"))
    with pytest.raises(NotFoundError):
        erasing.erase_idea(ctx, sara, idea)
    erasing.erase_idea(ctx, livia, idea)
    assert audit.audit(ctx).findings == ()
