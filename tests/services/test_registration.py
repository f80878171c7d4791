"""Registering: what is promised, what is refused, what stays secret. The bundle is judged by ``evidence.verification``."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import pytest
from sqlalchemy import select

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError, UnauthenticatedError
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.services import confirmation, idempotency, library, proving, registration
from ipr_service.services.access import NOBODY, Actor
from ipr_service.services.context import Context
from ipr_service.services.intake import Intake, open_intake
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.store.schema import Idea, LogEntry, LogHead
from tests.support.house import MovingClock, as_role, mails, person, secret_in

CHAIR = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M4 4h8v8"/></svg>'


def take(ctx: Context, actor: Actor, idea_id: str | None = None, **files: bytes) -> Intake:
    intake = open_intake(ctx, actor, idea_id)
    for name, content in files.items():
        intake.take(name.replace("_", "."), None, io.BytesIO(content))
    return intake


def register(ctx: Context, actor: Actor, title: str = "Folding chair", **order: object) -> registration.Registered:
    return registration.register_idea(ctx, actor, RegisterIdea(title, **order), take(ctx, actor, chair_svg=CHAIR))  # type: ignore[arg-type]


def test_the_receipt_names_a_checkpoint_that_both_log_keys_signed(ctx: Context) -> None:
    made = register(ctx, person(ctx))
    checkpoint = open_checkpoint(made.receipt.checkpoint_note, ctx.service_keys.log_keys.vkeys)
    assert (made.receipt.index, checkpoint.size, made.number) == (0, 1, 1)


def test_title_file_name_and_content_rest_encrypted(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    register(ctx, person(ctx), "Sedia Tre Gesti", description="three moves")
    data = ctx.settings.data_dir.parent
    stored = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for secret in (b"Tre Gesti", b"three moves", b"chair.svg", CHAIR, sha256(CHAIR).digest(), sha256(CHAIR).hexdigest().encode()):
        assert secret not in stored


def test_what_was_registered_can_be_read_by_its_owner(ctx: Context) -> None:
    sara = person(ctx, organisation="Mobili Rossi")
    made = register(ctx, sara, "Sedia «Tre Gesti» έδρα", description="A chair that folds.", language="it")
    (version,) = library.idea(ctx, sara, made.idea_id).history
    assert (version.title, version.description, version.language) == ("Sedia «Tre Gesti» έδρα", "A chair that folds.", "it")
    assert [(f.name, f.size, f.sha256, f.kept) for f in version.files] == [("chair.svg", len(CHAIR), sha256(CHAIR).hexdigest(), True)]
    assert library.file_content(ctx, sara, made.idea_id, 1, 1).reader.read() == CHAIR


def test_a_new_version_is_chained_to_the_one_before(ctx: Context) -> None:
    sara = person(ctx)
    first = register(ctx, sara)
    intake = take(ctx, sara, first.idea_id, chair_svg=CHAIR + b"\n")
    second = registration.register_idea(ctx, sara, RegisterIdea("Folding chair, oak"), intake)
    assert (second.idea_id, second.number) == (first.idea_id, 2)
    with ctx.database.reading() as session:
        manifest = session.scalars(select(LogEntry.manifest).where(LogEntry.commitment == second.receipt.commitment)).one()
    assert manifest is not None
    assert f'"previous":"{b64encode(first.receipt.commitment).decode()}"'.encode() in manifest


def test_of_two_new_versions_at_once_the_first_to_write_wins(ctx: Context) -> None:
    """The other one is registered between the loser's reading and its writing: when it draws its salts."""
    sara = person(ctx)
    made = register(ctx, sara)
    other, losing = (take(ctx, sara, made.idea_id, chair_svg=CHAIR + bytes([n])) for n in range(2))
    waiting = [other]

    def random(count: int) -> bytes:
        if waiting:
            registration.register_idea(ctx, sara, RegisterIdea("faster"), waiting.pop())
        return ctx.random(count)

    with pytest.raises(ConflictError, match="newer version meanwhile"):
        registration.register_idea(replace(ctx, random=random), sara, RegisterIdea("slower"), losing)
    details = library.idea(ctx, sara, made.idea_id)
    assert [(v.number, v.title) for v in details.history] == [(2, "faster"), (1, "Folding chair")]
    assert library.file_content(ctx, sara, made.idea_id, 1, 1).reader.read() == CHAIR


