"""The one way out: where it does not go, and what it does not wait for (class 12)."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import OutsideError, RefusedError
from ipr_service.gateways import outside
from ipr_service.gateways.outside import Way, checked_address, refused, system_resolver

LOOPBACK = Way(schemes=frozenset({"http"}), allow_loopback=True, timeout=1.0, limit=1000)


def always(*addresses: str) -> Any:
    return lambda _host, _port: addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0", "::1", "::ffff:127.0.0.1", "localhost"])
def test_every_way_to_write_this_machine_is_refused(host: str) -> None:
    with pytest.raises(RefusedError):
        checked_address(host, system_resolver)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_name_leads_to_an_address_that_is_not_public(address: str) -> None:
    with pytest.raises(RefusedError):
        checked_address("innocent.example", always(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "193.2.1.66", "2001:4860:4860::8888", "2a00:1450::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert checked_address("tsa.example", always(address)) == address


@given(st.ip_addresses())
def test_whatever_python_calls_private_reserved_or_loopback_is_refused(address: Any) -> None:
    known = address.is_private or address.is_reserved or address.is_loopback or address.is_link_local or address.is_multicast
    assert refused(address) or not known


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(RefusedError):
        checked_address("rebinding.example", always("8.8.8.8", "10.0.0.1"))


def test_a_name_without_address_is_an_outside_failure() -> None:
    def unknown(_host: str, _port: int) -> tuple[str, ...]:
        raise socket.gaierror

    for resolver in (unknown, always(), always("not an address")):
        with pytest.raises(OutsideError):
            checked_address("nowhere.example", resolver)


def test_the_loopback_opens_only_on_request_and_opens_nothing_else() -> None:
    assert checked_address("127.0.0.1", allow_loopback=True) == "127.0.0.1"
    with pytest.raises(RefusedError):
        checked_address("10.0.0.1", always("10.0.0.1"), allow_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://tsa.example/",
        "ftp://tsa.example/",
        "file:///etc/passwd",
        "https://user@tsa.example/",
        "https://user:pass@tsa.example/",
        "https:///path",
        "https://tsa.example:0/",
        "https://tsa.example:99999/",
        "https://tsa.example/a b",
        "https://tsa.example/\r\nX: y",
        "https://tsa.example\\@evil.example/",
        "https://tsä.example/",
        "",
    ],
)
def test_an_address_of_another_form_is_refused_before_anything_is_resolved(url: str) -> None:
    def never(_host: str, _port: int) -> tuple[str, ...]:
        raise AssertionError("resolved")

    with pytest.raises(RefusedError):
        Way(resolver=never).request("GET", url)


@contextmanager
def serving(answer: bytes, *, drip: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A real server on the loopback that sends these bytes to everybody, at once or one by one."""
    seen: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            seen.append(self.rfile.readline())
            while self.rfile.readline().strip():
                pass
            try:
                for piece in [answer[i : i + 1] for i in range(len(answer))] if drip else [answer]:
                    self.wfile.write(piece)
                    time.sleep(drip)
            except OSError:
                return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


def test_a_plain_exchange_works() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=x\r\nContent-Length: 2\r\n\r\nhi") as (url, seen):
        answer = LOOPBACK.request("GET", f"{url}/path?q=1")
    assert (answer.status, answer.media_type, answer.body) == (200, "text/plain", b"hi")
    assert seen == [b"GET /path?q=1 HTTP/1.1\r\n"]


def test_the_connection_goes_to_the_address_that_was_checked_and_to_no_second_answer() -> None:
    answers = iter([("127.0.0.1",), ("10.0.0.1",)])
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, seen):
        way = Way(schemes=frozenset({"http"}), allow_loopback=True, resolver=lambda _host, _port: next(answers))
        port = url.rpartition(":")[2]
        assert way.request("GET", f"http://rebinding.example:{port}/").status == 200
    assert len(seen) == 1
    assert next(answers) == ("10.0.0.1",)


def test_a_redirect_is_not_followed() -> None:
    with serving(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n") as (url, seen):
        assert LOOPBACK.request("GET", url).status == 302
    assert len(seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000),
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + bytes(5000) + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut",
        b"not http at all",
        b"",
    ],
)
def test_too_much_too_little_or_no_http_is_an_outside_failure(answer: bytes) -> None:
    with serving(answer) as (url, _), pytest.raises(OutsideError):
        LOOPBACK.request("GET", url)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_server_that_drips_is_cut_off_at_the_timeout_whatever_it_drips(head: bytes) -> None:
    way = Way(schemes=frozenset({"http"}), allow_loopback=True, timeout=0.3)
    started = time.monotonic()
    with serving(head + b"x" * 900, drip=0.02) as (url, _), pytest.raises(OutsideError):
        way.request("GET", url)
    assert time.monotonic() - started < 3


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:3128")
    with serving(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, _):
        assert LOOPBACK.request("GET", url).status == 204


def test_no_network_of_the_deny_list_makes_another_superfluous() -> None:
    for networks in (outside.REFUSED_V4, outside.REFUSED_V6):
        assert not [(one, other) for one in networks for other in networks if one is not other and one.overlaps(other)]
