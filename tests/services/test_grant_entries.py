"""Grants in the log: every act about a licence is an entry, its proof is handed out, and the audit sees what was changed afterwards."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

import pytest
from sqlalchemy import update

from ipr_service.errors import NotFoundError
from ipr_service.evidence.dossier import verify_parts
from ipr_service.evidence.trust import TrustList
from ipr_service.rights.grant_record import GrantRecord
from ipr_service.services import dossiers, granting, publishing
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.entries import opened
from ipr_service.services.granting import Record
from ipr_service.store.schema import GrantAct, LicenceGrant, LogEntry
from tests.services.test_granting import Shop, shop
from tests.services.workshop import company


def said_of(ctx: Context, *grants: str) -> list[tuple[str, dict[str, object]]]:
    """Kind of entry and first statement of everything logged of these grants, in the order of the log."""
    with ctx.database.reading() as session:
        rows = session.query(LogEntry).where(LogEntry.thing_id.in_(grants)).order_by(LogEntry.index).all()
    return [(row.kind, dict(opened(ctx, row).openings.statements[0].statement)) for row in rows]


def life(ctx: Context, made: Shop) -> tuple[str, str]:
    """A licence that both sign, another that takes its place, and the end of that one."""
    first = granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia S.p.A."))
    granting.act(ctx, made.the.marco, made.the.id, first, "signed", made.the.rovere, "2026-11-01")
    granting.act(ctx, made.the.anna, made.the.id, first, "signed", made.the.studio, "2026-11-02")
    second = granting.record(ctx, made.the.anna, made.the.id, Record(made.terms(territory=["IT"]), "Mobilia S.p.A.", first))
    granting.withdraw(ctx, made.the.anna, made.the.id, second)
    return first, second


def dossier(ctx: Context, actor: Actor, made: Shop, grant: str) -> io.BytesIO:
    out = io.BytesIO()
    dossiers.write_grant(ctx, actor, made.the.id, grant, out)
    return out


def test_what_is_recorded_signed_replaced_and_withdrawn_is_logged(ctx: Context) -> None:
    first, second = life(ctx, shop(ctx))
    found = said_of(ctx, first, second)
    assert [(kind, one["type"], one.get("act")) for kind, one in found] == [
        ("agreement", "grant", None),
        ("agreement", "grant-act", "signed"),
        ("agreement", "grant-act", "signed"),
        ("agreement", "grant", None),
        ("supersession", "grant-act", "withdrawn"),
    ]
    assert [one["day"] for _kind, one in found if one.get("act") == "signed"] == ["2026-11-01", "2026-11-02"]
    assert {one["person"] for _kind, one in found} == {"mailto:marco@example.org", "mailto:anna@example.org"}
    assert (found[0][1]["replaces"], found[3][1]["replaces"]) == (None, found[1][1]["grant"]), "the second names the first"
    assert audit(ctx).findings == ()


def test_the_bundles_of_a_licence_verify_each_by_itself_and_hold_its_record(ctx: Context) -> None:
    made = shop(ctx)
    _first, second = life(ctx, made)
    out = dossier(ctx, made.the.marco, made, second)
    parts = list(verify_parts(out, TrustList.from_bytes(publishing.vkeys(ctx))))
    assert [bool(part.report) for part in parts] == [True] * 5
    assert [(part.linked is not None, part.broken) for part in parts] == [(False, False)] * 3 + [(True, False)] * 2
    with zipfile.ZipFile(out) as archive, zipfile.ZipFile(io.BytesIO(archive.read("proofs/0001.asice"))) as bundle:
        (name,) = [one for one in bundle.namelist() if one.startswith("files/")]
        record = GrantRecord.from_bytes(bundle.read(name))
    assert record.grant.territory == ("EU",)
    assert sorted(record.names.values()) == ["Mobilia S.p.A.", "Rovere s.r.l.", "Studio Blu", "“The chair's form”"]
    assert said_of(ctx, record.grant.id)[0][1]["document_sha256"] == sha256(record.to_bytes()).hexdigest()


def test_the_log_shows_neither_a_party_nor_a_term(sqlite_ctx: Context) -> None:
    life(sqlite_ctx, shop(sqlite_ctx))
    with sqlite_ctx.database.reading() as session:
        rows = session.query(LogEntry).all()
    for row in rows:
        kept = row.commitment + (row.manifest or b"") + (row.opening_sealed or b"")
        assert all(word not in kept for word in (b"Mobilia", b"furniture", b"marco@", b"signed"))


@pytest.mark.parametrize("act", [True, False])
def test_the_audit_finds_a_licence_or_a_signature_that_was_changed_afterwards(ctx: Context, act: bool) -> None:
    life(ctx, shop(ctx))
    with ctx.database.writing() as session:
        if act:
            session.execute(update(GrantAct).where(GrantAct.kind == "signed").values(day="2026-10-01"))
        else:
            session.execute(update(LicenceGrant).where(LicenceGrant.number == 1).values(record_sealed=LicenceGrant.answer_sealed))
    assert {finding.row.split()[0] for finding in audit(ctx).findings} == {"grant_act" if act else "licence_grant"}


def test_strangers_get_no_proof_of_a_licence(sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx)
    first, _second = life(sqlite_ctx, made)
    with pytest.raises(NotFoundError):
        dossier(sqlite_ctx, company(sqlite_ctx, "Eva", "Others"), made, first)
    with pytest.raises(NotFoundError, match="no such grant"):
        dossier(sqlite_ctx, made.the.anna, made, made.result)
