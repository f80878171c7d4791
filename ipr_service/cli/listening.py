"""How requests reach the application: waitress, set for the open internet, and stricter than it comes.

Bodies are read before a thread is taken, from hundreds of connections at once, so slow clients cannot block it. Without a proxy in front
every X-Forwarded-* and Forwarded header is removed. What two parsers could read in two ways is refused with 400, so that nothing can be
smuggled past a proxy (RFC 9112 sections 3.2 and 6.3; waitress itself answers such requests and keeps the connection).
"""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, create_server

from ipr_service.settings import Settings

BODY_MARGIN = 4 * 1024**2
LARGEST_HEADER = 32 * 1024
CONNECTIONS = 1000
SILENCE = 60  # seconds after which a connection that says nothing is closed


class Parser(HTTPRequestParser):
    """Refuses requests whose end or whose host is said twice."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        host = self.headers.get("HOST")
        faults = (
            (self.chunked and "CONTENT_LENGTH" in self.headers, "Transfer-Encoding and Content-Length together"),
            (self.version == "1.0" and "TRANSFER_ENCODING" in self.headers, "Transfer-Encoding in HTTP/1.0"),
            (host is not None and "," in host, "More than one Host"),
            (host is None and self.version == "1.1", "No Host"),
        )
        for fault, what in faults:
            if fault:
                raise ParsingError(what)


class Channel(HTTPChannel):
    """A connection read by our parser."""

    parser_class = Parser


def adjustments(settings: Settings) -> dict[str, Any]:
    """How waitress is set."""
    chosen: dict[str, Any] = {
        "listen": settings.listen,
        "threads": settings.threads,
        "ident": None,
        "max_request_body_size": settings.max_upload_bytes + BODY_MARGIN,
        "max_request_header_size": LARGEST_HEADER,
        "channel_timeout": SILENCE,
        "connection_limit": CONNECTIONS,
        "asyncore_use_poll": True,  # select() ends at descriptor 1024
        "clear_untrusted_proxy_headers": True,
    }
    if settings.trusted_proxies:
        forwarded = {"x-forwarded-for", "x-forwarded-proto"}
        chosen |= {"trusted_proxy": "*", "trusted_proxy_count": settings.trusted_proxies, "trusted_proxy_headers": forwarded}
    return chosen


def listen(app: object, settings: Settings) -> Any:
    """A server that listens already; ``run()`` answers until SIGTERM or SIGINT, ``close()`` stops listening."""
    server = create_server(app, **adjustments(settings))
    for one in [server] if isinstance(server, BaseWSGIServer) else server.map.values():
        if isinstance(one, BaseWSGIServer):
            one.channel_class = Channel
    return server
