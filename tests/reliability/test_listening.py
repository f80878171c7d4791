"""Class 22: proxy headers of nobody's proxy, smuggled requests, slow and half-dead clients, sent over raw sockets to the shipped listener.

The application behind it only says back what reached it.
"""

from __future__ import annotations

import ast
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ipr_service.cli.listening import LARGEST_HEADER, listen
from ipr_service.settings import Settings
from tests.reliability.server import free_port

HOST = b"Host: ipr.example\r\n"
POST = b"POST /a HTTP/1.1\r\n" + HOST
Start = Callable[[str, list[tuple[str, str]]], object]


def echo(environ: dict[str, Any], start: Start) -> list[bytes]:
    said = {name: value for name, value in environ.items() if name.startswith("HTTP_") or name in {"REMOTE_ADDR", "wsgi.url_scheme"}}
    said |= {"path": environ["PATH_INFO"], "body": environ["wsgi.input"].read()}
    start("200 OK", [("Content-Type", "text/plain")])
    return [repr(said).encode()]


def listening(**settings: Any) -> tuple[int, Any]:
    port = free_port()
    server = listen(echo, Settings.from_environ({"IPR_LISTEN": f"127.0.0.1:{port}"}, **settings))
    threading.Thread(target=server.run, daemon=True).start()
    return port, server


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    at, server = listening()
    yield at
    server.close()


def converse(port: int, *pieces: bytes, patience: float = 0.4) -> tuple[bytes, bool]:
    """What comes back, and whether the server closed the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as line:
        said = b""
        try:
            for piece in pieces:
                line.sendall(piece)
            while piece := line.recv(65536):
                said += piece
        except TimeoutError:
            return said, False
        except ConnectionError:
            pass
        return said, True


def reached(said: bytes) -> dict[str, Any]:
    found: dict[str, Any] = ast.literal_eval(said.split(b"\r\n\r\n", 1)[1].decode())
    return found


SPOOFED = (
    b"X-Forwarded-For: 9.9.9.9\r\nX_Forwarded_For: 8.8.8.8\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n"
    b"X-Forwarded-Port: 1\r\nX-Forwarded-By: x\r\nForwarded: for=1.1.1.1;host=evil.example;proto=https\r\n"
)


def test_class_22_forwarded_headers_of_nobodys_proxy_do_not_reach_the_application(port: int) -> None:
    said, _ = converse(port, b"GET /a HTTP/1.1\r\n" + HOST + SPOOFED + b"\r\n")
    environ = reached(said)
    assert {name for name in environ if name.startswith("HTTP_")} == {"HTTP_HOST"}
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("127.0.0.1", "http")


def test_class_22_of_one_trusted_proxy_only_the_last_address_and_the_scheme_count() -> None:
    port, server = listening(trusted_proxies=1)
    sent = (
        b"X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=1.1.1.1\r\n"
    )
    said, _ = converse(port, b"GET /a HTTP/1.1\r\n" + HOST + sent + b"\r\n")
    environ = reached(said)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("203.0.113.9", "https", "ipr.example")
    assert "evil" not in repr(environ)
    server.close()


REFUSED = {
    "both lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, turned": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "signed length": POST + b"Content-Length: +5\r\n\r\nhello",
    "spaced length": POST + b"Content-Length : 5\r\n\r\nhello",
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "vertical tab before the coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in 1.0": b"POST /a HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "chunk size with a prefix": POST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "line feed in a chunk's extension": POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=\nX\r\nhello\r\n0\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET /a HTTP/1.1\r\n\r\n",
    "nul in a header": b"GET /a HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "carriage return in a header": b"GET /a HTTP/1.1\r\n" + HOST + b"X: a\rY: b\r\n\r\n",
    "header too large": b"GET /a HTTP/1.1\r\n" + HOST + b"X: " + b"a" * LARGEST_HEADER + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_class_22_what_two_parsers_could_read_in_two_ways_is_refused_and_nothing_after_it_is_answered(port: int, name: str) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
    said, closed = converse(port, REFUSED[name] + smuggled)
    assert said.split(b" ", 2)[1] in {b"400", b"431", b"501"}
    assert len(re.findall(rb"HTTP/1\.\d \d{3} ", said)) == 1
    assert b"smuggled" not in said
    assert closed


def test_class_22_a_folded_header_is_one_line_to_the_application(port: int) -> None:
    """RFC 9112 section 5.2 lets a server refuse or unfold; never may it end the header there."""
    said, _ = converse(port, b"GET /a HTTP/1.1\r\n" + HOST + b"X-A: b\r\n Content-Length: 5\r\n\r\n")
    environ = reached(said)
    assert (environ["HTTP_X_A"], environ["body"]) == ("b Content-Length: 5", b"")


def test_class_22_underscores_name_no_header(port: int) -> None:
    said, _ = converse(port, POST + b"Content_Length: 3\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello")
    assert reached(said)["body"] == b"hello"


def open_lines(port: int, count: int, start: bytes) -> list[socket.socket]:
    lines = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(count)]
    for line in lines:
        line.sendall(start)
    return lines


@pytest.mark.parametrize(
    "start",
    [
        POST + b"Content-Length: 100000\r\n\r\nhalf",
        b"GET /a HTTP/1.1\r\nHost: ip",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
        b"",
    ],
    ids=["half a body", "half a header", "half a chunk", "nothing at all"],
)
def test_class_22_hundreds_of_half_sent_requests_do_not_keep_others_waiting(port: int, start: bytes) -> None:
    lines = open_lines(port, 300, start)
    begun = time.monotonic()
    said, _ = converse(port, b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", patience=20)
    assert said.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begun < 10  # no timing of ours: the half-sent ones would hold it for a minute
    for line in lines:
        line.close()


def test_class_22_a_header_sent_byte_by_byte_is_served_beside_others(port: int) -> None:
    slow = socket.create_connection(("127.0.0.1", port), timeout=20)
    for byte in b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":
        slow.sendall(bytes([byte]))
        if byte == ord(" "):
            assert converse(port, b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", patience=20)[0].startswith(b"HTTP/1.1 200")
    said = b""
    while piece := slow.recv(65536):  # head and body may come apart
        said += piece
    assert b"/slow" in said
    slow.close()
