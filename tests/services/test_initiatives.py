"""Pre-checked initiatives that are kept: for an organisation, encrypted, checked anew, gone when told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipr_service.errors import ForbiddenError, InputError, NotFoundError
from ipr_service.rights.precheck import Participant
from ipr_service.services import erasing, initiatives
from ipr_service.services.context import Context
from ipr_service.services.initiatives import Keep
from ipr_service.store.schema import Initiative
from tests.services.workshop import company
from tests.support.house import PASSWORD, as_role, person

FEIA = Keep(
    "Design meets craft",
    "EU",
    ("design",),
    (Participant("p0", "FEIA", "organiser", "", "ES"), Participant("p1", "Cul de Sac", "freelancer", "p0", "ES")),
    mails={"p1": "studio@example.org"},
)


def test_an_initiative_is_kept_changed_checked_anew_and_taken_away(ctx: Context) -> None:
    sara = company(ctx, "Sara", "Cluster")
    made = initiatives.keep(ctx, sara, FEIA)
    found, checked = initiatives.check(ctx, sara, made)
    assert found.said == FEIA
    assert [(one.party, one.result) for one in checked.gets] == [("p0", "nothing"), ("p1", "owns")]
    employed = replace(FEIA, title="The camp", people=(FEIA.people[0], replace(FEIA.people[1], role="employee")))
    assert initiatives.keep(ctx, sara, employed, made) == made
    (line,) = initiatives.kept(ctx, sara)
    assert (line.said.title, line.said.people[1].role) == ("The camp", "employee")
    initiatives.forget(ctx, sara, made)
    assert initiatives.kept(ctx, sara) == ()
    with pytest.raises(NotFoundError):
        initiatives.one(ctx, sara, made)


def test_it_is_the_organisation_s_and_nobody_else_s(ctx: Context) -> None:
    sara = company(ctx, "Sara", "Cluster")
    made = initiatives.keep(ctx, sara, FEIA)
    stranger = company(ctx, "Eva", "Others")
    assert initiatives.kept(ctx, stranger) == ()
    for act in (initiatives.one, initiatives.forget):
        with pytest.raises(NotFoundError):
            act(ctx, stranger, made)
    viewer = as_role(sara, "viewer")
    assert initiatives.one(ctx, viewer, made).id == made
    with pytest.raises(ForbiddenError):
        initiatives.keep(ctx, viewer, FEIA, made)
    with pytest.raises(ForbiddenError):
        initiatives.forget(ctx, viewer, made)


def test_names_rest_encrypted_and_go_with_the_account(sqlite_ctx: Context) -> None:
    lea = person(sqlite_ctx, "Lea")
    initiatives.keep(sqlite_ctx, lea, FEIA)
    with sqlite_ctx.database.reading() as session:
        (row,) = session.query(Initiative).all()
    assert all(word not in row.said_sealed for word in (b"FEIA", b"Cul de Sac", b"studio@", b"craft"))
    erasing.erase_person(sqlite_ctx, lea, PASSWORD)
    with sqlite_ctx.database.reading() as session:
        assert session.query(Initiative).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "/title"),
        ({"country": "XX"}, "/country"),
        ({"rights": ("sorcery",)}, "/right"),
        ({"mails": {"p1": "nobody"}}, "/email"),
        ({"date": "2027-02-30"}, "/date"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(sqlite_ctx: Context, wrong: dict[str, object], field: str) -> None:
    sara = company(sqlite_ctx, "Sara", "Cluster")
    with pytest.raises(InputError) as refused:
        initiatives.keep(sqlite_ctx, sara, replace(FEIA, **wrong))  # type: ignore[arg-type]  # the wrong values are the point
    assert refused.value.problems[0].pointer.startswith(field)
