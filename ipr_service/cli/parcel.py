"""``OUT.part``: what a registration needs in order to be finished, written (mode 0600) before the commitment leaves this machine.

It holds the openings: whoever reads it knows titles, names and digests. A crash or a lost line afterwards costs nothing; ``ipr register
--resume OUT.part`` goes on, and registers once because the Idempotency-Key is the same. The API token is never in it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.canonical import Json
from ipr_service.evidence.commitment import Committed, Openings, commit
from ipr_service.evidence.digest import parse_base64, parse_hex, to_base64

_KEYS = ("files", "key", "kind", "language", "manifest", "openings", "salt", "server", "version")


@dataclass(frozen=True)
class Parcel:
    """A registration on its way.

    Args:
        server: base address, or None for the log of this installation.
        key: Idempotency-Key.
        files: absolute paths of the originals that go into the bundle.
        manifest, openings, salt: the secrets, verbatim.
    """

    server: str | None
    key: str
    kind: str
    language: str
    files: tuple[Path, ...]
    manifest: bytes
    openings: bytes
    salt: bytes

    @classmethod
    def of(cls, made: Committed, server: str | None, language: str, files: tuple[Path, ...], key: str) -> Parcel:
        """What was committed to, ready to leave."""
        return cls(server, key, made.manifest.kind, language, files, made.manifest_bytes, made.openings.to_bytes(), made.salt)

    @property
    def commitment(self) -> bytes:
        """C, 32 bytes."""
        return commit(self.salt, self.manifest)

    def to_bytes(self) -> bytes:
        fields = {
            "files": [str(path) for path in self.files],
            "key": self.key,
            "kind": self.kind,
            "language": self.language,
            "manifest": to_base64(self.manifest),
            "openings": to_base64(self.openings),
            "salt": self.salt.hex(),
            "server": self.server,
            "version": 1,
        }
        return json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Parcel:
        """Raises FormatError unless ``data`` is what :meth:`to_bytes` writes."""
        try:
            fields = json.loads(data)
        except ValueError:
            fields = None
        if not isinstance(fields, dict) or sorted(fields) != list(_KEYS) or fields["version"] != 1:
            raise FormatError(N_("This is not the .part file of an unfinished `ipr register`."))
        openings = parse_base64(fields["openings"])
        Openings.from_bytes(openings)
        return cls(
            server=None if fields["server"] is None else _text(fields["server"]),
            key=_text(fields["key"]),
            kind=_text(fields["kind"]),
            language=_text(fields["language"]),
            files=tuple(Path(_text(path)) for path in fields["files"]),
            manifest=parse_base64(fields["manifest"]),
            openings=openings,
            salt=parse_hex(fields["salt"], 32),
        )

    def write(self, path: Path) -> None:
        """Write it for its owner alone, and onto the disk before this returns.

        Raises:
            FileExistsError: another registration waits there.
        """
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(self.to_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise FormatError(N_("This is not the .part file of an unfinished `ipr register`."))
    return value
