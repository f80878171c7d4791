"""Derive the log anew and compare it with the rows: the one oracle for edits, losses and crashes.

1. the log's own rows (``log_audit``): leaves, roots, tiles, both signatures of each checkpoint, times, tokens, the head
2. each entry's manifest and openings against its commitment, where the service can still open them
3. each row that a logged statement covers, against the statement (:data:`COVERED`), and versions with their files and contributors
4. each entry against the rows: one that no row names any more lost its row
5. checkpoints kept outside, if any are given: a database rolled back with all its rows agrees with itself, and not with them
6. an export, if one is given: rebuilt from its own entries, and compared with the rows

Findings name the row. Nothing is repaired here. A thing whose key was erased on purpose opens to nothing and is passed over. Rows are read
some at a time: memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ipr_service.errors import DamageError, FormatError, NotFoundError, ServiceError
from ipr_service.evidence.commitment import Manifest, commit
from ipr_service.evidence.statements import Statement
from ipr_service.services import (
    allocation,
    confirmation,
    crediting,
    drafting,
    executing,
    grant_entries,
    publication,
    renewing,
    revocation,
    signatures,
    transferring,
    viewing,
)
from ipr_service.services.context import Context
from ipr_service.services.entries import Opened, opened
from ipr_service.services.export_audit import exported
from ipr_service.services.intake import file_ref
from ipr_service.services.log_audit import Finding, log_rows
from ipr_service.store.schema import (
    AccessRecord,
    AgreementDocument,
    Base,
    Contributor,
    Disclosure,
    DisclosureItem,
    GrantAct,
    Idea,
    IdeaFile,
    IdeaVersion,
    LicenceGrant,
    LogEntry,
    MoneyEntry,
    Participant,
    Person,
    Publication,
    Renewal,
    Signatory,
    Signature,
    Split,
    SplitAcceptance,
    Transfer,
)

Expected = Callable[[Context, Session, Any], Sequence[Statement]]
BATCH = 500
"""Rows in memory at a time, with the entries that they name opened."""
TIME_TOLERANCE = timedelta(hours=1)  # between deciding on a version and its checkpoint: the wait for the log


@dataclass(frozen=True)
class AuditReport:
    """``entries`` in the log, ``checked`` rows compared with statements. True when nothing was found."""

    entries: int
    checked: int
    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return not self.findings


def _plain(expected: Callable[[Session, Any], Sequence[Statement]]) -> Expected:
    return lambda _ctx, session, row: expected(session, row)


# Which rows a logged statement covers: model, the column with the entry's commitment, the statements that its columns must equal.
COVERED: tuple[tuple[type[Base], str, Expected], ...] = (
    (Contributor, "commitment", _plain(confirmation.expected_statements)),
    (DisclosureItem, "commitment", _plain(viewing.expected_of_item)),
    (AccessRecord, "commitment", _plain(viewing.expected_statements)),
    (Disclosure, "commitment", _plain(revocation.expected_statements)),
    (Split, "commitment", allocation.expected_statements),
    (SplitAcceptance, "commitment", allocation.expected_acceptance),
    (MoneyEntry, "commitment", crediting.expected_statements),
    (LicenceGrant, "commitment", grant_entries.expected_grant),
    (GrantAct, "commitment", grant_entries.expected_act),
    (AgreementDocument, "commitment", _plain(drafting.expected_statements)),
    (AgreementDocument, "executed_commitment", _plain(executing.expected_statements)),
    (Signatory, "commitment", signatures.expected_decline),
    (Signature, "commitment", _plain(signatures.expected_statements)),
    (Renewal, "commitment", _plain(renewing.expected_statements)),
    (Transfer, "commitment", transferring.expected_statements),
    (Publication, "commitment", _plain(publication.expected_statements)),
)


def audit(ctx: Context, anchors: Sequence[bytes] = (), export: Path | None = None) -> AuditReport:
    """Audit everything this installation holds.

    Args:
        anchors: signed checkpoints that were kept elsewhere, verbatim; each must still be a prefix of the log.
        export: a folder that ``ipr log export`` wrote; it is rebuilt from its own entries and compared with the rows.

    Raises:
        InputError: the folder holds no export.
    """
    with ctx.database.reading() as session:
        findings = list(log_rows(ctx, session, anchors))
        findings += exported(ctx, session, export) if export is not None else ()
        rows = _Rows(ctx, session)
        findings += rows.findings()
        entries = session.scalar(select(func.count()).select_from(LogEntry)) or 0
    return AuditReport(entries, rows.checked, tuple(findings))


@dataclass
class _Entry:
    """One entry as far as it opens."""

    row: LogEntry
    opened: Opened | None = None
    erased: bool = False
    wrong: str = ""


def _open(ctx: Context, entry: LogEntry) -> _Entry:
    if entry.key_id is not None and entry.key_id in ctx.keys.erased():
        return _Entry(entry, erased=True)
    if (entry.manifest, entry.opening_sealed, entry.key_id) == (None, None, None):
        return _Entry(entry)  # hash-only: the service has nothing that could be compared
    try:
        kept = opened(ctx, entry)
        manifest = Manifest.from_bytes(kept.manifest)
    except NotFoundError:
        return _Entry(entry, wrong="what opens it is gone, and its key was never erased")
    except (DamageError, FormatError) as problem:
        return _Entry(entry, wrong=str(problem))
    files = tuple(opening.commitment() for opening in kept.openings.files)
    statements = tuple(opening.commitment() for opening in kept.openings.statements)
    checks = (
        (commit(kept.salt, kept.manifest) == entry.commitment, "manifest and salt do not give the commitment"),
        (manifest.kind == entry.kind, "kind is not the manifest's"),
        ((files, statements) == (manifest.files, manifest.statements), "the openings do not open the manifest"),
    )
    return _Entry(entry, kept, wrong="; ".join(what for good, what in checks if not good))


class _Rows:
    """The rows that entries cover, some at a time: memory does not grow with them."""

    def __init__(self, ctx: Context, session: Session) -> None:
        self._ctx, self._session = ctx, session
        self.checked = 0
        self._told: set[int] = set()  # entries that do not open and were named: several rows may stand for one

    def findings(self) -> Iterator[Finding]:
        for model, column, expected in COVERED:
            for rows, entries in self._batches(model, column):
                for row in rows:
                    self.checked += 1
                    if wrong := _compare(self._ctx, self._session, row, entries.get(getattr(row, column)), expected):
                        yield Finding(f"{model.__tablename__} {row.id}", wrong)
                yield from self._closed(entries)
        for rows, entries in self._batches(IdeaVersion, "commitment"):
            ideas = _some(self._session, Idea, Idea.id, {row.idea_id for row in rows})  # held, so that each is at hand below
            for row in rows:
                self.checked += 1
                for what in _version(self._ctx, self._session, row, entries.get(row.commitment)):
                    yield Finding(f"idea_version {row.id}", what)
            del ideas
            yield from self._closed(entries)
        yield from _holders(self._session)
        for rows in self._unnamed():
            yield from self._closed({row.commitment: _open(self._ctx, row) for row in rows})
            for row in rows:
                yield Finding(f"log_entry {row.index}", f"no row names it: that of {row.thing_id} was removed")

    def _batches(self, model: type[Base], column: str) -> Iterator[tuple[Sequence[Any], Mapping[bytes, _Entry]]]:
        """The rows of a table that name an entry, and these entries by their commitments."""
        for rows in _batches(self._session, select(model).where(getattr(model, column).is_not(None))):
            named = _some(self._session, LogEntry, LogEntry.commitment, {getattr(row, column) for row in rows})
            yield rows, {entry.commitment: _open(self._ctx, entry) for entry in named}

    def _unnamed(self) -> Iterator[Sequence[Any]]:
        """The entries that no row names."""
        columns = ((IdeaVersion, "commitment"), *((model, column) for model, column, _ in COVERED))
        named = union_all(*(select(getattr(model, column)).where(getattr(model, column).is_not(None)) for model, column in columns))
        return _batches(self._session, select(LogEntry).where(LogEntry.commitment.not_in(named)).order_by(LogEntry.index))

    def _closed(self, entries: Mapping[bytes, _Entry]) -> Iterator[Finding]:
        """The entries among these that do not open as they must, each named once."""
        for entry in entries.values():
            if entry.wrong and entry.row.index not in self._told:
                self._told.add(entry.row.index)
                yield Finding(f"log_entry {entry.row.index}", entry.wrong)


def _batches(session: Session, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """What a query finds, :data:`BATCH` rows at a time."""
    yield from session.scalars(query.execution_options(yield_per=BATCH)).partitions()


def _some(session: Session, model: type[Base], column: Any, values: Collection[Any]) -> Sequence[Any]:
    """The rows with one of at most :data:`BATCH` values in a column."""
    return session.scalars(select(model).where(column.in_(values))).all()


def _compare(ctx: Context, session: Session, row: Base, entry: _Entry | None, expected: Expected) -> str:
    if entry is None:
        return "its commitment is not in the log"
    if entry.erased:
        return ""
    if entry.opened is None:
        return "its entry does not open"
    try:
        wanted = [dict(one) for one in expected(ctx, session, row)]
    except NotFoundError:
        return ""  # what the row itself sealed was erased
    except (ServiceError, SQLAlchemyError, LookupError, ValueError, StopIteration):
        return "its columns cannot be read"
    said = [dict(opening.statement) for opening in entry.opened.openings.statements]
    if not wanted:
        return "its columns no longer say what was logged"
    missing = [one for one in wanted if one not in said]
    return f"its columns differ from what was logged ({', '.join(str(one['type']) for one in missing)})" if missing else ""


def _version(ctx: Context, session: Session, version: IdeaVersion, entry: _Entry | None) -> Iterator[str]:
    """A version's rows against its openings: whose it is, when, title, files with size and place, contributors with role and share."""
    if entry is None:
        yield "its commitment is not in the log"
        return
    idea = session.get(Idea, version.idea_id)
    if idea is None or (entry.row.thing_id, entry.row.kind) != (idea.id, idea.kind):
        yield "its entry is of another idea or kind"
        return
    if abs(version.created_at - entry.row.created_at) > TIME_TOLERANCE:
        yield "its time is not that of its entry"
    if entry.erased:
        return
    if entry.opened is None:
        if not version.hash_only:
            yield "its entry does not open"
        return
    if version.hash_only or entry.row.key_id != idea.key_id:
        yield "its entry opens, but not for this idea"
    before = session.scalar(select(IdeaVersion).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number == version.number - 1))
    if Manifest.from_bytes(entry.opened.manifest).previous != (None if before is None else before.commitment):
        yield "it does not follow the version before it"
    said = [opening.statement for opening in entry.opened.openings.statements]
    yield from _said(ctx, session, idea, version, said)


