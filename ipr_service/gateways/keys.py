"""The key store: one key for every thing that keeps confidential content, in a folder of its own.

Each key is 32 random bytes in a file of its own, wrapped with AES-256-GCM under the key encryption key (KEK), with the
key id as associated data. The KEK is a file of mode 0600 in the same folder or comes from a setting. The folder is
backed up apart from the database and for at most 30 days, so that erasing a key erases the content everywhere.

Erasure is three steps, each safe to repeat: the key id is appended to the list of erasures and synced; the key file is
overwritten; it is unlinked. A crash after the first step leaves a key that is refused at once and removed by
:meth:`KeyStore.replay_erasures`. A restore brings old key files back: it passes the list that it kept from before (or
the ids that the database knows as erased) to the same method.

This module does not encrypt content (``envelope``, ``blobs``) and does not hold the service's own signing keys
(``service_keys``). Folder::

    kek            32 bytes, base64          only when no setting gives the key encryption key
    kek.check      an empty field sealed under the KEK: another KEK is noticed at once, not at the first idea
    lock           advisory lock for making the KEK and for the list
    erasures       one key id a line
    things/<last two characters of the id>/<id>
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ipr_service.errors import N_, ConflictError, DamageError, NotFoundError, SettingsError
from ipr_service.gateways import durable, envelope

_KEY_ID = re.compile(r"[0-9A-Za-z_-]{2,64}")
_CHECK = envelope.context_of("ipr/kek/v1")


def _aad(key_id: str) -> bytes:
    return envelope.context_of("ipr/key/v1", key_id)


def read_key_encryption_key(text: str) -> bytes:
    """Read the base64 of a key encryption key.

    Args:
        text: standard base64 of exactly 32 bytes, as the setting ``IPR_KEY_ENCRYPTION_KEY`` holds it.

    Raises:
        SettingsError: it is something else. The message never repeats the text.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != envelope.KEY_SIZE:
        raise SettingsError(N_("The key encryption key must be the base64 of 32 bytes, for example from `openssl rand -base64 32`."))
    return key


