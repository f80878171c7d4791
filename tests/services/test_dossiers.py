"""Bundles of many: every version of an idea, one file out of many, a contribution, everything logged of a disclosure; each verifies."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from ipr_service.cli.verify import verify as verify_command
from ipr_service.errors import NotFoundError
from ipr_service.evidence import bundle, note
from ipr_service.evidence.dossier import is_dossier, verify_parts
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.note import SignedNote
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.services import disclosure, dossiers, proving, publishing, registration, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entry_bundles import entry_bundle
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import RegisterIdea
from ipr_service.store.schema import Cosignature, LogCheckpoint, LogEntry
from tests.services.confidence import GUEST, invitation, order, register
from tests.services.test_disclosure_journey import TERMS
from tests.support.house import MovingClock, person
from tests.support.papers import sign


def idea(ctx: Context, sara: Actor, versions: int = 1, kind: str = "idea") -> str:
    """An idea with two files in each of its versions."""
    idea_id = None
    for number in range(1, versions + 1):
        intake = open_intake(ctx, sara) if idea_id is None else open_intake(ctx, sara, idea_id)
        for name in ("chair.svg", "notes.txt"):
            intake.take(name, None, io.BytesIO(f"{name} {number}".encode()))
        order = RegisterIdea(f"Chair {number}", description="oak", kind=kind) if idea_id is None else RegisterIdea(f"Chair {number}")
        made = registration.register_idea(ctx, sara, order, intake)
        idea_id = made.idea_id
    assert idea_id is not None
    return idea_id


def trust(ctx: Context) -> TrustList:
    return TrustList.from_bytes(publishing.vkeys(ctx))


def test_the_versions_of_an_idea_verify_and_follow_one_another(ctx: Context) -> None:
    sara, out = person(ctx), io.BytesIO()
    dossiers.write_history(ctx, sara, idea(ctx, sara, 3), out)
    assert is_dossier(out)
    parts = list(verify_parts(out, trust(ctx)))
    assert [bool(part.report) for part in parts] == [True] * 3
    assert [part.report.facts.title for part in parts] == ["Chair 1", "Chair 2", "Chair 3"]
    assert [str(part.linked) for part in parts[1:]] == ["follows a version that stands before it here"] * 2
    assert parts[0].linked is None


def without(data: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
    return out.getvalue()


def run(folder: Path, ctx: Context, data: bytes, *words: str) -> Result:
    (folder / "all.zip").write_bytes(data)
    (folder / "log.vkeys").write_bytes(publishing.vkeys(ctx))
    return CliRunner().invoke(
        verify_command, [str(folder / "all.zip"), "--trust", str(folder / "log.vkeys"), *words], standalone_mode=False
    )


def test_ipr_verify_checks_a_dossier_and_misses_a_version_that_was_taken_out(sqlite_ctx: Context, tmp_path: Path) -> None:
    sara, out = person(sqlite_ctx), io.BytesIO()
    dossiers.write_history(sqlite_ctx, sara, idea(sqlite_ctx, sara, 3), out)
    whole = run(tmp_path, sqlite_ctx, out.getvalue())
    assert whole.return_value == 0, whole.output
    assert whole.output.count("intact and trusted") == 3
    cut = run(tmp_path, sqlite_ctx, without(out.getvalue(), "proofs/0002.asice"))
    assert cut.return_value == 1
    assert "names a version before it that is not here" in cut.output
    rows = [json.loads(row) for row in run(tmp_path, sqlite_ctx, out.getvalue(), "--json").output.splitlines()]
    assert [(row["bundle"], row["holds"]) for row in rows] == [(f"proofs/000{n}.asice", True) for n in (1, 2, 3)]


def test_a_damaged_bundle_in_a_dossier_fails_by_name_and_the_others_are_judged(sqlite_ctx: Context, tmp_path: Path) -> None:
    sara, out = person(sqlite_ctx), io.BytesIO()
    dossiers.write_history(sqlite_ctx, sara, idea(sqlite_ctx, sara, 2), out)
    data = bytearray(out.getvalue())
    data[data.index(b"ipr/entry/v1") + 20] ^= 1
    answer = run(tmp_path, sqlite_ctx, bytes(data))
    assert answer.return_value == 1
    assert "proofs/0001.asice: not intact" in answer.output
    assert "proofs/0002.asice: intact and trusted" in answer.output


def test_one_file_out_of_many_goes_in_and_the_openings_stand_for_the_others(ctx: Context) -> None:
    sara, out = person(ctx), io.BytesIO()
    proving.write_bundle(ctx, sara, idea(ctx, sara), None, out, position=2)
    assert [name for name in bundle.read(out).names if name.startswith("files/")] == ["files/0002.txt"]
    report = verify(out, trust(ctx))
    assert report
    assert {check.name: check.outcome for check in report.checks if check.name in ("file.1", "file.2")} == {
        "file.1": "absent",
        "file.2": "holds",
    }


def test_a_file_that_is_not_there_is_no_bundle(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx)
    with pytest.raises(NotFoundError, match="no such file"):
        proving.write_bundle(sqlite_ctx, sara, idea(sqlite_ctx, sara), None, io.BytesIO(), position=3)


def test_a_contribution_has_its_bundle(sqlite_ctx: Context) -> None:
    sara, out = person(sqlite_ctx), io.BytesIO()
    proving.write_bundle(sqlite_ctx, sara, idea(sqlite_ctx, sara, kind="contribution"), None, out)
    report = verify(out, trust(sqlite_ctx))
    assert (bool(report), report.facts.kind) == (True, "contribution")


def test_a_stranger_gets_no_dossier(sqlite_ctx: Context) -> None:
    sara, eve = person(sqlite_ctx), person(sqlite_ctx, "Eve")
    with pytest.raises(NotFoundError):
        dossiers.write_history(sqlite_ctx, eve, idea(sqlite_ctx, sara), io.BytesIO())


def test_everything_logged_of_a_disclosure_is_in_its_dossier(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    made = disclosure.offer(ctx, sara, order(register(ctx, sara), terms=TERMS))
    with pytest.raises(NotFoundError, match="logged when it opens"):
        dossiers.write_disclosure(ctx, sara, made.disclosure_id, io.BytesIO())
    sign(ctx, clock, "sara@example.org")
    mara = person(ctx, "Mara", GUEST, organisation="Studio Blu")
    disclosure.accept(ctx, mara, invitation(ctx))
    sign(ctx, clock, GUEST)
    viewing.file(ctx, mara, made.disclosure_id, 1, 1).reader.read()
    out = io.BytesIO()
    dossiers.write_disclosure(ctx, sara, made.disclosure_id, out)
    parts = list(verify_parts(out, trust(ctx)))
    assert all(part.report for part in parts)
    assert len(parts) >= 2
    assert {part.report.facts.kind for part in parts} == {"disclosure"}
    with pytest.raises(NotFoundError):
        dossiers.write_disclosure(ctx, person(ctx, "Eve"), made.disclosure_id, io.BytesIO())


def test_a_bundle_of_an_entry_is_made_also_when_witnesses_cosigned_its_checkpoint(ctx: Context, clock: MovingClock) -> None:
    """The witness's line goes into the bundle, after the log's own two."""
    sara = person(ctx)
    idea(ctx, sara)
    witness = CosignatureSigner("witness.example/w1", b"\3" * 32, 1_800_000_000)
    with ctx.database.writing() as session:
        commitment = session.scalars(select(LogEntry.commitment)).one()
        checkpoint = session.scalars(select(LogCheckpoint)).one()
        signed = note.sign(SignedNote.from_bytes(checkpoint.note).text, [witness])
        line = SignedNote.from_bytes(signed).signatures[0].to_line().encode()
        session.add(Cosignature(checkpoint_size=checkpoint.size, witness="w" * 64, name=witness.name, line=line, obtained_at=clock.now))
    asked = f"log {ctx.service_keys.log_keys.vkeys[0].to_text()}\nwitness w1 {witness.vkey.to_text()}\nquorum w1\n"
    report = verify(io.BytesIO(entry_bundle(ctx, commitment)[0]), TrustList.from_bytes(asked.encode()))
    assert (report.intact, report.trusted) == (True, True), report.to_text()
