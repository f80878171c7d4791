"""What ``ipr watch`` remembers of a folder: a journal of lines of JSON, each on the disk before the next step is taken.

    lock          held while a watch runs: two of them on one folder would register twice
    journal       {"log": …} once; {"files": {name: …}, "key": …} for what was registered or seen; {"moved": [[from, to], …]}
    pending/      a parcel for each registration whose proof bundle is not written yet

A line is the unit of a crash: a line that was cut is passed over, and what it would have said is found out again. Nothing readable of a
file stands in the journal but its name and its SHA-256; the parcels hold openings, and everything is for its owner's eyes only.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ipr_service.cli.parcel import Parcel
from ipr_service.errors import N_, ConflictError, FormatError
from ipr_service.gateways import durable

MANY = 2_000  # lines after which a journal is written again in one


@dataclass(frozen=True)
class Known:
    """A file as it was when it was last registered, or recognised.

    Args:
        size: bytes.
        mtime: nanoseconds, as the file system says; 0 when not known any more.
        sha256: of the content, hex.
        commitment: of its newest version, base64; None for the copy of a registered file, which is no idea of its own.
        idea: id at the service; None for a copy, and when the service's answer was lost for days.
        version: 1 and up; 0 for a copy.
    """

    size: int
    mtime: int
    sha256: str
    commitment: str | None = None
    idea: str | None = None
    version: int = 0


@dataclass
class Journal:
    """The state of one watched folder. Open it with :meth:`open`; it is locked until :meth:`close`."""

    folder: Path
    files: dict[str, Known] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    log: str | None = None
    _lock: int = -1
    _lines: int = 0
    _versions: dict[str, Known] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Read what is remembered; make the folder at the first time.

        Raises:
            ConflictError: another watch holds it.
        """
        durable.make_directory(folder)
        durable.make_directory(folder / "pending")
        journal = cls(folder)
        journal._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(journal._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            os.close(journal._lock)
            said = N_("Another `ipr watch` looks after {folder}. Stop it first, or give this one another --state.")
            raise ConflictError(said, folder=folder) from problem
        journal._read()
        return journal

    def close(self) -> None:
        os.close(self._lock)

    def keep(self, files: Mapping[str, Known], key: str | None = None) -> None:
        """Remember files; with ``key``, that the log took the registrations of that key. One line: all of it is kept, or none."""
        self._write({"files": {name: asdict(known) for name, known in files.items()}, **({"key": key} if key else {})})

    def move(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Remember that files have other names now."""
        self._write({"moved": [list(pair) for pair in pairs]})

    def belong(self, fingerprint: str) -> None:
        """Remember whose log this is."""
        self._write({"log": fingerprint})

    def known_as(self, commitment: str) -> Known | None:
        """The file whose newest version this is."""
        return self._versions.get(commitment)

    # ---- parcels ----

    def put(self, parcel: Parcel) -> None:
        """Keep a parcel, before its commitment leaves."""
        parcel.write(self._place(parcel))

    def drop(self, parcel: Parcel) -> None:
        """Its bundle is written."""
        self._place(parcel).unlink()

    def pending(self) -> Iterator[list[Parcel]]:
        """The parcels that wait, together with those of the same key and in the order in which they are sent."""
        groups: dict[str, list[Parcel]] = {}
        for path in sorted((self.folder / "pending").glob("*.part")):
            try:
                parcel = Parcel.from_bytes(path.read_bytes())
            except FormatError:  # killed while it was written: it was never sent, and its file is found again
                path.rename(path.with_suffix(".torn"))
                continue
            groups.setdefault(parcel.key, []).append(parcel)
        yield from groups.values()

    def waiting(self) -> int:
        """How many parcels wait."""
        return sum(1 for _ in (self.folder / "pending").glob("*.part"))

    def _place(self, parcel: Parcel) -> Path:
        return self.folder / "pending" / f"{parcel.commitment.hex()}.part"

    # ---- lines ----

    def _read(self) -> None:
        place = self.folder / "journal"
        for line in place.read_bytes().splitlines() if place.exists() else ():
            self._lines += 1
            try:
                said = json.loads(line)
            except ValueError:
                continue  # cut by a crash; the next line stands on its own
            self._apply(said)
        if self._lines > MANY:
            self._shorten(place)

    def _apply(self, said: dict[str, Any]) -> None:
        self.log = said.get("log", self.log)
        files = {name: Known(**known) for name, known in said.get("files", {}).items()}
        self.files |= files
        self._versions |= {known.commitment: known for known in files.values() if known.commitment}
        if "key" in said:
            self.acknowledged.add(said["key"])
        for before, after in said.get("moved", ()):
            if before in self.files:
                self.files[after] = self.files.pop(before)

    def _write(self, said: dict[str, Any]) -> None:
        durable.append_line(self.folder / "journal", json.dumps(said))
        self._apply(said)

    def _shorten(self, place: Path) -> None:
        """The same in few lines. Keys of parcels that wait stay known."""
        waiting = {group[0].key for group in self.pending()}
        lines: list[dict[str, Any]] = [{"log": self.log}, {"files": {name: asdict(known) for name, known in self.files.items()}}]
        lines += [{"key": key} for key in sorted(self.acknowledged & waiting)]
        durable.write_over(place, "".join(f"{json.dumps(line)}\n" for line in lines).encode(), tag=secrets.token_hex(8))
