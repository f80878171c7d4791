"""Class 17: whoever edits, deletes, reorders or swaps rows behind the back of the log is found, and the row is named.

The table below stands for the list beside the schema: every column that a registered statement or logged event covers, and what raw SQL
may do to it. Columns of papers, splits and disclosures have the same proof beside their own services.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from ipr_service.evidence.checkpoint import sign_checkpoint
from ipr_service.services import confirmation, registration
from ipr_service.services.audit import COVERED, audit
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.store.database import Database, sqlite  # another SQLite in this process would drop the locks of ours
from ipr_service.store.schema import Base, LogCheckpoint
from ipr_service.store.sequencer import Sequencer
from tests.support.house import MovingClock, build, mails, person, secret_in, work

FIRST = "(SELECT min(id) FROM idea_version)"
LAST = "(SELECT max(id) FROM idea_version WHERE NOT hash_only)"
SHARES = (NamedContributor("sara@example.org", "author", "2/3"), NamedContributor("marco@example.org", "maker", "1/3"))


TURN = "UPDATE {0} SET position = -position; UPDATE {0} SET position = 3 + position"  # 1, 2 become 2, 1


def swap(table: str, column: str, key: str = "id") -> str:
    """Exchange a column between the first and the last row, past the unique index."""
    low, high = f"(SELECT min({key}) FROM {table})", f"(SELECT max({key}) FROM {table})"
    copy = f"CREATE TEMP TABLE was AS SELECT {key} AS k, {column} AS v FROM {table} WHERE {key} IN ({low}, {high})"
    drop = f"UPDATE {table} SET {column} = '-1' WHERE {key} = {low}"
    one = f"UPDATE {table} SET {column} = (SELECT v FROM was ORDER BY k LIMIT 1) WHERE {key} = {high}"
    other = f"UPDATE {table} SET {column} = (SELECT v FROM was ORDER BY k DESC LIMIT 1) WHERE {key} = {low}"
    return ";".join((copy, drop, one, other))


EDITS = [
    ('UPDATE log_entry SET commitment = zeroblob(32) WHERE "index" = 1', "log_entry 1"),
    ("UPDATE log_entry SET kind = 'contribution' WHERE \"index\" = 0", "log_entry 0"),
    ("UPDATE log_entry SET thing_id = 'somebody else' WHERE \"index\" = 0", "idea_version"),
    ('UPDATE log_entry SET manifest = NULL WHERE "index" = 0', "log_entry 0"),
    ("UPDATE log_entry SET manifest = CAST('{}' AS BLOB) WHERE \"index\" = 0", "log_entry 0"),
    ('UPDATE log_entry SET manifest = NULL, opening_sealed = NULL, key_id = NULL WHERE "index" = 0', "idea_version"),
    ('UPDATE log_entry SET opening_sealed = NULL WHERE "index" = 0', "log_entry 0"),
    ('UPDATE log_entry SET opening_sealed = zeroblob(400) WHERE "index" = 0', "log_entry 0"),
    ("UPDATE log_entry SET key_id = 'gone' WHERE \"index\" = 0", "log_entry 0"),
    ('UPDATE log_entry SET checkpoint_size = 4 WHERE "index" = 0', "log_entry 0"),
    ("UPDATE log_entry SET created_at = '2020-01-01 00:00:00.000000' WHERE \"index\" = 1", "log_entry 1"),
    (swap("log_entry", "commitment", '"index"'), "log_entry 0"),
    (swap("log_entry", '"index"', "commitment"), "log_entry"),
    ('DELETE FROM log_entry WHERE "index" = 1', "log_entry 1"),
    ('DELETE FROM log_entry WHERE "index" = (SELECT max("index") FROM log_entry)', "log_checkpoint"),
    ("UPDATE log_checkpoint SET root = zeroblob(32) WHERE size = 2", "log_checkpoint 2"),
    ("UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE size = 1) WHERE size = 2", "log_checkpoint 2"),
    ("UPDATE log_checkpoint SET created_at = '2020-01-01 00:00:00.000000' WHERE size = 2", "log_checkpoint 2"),
    ("DELETE FROM log_checkpoint WHERE size = 1", "log_entry 0"),
    ("UPDATE log_tile SET hashes = zeroblob(length(hashes))", "log_tile 0/0"),
    ("DELETE FROM log_tile", "log_tile 0/0"),
    ("INSERT INTO log_tile (level, number, hashes) VALUES (0, 9, zeroblob(32))", "log_tile 0/9"),
    ("UPDATE log_head SET size = size - 1", "log_head 1"),
    ("UPDATE log_head SET root = zeroblob(32)", "log_head 1"),
    ("UPDATE log_token SET obtained_at = '2020-01-01 00:00:00.000000'", "log_token"),
    ("UPDATE log_token SET independent = 1", "log_token"),
    ("UPDATE log_token SET reply = zeroblob(900)", "log_token"),
    ("UPDATE log_token SET chain = ''", "log_token"),
    ("UPDATE log_token SET checkpoint_size = 1", "log_token"),
    (swap("idea_version", "commitment"), "idea_version"),
    (f"UPDATE idea_version SET commitment = randomblob(32) WHERE id = {FIRST}", "idea_version"),
    (f"UPDATE idea_version SET number = 7 WHERE id = {LAST}", "idea_version"),
    (f"UPDATE idea_version SET hash_only = 1 WHERE id = {FIRST}", "idea_version"),
    (f"UPDATE idea_version SET language = 'fr' WHERE id = {FIRST}", "idea_version"),
    (f"UPDATE idea_version SET title_sealed = zeroblob(60) WHERE id = {FIRST}", "idea_version"),
    (f"UPDATE idea_version SET created_at = '2020-01-01 00:00:00.000000' WHERE id = {FIRST}", "idea_version"),
    (f"UPDATE idea_version SET number = 9, idea_id = (SELECT max(id) FROM idea) WHERE id = {FIRST}", "idea_version"),
    ("DELETE FROM idea_version WHERE hash_only", "log_entry"),
    ("UPDATE idea SET kind = 'contribution'", "idea_version"),
    ("UPDATE idea SET key_id = 'gone'", "idea_version"),
    ("UPDATE idea SET organisation_id = 'somebody else'", "idea"),
    ("UPDATE participant SET organisation_id = 'somebody else' WHERE kind = 'idea' AND role = 'owner'", "idea"),
    ("UPDATE idea_version SET organisation_id = 'somebody else'", "idea_version"),
    ("UPDATE idea_file SET size = size + 1", "idea_version"),
    ("UPDATE idea_file SET blob = 'GONE'", "idea_version"),
    (swap("idea_file", "blob"), "idea_version"),
    (TURN.format("idea_file"), "idea_version"),
    ("DELETE FROM idea_file WHERE position = 2", "idea_version"),
    ("UPDATE contributor SET email = 'eve@example.org' WHERE position = 2", "contributor"),
    ("UPDATE contributor SET role = 'owner' WHERE position = 2", "contributor"),
    ("UPDATE contributor SET share = '1/2' WHERE position = 2", "contributor"),
    ("UPDATE contributor SET share = '1/2' WHERE position = 1", "idea_version"),
    ("UPDATE contributor SET state = 'declined' WHERE commitment IS NOT NULL", "contributor"),
    ("UPDATE contributor SET decided_at = '2020-01-01 00:00:00.000000' WHERE commitment IS NOT NULL", "contributor"),
    ("UPDATE contributor SET decided_at = NULL WHERE commitment IS NOT NULL", "contributor"),
    ("UPDATE contributor SET commitment = NULL", "log_entry"),
    (TURN.format("contributor"), "idea_version"),
    ("DELETE FROM contributor WHERE position = 2", "idea_version"),
]


@pytest.fixture(scope="module")
def whole(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Two versions with two files each, a confirmed contributor, a bare commitment, tokens."""
    folder, clock = tmp_path_factory.mktemp("whole"), MovingClock()
    ctx = build(f"sqlite:///{shutil.copy(_sqlite_template, folder / 'ipr.db')}", folder / "data", clock)
    sara = person(ctx)
    idea_id = None
    for number in (1, 2):
        clock.forward(minutes=1)
        intake = open_intake(ctx, sara, idea_id)
        intake.take("chair.svg", None, io.BytesIO(b"<svg/>" * number))
        intake.take("hours.csv", None, io.BytesIO(b"day,hours\n" * number))
        idea_id = registration.register_idea(ctx, sara, RegisterIdea(f"Chair {number}", contributors=SHARES), intake).idea_id
    marco = person(ctx, "Marco")
    asked = next(mail for mail in mails(ctx, "marco@example.org") if "/invitations/" in mail.body)
    confirmation.answer(ctx, marco, secret_in(asked), confirm=True)
    clock.forward(minutes=1)
    registration.register_commitment(ctx, sara, bytes(range(32)))
    work(ctx)
    yield ctx
    ctx.database.close()


