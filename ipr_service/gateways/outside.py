"""The one way out over HTTP: resolve, check the address, connect to exactly that address, limit everything.

Used for timestamp authorities, revocation lists and whatever else follows an address that somebody typed. It refuses every
address that is not a public unicast one (server-side request forgery, ASVS 1.3.6), connects to the very address that was
checked (so that a second DNS answer changes nothing), follows no redirect, reads no proxy from the environment, and stops
at a size and at a time. Python's ``ipaddress.is_global`` is not used: in 3.11 it calls NAT64, 6to4, site-local and 192.0.0.8
global. The list below is ours.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates).
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ipr_service.errors import N_, OutsideError, RefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Iterable[str]]
"""Host name and port to addresses in text, in order of preference. Raises ``OSError`` when there are none."""

REFUSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier's own
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast relay
        "192.88.99.0/24",  # 6to4 relay
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 addresses that are routed in public. Mapped, NAT64, unique-local, link- and site-local ones lie outside."""

REFUSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def refused(address: Address) -> bool:
    """Whether ``address`` is anything but a public unicast one. Total: every address has an answer."""
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in REFUSED_V4)
    return address.scope_id is not None or address not in GLOBAL_V6 or any(address in network for network in REFUSED_V6)


def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """What the operating system says. It also reads ``127.1``, ``0x7f.1`` and ``2130706433``, hence the check comes after it."""
    return tuple(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def checked_address(host: str, resolver: Resolver = system_resolver, *, port: int = 443, allow_loopback: bool = False) -> str:
    """The address to connect to.

    Args:
        host: name or literal address, as it stood in the URL.
        resolver: see :data:`Resolver`.
        port: handed to the resolver.
        allow_loopback: for an authority on the same machine, by the operator's explicit setting.

    Raises:
        RefusedError: one of the addresses is not public. One is enough: the next answer might be that one.
        OutsideError: the name has no address.
    """
    try:
        found = [ipaddress.ip_address(text) for text in resolver(host, port)]
    except (OSError, ValueError, UnicodeError) as problem:
        raise OutsideError(N_("The name of the other service has no address.")) from problem
    if not found:
        raise OutsideError(N_("The name of the other service has no address."))
    for address in found:
        if refused(address) and not (allow_loopback and address.is_loopback):
            raise RefusedError(N_("This address leads into a private network, where the service does not go."))
    return str(found[0])


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` as in RFC 9110, ``media_type`` lower case without parameters, ``body`` at most the limit."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Way:
    """How to go out.

    Args:
        schemes: ``https`` alone, unless what comes back is signed and what goes out is public.
        allow_loopback: see :func:`checked_address`.
        timeout: seconds for the whole exchange.
        limit: largest body read, in bytes.
        resolver: see :data:`Resolver`.
        context: which certificates are believed; default the system's.
    """

    schemes: frozenset[str] = frozenset({"https"})
    allow_loopback: bool = False
    timeout: float = 20.0
    limit: int = 1 << 20
    resolver: Resolver = system_resolver
    context: ssl.SSLContext | None = None

    def request(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, one answer, whatever its status. A redirect is an answer like any other and is not followed.

        Raises:
            RefusedError: scheme, user name in the URL, or address are not allowed.
            OutsideError: no answer, too slow, too large, or not HTTP.
        """
        parts = _parsed(url, self.schemes)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        address = checked_address(host, self.resolver, port=port, allow_loopback=self.allow_loopback)
        connection = _Pinned(host, port, address, self._context(parts.scheme), self.timeout)
        # The timeout of a socket starts anew with every byte; a server that drips needs an end from outside.
        watch = threading.Timer(self.timeout, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            connection.request(method, _target(parts), body or None, {"Connection": "close", **(headers or {})})
            with connection.getresponse() as response:
                content = response.read(self.limit + 1)
                if len(content) > self.limit:
                    raise OutsideError(N_("The other service sent more than was asked for."))
                if connection.late:
                    raise OutsideError(N_("The other service was too slow."))
                if response.length:  # http.client is silent about a body shorter than announced
                    raise OutsideError(N_("The other service did not answer as expected."))
                media_type = response.headers.get_content_type() if response.headers.get("Content-Type") else ""
                lowered = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, media_type, content, lowered)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise OutsideError(N_("The other service did not answer as expected.")) from problem
        finally:
            watch.cancel()
            connection.close()

    def _context(self, scheme: str) -> ssl.SSLContext | None:
        return (self.context or ssl.create_default_context()) if scheme == "https" else None


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked; the certificate is still checked against the name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address
        self._context = context
        self._name = host
        self.late = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context:
            wrapped = self._context.wrap_socket(self.sock, server_hostname=self._name, do_handshake_on_connect=False)
            self.sock = wrapped  # before the handshake, so that the watch can cut that too
            wrapped.do_handshake()

    def cut(self) -> None:
        """End whatever is going on; the waiting thread then reads an end of file or an error."""
        self.late = True
        with contextlib.suppress(OSError, AttributeError):  # not connected yet, or closed meanwhile
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _parsed(url: str, schemes: frozenset[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.port is None or parts.port > 0
    except ValueError:
        valid = False
        parts = urlsplit("")
    if not valid or not parts.hostname or not url.isascii() or any(c <= " " or c == "\x7f" or c == "\\" for c in url):
        raise RefusedError(N_("This is not an address that the service can call."))
    if parts.scheme not in schemes or parts.username is not None or parts.password is not None:
        raise RefusedError(N_("The address must begin with {schemes} and hold no user name."), schemes=", ".join(sorted(schemes)))
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
