"""What if: the shares that other numbers would give, what changes and because of what; nothing is stored."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import func, select

from ipr_service.errors import InputError, NotFoundError
from ipr_service.services import collaboration
from ipr_service.services.context import Context
from ipr_service.services.what_if import Imagine, imagine
from ipr_service.store.schema import LogEntry, Split
from tests.services.workshop import Chair, chair, company, record


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    """The oak chair, with three contributions: points 30, 20, 30 by three parties or two."""
    made = chair(sqlite_ctx)
    record(sqlite_ctx, made)
    return made


def lines(ctx: Context, the: Chair) -> tuple[collaboration.ContributionLine, ...]:
    return collaboration.collaboration(ctx, the.anna, the.id).contributions


def test_a_number_that_moves_says_what_changes_and_because_of_what(sqlite_ctx: Context, the: Chair) -> None:
    first = lines(sqlite_ctx, the)[0]
    assert first.points is not None
    seen = imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1", points=((first.id, str(first.points + 40)),)))
    before = {one.party_id: one.fraction for one in imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1")).shares}
    after = {one.party_id: one.fraction for one in seen.shares}
    assert sum(after.values()) == 1
    assert after[first.party_id] > before[first.party_id]
    assert seen.causes == (f"“{first.title}”: points changed from {first.points} to {first.points + 40}",)
    assert {one.party: one.difference for one in seen.changes} == {party: after[party] - before[party] for party in after}


def test_a_degree_moves_the_shares_by_role(sqlite_ctx: Context, the: Chair) -> None:
    shared = lines(sqlite_ctx, the)[0]
    told = "supporting" if shared.degree != "supporting" else "lead"
    seen = imagine(sqlite_ctx, the.anna, the.id, Imagine("roles@1", degrees=((shared.id, told),)))
    assert f"“{shared.title}”: degree changed from {shared.degree} to {told}" in seen.causes


def test_nothing_is_stored(sqlite_ctx: Context, the: Chair) -> None:
    first = lines(sqlite_ctx, the)[0]
    with sqlite_ctx.database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Split, LogEntry)]
    imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1", points=((first.id, "1"),)))
    with sqlite_ctx.database.reading() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in (Split, LogEntry)] == counts
    assert lines(sqlite_ctx, the)[0] == first


@pytest.mark.parametrize(
    ("text", "says"), [("-1", "negative"), ("0.5.5", "not a number"), ("1" + "0" * 40, "at most 30 digits"), ("NaN", "not a number")]
)
def test_what_is_no_number_is_refused_by_its_field(sqlite_ctx: Context, the: Chair, text: str, says: str) -> None:
    first = lines(sqlite_ctx, the)[0]
    with pytest.raises(InputError, match=says) as refusal:
        imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1", points=((first.id, text),)))
    assert refusal.value.problems[0].pointer == f"/points/{first.id}"


def test_a_contribution_of_another_collaboration_and_a_made_up_degree_are_refused(sqlite_ctx: Context, the: Chair) -> None:
    with pytest.raises(InputError, match="no such contribution"):
        imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1", points=(("0" * 26, "1"),)))
    with pytest.raises(InputError, match="is not a degree"):
        imagine(sqlite_ctx, the.anna, the.id, Imagine("roles@1", degrees=((lines(sqlite_ctx, the)[0].id, "boss"),)))


def test_who_takes_no_part_learns_nothing(sqlite_ctx: Context, the: Chair) -> None:
    with pytest.raises(NotFoundError):
        imagine(sqlite_ctx, company(sqlite_ctx, "Eve", "Copy & Paste"), the.id, Imagine("points@1"))


def test_the_derivation_comes_as_a_tree_with_names_and_exact_values(sqlite_ctx: Context, the: Chair) -> None:
    seen = imagine(sqlite_ctx, the.anna, the.id, Imagine("points@1"))
    for share in seen.shares:
        assert Fraction(share.tree.value) == share.computed
        assert all(line.id not in child.text for child in share.tree.children for line in seen.lines)
        assert any("counts" in child.text for child in share.tree.children)