def copied(ctx: Context, target: Path) -> Context:
    """The same house, keys and files, over a copy of its database."""
    with closing(sqlite.connect(str(ctx.database.url.database))) as source, closing(sqlite.connect(target)) as copy:
        source.backup(copy)
    return replace(ctx, database=Database(f"sqlite:///{target}"))


@pytest.fixture
def edited(whole: Context, tmp_path: Path) -> Iterator[Context]:
    """That house over a copy, to be edited."""
    ctx = copied(whole, tmp_path / "copy.db")
    yield ctx
    ctx.database.close()


def run(ctx: Context, statements: str) -> None:
    """What a database administrator can do: no foreign keys, no questions."""
    with closing(sqlite.connect(str(ctx.database.url.database))) as raw:
        raw.executescript(statements)


def test_class_17_nothing_is_found_where_nothing_was_touched(edited: Context) -> None:
    report = audit(edited)
    assert report.findings == ()
    assert (report.entries, report.checked) == (4, 4)


@pytest.mark.parametrize(("statements", "row"), EDITS, ids=[statement[:90] for statement, _ in EDITS])
def test_class_17_an_edit_by_raw_sql_is_found_and_names_the_row(edited: Context, statements: str, row: str) -> None:
    run(edited, statements)
    named = [finding.row for finding in audit(edited).findings]
    assert row in {name if " " in row else name.split()[0] for name in named}, named