def _holders(session: Session) -> Iterator[Finding]:
    """Whose each idea is: of the organisation that registered it first, or to which it passed last."""
    for ideas in _batches(session, select(Idea)):
        ids = [idea.id for idea in ideas]
        versions = select(IdeaVersion.idea_id, IdeaVersion.organisation_id).where(IdeaVersion.idea_id.in_(ids), IdeaVersion.number == 1)
        holder: dict[str, str | None] = {idea_id: first for idea_id, first in session.execute(versions)}  # noqa: C416 - rows, not pairs
        passed = select(Transfer.idea_id, Transfer.receiver_organisation_id).where(Transfer.idea_id.in_(ids), Transfer.state == "accepted")
        for idea_id, organisation_id in session.execute(passed.order_by(Transfer.decided_at, Transfer.id)):
            holder[idea_id] = organisation_id or holder.get(idea_id)
        owners: dict[str, list[str]] = {}
        owning = select(Participant.thing_id, Participant.organisation_id).where(Participant.thing_id.in_(ids), Participant.role == "owner")
        for thing_id, organisation_id in session.execute(owning):
            owners.setdefault(thing_id, []).append(organisation_id)
        for idea in ideas:
            if [holder.get(idea.id)] != [idea.organisation_id] or owners.get(idea.id, []) != [holder.get(idea.id)]:
                yield Finding(f"idea {idea.id}", "it is held by somebody who neither registered it nor took it over")