class KeyStore:
    """The keys of things. Safe among threads and processes; every answer is on the disk before it is given.

    Args:
        directory: the folder, made by :meth:`initialise`.
        random: gives n random bytes from the system's source.
        key_encryption_key: 32 bytes, or ``None`` when the folder's own file holds it.

    Raises:
        NotFoundError: the folder was never initialised.
        DamageError: the key encryption key is missing, readable by others, or not the one that wrapped these keys.
    """

    def __init__(self, directory: Path, random: Callable[[int], bytes], key_encryption_key: bytes | None = None) -> None:
        self.directory = directory
        self._random = random
        self._things = directory / "things"
        self._list = directory / "erasures"
        self._erased: frozenset[str] = frozenset()
        self._erased_size = -1
        if not (directory / "kek.check").is_file():
            raise NotFoundError(N_("There is no key store in the key folder."))
        self._kek = key_encryption_key or self._read_kek()
        try:
            envelope.open_bytes(self._kek, _CHECK, (directory / "kek.check").read_bytes())
        except DamageError as problem:
            message = N_("The key encryption key is not the one that wrapped the keys in the key folder. Restore the right one.")
            raise DamageError(message) from problem

    @classmethod
    def initialise(cls, directory: Path, random: Callable[[int], bytes], key_encryption_key: bytes | None = None) -> KeyStore:
        """Open the key store in ``directory``, making it if the folder holds none.

        Processes that start together take turns; the first makes the key encryption key, the others read it. A folder that
        holds wrapped keys but lost its key encryption key is refused, never given a new one.

        Raises:
            DamageError: as for the constructor.
        """
        durable.make_directory(directory)
        with durable.locked(directory / "lock"):
            check = directory / "kek.check"
            if not check.exists():
                if (directory / "things").exists():
                    message = N_("The key folder holds keys but not the proof of its key encryption key. Restore the whole folder.")
                    raise DamageError(message)
                kek = key_encryption_key or cls._make_kek(directory / "kek", random)
                sealed = envelope.seal_bytes(kek, _CHECK, b"", random(envelope.NONCE_SIZE))
                durable.write_once(check, sealed, tag=random(8).hex())
        return cls(directory, random, key_encryption_key)

    @staticmethod
    def _make_kek(path: Path, random: Callable[[int], bytes]) -> bytes:
        if path.exists():  # a crash came between the two files of the first start
            return read_key_encryption_key(path.read_text("ascii"))
        kek = random(envelope.KEY_SIZE)
        durable.write_once(path, base64.b64encode(kek) + b"\n", tag=random(8).hex())
        return kek

    def _read_kek(self) -> bytes:
        path = self.directory / "kek"
        try:
            durable.refuse_open_to_others(path)
            return read_key_encryption_key(path.read_text("ascii"))
        except FileNotFoundError as problem:
            message = N_("The key encryption key is missing from the key folder. Restore it, or set IPR_KEY_ENCRYPTION_KEY.")
            raise DamageError(message) from problem

    @property
    def key_encryption_key(self) -> bytes:
        """The 32 bytes that wrap; ``service_keys`` wraps the service's own secrets with them too."""
        return self._kek

    def _path(self, key_id: str) -> Path:
        if not _KEY_ID.fullmatch(key_id):
            raise ValueError("a key id has 2 to 64 letters, digits, '-' or '_'")
        return self._things / key_id[-2:] / key_id

    def create(self, key_id: str) -> bytes:
        """Make the key of a new thing.

        Returns:
            32 bytes, on the disk already.

        Raises:
            ConflictError: this id has a key, or had one that was erased.
            StorageFullError: no room; nothing is left.
        """
        path = self._path(key_id)
        durable.make_directory(path.parent)
        key = self._random(envelope.KEY_SIZE)
        wrapped = envelope.seal_bytes(self._kek, _aad(key_id), key, self._random(envelope.NONCE_SIZE))
        with durable.locked(self.directory / "lock"):  # against an erasure of the same id at the same moment
            if key_id in self.erased():
                raise ConflictError(N_("The key of this thing was erased; it does not get another."))
            durable.write_once(path, wrapped, tag=self._random(8).hex())
        return key

    def get(self, key_id: str) -> bytes:
        """The key of a thing, 32 bytes.

        Raises:
            NotFoundError: there is none, or it was erased (also when a restore brought its file back).
            DamageError: the file was changed or exchanged.
        """
        if key_id in self.erased():
            raise NotFoundError(N_("The key of this thing was erased: its content is gone."))
        try:
            wrapped = self._path(key_id).read_bytes()
        except FileNotFoundError as problem:
            raise NotFoundError(N_("There is no key for this thing.")) from problem
        key = envelope.open_bytes(self._kek, _aad(key_id), wrapped)
        if len(key) != envelope.KEY_SIZE:
            raise DamageError(N_("A stored key has the wrong length."))
        return key

    def destroy(self, key_id: str) -> None:
        """Erase the key of a thing, and with it everything that was encrypted under it. Repeating it is no error.

        Raises:
            StorageFullError: no room for the line in the list; the key still stands.
        """
        path = self._path(key_id)
        with durable.locked(self.directory / "lock"):
            if key_id not in self.erased():
                durable.append_line(self._list, key_id)
            durable.shred(path)

    def discard(self, key_id: str) -> None:
        """Remove a key that nothing was written under for good: its thing never came to be. Needs no room, leaves no trace in the list."""
        with durable.locked(self.directory / "lock"):
            durable.shred(self._path(key_id))

    def erased(self) -> frozenset[str]:
        """The ids on the list of erasures. A cut line (crash, full disk) is no id and is skipped."""
        try:
            size = self._list.stat().st_size
        except FileNotFoundError:
            return frozenset()
        if size != self._erased_size:
            text = self._list.read_bytes().decode("ascii", "replace")
            whole = text[: text.rfind("\n") + 1].split("\n")
            self._erased, self._erased_size = frozenset(line for line in whole if _KEY_ID.fullmatch(line)), size
        return self._erased

    def replay_erasures(self, known: Iterable[str] = ()) -> tuple[str, ...]:
        """Erase again what was erased before: the last step of a restore, and the first of every start.

        Args:
            known: ids that a newer list or the database knows as erased; they join this folder's list.

        Returns:
            the ids whose key files were still there, in order.
        """
        revived = []
        for key_id in sorted({*known, *self.erased()}):
            if self._path(key_id).exists():
                revived.append(key_id)
            if key_id not in self.erased() or key_id in revived:
                self.destroy(key_id)
        return tuple(revived)