@pytest.mark.parametrize(
    ("order", "pointer", "said"),
    [
        ({"title": ""}, "/title", "fill this in"),
        ({"title": "x" * 201}, "/title", "200 is the most"),
        ({"title": "safe\u202etxt.exe"}, "/title", "direction-changing"),
        ({"title": "two\nlines"}, "/title", "one line"),
        ({"language": "xx"}, "/language", "Choose one of"),
        ({"kind": "split"}, "/kind", "Choose one of"),
        ({"contributors": (NamedContributor("nobody", "form"),)}, "/contributors/0/email", "not a mail address"),
        ({"contributors": (NamedContributor("a@b.org", "form", "0.5"),)}, "/contributors/0/share", "5/8"),
        ({"contributors": (NamedContributor("a@b.org", "form", "2/4"),)}, "/contributors/0/share", "lowest terms"),
        ({"contributors": (NamedContributor("a@b.org", "f"), NamedContributor("A@b.org", "g"))}, "/contributors/1/email", "twice"),
        ({"contributors": (NamedContributor("a@b.org", "f", "1/2"), NamedContributor("c@b.org", "g", "1/3"))}, "/contributors", "5/6"),
        ({"contributors": (NamedContributor("a@b.org", "f", "1/2"), NamedContributor("c@b.org", "g"))}, "/contributors", "or for none"),
    ],
)
def test_a_refusal_names_field_limit_and_remedy_and_keeps_nothing(
    sqlite_ctx: Context, order: dict[str, object], pointer: str, said: str
) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    with pytest.raises(InputError) as refused:
        register(ctx, sara, **{"title": "Chair", **order})  # type: ignore[arg-type]
    (problem,) = refused.value.problems
    assert problem.pointer == pointer
    assert said in str(problem)
    assert library.ideas(ctx, sara) == []
    assert not [path for path in (ctx.settings.data_dir / "blobs").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc/passwd", "no folders"),
        ("a\\b.txt", "no folders"),
        ("..", "no folders"),
        ("bell\x07.txt", "control"),
        ("gpj.\u202eexe", "direction"),
        ("n" * 300, "255"),
        ("", "fill this in"),
    ],
)
def test_a_file_name_that_could_mislead_is_refused(sqlite_ctx: Context, name: str, said: str) -> None:
    intake = open_intake(sqlite_ctx, person(sqlite_ctx))
    with pytest.raises(InputError, match=said) as refused:
        intake.take(name, None, io.BytesIO(b"x"))
    assert refused.value.problems[0].pointer == "/files/0/name"


def test_an_empty_file_and_too_much_are_refused(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx)
    with pytest.raises(InputError, match=r"“void\.txt” is empty"):
        open_intake(sqlite_ctx, sara).take("void.txt", None, io.BytesIO(b""))
    small = replace(sqlite_ctx, settings=replace(sqlite_ctx.settings, max_upload_bytes=10, max_files=1))
    with pytest.raises(InputError, match="At most 10 bytes"):
        open_intake(small, sara).take("big.txt", None, io.BytesIO(b"x" * 11))
    intake = open_intake(small, sara)
    intake.take("one.txt", None, io.BytesIO(b"x"))
    with pytest.raises(InputError, match="At most 1 files"):
        intake.take("two.txt", None, io.BytesIO(b"x"))


