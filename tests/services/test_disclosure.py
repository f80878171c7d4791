"""Showing an idea in confidence: what is offered, who may look when, what is recorded, what ends it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from ipr_service.errors import ExpiredError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statement_forms import format_time
from ipr_service.services import disclosure, drafting, sharing, viewing
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen
from ipr_service.store.schema import Agreement, Disclosure, DisclosureItem, Person
from tests.services.confidence import (
    CHAIR,
    DESCRIPTION,
    GUEST,
    TITLE,
    invitation,
    look,
    open_scene,
    order,
    records,
    register,
    said,
    scene,
)
from tests.support.house import MovingClock, as_role, mails, person

# --- offering ---------------------------------------------------------------------------------------------------------


def test_the_mails_of_an_offer_hold_no_title_no_file_name_and_no_label(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx)
    label = sharing.details(ctx, made.sara, made.id).line.label
    for mail in mails(ctx):
        for secret in (TITLE, DESCRIPTION, "chair", "notes", label):
            assert secret not in mail.subject + mail.body


def test_the_nda_lists_what_is_shown_by_commitment_index_and_date_alone(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx, purpose="to look at a chair")
    with ctx.database.reading() as session:
        agreement = session.get_one(Agreement, made.offered.agreement_id)
        answers = drafting.answers_of(ctx, agreement).merged
    (proof,) = answers["proofs"]
    assert (proof["commitment"], proof["index"], proof["log"]) == (to_base64(made.idea.receipt.commitment), 0, "test.invalid/log")
    assert (answers["purpose"], [party["role"] for party in answers["parties"]]) == ("to look at a chair", ["discloser", "recipient"])
    for secret in (TITLE, DESCRIPTION, "chair.svg"):
        assert secret not in json.dumps(answers)


def test_before_the_nda_the_guest_sees_who_invites_and_a_neutral_label(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx, ends_at=ctx.now() + timedelta(days=3))
    mara = made.arrive()
    found = sharing.details(ctx, mara, made.id)
    assert (found.line.inviter, found.line.organisation, found.line.side) == ("Sara", "Mobili Rossi", "received")
    assert found.line.label.startswith("Idea ")
    assert (found.line.title, found.line.ends_at, found.line.views, found.items) == (None, None, None, ())
    assert TITLE not in repr(found)


@pytest.mark.parametrize(
    ("changed", "pointer", "what"),
    [
        ({"email": "nobody"}, "/email", "not a mail address"),
        ({"email": "sara@example.org"}, "/email", "your own address"),
        ({"name": ""}, "/name", "fill this in"),
        ({"name": "x" * 201}, "/name", "200 is the most"),
        ({"name": "Mara\u202egro"}, "/name", "direction-changing"),
        ({"purpose": "x" * 1001}, "/purpose", "1000 is the most"),
        ({"items": ()}, "/items", "at least one"),
        ({"items": tuple(Chosen(1, at) for at in range(101))}, "/items", "At most 100"),
        ({"items": (Chosen(2, 0),)}, "/items", "Version 2 has nothing at position 0"),
        ({"items": (Chosen(1, 3),)}, "/items", "Version 1 has nothing at position 3"),
        ({"terms": {"law": "Portugal"}}, "/law", "two letters"),
        ({"terms": {"recipient": {"seat": "x" * 400}}}, "/recipient/seat", "between 1 and 300"),
    ],
)
def test_an_offer_that_cannot_be_made_names_field_limit_and_remedy(
    sqlite_ctx: Context, changed: dict[str, object], pointer: str, what: str
) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    idea = register(sqlite_ctx, sara)
    with pytest.raises(InputError) as refused:
        disclosure.offer(sqlite_ctx, sara, order(idea, **changed))
    (problem,) = refused.value.problems
    assert problem.pointer == pointer
    assert what in str(problem)
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Disclosure)) == 0


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_an_end_in_the_past_or_beyond_ten_years_is_refused(sqlite_ctx: Context, days: int) -> None:
    sara = person(sqlite_ctx)
    idea = register(sqlite_ctx, sara)
    with pytest.raises(InputError, match="not after 2036-11-02"):
        disclosure.offer(sqlite_ctx, sara, order(idea, ends_at=sqlite_ctx.now() + timedelta(days=days)))


def test_only_who_may_show_the_idea_can_offer_it_and_others_cannot_tell_that_it_exists(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, organisation="Mobili Rossi")
    idea = register(ctx, sara)
    for role in ("viewer", "advisor"):
        with pytest.raises(ForbiddenError):
            disclosure.offer(ctx, as_role(sara, role), order(idea))
    stranger = person(ctx, "Nil")
    with pytest.raises(NotFoundError) as theirs:
        disclosure.offer(ctx, stranger, order(idea))
    with pytest.raises(NotFoundError) as random:
        disclosure.offer(ctx, stranger, order(idea, idea_id=ctx.new_id()))
    assert str(theirs.value) == str(random.value)


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_nothing_opens_before_every_party_has_signed_that_exact_document(ctx: Context) -> None:
    made = scene(ctx)
    mara = made.arrive()
    assert look(ctx, mara, made.id) == "refused"
    made.send()
    assert look(ctx, mara, made.id) == "refused"
    made.sign("recipient")
    made.declare_executed()
    assert look(ctx, mara, made.id) == "refused"
    made.sign("discloser", digest=b"\x01" * 32)
    assert look(ctx, mara, made.id) == "refused"
    made.send()
    made.sign("discloser")
    made.sign("recipient")
    made.declare_executed()
    assert look(ctx, mara, made.id) == TITLE
    assert len(records(ctx)) == 1


def test_an_executed_nda_about_something_else_opens_nothing(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx)
    mara = made.arrive()
    other = register(ctx, made.sara)
    made.execute()
    with ctx.database.writing() as session:
        session.execute(update(Agreement).where(Agreement.id == made.offered.agreement_id).values(idea_id=other.idea_id))
    assert look(ctx, mara, made.id) == "refused"


def test_once_opened_only_the_document_that_was_logged_keeps_it_open(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx)
    assert look(ctx, made.arrive() if made.mara is None else made.mara, made.id) == TITLE
    made.execute()  # another text, executed by both
    assert made.mara is not None
    assert look(ctx, made.mara, made.id) == "refused"


def test_the_person_named_alone_may_look(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx)
    assert made.mara is not None
    colleague = replace(person(ctx, "Nil"), roles=made.mara.roles, organisation_id=made.mara.organisation_id)
    stranger = person(ctx, "Olga")
    assert [look(ctx, one, made.id) for one in (made.mara, colleague, stranger, made.sara)] == [
        TITLE,
        "not-found",
        "not-found",
        "forbidden",
    ]
    with pytest.raises(NotFoundError) as theirs:
        viewing.look(ctx, stranger, made.id, 1)
    with pytest.raises(NotFoundError) as random:
        viewing.look(ctx, stranger, ctx.new_id(), 1)
    assert str(theirs.value) == str(random.value)


def test_whoever_leaves_the_organisation_cannot_look_any_more(sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    assert look(sqlite_ctx, replace(made.mara, roles={}), made.id) == "not-found"


def test_an_invitation_counts_for_its_address_alone_and_once(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = scene(ctx)
    secret = invitation(ctx)
    with pytest.raises(RefusedError, match=GUEST):
        disclosure.accept(ctx, person(ctx, "Nil"), secret)
    made.arrive()
    assert made.mara is not None
    with pytest.raises(ExpiredError, match="used already"):
        disclosure.accept(ctx, made.mara, secret)


def test_only_what_was_chosen_can_be_opened(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx)
    assert made.mara is not None
    assert viewing.file(ctx, made.mara, made.id, 1, 1).reader.read() == CHAIR
    assert [file.name for file in viewing.look(ctx, made.mara, made.id, 1).files] == ["chair.svg"]
    before = len(records(ctx))
    for number, position in ((1, 2), (1, 99), (2, 0)):
        with pytest.raises(NotFoundError):
            viewing.file(ctx, made.mara, made.id, number, position)
    assert len(records(ctx)) == before


def test_access_ends_at_its_moment(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx, ends_at=ctx.now() + timedelta(hours=1))
    assert made.mara is not None
    clock.forward(minutes=59, seconds=59)
    assert look(ctx, made.mara, made.id) == TITLE
    clock.forward(seconds=1)
    assert look(ctx, made.mara, made.id) == "expired"
    assert sharing.details(ctx, made.mara, made.id).items == ()


# --- what is logged ---------------------------------------------------------------------------------------------------


def test_opening_is_logged_with_what_to_whom_under_which_document_until_when(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    ends = ctx.now() + timedelta(days=30)
    made = scene(ctx, ends_at=ends)
    made.arrive()
    digest = made.execute()
    sharing.details(ctx, made.sara, made.id)
    with ctx.database.reading() as session:
        (commitment,) = set(session.scalars(select(DisclosureItem.commitment)))
    assert commitment is not None
    assert said(ctx, commitment) == [
        {
            "type": "disclosure",
            "items": [to_base64(made.idea.receipt.commitment)],
            "recipient": f"mailto:{GUEST}",
            "terms_sha256": digest.hex(),
            "ends": format_time(ends),
        }
    ]


def test_each_view_is_an_entry_of_its_own(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    made = open_scene(ctx)
    assert made.mara is not None
    viewing.look(ctx, made.mara, made.id, 1)
    clock.forward(minutes=1)
    viewing.file(ctx, made.mara, made.id, 1, 1)
    with ctx.database.reading() as session:
        opening = session.scalars(select(DisclosureItem.commitment)).first()
    assert opening is not None
    base = {"type": "access", "disclosure": to_base64(opening), "person": f"mailto:{GUEST}"}
    first, second = records(ctx)
    assert said(ctx, first.commitment) == [{**base, "position": 0, "time": "2026-11-02T09:30:00Z"}]
    assert said(ctx, second.commitment) == [{**base, "position": 1, "time": "2026-11-02T09:31:00Z"}]


def test_a_later_part_of_a_file_belongs_to_an_opening_of_the_last_quarter_of_an_hour(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx, made = sqlite_ctx, open_scene(sqlite_ctx)
    assert made.mara is not None

    def part() -> int:
        assert made.mara is not None
        viewing.file(ctx, made.mara, made.id, 1, 1, continues=True)
        return len(records(ctx))

    assert part() == 1  # nothing was opened before: it is an opening itself
    assert part() == 1
    clock.forward(minutes=14, seconds=59)
    assert part() == 1
    clock.forward(seconds=1)
    assert part() == 2
    viewing.file(ctx, made.mara, made.id, 1, 1)
    assert len(records(ctx)) == 3


def test_whoever_owns_it_sees_who_looked_at_what_and_when_and_nobody_else_does(ctx: Context) -> None:
    made = open_scene(ctx)
    assert made.mara is not None
    viewing.file(ctx, made.mara, made.id, 1, 1)
    (one,) = sharing.accesses(ctx, made.sara, made.id)
    assert (one.name, one.email, one.organisation, one.version, one.position, one.what) == ("Mara", GUEST, "Studio Blu", 1, 1, "chair.svg")
    assert sharing.accesses(ctx, as_role(made.sara, "viewer"), made.id) == [one]
    with pytest.raises(ForbiddenError):
        sharing.accesses(ctx, made.mara, made.id)
    with pytest.raises(NotFoundError):
        sharing.accesses(ctx, person(ctx, "Nil"), made.id)


@pytest.mark.parametrize("name", ["=1+1", "+39", "-2", "@sum", "\tx", "\rx"])
def test_no_cell_of_the_table_of_views_is_a_formula(sqlite_ctx: Context, name: str) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    viewing.look(sqlite_ctx, made.mara, made.id, 1)
    with sqlite_ctx.database.writing() as session:
        session.execute(update(Person).where(Person.id == made.mara.person_id).values(name=name))
    table = sharing.accesses_csv(sqlite_ctx, made.sara, made.id, "en").decode("utf-8-sig")
    assert f"'{name}" in table
    assert f",{name}" not in table