def _said(ctx: Context, session: Session, idea: Idea, version: IdeaVersion, said: Sequence[Statement]) -> Iterator[str]:
    files = session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id).order_by(IdeaFile.position)).all()
    people = session.scalars(select(Contributor).where(Contributor.version_id == version.id).order_by(Contributor.position)).all()
    if [(f.position, f.size) for f in files] != [(s["position"], s["size"]) for s in said if s["type"] == "file"]:
        yield "its files differ from what was logged"
    claimed = [s for s in said if s["type"] == "contributor"]
    gone = set(session.scalars(select(Person.id).where(Person.erased_at.is_not(None))))
    named = [
        (s["identity"] if c.person_id in gone else f"mailto:{c.email}", c.role, c.share) for c, s in zip(people, claimed, strict=False)
    ]
    if len(people) != len(claimed) or named != [(s["identity"], s["role"], s["share"]) for s in claimed]:
        yield "its contributors differ from what was logged"
    try:
        title = ctx.open_text(idea.key_id, "idea.title", version.title_sealed)
        if (title, version.language) not in [(s["title"], s["language"]) for s in said if s["type"] == "subject"]:
            yield "its title or language differs from what was logged"
        for file in files:
            if file.blob is not None:
                ref = file_ref(version.organisation_id, idea.id, version.id, file.position, file.blob)
                ctx.blobs.open(ref, ctx.keys.get(idea.key_id)).close()
    except (DamageError, NotFoundError) as problem:
        yield f"its title or a file does not open: {problem}"
