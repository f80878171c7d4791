"""The log of a service elsewhere, asked over HTTPS: keys, checkpoint, registration by commitment, proof, clock.

The token goes to the address that was typed and nowhere else: no redirect is followed, and plain http is refused but for this very
machine. A registration is sent with an Idempotency-Key, so a lost answer is asked for again and nothing is registered twice.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from ipr_service.errors import N_, FormatError, InputError, OutsideError, RateLimitError, RefusedError
from ipr_service.evidence.digest import parse_base64, to_base64
from ipr_service.services.hash_only import Promise, Stamp, Stamps

T = TypeVar("T")
TIMEOUT = 30  # seconds for one request
TRIES = 4
LARGEST = 4 << 20  # bytes of an answer
_PAUSE = (0.5, 2.0, 5.0)  # seconds between tries
_AGAIN = frozenset({409, 429, 502, 503, 504})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token somewhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    retry_after: float | None = None


def checked_address(server: str) -> str:
    """The base address without its last slash.

    Raises:
        InputError: no address, one with a password or a query in it, or plain http to another machine.
    """
    parts = urlsplit(server)
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise InputError.at("/server", N_("Write the address of the service like https://ipr.example.org."))
    if parts.scheme == "http" and not is_here(host):
        raise InputError.at("/server", N_("The token would travel in clear. Write https:// (plain http is for this machine only)."))
    return server.rstrip("/")


def is_here(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class RemoteLog:
    """A service elsewhere.

    Args:
        server: as :func:`checked_address` gives it.
        token: an API token with the scope ``ideas:write``.
        sleep: waits between tries.
    """

    server: str
    token: str = field(repr=False)
    sleep: Callable[[float], None] = time.sleep

    @property
    def verify_url(self) -> str:
        return f"{self.server}/verify"

    def vkeys(self) -> bytes:
        """``log.vkeys``."""
        return self._good(self._ask("GET", "/log/log.vkeys")).body

    def newest_checkpoint(self) -> bytes | None:
        """The newest signed checkpoint, verbatim, or None while the log is empty."""
        answer = self._ask("GET", "/log/checkpoint")
        return None if answer.status == 404 else self._good(answer).body

    def file(self, path: str) -> bytes | None:
        """One of the log's files below the address (C2SP tlog-tiles), or None when it is not there."""
        try:
            answer = self._ask("GET", f"/{path}")
        except OutsideError as problem:
            raise OutsideError(N_("{server} does not answer. Look again later."), server=self.server) from problem
        return None if answer.status in {404, 410} else self._good(answer).body

    def register(self, commitment: bytes, key: str, idea_id: str | None = None) -> Promise | None:
        """Send the commitment, as a version of ``idea_id`` if given; None when it had been registered before and the answer was lost.

        Raises:
            RefusedError, RateLimitError: the service refuses; says why.
            OutsideError: it does not answer.
        """
        path = "/api/v1/ideas/commitments" if idea_id is None else f"/api/v1/ideas/{quote(idea_id, safe='')}/versions/commitments"
        said = self._send(path, {"commitment": to_base64(commitment)}, [commitment], key)
        if said is None or "receipt" not in said:  # the second: carried out by a process that was killed before it could answer
            return None
        return _read(lambda: Promise(int(said["receipt"]["checkpoint_size"]), _time(said["receipt"]), str(said["id"])))

    def register_all(self, commitments: Sequence[bytes], key: str) -> tuple[Promise, ...] | None:
        """Send up to 10,000 commitments, each an idea of its own, all or none; None as in :meth:`register`, and the same errors."""
        body = {"commitments": [to_base64(one) for one in commitments]}
        said = self._send("/api/v1/ideas/commitments/bulk", body, commitments, key)
        if said is None or "receipts" not in said:
            return None
        made = _read(lambda: tuple(Promise(int(said["checkpoint_size"]), _time(said), str(one["id"])) for one in said["receipts"]))
        return made if len(made) == len(commitments) else None

    def _send(self, path: str, body: dict[str, Any], commitments: Sequence[bytes], key: str) -> dict[str, Any] | None:
        """The answer, or None when everything in the request is in the log already."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        answer = self._ask("POST", path, json.dumps(body).encode(), headers)
        if answer.status == 409 and all(self.proof(one) is not None for one in commitments):
            return None
        return _json(self._good(answer).body)

    def proof(self, commitment: bytes) -> bytes | None:
        """The ``.tlog-proof`` of a commitment, or None when it is not in the log."""
        answer = self._ask("GET", f"/api/v1/log/proof?commitment={quote(to_base64(commitment), safe='')}")
        return None if answer.status == 404 else self._good(answer).body

    def stamps(self, size: int) -> Stamps | None:
        """The tokens over the checkpoint of ``size`` entries, or None when the log signed none of that size.

        Raises:
            OutsideError: an answer of another form.
        """
        answer = self._ask("GET", f"/api/v1/log/tokens?size={size}")
        if answer.status == 404:
            return None
        said = _json(self._good(answer).body)
        try:
            return Stamps(datetime.fromisoformat(said["signed_at"]), tuple(_stamp(one) for one in said["tokens"]))
        except (KeyError, TypeError, ValueError, FormatError) as problem:
            raise OutsideError(N_("The service answered with tokens that cannot be read.")) from problem

    def stamp(self, query: bytes) -> bytes:
        """The service's own clock's answer to a TimeStampReq."""
        return self._good(self._ask("POST", "/tsa", query, {"Content-Type": "application/timestamp-query"})).body

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> _Answer:
        """Ask, and ask again when the line or the service failed for the moment."""
        failure: OSError | http.client.HTTPException | None = None
        answer: _Answer | None = None
        for attempt in range(TRIES):
            try:
                answer, failure = self._once(method, path, body, headers or {}), None
                if answer.status not in _AGAIN or (answer.status == 409 and answer.retry_after is None):
                    return answer
            except (OSError, http.client.HTTPException) as problem:
                failure = problem
            if attempt < TRIES - 1:
                wait = answer.retry_after if answer is not None and answer.retry_after is not None else _PAUSE[attempt]
                self.sleep(min(wait, 10.0))
        if answer is not None and failure is None:
            return answer
        raise OutsideError(N_("{server} does not answer. Nothing is lost: try again with --resume."), server=self.server) from failure

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> _Answer:
        request = urllib.request.Request(self.server + path, body, headers, method=method)  # noqa: S310 - checked_address
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return _Answer(answer.status, _limited(answer))
        except urllib.error.HTTPError as refused:
            after = refused.headers.get("Retry-After", "")
            with refused:
                return _Answer(refused.code, _limited(refused), float(after) if after.isdigit() else None)

    def _good(self, answer: _Answer) -> _Answer:
        if 200 <= answer.status < 300:
            return answer
        if 300 <= answer.status < 400:
            raise OutsideError(N_("{server} points elsewhere. Write the address that it points to."), server=self.server)
        said = _json(answer.body)
        detail = str(said.get("detail") or said.get("title") or f"status {answer.status}")
        if answer.status >= 500:
            raise OutsideError(N_("{server} could not do it: {detail}"), server=self.server, detail=detail)
        if answer.status == 429:
            raise RateLimitError(N_("{server} refused: {detail}"), server=self.server, detail=detail)
        raise RefusedError(N_("{server} refused: {detail}"), server=self.server, detail=detail)


def _time(said: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(said["time"])


def _read(receipt: Callable[[], T]) -> T:
    try:
        return receipt()
    except (KeyError, TypeError, ValueError) as problem:
        raise OutsideError(N_("The service answered with something that is no receipt.")) from problem


def _stamp(said: dict[str, Any]) -> Stamp:
    return Stamp(
        query=parse_base64(said["query"]),
        reply=parse_base64(said["reply"]),
        chain=str(said["chain"]).encode(),
        time=datetime.fromisoformat(said["time"]),
        authority=str(said["authority"]),
        independent=said["independent"] is True,
        crls=tuple(parse_base64(one) for one in said["crls"]),
        ocsps=tuple(parse_base64(one) for one in said["ocsps"]),
    )


def _limited(stream: Any) -> bytes:
    body: bytes = stream.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise OutsideError(N_("The service answered with more than it should."))
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
