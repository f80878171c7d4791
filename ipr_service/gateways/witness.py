"""Witnesses of our log, asked over HTTP (C2SP tlog-witness), and who they are: the witness network as the operator configured it.

What goes out is a public checkpoint with its proof, what comes back is signed: an answer counts only when the witness's configured key
made the line. A conflict carries the size that the witness knows, unsigned: it tells which proof to send next, and when it is larger than
our log it is reason to stop and look, never reason to believe.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ipr_service.errors import N_, FormatError, OutsideError, SettingsError
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.note import NoteSignature
from ipr_service.evidence.trust import KnownWitness, LogPolicy, TrustList
from ipr_service.evidence.witness import MAX_REQUEST, AddCheckpoint, cosignatures
from ipr_service.gateways.outside import Way

SIZE_TYPE = "text/x.tlog.size"
DEADLINE = 10.0  # seconds for one question, whatever the witness does meanwhile
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True)
class Cosigned:
    """The witness cosigned: its lines, verified."""

    lines: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class Knows:
    """409: the size of our log that the witness says it knows."""

    size: int
    body: bytes


@dataclass(frozen=True)
class Refused:
    """Any other status: 400, 403, 404, 422."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Network:
    """Who witnesses whom.

    Args:
        policy: the witnesses that we ask (those with an address) and the quorum that we wait for.
        logs: the logs that we witness; a log with two keys stands twice.
        way: limits of each question.
    """

    policy: LogPolicy = field(default_factory=LogPolicy)
    logs: LogPolicy = field(default_factory=LogPolicy)
    way: Way = field(default_factory=Way)

    @property
    def asked(self) -> tuple[KnownWitness, ...]:
        """The witnesses that have an address."""
        return tuple(witness for witness in self.policy.witnesses if witness.url)

    def keys_of(self, origin: str) -> tuple[Vkey, ...]:
        """The keys that we trust for a log; none when we do not witness it."""
        return tuple(vkey for vkey in self.logs.log_vkeys if vkey.name == origin)

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs that we witness."""
        return tuple(dict.fromkeys(vkey.name for vkey in self.logs.log_vkeys))

    def ask(self, witness: KnownWitness, request: AddCheckpoint) -> Cosigned | Knows | Refused:
        """One question.

        Raises:
            OutsideError: no answer in time, or one that a witness does not give.
            RefusedError: its address is not one that the service calls.
        """
        url = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
        answer = self.way.request("POST", url, request.to_bytes(), {"Content-Type": "text/plain; charset=utf-8"})
        if answer.status == 200:
            try:
                return Cosigned(cosignatures(answer.body, request.checkpoint, (witness.vkey,)))
            except FormatError as problem:
                raise OutsideError(N_("The witness {name} answered with no cosignature of its own."), name=witness.name) from problem
        if answer.status == 409:
            size = _SIZE.fullmatch(answer.body) if answer.media_type == SIZE_TYPE else None
            if size is None:
                raise OutsideError(N_("The witness {name} refused without saying which size it knows."), name=witness.name)
            return Knows(int(size[1]), answer.body)
        if answer.status in {400, 403, 404, 422}:
            return Refused(answer.status, answer.body)
        raise OutsideError(N_("The witness {name} answered with status {status}."), name=witness.name, status=answer.status)


def load(witnesses: str, logs: str, base_url: str) -> Network:
    """The network of the settings ``IPR_WITNESSES`` and ``IPR_WITNESSED_LOGS``.

    Args:
        witnesses: a tlog-policy file, or empty for none.
        logs: a file with ``log`` lines, or empty for none.
        base_url: our own address; while it is on this very machine (a trial), witnesses on this machine may be asked.

    Raises:
        SettingsError: a file cannot be read; names the setting.
    """
    way = Way(frozenset({"https", "http"}), allow_loopback=_is_here(base_url), timeout=DEADLINE, limit=MAX_REQUEST)
    policy = LogPolicy() if not witnesses else _read("IPR_WITNESSES", witnesses, LogPolicy.from_bytes)
    watched = LogPolicy() if not logs else _read("IPR_WITNESSED_LOGS", logs, lambda data: TrustList.from_bytes(data).policy)
    for witness in policy.witnesses:
        if witness.url and urlsplit(witness.url).scheme not in way.schemes:
            raise SettingsError(N_("IPR_WITNESSES: the address of {name} must begin with https:// or http://."), name=witness.name)
    return Network(policy, watched, way)


def _read(variable: str, path: str, parse: Callable[[bytes], LogPolicy]) -> LogPolicy:
    try:
        return parse(Path(path).read_bytes())
    except OSError as problem:
        raise SettingsError(N_("{variable}: the file cannot be read."), variable=variable) from problem
    except FormatError as problem:
        raise SettingsError(N_("{variable}: {problem}"), variable=variable, problem=problem) from problem


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
