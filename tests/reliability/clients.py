"""Clients that register under load, keep every receipt they were handed, and ask again when the line breaks.

A client sends one Idempotency-Key until it knows the outcome, as a careful program does: an answer, or the answer again after the server
was killed between commit and answer. What it knows is a :class:`Promise`.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ipr_service.evidence.digest import parse_base64, to_base64
from tests.reliability.server import Answer, ask

BOUNDARY = "----reliability"
CONTRIBUTORS = [{"email": "sara@example.org", "role": "author"}, {"email": "marco@example.org", "role": "maker"}]


@dataclass(frozen=True)
class Promise:
    """One receipt that was handed out, and the content that was sent (None: hash-only)."""

    key: str
    idea_id: str
    index: int
    commitment: bytes
    checkpoint: bytes
    content: bytes | None


@dataclass(frozen=True)
class Order:
    """One request, the same at every try."""

    key: str
    path: str
    media_type: str
    body: bytes
    content: bytes | None = None


def multipart(order: Mapping[str, Any], name: str, content: bytes) -> bytes:
    """A registration with one file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="order"\r\n\r\n{json.dumps(order)}\r\n--{BOUNDARY}\r\n'
    file = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: image/svg+xml\r\n\r\n'
    return head.encode() + file.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def hash_only(key: str, commitment: bytes | None = None) -> Order:
    """Register 32 bytes."""
    body = json.dumps({"commitment": to_base64(commitment or os.urandom(32))}).encode()
    return Order(key, "/api/v1/ideas/commitments", "application/json", body)


def with_file(key: str, content: bytes | None = None) -> Order:
    """Register a small file; a co-contributor is asked by mail, so that the outbox has work."""
    content = content or os.urandom(700)
    body = multipart({"title": "A chair", "contributors": CONTRIBUTORS}, "chair.svg", content)
    return Order(key, "/api/v1/ideas", f"multipart/form-data; boundary={BOUNDARY}", body, content)


def send(port: int, token: str, order: Order, timeout: float = 60) -> Answer:
    """Send an order once."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": order.media_type, "Idempotency-Key": order.key}
    return ask(port, "POST", order.path, order.body, headers, timeout)


def promise(order: Order, idea_id: str, receipt: Mapping[str, Any]) -> Promise:
    """A receipt as JSON gave it."""
    note = str(receipt["checkpoint"]).encode()
    return Promise(order.key, idea_id, int(receipt["index"]), parse_base64(receipt["commitment"], 32), note, order.content)


@dataclass
class Load:
    """Threads that register until they are told to stop.

    Args:
        ports: gives the servers that run now; requests go to them in turn.
        token: of the person registering.
    """

    ports: Callable[[], Sequence[int]]
    token: str
    promises: list[Promise] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    def start(self, threads: int) -> None:
        for number in range(threads):
            thread = threading.Thread(target=self._run, args=(number,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def finish(self) -> None:
        """No new orders; those under way are asked for until their outcome is known. A server must be running."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads), "a client still waits for its answer"

    def _run(self, number: int) -> None:
        for place in itertools.count():
            if self._stopping.is_set():
                return
            make = with_file if (place + number) % 3 == 0 else hash_only
            self._until_known(make(f"{number}-{place}"))

    def _until_known(self, order: Order) -> None:
        conflicts = 0
        while conflicts < 3:
            try:
                answer = self._once(order)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # nobody there, or killed while answering
                continue
            if answer is None:
                return
            if answer.status == 409:  # killed before it wrote: the key stays taken for a while
                conflicts += 1
                time.sleep(0.1)
            elif answer.status != 503:
                self.faults.append(f"{answer.status} {answer.body[:300]!r}")
                return
        self.stuck.append(order.key)

    def _once(self, order: Order) -> Answer | None:
        """None when the outcome is known, else an answer that is none."""
        ports = self.ports()
        port = ports[next(self._turn) % len(ports)]
        answer = send(port, self.token, order, 20)
        if answer.status not in {200, 201}:
            return answer
        made: Mapping[str, Any] = answer.json
        receipt = made.get("receipt")
        if receipt is None:  # killed between commit and answer: the key tells what was made
            again = ask(port, "GET", f"/api/v1/ideas/{made['id']}/receipt", headers={"Authorization": f"Bearer {self.token}"})
            if again.status != 200:
                return again
            receipt = again.json
        self.promises.append(promise(order, str(made["id"]), receipt))
        return None
