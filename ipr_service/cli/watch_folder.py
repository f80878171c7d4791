"""``ipr watch``: what changes in a studio's folder is registered, by its hash alone, each file an idea and each change its next version.

A file is looked at again and again (polling works on network drives, where notices of the system do not arrive) and taken once its size
and time have stood still. The order of a registration is that of ``ipr register``, so that a kill anywhere registers nothing twice and
loses nothing: (1) the parcel with all that opens the entry, on the disk; (2) the commitments, sent under one Idempotency-Key; (3) one
line in the journal; (4) the proof bundle; (5) the parcel is dropped. A start goes on where the last one ended. New files found together go
in one bulk call.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ipr_service.cli.gathering import Entry, walk
from ipr_service.cli.hashing import digest_files
from ipr_service.cli.keeping import Log, Proved, known_keys, prove, stamp_over, without_files, write_bundle
from ipr_service.cli.parcel import Parcel
from ipr_service.cli.watch_journal import Journal, Known
from ipr_service.errors import N_, DamageError, FormatError, InputError, NotFoundError, OutsideError, RefusedError
from ipr_service.evidence.checkpoint import fingerprint
from ipr_service.evidence.commitment import Manifest, Openings
from ipr_service.evidence.digest import Digests, parse_base64, to_base64
from ipr_service.evidence.keys import Vkey
from ipr_service.gateways import durable
from ipr_service.services import hash_only
from ipr_service.services.hash_only import HashedFile, Promise, Stamp
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.services.words import NAME_LENGTH

BATCH = 500  # files that are hashed, sent and proved before the next are begun
Tell = Callable[..., None]


@dataclass(frozen=True)
class Wishes:
    """What was asked for.

    Args:
        bundles: the folder that takes the proof bundles.
        settle: seconds for which a file must have stood still.
        expected: the log's fingerprint, or None.
    """

    root: Path
    bundles: Path
    settle: float
    language: str
    contributors: tuple[NamedContributor, ...]
    with_files: bool
    expected: str | None
    quiet: bool


@dataclass
class Watch:
    """One folder and one log.

    Args:
        tell: says what happened: ``tell(event, file, **more)``.
        clock: seconds, of a clock that never jumps.
    """

    wishes: Wishes
    journal: Journal
    log: Log
    server: str | None
    tell: Tell
    clock: Callable[[], float] = time.monotonic
    unreadable: set[str] = field(default_factory=set)
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    _refused: dict[str, tuple[int, int]] = field(default_factory=dict)
    _vkeys: tuple[Vkey, ...] = ()
    _stamps: dict[str, Stamp] = field(default_factory=dict)

    def go(self) -> int:
        """Finish what waits, look once, register what has settled.

        Returns:
            how many files are new or changed and have not settled yet.

        Raises:
            OutsideError, RateLimitError: the log or the folder does not answer; nothing is lost.
            RefusedError: the log refuses.
            FormatError: the log is not the one that was expected.
        """
        self.finish()
        settled, moving = self._look()
        for at in range(0, len(settled), BATCH):
            if self._prepare(settled[at : at + BATCH]):
                self.finish()
        return moving

    # ---- looking ----

    def _look(self) -> tuple[list[Entry], int]:
        """The files that are new or changed: those that have settled, and the number of the others."""
        now, before, settled, moving = self.clock(), self._seen, [], 0
        self._seen = {}
        here = {self.journal.folder.absolute(), self.wishes.bundles.absolute()}
        for one in walk(self.wishes.root, frozenset(here), unreadable=self._folder_unreadable):
            if not isinstance(one, Entry):
                continue
            signature = (one.status.st_size, one.status.st_mtime_ns)
            known = self.journal.files.get(one.name)
            if (known and (known.size, known.mtime) == signature) or self._refused.get(one.name) == signature:
                continue
            size, mtime, since = before.get(one.name, (-1, -1, now))
            since = since if (size, mtime) == signature else now
            self._seen[one.name] = (*signature, since)
            if now - since >= self.wishes.settle:
                settled.append(one)
            else:
                moving += 1
        return settled, moving

    def _folder_unreadable(self, problem: OSError) -> None:
        if Path(problem.filename or "") == self.wishes.root:
            said = N_("{path} cannot be read now: {why}. It is looked at again later.")
            raise OutsideError(said, path=self.wishes.root, why=problem.strerror) from problem
        self._cannot_read(str(problem.filename), problem)

    def _cannot_read(self, name: str, problem: OSError) -> None:
        """Said once; tried again at every look."""
        if name not in self.unreadable:
            self.unreadable.add(name)
            self.tell("unreadable", name, why=problem.strerror or str(problem))

    # ---- deciding ----

    def _prepare(self, entries: Sequence[Entry]) -> int:
        """Hash, recognise what is only touched, renamed or copied, and make parcels of the rest; answers how many."""
        found = digest_files([one.path for one in entries], quiet=self.wishes.quiet)
        hashed = [(one, whole) for one, digests in zip(entries, found, strict=True) if (whole := self._whole(one, digests))]
        fresh: dict[str, tuple[Entry, Digests]] = {}
        same: dict[str, Known] = {}
        by_digest = {known.sha256: name for name, known in self.journal.files.items() if known.version}
        for entry, digests in hashed:
            digest, known = digests.sha256.hex(), self.journal.files.get(entry.name)
            now = (entry.status.st_size, entry.status.st_mtime_ns, digest)
            twin = by_digest.get(digest)
            if known and known.sha256 == digest:
                same[entry.name] = Known(*now, known.commitment, known.idea, known.version)
            elif known and known.version:
                fresh[entry.name] = (entry, digests)
            elif twin and not (self.wishes.root / twin).exists():
                self._renamed(twin, entry)
                by_digest[digest] = entry.name
            elif twin:
                same[entry.name] = Known(*now)
                self.tell("copy", entry.name, of=twin)
            else:
                fresh[entry.name] = (entry, digests)
                by_digest[digest] = entry.name
        if same:
            self.journal.keep(same)
        return self._pack(fresh.values()) if fresh else 0

    def _whole(self, entry: Entry, digests: Digests | Exception) -> Digests | None:
        """The digests of a file that stood still while it was hashed; one that moved settles again; told of when it cannot be read."""
        if isinstance(digests, OSError) and not isinstance(digests, FileNotFoundError):
            self._cannot_read(entry.name, digests)
        if isinstance(digests, Exception):
            self._seen.pop(entry.name, None)
            return None
        self.unreadable.discard(entry.name)
        try:
            now = entry.path.stat()
        except OSError:
            return None
        still = (now.st_size, now.st_mtime_ns) == (entry.status.st_size, entry.status.st_mtime_ns)
        return digests if still else None

    def _renamed(self, before: str, entry: Entry) -> None:
        old = self.journal.files[before]
        self.journal.move([(before, entry.name)])
        self.journal.keep({entry.name: Known(old.size, entry.status.st_mtime_ns, old.sha256, old.commitment, old.idea, old.version)})
        self.tell("renamed", entry.name, before=before)

    # ---- step 1: parcels ----

    def _pack(self, fresh: Iterable[tuple[Entry, Digests]]) -> int:
        """A parcel for each; new files share a key, because they are sent in one call."""
        self._keys()
        checkpoint, together, packed = self.log.newest_checkpoint(), secrets.token_urlsafe(24), 0
        for entry, digests in fresh:
            known = self.journal.files.get(entry.name)
            previous = parse_base64(known.commitment, 32) if known and known.commitment else None
            title = entry.name if len(entry.name) <= NAME_LENGTH else f"…{entry.name[1 - NAME_LENGTH :]}"
            order = RegisterIdea(title, "", self.wishes.language, contributors=self.wishes.contributors)
            try:
                made = hash_only.prepare(order, [HashedFile(entry.name, digests)], os.urandom, checkpoint, previous)
            except InputError as problem:
                self._refused[entry.name] = (entry.status.st_size, entry.status.st_mtime_ns)
                self.tell("refused", entry.name, why=str(problem))
                continue
            key = secrets.token_urlsafe(24) if previous else together
            self.journal.put(Parcel.of(made, self.server, self.wishes.language, (entry.path.absolute(),), key))
            packed += 1
        return packed

    # ---- steps 2 to 5 ----

    def finish(self) -> None:
        """Send what was not sent, prove what was not proved. Every start and every look begins here."""
        for parcels in self.journal.pending():
            self._keys()
            promises: Sequence[Promise | None] = [None] * len(parcels)
            if parcels[0].key not in self.journal.acknowledged:
                promises = self._send(parcels)
            for parcel, promise in zip(parcels, promises, strict=True):
                self._prove(parcel, promise)

    def _send(self, parcels: list[Parcel]) -> Sequence[Promise | None]:
        """Step 2 and 3. The same key and the same commitments in the same order: a second time is the first time's answer."""
        key, befores = parcels[0].key, [self._before(parcel) for parcel in parcels]
        promises: Sequence[Promise | None]
        if len(parcels) == 1:
            promises = [self._send_one(parcels[0], befores[0])]
        else:
            promises = self.log.register_all([parcel.commitment for parcel in parcels], key) or [None] * len(parcels)
        files = {}
        for parcel, promise, before in zip(parcels, promises, befores, strict=True):
            opening, (path,) = Openings.from_bytes(parcel.openings), parcel.files
            (size,) = (one.statement["size"] for one in opening.statements if one.statement["type"] == "file")
            name = path.relative_to(self.wishes.root.absolute()).as_posix()
            seen = self._seen.get(name)
            mtime = seen[1] if seen and seen[0] == size else 0
            files[name] = Known(
                int(str(size)),
                mtime,
                opening.files[0].sha256.hex(),
                to_base64(parcel.commitment),
                promise.idea_id if promise else None,
                1 + (before.version if before else 0),
            )
        self.journal.keep(files, key)
        return promises

    def _before(self, parcel: Parcel) -> Known | None:
        previous = Manifest.from_bytes(parcel.manifest).previous
        return None if previous is None else self.journal.known_as(to_base64(previous))

    def _send_one(self, parcel: Parcel, before: Known | None) -> Promise | None:
        """A version of its idea; where the service knows the idea no more, an idea of its own, which still names the version before."""
        if before is None or before.idea is None:
            return self.log.register(parcel.commitment, parcel.key)
        try:
            return self.log.register(parcel.commitment, parcel.key, before.idea)
        except (RefusedError, NotFoundError):
            return self.log.register(parcel.commitment, parcel.key)

    def _prove(self, parcel: Parcel, promise: Promise | None) -> None:
        """Steps 4 and 5. A bundle that stands there is whole: it got its name last."""
        known = self.journal.known_as(to_base64(parcel.commitment))
        name = parcel.files[0].relative_to(self.wishes.root.absolute())
        out = bundle_place(self.wishes.bundles, name, known.version if known else 1, parcel.commitment)
        if not out.exists():
            proved = prove(self.log, parcel.commitment, self._keys())
            self._write(parcel, proved, promise, out)
            entry = {"version": known.version if known else 1, "index": proved.proof.index, "commitment": to_base64(parcel.commitment)}
            self.tell("registered", name.as_posix(), **entry, bundle=str(out))
        self.journal.drop(parcel)

    def _write(self, parcel: Parcel, proved: Proved, promise: Promise | None, out: Path) -> None:
        durable.make_directory(out.parent)
        body = proved.checkpoint.to_text()
        if body not in self._stamps:
            self._stamps = {body: stamp_over(self.log, proved)}
        stamp = self._stamps[body]
        if not self.wishes.with_files:
            parcel = without_files(parcel)
        try:
            write_bundle(self.log, parcel, proved, promise, stamp, out)
        except (DamageError, OSError) as problem:
            if isinstance(problem, OSError) and (not parcel.files or problem.filename != str(parcel.files[0])):
                raise  # it is not the original that fails: a full disk, a folder that is gone
            self.tell("changed", str(parcel.files[0]), why="changed again before its bundle was written")
            write_bundle(self.log, without_files(parcel), proved, promise, stamp, out)

    def _keys(self) -> tuple[Vkey, ...]:
        """The log's keys, and whether it is the log of all the days before."""
        if not self._vkeys:
            vkeys = known_keys(self.log.vkeys())
            found = fingerprint(vkeys[0].to_text())
            for wanted in (self.wishes.expected, self.journal.log):
                if wanted and wanted.strip().lower() != found:
                    said = N_("This log's key has the fingerprint {found}, not {wanted} as before or as you expect. Nothing was sent.")
                    raise FormatError(said, found=found, wanted=wanted)
            if self.journal.log is None:
                self.journal.belong(found)
            self._vkeys = vkeys
        return self._vkeys


def bundle_place(bundles: Path, name: Path, version: int, commitment: bytes) -> Path:
    """Where a proof bundle lies: below the file's own folders, under its name, version and the commitment's first digits."""
    kept = name.name.encode()[:180].decode(errors="ignore")
    return bundles / name.parent / f"{kept}.v{version}.{commitment.hex()[:8]}.asice"
