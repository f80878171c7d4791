"""A studio whose folder is watched, and what its proof bundles and the service say of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ipr_service.cli.parcel import Parcel
from ipr_service.cli.remote_log import RemoteLog
from ipr_service.cli.watch_folder import Watch, Wishes
from ipr_service.cli.watch_journal import Journal
from ipr_service.evidence.bundle import read
from ipr_service.evidence.commitment import Manifest
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.store.schema import Idea, LogEntry
from tests.cli.conftest import Ended, Served

Once = Callable[..., Ended]


def events(ended: Ended) -> list[tuple[str, str | None]]:
    return [(said["event"], said.get("file")) for said in map(json.loads, ended.out.splitlines())]


def bundles(studio: Path) -> dict[str, Path]:
    """Name and version of every proof bundle, such as ``hours.csv.v1``."""
    folder = studio / ".ipr" / "proofs"
    found = sorted(folder.rglob("*.asice"))
    named = {path.relative_to(folder).as_posix().rsplit(".", 2)[0]: path for path in found}
    assert len(named) == len(found), found
    return named


def manifest(bundle: Path) -> Manifest:
    with bundle.open("rb") as stream:
        return Manifest.from_bytes(read(stream).read("manifest.json"))


def commitment(bundle: Path) -> bytes:
    with bundle.open("rb") as stream:
        opened = read(stream)
        return Parcel(None, "", "", "", (), opened.read("manifest.json"), b"", opened.read("salt")).commitment


def entries(served: Served) -> int:
    with served.ctx.database.reading() as session:
        return len(session.scalars(select(LogEntry.index)).all())


def versions(served: Served) -> list[int]:
    """How many versions each idea has."""
    with served.ctx.database.reading() as session:
        return sorted(session.scalars(select(Idea.versions)).all())


def holds(served: Served, bundle: Path, content: bytes) -> bool:
    """Whether a bundle proves ``content``, under the keys of the service."""
    trust = TrustList.from_bytes("".join(f"{key.to_text()}\n" for key in served.ctx.service_keys.log_keys.vkeys).encode())
    with bundle.open("rb") as stream:
        report = verify(stream, trust, [("file", io.BytesIO(content))])
    return bool(report) and report.compared


class Hand:
    """A watch under a clock that the test moves."""

    def __init__(self, served: Served, studio: Path, settle: float = 10, **more: Any) -> None:
        self.now, self.said = 0.0, []
        self.journal = Journal.open(studio / ".ipr")
        wishes = Wishes(studio, studio / ".ipr" / "proofs", settle, "en", (), True, None, True)
        tell = lambda event, file, **_: self.said.append((event, file))  # noqa: E731
        self.watch = Watch(
            wishes, self.journal, RemoteLog(served.address, served.token), served.address, tell, clock=lambda: self.now, **more
        )

    def look(self, at: float) -> list[tuple[str, str]]:
        self.now, self.said = at, []
        self.watch.go()
        return sorted(self.said)
