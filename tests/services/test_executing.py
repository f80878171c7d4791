"""After the last signature: the seal, the evidence file, what counts as executed, and workers that are killed."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

import pytest
from sqlalchemy import select, update

from ipr_service.errors import (
    NotFoundError,
)
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.gateways.seal import check_seal
from ipr_service.services import agreements, audit, drafting, executing, publishing, signatures, signing
from ipr_service.services.context import Context
from ipr_service.store.schema import (
    Agreement,
    AgreementDocument,
    LogEntry,
    OutboxRow,
    Signature,
)
from tests.support.house import MovingClock, mails, work
from tests.support.papers import at_once, count, link_of, sent, sign


def test_two_sign_in_parallel_and_everybody_gets_a_sealed_copy_and_evidence(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    assert not sign(ctx, clock, nda.recipient).executed
    with ctx.database.reading() as session:
        assert (signing.required_signed(session, nda.id), signing.is_executed(session, nda.id)) == ((1, 2), False)
    assert sign(ctx, clock, nda.sender).executed
    with ctx.database.reading() as session:
        assert (signing.required_signed(session, nda.id), signing.is_executed(session, nda.id)) == ((2, 2), True)
    clock.forward(seconds=1)
    work(ctx)
    final = agreements.agreement(ctx, nda.actor, nda.id).document
    assert final is not None
    signed = drafting.document(ctx, nda.actor, nda.id, "pdf")
    for signer in (link_of(ctx, nda.recipient), link_of(ctx, nda.sender)):
        executed = signing.executed(ctx, signer, "sealed")
        assert executed.startswith(signed)
        assert sha256(executed).hexdigest() == final.sealed_sha256
    report = check_seal(executed, roots=ctx.service_keys.seal.chain, at=clock(), time_roots=ctx.service_keys.clock.chain)
    assert report
    assert report.token_own_clock
    assert_evidence(ctx, signing.executed(ctx, signer, "evidence"), signed, executed)
    assert audit.audit(ctx)


def assert_evidence(ctx: Context, content: bytes, signed: bytes, executed: bytes) -> None:
    trust = TrustList.from_bytes(publishing.vkeys(ctx))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert (archive.read("document.pdf"), archive.read("executed.pdf")) == (signed, executed)
        proofs = [name for name in archive.namelist() if name.endswith(".asice")]
        assert proofs == [f"proofs/{name}.asice" for name in ("document", "signature-1", "signature-2", "executed")]
        for name in proofs:
            report = verify(io.BytesIO(archive.read(name)), trust, [("document.pdf", io.BytesIO(signed))] if "document" in name else [])
            assert report, name
        with zipfile.ZipFile(io.BytesIO(archive.read("proofs/executed.asice"))) as bundle:
            assert sha256(executed).hexdigest() in bundle.read("openings.json").decode()


def test_the_seal_made_again_gives_the_same_one_result(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.recipient)
    sign(ctx, clock, nda.sender)
    work(ctx)
    with ctx.database.reading() as session:
        before = session.scalars(select(AgreementDocument)).one()
    entries, letters = count(ctx, LogEntry), count(ctx, OutboxRow)
    executing.seal(ctx, {"agreement_id": nda.id})
    at_once([lambda: executing.seal(ctx, {"agreement_id": nda.id})] * 2)
    with ctx.database.reading() as session:
        after = session.scalars(select(AgreementDocument)).one()
    assert (after.sealed_sha256, after.evidence_sha256) == (before.sealed_sha256, before.evidence_sha256)
    assert (count(ctx, LogEntry), count(ctx, OutboxRow)) == (entries, letters)


def test_a_worker_killed_between_the_seal_and_the_evidence_goes_on_where_it_stopped(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.recipient)
    sign(ctx, clock, nda.sender)
    loaded = executing._load(ctx, nda.id)
    assert loaded is not None
    executing._seal(ctx, loaded)
    executing._seal(ctx, loaded)  # a second worker that had loaded before the first one finished
    with ctx.database.reading() as session:
        sealed = session.scalars(select(AgreementDocument.sealed_sha256)).one()
    work(ctx)
    with ctx.database.reading() as session:
        document = session.scalars(select(AgreementDocument)).one()
        (said,) = executing.expected_statements(session, document)
    assert sealed is not None
    assert (document.sealed_sha256, said["sealed_sha256"]) == (sealed, sealed.hex())
    assert document.evidence_blob is not None
    assert len([mail for mail in mails(ctx, nda.recipient) if "your copy" in mail.subject]) == 1


def test_nothing_is_sealed_before_everybody_signed(sqlite_ctx: Context, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    sign(sqlite_ctx, clock, nda.recipient)
    executing.seal(sqlite_ctx, {"agreement_id": nda.id})
    with pytest.raises(NotFoundError, match="still being made"):
        signing.executed(sqlite_ctx, link_of(sqlite_ctx, nda.recipient), "sealed")


def test_a_changed_byte_of_the_executed_pdf_is_noticed(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.recipient)
    sign(ctx, clock, nda.sender)
    work(ctx)
    executed = agreements.download(ctx, nda.actor, nda.id, "sealed")
    for place in (100, 20_000, len(executed) - 40):
        changed = executed[:place] + bytes([executed[place] ^ 1]) + executed[place + 1 :]
        assert not check_seal(changed, roots=ctx.service_keys.seal.chain, at=clock())


def test_a_state_that_somebody_edited_executes_nothing(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.recipient)
    with ctx.database.writing() as session:
        session.execute(update(Agreement).values(state="executed", awaited=0))
    with ctx.database.reading() as session:
        assert not signing.is_executed(session, nda.id)


def test_a_signature_of_other_bytes_does_not_count(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.recipient)
    sign(ctx, clock, nda.sender)
    with ctx.database.writing() as session:
        session.execute(update(Signature).values(document_sha256=bytes(32)))
    with ctx.database.reading() as session:
        assert not signing.is_executed(session, nda.id)
        for row in session.scalars(select(Signature)):
            assert signatures.expected_statements(session, row)[0]["document_sha256"] == "0" * 64
