"""Grants of a collaboration: recorded, checked, replaced, signed; encrypted at rest; nobody else's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import contributing, granting, grants, prefilling, proposing, results
from ipr_service.services.context import Context
from ipr_service.services.granting import Record
from ipr_service.services.results import AddResult
from ipr_service.services.shares import Propose
from ipr_service.store.schema import LicenceGrant, Result
from tests.services.workshop import Chair, chair, company, record
from tests.support.house import as_role


@dataclass(frozen=True)
class Shop:
    """The oak chair with a result that both hold (Anna 1/2, Marco 1/2), and Anna's background."""

    the: Chair
    result: str
    background: str

    def terms(self, **changed: Any) -> dict[str, Any]:
        given = {
            "asset": self.result,
            "grantors": [self.the.rovere, self.the.studio],
            "acts": ["make", "sell"],
            "purpose": ["exploitation"],
            "field": ["furniture"],
            "territory": ["EU"],
            "from": "2027-01-01",
            "to": "2028-12-31",
            "exclusivity": "exclusive",
        }
        return given | changed


def shop(ctx: Context, **result: Any) -> Shop:
    the = chair(ctx)
    record(ctx, the)
    split = proposing.propose(ctx, the.anna, the.id, Propose("equal@1"))
    for who in (the.marco, the.anna):
        proposing.accept(ctx, who, the.id, split)
    background = contributing.add_background(ctx, the.anna, the.id, contributing.AddBackground("The hidden joint"))
    given = {"right": "design", "consent": {"who": "all"}, "uses": (background,)} | result
    return Shop(the, results.add_result(ctx, the.marco, the.id, AddResult("The chair's form", **given)), background)


def test_two_that_shut_each_other_out_are_shown_with_the_exact_intersection(ctx: Context) -> None:
    made = shop(ctx)
    first = granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia S.p.A."))
    later = made.terms(territory=["IT"], field=["chairs"], **{"from": "2028-06-01", "to": ""})
    tried = granting.check(ctx, made.the.anna, made.the.id, Record(later, "Sedia d.o.o."))
    (found,) = tried.answer.conflicts
    assert found.meet.text == "make+sell x exploitation x chairs x IT x 2028-06-01..2028-12-31"
    assert grants.register(ctx, made.the.anna, made.the.id).checked.answer.conflicts == (), "checking stores nothing"
    second = granting.record(ctx, made.the.anna, made.the.id, Record(later, "Sedia d.o.o."))
    seen = grants.register(ctx, made.the.marco, made.the.id)
    assert [(line.number, line.grantee, line.asset, line.recorded_by) for line in seen.lines] == [
        (1, "Mobilia S.p.A.", "“The chair's form”", "Rovere s.r.l."),
        (2, "Sedia d.o.o.", "“The chair's form”", "Studio Blu"),
    ]
    (conflict,) = seen.checked.conflicts_of(first)
    assert conflict == seen.checked.conflicts_of(second)[0]
    assert seen.checked.told(str(conflict.sentence)).split(" conflict on ")[0] in {"#1 and #2", "#2 and #1"}
    assert seen.lines[1].known["conflicts"][0]["text"] == conflict.meet.text, "what was known when it was recorded"


def test_holders_come_from_the_accepted_split_and_who_is_missing_is_named(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = shop(ctx)
    made_id = granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    granting.act(ctx, made.the.marco, made.the.id, made_id, "signed", made.the.rovere, "2026-11-01")
    checklist = grants.register(ctx, made.the.marco, made.the.id).checked.authority_of(made_id)
    assert checklist is not None
    assert (checklist.outcome, checklist.awaited) == ("open", (made.the.studio,))
    granting.act(ctx, made.the.anna, made.the.id, made_id, "signed", made.the.studio, "2026-11-02")
    signed = grants.register(ctx, made.the.marco, made.the.id).checked.authority_of(made_id)
    assert signed is not None
    assert signed.outcome == "granted"
    with pytest.raises(ConflictError, match="recorded already"):
        granting.act(ctx, made.the.anna, made.the.id, made_id, "signed", made.the.studio, "2026-11-02")


def test_parties_sign_for_themselves_and_only_grantors_say_that_others_were_told(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    alone = granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(grantors=[made.the.rovere]), "Mobilia"))
    place = (made.the.id, alone)
    with pytest.raises(ForbiddenError, match="for itself"):
        granting.act(sqlite_ctx, made.the.marco, *place, "signed", made.the.studio, "2026-11-01")
    with pytest.raises(ForbiddenError, match="party that grants"):
        granting.act(sqlite_ctx, made.the.anna, *place, "notified", made.the.studio, "2026-11-01")
    granting.act(sqlite_ctx, made.the.marco, *place, "notified", made.the.studio, "2026-11-01")
    wrong = (
        ("hummed", made.the.rovere, "2026-11-01", "/kind"),
        ("signed", made.the.id, "2026-11-01", "/party_id"),
        ("signed", made.the.rovere, "2026-11-03", "/day"),
    )
    for kind, party, day, field in wrong:
        with pytest.raises(InputError) as refused:
            granting.act(sqlite_ctx, made.the.marco, *place, kind, party, day)
        assert refused.value.problems[0].pointer == field


