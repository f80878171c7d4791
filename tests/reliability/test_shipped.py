"""The shipped server, one process as a user starts it: classes 14, 20 and 22, and files of any size in constant memory."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import threading
import time
from hashlib import sha256
from typing import Any

import pytest

from tests.reliability.clients import BOUNDARY, hash_only, multipart, send, with_file
from tests.reliability.conftest import Shipped
from tests.reliability.server import Answer, ask

MIB = 1 << 20


def bearer(shipped: Shipped) -> dict[str, str]:
    return {"Authorization": f"Bearer {shipped.token}"}


def ideas(shipped: Shipped) -> int:
    """How many ideas there are, page by page."""
    path, count = "/api/v1/ideas?limit=100", 0
    while path:
        page = ask(shipped.port, "GET", path, headers=bearer(shipped))
        count += len(json.loads(page.body))
        path = page.headers.get("Link", "").partition("<")[2].partition(">")[0]
    return count


# --- class 20: replay and races ----------------------------------------------------------------------------------------------


def test_class_20_the_same_key_from_fifty_threads_registers_once(shipped: Shipped) -> None:
    before, order = ideas(shipped), with_file("fifty")
    answers: list[Answer] = []

    def one() -> None:
        answer = send(shipped.port, shipped.token, order)
        while answer.status == 409:
            assert int(answer.headers["Retry-After"]) >= 1
            time.sleep(0.1)
            answer = send(shipped.port, shipped.token, order)
        answers.append(answer)

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ideas(shipped) == before + 1
    assert len({answer.json["id"] for answer in answers}) == 1
    (first,) = [answer for answer in answers if "Idempotent-Replay" not in answer.headers]
    assert first.status == 201
    assert {answer.status for answer in answers} <= {200, 201}  # 200: written already, the first answer still on its way


def test_class_20_of_two_simultaneous_firsts_with_one_commitment_one_wins(shipped: Shipped) -> None:
    commitment, gate, answers = os.urandom(32), threading.Barrier(8), []

    def one(number: int) -> None:
        gate.wait()
        answers.append(send(shipped.port, shipped.token, hash_only(f"first-{number}-{commitment.hex()}", commitment)).status)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [409] * 7


# --- class 22: slow clients ----------------------------------------------------------------------------------------------------


def test_class_22_sixty_half_sent_bodies_do_not_keep_others_waiting(shipped: Shipped) -> None:
    head = f"POST /api/v1/ideas/commitments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {shipped.token}\r\nContent-Length: 90\r\n\r\n{{"
    lines = [socket.create_connection(("127.0.0.1", shipped.port)) for _ in range(60)]
    for line in lines:
        line.sendall(head.encode())
    assert send(shipped.port, shipped.token, hash_only("beside"), timeout=20).status == 201
    for line in lines:
        line.close()


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/ideas", "/tsa", "/log/checkpoint"])
def test_class_22_a_spoofed_host_stands_in_no_answer(shipped: Shipped, path: str) -> None:
    spoofed = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    answer = ask(shipped.port, "GET", path, headers=spoofed)
    assert answer.status < 500
    assert b"evil.example" not in answer.body + repr(answer.headers).encode()


# --- class 14: logs ------------------------------------------------------------------------------------------------------------

CANARY = "Kanarienvogel"
NASTY = [
    "\\r\\n{}",
    "%0d%0a%7B%22event%22%3A%22forged%22%7D",
    "\u2028forged",
    "\x1b[31mred",
    '","event":"forged',
    "%00",
    "é" * 50,
    "{0.__class__}",
]


def fuzz(shipped: Shipped, dice: random.Random) -> None:
    for text in NASTY:
        quoted = "".join(c if c.isascii() and c.isprintable() and c != " " else f"%{b:02X}" for c in text for b in c.encode()[:1])
        for method, path in (
            ("GET", f"/{quoted}"),
            ("GET", f"/log/tile/{quoted}"),
            ("POST", f"/api/v1/ideas?{quoted}={quoted}"),
            ("GET", f"/i/{quoted}"),
        ):
            body = dice.randbytes(dice.randrange(80)) if method == "POST" else None
            agent = "".join(c for c in text if c.isprintable()).encode("latin-1", "replace").decode("latin-1")
            ask(shipped.port, method, path, body, {"User-Agent": agent or "-", "Idempotency-Key": "x", "Content-Type": "application/json"})


def test_class_14_logs_are_json_line_by_line_and_hold_no_secret_whatever_is_sent(shipped: Shipped) -> None:
    """Canaries: title, description, file name, contents, token, link secret, mail address, password, code."""
    order = {
        "title": f"{CANARY}-title",
        "description": f"{CANARY}-description",
        "contributors": [{"email": f"{CANARY}@example.org", "role": "author"}],
    }
    body = multipart(order, f"{CANARY}-file.svg", f"{CANARY}-content".encode())
    media_type = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    made = ask(shipped.port, "POST", "/api/v1/ideas", body, {**bearer(shipped), **media_type})
    assert made.status == 201
    wrong = f"ipr_live_{CANARY}{'0' * 36}"
    as_json = {**bearer(shipped), "Content-Type": "application/json"}
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    seen = [
        ask(shipped.port, "GET", "/api/v1/ideas", headers={"Authorization": f"Bearer {wrong}"}),
        ask(shipped.port, "POST", "/api/v1/ideas", f'{{"title": "{CANARY}-title"'.encode(), as_json),
        ask(shipped.port, "GET", f"/invitations/{CANARY}-link-secret-0123456789"),
        ask(shipped.port, "GET", f"/login?password={CANARY}-password&code={CANARY}-code"),
        ask(shipped.port, "POST", "/login", f"email={CANARY}@example.org&password={CANARY}-password".encode(), as_form),
        ask(shipped.port, "GET", "/metrics"),
        ask(shipped.port, "GET", "/readyz"),
    ]
    fuzz(shipped, random.Random(14))
    lines = shipped.house.log.read_text().splitlines()
    said = [line for line in lines if line.startswith("{")]
    plain = [line for line in lines if not line.startswith("{")]
    assert all(isinstance(json.loads(line), dict) for line in said)
    assert not [line for line in said if json.loads(line).get("event") == "forged"]
    assert all(line.startswith(("IPR Service at", "Mail is off", "No independent", "No converter")) for line in plain), plain
    assert CANARY not in "\n".join(lines)
    assert shipped.token not in "\n".join(lines)
    errors = [answer.body for answer in seen if answer.headers.get("Content-Type", "").startswith("application/problem")]
    assert errors
    assert all(CANARY.encode() not in body for body in (*errors, seen[-1].body, seen[-2].body))


# --- files of any size -----------------------------------------------------------------------------------------------------------


def upload(shipped: Shipped, size: int) -> tuple[dict[str, Any], str, int]:
    """Register a file of ``size`` bytes made on the way; the answer, the file's SHA-256, and by how much the server grew."""
    piece = random.Random(size).randbytes(MIB)
    head, tail = multipart({"title": "Large"}, "large.bin", b"\0").split(b"\r\n\r\n\0")
    head += b"\r\n\r\n"
    line = http.client.HTTPConnection("127.0.0.1", shipped.port, timeout=600)
    line.putrequest("POST", "/api/v1/ideas")
    headers = {
        **bearer(shipped),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + size + len(tail)),
    }
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    digest, before, most, watching = sha256(), shipped.server.resident(), [0], threading.Event()

    def watch() -> None:
        while not watching.wait(0.02):
            most[0] = max(most[0], shipped.server.resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    line.send(head)
    for at in range(0, size, MIB):
        part = piece[: min(MIB, size - at)]
        digest.update(part)
        line.send(part)
    line.send(tail)
    answer = line.getresponse()
    made: dict[str, Any] = json.loads(answer.read())
    watching.set()
    watcher.join()
    line.close()
    assert answer.status == 201, made
    return made, digest.hexdigest(), most[0] - before


def check_large(shipped: Shipped, size: int) -> None:
    made, digest, grown = upload(shipped, size)
    idea = ask(shipped.port, "GET", f"/api/v1/ideas/{made['id']}", headers=bearer(shipped)).json
    (file,) = idea["history"][0]["files"]  # type: ignore[index]
    assert (file["size"], file["sha256"]) == (size, digest)
    assert grown < 200 * MIB, f"grew by {grown // MIB} MiB"


def test_a_large_file_is_taken_in_constant_memory_with_the_right_digests(shipped: Shipped) -> None:
    check_large(shipped, 200 * MIB + 17)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_file_of_two_gigabytes_is_taken_in_constant_memory_with_the_right_digests(shipped: Shipped) -> None:
    check_large(shipped, 2 * 1024 * MIB + 17)