def test_contributors_get_a_mail_without_title_and_confirm_once(ctx: Context, clock: MovingClock) -> None:
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    both = (NamedContributor("sara@example.org", "form", "5/8"), NamedContributor("marko@example.org", "engineering", "3/8"))
    made = register(ctx, sara, "Secret chair", contributors=both)
    (mail,) = mails(ctx, "marko@example.org")
    assert "Secret" not in mail.subject + mail.body
    marko = person(ctx, "Marko", "marko@example.org")
    with pytest.raises(NotFoundError):
        library.idea(ctx, marko, made.idea_id)
    seen = confirmation.asked(ctx, marko, secret_in(mail))
    assert (seen.title, seen.role, Fraction(seen.share or "0")) == ("Secret chair", "engineering", Fraction(3, 8))
    confirmation.answer(ctx, marko, secret_in(mail), confirm=True)
    states = [(c.email, c.state) for c in library.idea(ctx, marko, made.idea_id).history[0].contributors]
    assert states == [("sara@example.org", "self"), ("marko@example.org", "confirmed")]
    with pytest.raises(RefusedError):
        confirmation.answer(ctx, marko, secret_in(mail), confirm=False)
    with pytest.raises(ForbiddenError):
        library.file_content(ctx, marko, made.idea_id, 1, 1)


def test_a_confirmation_link_is_of_use_to_its_addressee_alone(ctx: Context) -> None:
    register(ctx, person(ctx), contributors=(NamedContributor("marko@example.org", "engineering"),))
    (mail,) = mails(ctx, "marko@example.org")
    with pytest.raises(RefusedError, match="was sent to"):
        confirmation.asked(ctx, person(ctx, "Eve"), secret_in(mail))
    with pytest.raises(UnauthenticatedError):
        confirmation.asked(ctx, NOBODY, secret_in(mail))


def test_hash_only_keeps_thirty_two_bytes_and_nothing_else(ctx: Context) -> None:
    sara = person(ctx)
    made = registration.register_commitment(ctx, sara, sha256(b"mine").digest())
    (version,) = library.idea(ctx, sara, made.idea_id).history
    assert (version.hash_only, version.title, version.files, version.commitment) == (True, None, (), sha256(b"mine").digest())
    with pytest.raises(ConflictError, match="registered already"):
        registration.register_commitment(ctx, sara, sha256(b"mine").digest())
    with pytest.raises(NotFoundError, match="only the holder"):
        proving.write_bundle(ctx, sara, made.idea_id, None, io.BytesIO())
    assert proving.proof_of(ctx, version.commitment).index == made.receipt.index


def test_a_request_key_is_used_up_in_the_same_transaction(ctx: Context) -> None:
    """As a process killed between commit and answer leaves it: the next request with this key is told what was made."""
    sara = replace(person(ctx), request_key="one-click")
    assert idempotency.begin(ctx, sara, "one-click", b"\0" * 32) is None
    made = register(ctx, sara)
    kept = idempotency.begin(ctx, sara, "one-click", b"\0" * 32)
    assert kept is not None
    assert (kept.status, kept.thing_id) == (None, made.idea_id)
    with pytest.raises(ConflictError):
        register(ctx, sara)
    with ctx.database.reading() as session:
        assert session.get_one(LogHead, 1).size == 1


def test_a_viewer_may_not_register_and_a_stranger_sees_nothing(ctx: Context) -> None:
    sara = person(ctx, organisation="Mobili Rossi")
    made = register(ctx, sara)
    with pytest.raises(ForbiddenError):
        open_intake(ctx, as_role(sara, "viewer"))
    eve = person(ctx, "Eve")
    for look in (
        lambda: library.idea(ctx, eve, made.idea_id),
        lambda: library.file_content(ctx, eve, made.idea_id, 1, 1),
        lambda: proving.receipt_of(ctx, eve, made.idea_id),
        lambda: open_intake(ctx, eve, made.idea_id),
    ):
        with pytest.raises(NotFoundError, match="nothing here that you may see"):
            look()
    assert library.ideas(ctx, eve) == []


def test_erasing_the_key_leaves_an_entry_that_opens_to_nothing(ctx: Context) -> None:
    sara = person(ctx)
    made = register(ctx, sara)
    with ctx.database.reading() as session:
        ctx.keys.destroy(session.get_one(Idea, made.idea_id).key_id)
    (version,) = library.idea(ctx, sara, made.idea_id).history
    assert (version.title, version.files) == (None, ())
    with pytest.raises(NotFoundError):
        proving.write_bundle(ctx, sara, made.idea_id, None, io.BytesIO())