def test_a_grant_is_replaced_or_withdrawn_and_never_edited(ctx: Context) -> None:
    made = shop(ctx)
    old = granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    new = granting.record(ctx, made.the.anna, made.the.id, Record(made.terms(territory=["IT"]), "Mobilia", replaces=old))
    lines = {line.id: line for line in grants.register(ctx, made.the.marco, made.the.id).lines}
    assert (lines[old].state, lines[new].state, lines[new].replaces) == ("superseded", "standing", old)
    assert lines[old].grant.territory == ("EU",)
    with pytest.raises(ConflictError, match="no longer stands"):
        granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia", replaces=old))
    with pytest.raises(ForbiddenError, match="Who recorded"):
        granting.withdraw(ctx, made.the.marco, made.the.id, new)
    granting.withdraw(ctx, made.the.anna, made.the.id, new)
    assert grants.register(ctx, made.the.marco, made.the.id).standing == ()


def test_background_that_a_licensee_needs_is_missing_until_access_is_granted(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    made = shop(ctx)
    granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    (gap,) = grants.register(ctx, made.the.marco, made.the.id).checked.answer.gaps
    assert gap.need.asset == made.background
    access_right = made.terms(asset=made.background, grantors=[made.the.studio], exclusivity="non-exclusive")
    granting.record(ctx, made.the.anna, made.the.id, Record(access_right, "MOBILIA"))
    assert grants.register(ctx, made.the.marco, made.the.id).checked.answer.gaps == (), "the same name is the same grantee"


def test_everything_that_was_said_rests_encrypted(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia S.p.A."))
    with sqlite_ctx.database.reading() as session:
        (grant,) = session.query(LicenceGrant).all()
        (result,) = session.query(Result).all()
    assert all(
        word not in grant.record_sealed + grant.who_sealed + grant.answer_sealed + result.said_sealed
        for word in (b"Mobilia", b"furniture", b"chair")
    )


WRONG_GRANTS: list[tuple[dict[str, Any], str, str]] = [
    ({"asset": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "M", "/asset"),
    ({"grantors": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]}, "M", "/grantors"),
    ({}, "", "/grantee"),
    ({"grantee": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "", "/grantee"),
    ({"territory": ["Atlantis"]}, "M", "/territory/0"),
    ({"field": ["furnitur"]}, "M", "/field/0"),
    ({"to": "2026-12-31"}, "M", "/to"),
    ({"wishes": "many"}, "M", "/wishes"),
]


def test_what_cannot_be_recorded_is_refused_at_its_field(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    for changed, name, field in WRONG_GRANTS:
        with pytest.raises(InputError) as refused:
            granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(**changed), name))
        assert refused.value.problems[0].pointer == field


def test_others_find_nothing_and_roles_decide(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    eve = company(sqlite_ctx, "Eve", "Elsewhere Ltd")
    for verb in (
        lambda: grants.register(sqlite_ctx, eve, made.the.id),
        lambda: granting.check(sqlite_ctx, eve, made.the.id, Record(made.terms(), "M")),
        lambda: granting.record(sqlite_ctx, eve, made.the.id, Record(made.terms(), "M")),
        lambda: results.add_result(sqlite_ctx, eve, made.the.id, AddResult("x")),
        lambda: results.results(sqlite_ctx, eve, made.the.id),
    ):
        with pytest.raises(NotFoundError):
            verb()
    advisor = as_role(made.the.marco, "advisor")
    assert granting.check(sqlite_ctx, advisor, made.the.id, Record(made.terms(), "M")).answer.conflicts == ()
    with pytest.raises(ForbiddenError):
        granting.record(sqlite_ctx, advisor, made.the.id, Record(made.terms(), "M"))


def test_a_sublicence_and_what_stands_in_the_way_of_leaving(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    above = granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(sublicence="yes"), "Mobilia"))
    mobilia = granting.outsider(made.the.id, "Mobilia")
    below = made.terms(grantors=[mobilia], under=above, territory=["IT", "CH"], exclusivity="non-exclusive")
    granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(below, "Terzista"))
    (excess,) = grants.register(sqlite_ctx, made.the.marco, made.the.id).checked.answer.excesses
    assert excess.what == "CH 2027-01-01..2028-12-31"


def test_a_result_that_is_licensed_stays_and_others_can_go(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    grant = granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    with pytest.raises(RefusedError, match="Withdraw the licence first"):
        results.withdraw_result(sqlite_ctx, made.the.marco, made.the.id, made.result)
    granting.withdraw(sqlite_ctx, made.the.marco, made.the.id, grant)
    with pytest.raises(ForbiddenError):
        results.withdraw_result(sqlite_ctx, made.the.anna, made.the.id, made.result)
    results.withdraw_result(sqlite_ctx, made.the.marco, made.the.id, made.result)
    assert results.results(sqlite_ctx, made.the.marco, made.the.id) == ()


WRONG_RESULTS = [
    (AddResult(""), "/title"),
    (AddResult("x", territory=("Narnia",)), "/territory/0"),
    (AddResult("x", right="design", law="XX"), "/law"),
    (AddResult("x", right="shoe", law="ES"), "/right"),
    (AddResult("x", uses=("01ARZ3NDEKTSV4RRFFQ69G5FAV",)), "/uses"),
    (AddResult("x", components=(("viewer", "MIT"),)), "/outbound"),
    (AddResult("x", outbound="Apache-2.0", components=(("viewer", "MITT"),)), "/components/0/expression"),
    (AddResult("x", consent={"who": "boss"}), "/consent/who"),
]


def test_a_result_that_cannot_be_is_refused_at_its_field(sqlite_ctx: Context) -> None:
    the = chair(sqlite_ctx)
    for order, field in WRONG_RESULTS:
        with pytest.raises(InputError) as refused:
            results.add_result(sqlite_ctx, the.marco, the.id, order)
        assert field in {problem.pointer for problem in refused.value.problems}


def test_without_an_accepted_split_nobody_is_asked_and_the_law_may_answer(sqlite_ctx: Context) -> None:
    the = chair(sqlite_ctx)
    result = results.add_result(sqlite_ctx, the.marco, the.id, AddResult("Form", right="patent", law="ES"))
    terms = {"asset": result, "grantors": [the.rovere]}
    before = granting.check(sqlite_ctx, the.marco, the.id, Record(terms | {"agreed": "2026-10-01"}, "Mobilia"))
    assert before.answer.authorities == {}
    assert all(one.lines == () for one in before.answer.filled.values()), "the rows were read after this day, and decide nothing about it"
    tried = granting.check(sqlite_ctx, the.marco, the.id, Record(terms, "Mobilia"))
    assert any("non-exclusive" in str(line) for line in next(iter(tried.answer.filled.values())).lines), "without a day it is the present"


def test_an_agreement_takes_its_schedule_of_grants_from_here(sqlite_ctx: Context) -> None:
    ctx, made = sqlite_ctx, shop(sqlite_ctx)
    inside = made.terms(grantee=made.the.studio, grantors=[made.the.rovere], fee={"kind": "net", "part": "5 %"})
    granting.record(ctx, made.the.marco, made.the.id, Record(inside))
    granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Somebody from outside"))
    granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(grantee=made.the.rovere, field=[])))
    with ctx.database.reading() as session:
        data = prefilling.collaboration_data(ctx, session, made.the.id, "en")
    assert data["grants"] == [
        {
            "grantee": "Studio Blu",
            "subject": "The chair's form",
            "acts": "make, sell",
            "field": "exploitation; furniture",
            "territory": "EU",
            "begins": "2027-01-01",
            "ends": "2028-12-31",
            "exclusivity": "exclusive",
            "pay": "5 % of the net income",
        }
    ]
