"""The whole way with the real ceremony: offer, final NDA, mailed links and codes, both signatures, and only then the idea."""

from __future__ import annotations

import pytest

from ipr_service.errors import RefusedError
from ipr_service.services import audit, disclosure, drafting, sharing, viewing
from ipr_service.services.context import Context
from tests.services.confidence import CHAIR, GUEST, TITLE, invitation, order, register
from tests.support.house import MovingClock, mails, person
from tests.support.papers import FIRM, sign

TERMS = {
    "courts": "Udine",
    "discloser": FIRM,
    "recipient": {
        "form": "sociedad limitada",
        "reg_no": "B-1",
        "seat": "Carrer 8, Barcelona",
        "country": "ES",
        "capacity": "administrator",
    },
}


def test_a_complete_offer_is_signed_by_both_and_opens_with_the_last_signature(ctx: Context, clock: MovingClock) -> None:
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara)
    made = disclosure.offer(ctx, sara, order(idea, terms=TERMS))
    assert made.open_questions == ()
    sign(ctx, clock, "sara@example.org")  # the owner may sign first, before anybody came
    mara = person(ctx, "Mara", GUEST, organisation="Studio Blu")
    disclosure.accept(ctx, mara, invitation(ctx))
    assert [one.state for one in sharing.details(ctx, mara, made.disclosure_id).signers] == ["signed", "invited"]
    with pytest.raises(RefusedError, match="everybody has signed"):
        viewing.look(ctx, mara, made.disclosure_id, 1)
    sign(ctx, clock, GUEST)
    assert viewing.look(ctx, mara, made.disclosure_id, 1).title == TITLE
    assert viewing.file(ctx, mara, made.disclosure_id, 1, 1).reader.read() == CHAIR
    for mail in mails(ctx):
        assert TITLE not in mail.subject + mail.body
    assert audit.audit(ctx).findings == ()


def test_an_offer_with_open_questions_names_them_by_the_fields_of_the_offer(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, "Sara", organisation="Mobili Rossi")
    made = disclosure.offer(sqlite_ctx, sara, order(register(sqlite_ctx, sara)))
    assert {"/courts", "/recipient/seat", "/recipient/country", "/discloser/form"} <= set(made.open_questions)
    assert sharing.details(sqlite_ctx, sara, made.disclosure_id).line.state == "drafting"


def test_the_text_of_the_nda_holds_no_title(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, "Sara", organisation="Mobili Rossi")
    made = disclosure.offer(sqlite_ctx, sara, order(register(sqlite_ctx, sara), terms=TERMS))
    found = drafting.interview(sqlite_ctx, sara, made.agreement_id)
    assert TITLE not in repr(found)
