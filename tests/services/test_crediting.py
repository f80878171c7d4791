"""What was credited stands in the log, and every row behind it is found when it is changed."""

from __future__ import annotations

import io
import json
import zipfile
from hashlib import sha256

import pytest
from sqlalchemy import select, text

from ipr_service.errors import NotFoundError
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.rights import payout_record
from ipr_service.services import crediting, disputing, money, paying, payouts, publishing
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.disputing import RaiseHold
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.payouts import ProposePayout
from ipr_service.store.schema import Split
from tests.services.till import agreed, sold
from tests.services.workshop import Chair, company


def paid(ctx: Context, the: Chair) -> str:
    made = paying.propose(ctx, the.anna, the.id, ProposePayout("EUR"))
    paying.accept(ctx, the.marco, the.id, made)
    return made


def said_of(ctx: Context, commitment: bytes) -> list[dict[str, object]]:
    with ctx.database.reading() as session:
        return [dict(one.statement) for one in opened(ctx, entry_of(session, commitment)).openings.statements]


def test_a_payout_says_by_which_split_what_was_credited_to_whom_and_who_accepted_it(ctx: Context) -> None:
    the = agreed(ctx)
    sold(ctx, the, "1000.01")
    made = payouts.details(ctx, the.anna, the.id, paid(ctx, the))
    assert made.entry is not None
    record = payouts.record_of(ctx, the.anna, the.id, made.id)
    with ctx.database.reading() as session:
        split = session.scalars(select(Split)).one()
    first, *rest = said_of(ctx, made.entry.commitment)
    assert first["split"] == to_base64(split.commitment)
    assert (first["input_sha256"], first["record_sha256"]) == (made.digest.hex(), sha256(record.encode()).hexdigest())
    accepted = first["accepted"]
    assert isinstance(accepted, list)
    assert {one["person"] for one in accepted} == {"mailto:marco@example.org", "mailto:anna@example.org"}
    credits = {one["party"]: one["amount"] for one in rest if one["type"] == "credit"}
    assert credits == {"mailto:marco@example.org": "333.34", "mailto:anna@example.org": "666.67"}
    assert rest[2:] == [
        {"type": "file", "position": 1, "name": "payout.json", "size": len(record.encode()), "media_type": "application/json"},
    ]
    assert audit(ctx)


def test_its_proof_bundle_holds_the_record_that_anybody_computes_again(sqlite_ctx: Context) -> None:
    the = agreed(sqlite_ctx)
    sold(sqlite_ctx, the)
    made = payouts.details(sqlite_ctx, the.anna, the.id, paid(sqlite_ctx, the))
    assert made.entry is not None
    proof = crediting.proof_of(sqlite_ctx, the.marco, the.id, made.entry.id)
    report = verify(io.BytesIO(proof), TrustList.from_bytes(publishing.vkeys(sqlite_ctx)))
    assert report
    assert ("file.1", "holds") in {(check.name, check.outcome) for check in report.checks}
    bundle = zipfile.ZipFile(io.BytesIO(proof))
    (name,) = [one for one in bundle.namelist() if one.startswith("files/")]
    assert all(check.holds for check in payout_record.replay(bundle.read(name).decode()))
    types = [one["statement"]["type"] for one in json.loads(bundle.read("openings.json"))["statements"]]
    assert types == ["payout", "credit", "credit", "file"]


def test_income_has_no_proof_and_strangers_get_none(sqlite_ctx: Context) -> None:
    the = agreed(sqlite_ctx)
    entry = sold(sqlite_ctx, the)
    with pytest.raises(NotFoundError, match="no payout or release"):
        crediting.proof_of(sqlite_ctx, the.anna, the.id, entry)
    made = payouts.details(sqlite_ctx, the.anna, the.id, paid(sqlite_ctx, the))
    assert made.entry is not None
    with pytest.raises(NotFoundError):
        crediting.proof_of(sqlite_ctx, company(sqlite_ctx, "Eve", "Copy & Paste"), the.id, made.entry.id)


def test_released_money_is_logged_with_what_was_taken_from_where_it_was_kept(ctx: Context) -> None:
    the = agreed(ctx)
    dispute = disputing.hold(ctx, the.marco, the.id, RaiseHold(((the.studio, "1/2"), (the.rovere, "1/2")), "the joint"))
    sold(ctx, the, "600.00")
    paid(ctx, the)
    disputing.release(ctx, the.marco, the.id, dispute)
    (line,) = [one for one in money.money(ctx, the.anna, the.id).lines if one.kind == "release"]
    assert line.commitment is not None
    first, *credits = said_of(ctx, line.commitment)
    assert (first["type"], first["party"]) == ("release", "mailto:marco@example.org")
    assert [(one["party"], one["amount"]) for one in credits] == [("mailto:anna@example.org", "100.00"), (None, "-100.00")]
    assert audit(ctx)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE money_posting SET units = units - 1 WHERE account = 'pot'",
        "UPDATE money_posting SET units = units - 1 WHERE account LIKE 'due:%'",
        "UPDATE money_payout SET digest = zeroblob(32)",
        "UPDATE money_payout SET split_id = NULL",
        "UPDATE money_payout_answer SET accepted = 0 WHERE id = (SELECT max(id) FROM money_payout_answer)",
        "UPDATE money_payout_answer SET at = '2020-01-01 00:00:00.000000'",
        "UPDATE money_entry SET created_at = '2020-01-01 00:00:00.000000' WHERE kind = 'payout'",
        "UPDATE money_entry SET currency = 'USD' WHERE kind = 'payout'",
        "UPDATE money_entry SET commitment = NULL",
        "UPDATE money_entry SET kind = 'release' WHERE kind = 'payout'",
    ],
)
def test_whoever_changes_what_was_paid_out_is_found(sqlite_ctx: Context, edit: str) -> None:
    the = agreed(sqlite_ctx)
    sold(sqlite_ctx, the)
    paid(sqlite_ctx, the)
    assert audit(sqlite_ctx)
    with sqlite_ctx.database.engine.begin() as connection:
        connection.execute(text(edit))
    assert not audit(sqlite_ctx)