def test_class_17_every_column_that_holds_a_commitment_is_compared() -> None:
    columns = {(m.class_, c.name) for m in Base.registry.mappers for c in m.columns if c.name.endswith("commitment")}
    own = {(model, column) for model, column in columns if model.__tablename__ in {"log_entry", "idea_version"}}
    assert columns - own == {(model, column) for model, column, _ in COVERED}


def test_class_17_a_rolled_back_database_agrees_with_itself_and_not_with_a_checkpoint_kept_outside(
    sqlite_ctx: Context, tmp_path: Path
) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    registration.register_commitment(ctx, sara, b"\x01" * 32)
    rolled_back = copied(ctx, tmp_path / "old.db")
    registration.register_commitment(ctx, sara, b"\x02" * 32)
    anchor = newest(ctx)
    assert audit(ctx, [anchor]).findings == ()
    assert audit(rolled_back).findings == ()
    (finding,) = audit(rolled_back, [anchor]).findings
    assert (finding.row, "rolled back" in finding.what) == ("anchor 1", True)
    rolled_back.database.close()


def test_class_17_a_history_written_again_with_the_same_keys_is_told_by_the_anchor(sqlite_ctx: Context, tmp_path: Path) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    other = copied(ctx, tmp_path / "other.db")
    sequencer = Sequencer(other.database, partial(sign_checkpoint, keys=ctx.service_keys.log_keys), ctx.settings.origin, ctx.clock)
    other = replace(other, sequencer=sequencer)
    registration.register_commitment(ctx, sara, b"\x01" * 32)
    registration.register_commitment(other, sara, b"\x02" * 32)
    assert audit(other).findings == ()
    (finding,) = audit(other, [newest(ctx)]).findings
    assert (finding.row, "two histories" in finding.what) == ("anchor 1", True)
    other.database.close()


def newest(ctx: Context) -> bytes:
    with ctx.database.reading() as session:
        return session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size.desc())).first() or b""


def test_class_17_an_anchor_of_another_log_or_without_signatures_is_refused(edited: Context) -> None:
    note = newest(edited)
    cut = note[: note.rindex(b"\n\n") + 2]
    found = audit(edited, [cut, b"nothing", note]).findings
    assert [finding.row for finding in found] == ["anchor 1", "anchor 2"]


def test_class_17_a_checkpoint_moved_behind_its_token_is_found(edited: Context) -> None:
    """Whoever moves a checkpoint and its entries in time meets the token that was made over it."""
    later = "2026-12-24 00:00:00.000000"
    run(edited, f"UPDATE log_checkpoint SET created_at = '{later}' WHERE size = 4")
    run(edited, f"UPDATE log_entry SET created_at = '{later}' WHERE checkpoint_size = 4")
    assert "log_checkpoint 4" in {finding.row for finding in audit(edited).findings}


def test_what_was_erased_on_purpose_is_passed_over(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    intake = open_intake(ctx, sara)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    registration.register_idea(ctx, sara, RegisterIdea("Chair"), intake)
    ctx.keys.destroy(intake.key_id)
    assert audit(ctx).findings == ()
