"""The page for whoever stands beside the gateway, and its figures for Prometheus: no script, no cookie, no form.

On loopback whoever is signed in on this machine may look. Elsewhere it is served over TLS with the gateway's
certificate, to who knows the password that `python -m firmware.gateway password` sets.
"""

import asyncio
import logging
import time

from firmware.gateway import metrics, page_view
from firmware.gateway.errors import GatewayError
from firmware.gateway.page_password import ADMITTED, TOO_MANY, Guard
from firmware.gateway.page_words import LANGUAGES
from firmware.gateway.sight import sight
from firmware.gateway.south.handshake import NoHandshake, secure, server_context

log = logging.getLogger("gateway")

HEAD_MOST = 4096
HEAD_S = 10  # for the handshake and the head of a request
CONNECTIONS_MOST, OF_ONE_ADDRESS = 32, 8
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECURITY = (
    "Content-Security-Policy: default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    "Cache-Control: no-store\r\nConnection: close\r\n"
)
PLAIN, FIGURES = "text/plain; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8"


class Page:
    """`live()` gives what Gateway.seen does; `certificate`: PEM file of key and certificate for TLS.

    Raises GatewayError when it is to be served beyond loopback and no password is set.
    """

    def __init__(self, settings, live, certificate):
        self._settings, self._live, self._open = settings, live, []
        self._guard = None if settings["page.host"] in LOOPBACK else Guard(settings["state"])
        self._context = server_context(certificate) if self._guard else None

    async def run(self):
        """Serve until cancelled. Raises GatewayError when it cannot listen."""
        host, port = self._settings["page.host"], self._settings["page.port"]
        try:
            server = await asyncio.start_server(self._enter, host, port, limit=HEAD_MOST)
        except (OSError, OverflowError) as error:
            raise GatewayError(f"the page cannot listen on {host} port {port}: {error}; see page.port") from error
        async with server:
            await server.serve_forever()

    async def _enter(self, reader, writer):
        address = writer.get_extra_info("peername")[0]
        self._open.append(address)
        try:
            if len(self._open) <= CONNECTIONS_MOST and self._open.count(address) <= OF_ONE_ADDRESS:
                async with asyncio.timeout(HEAD_S):
                    await self._serve(reader, writer, address)
        except (OSError, TimeoutError, NoHandshake, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("a look at the page ended: %s", error)
        finally:
            self._open.remove(address)
            writer.close()

    async def _serve(self, reader, writer, address):
        if self._context:
            await secure(writer, self._context, HEAD_S)
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(await asyncio.to_thread(self.answer, head, address))
        await writer.drain()

    def answer(self, head, address="127.0.0.1"):
        """The whole answer, bytes, to the head of a request."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, _, target = first.partition(" ")
        path, _, query = target.partition(" ")[0].partition("?")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        try:
            return self._turned_away(fields, address) or self._asked(method, path, query, fields)
        except GatewayError as error:
            return _said("503 Service Unavailable", PLAIN, f"{error}\n")

    def _turned_away(self, fields, address):
        """An answer for who may not look, or None."""
        if self._guard is None:
            if fields.get("host", "").rsplit(":", 1)[0].strip("[]") in LOOPBACK:
                return None  # by another name, a page from elsewhere could read this one
            return _said("421 Misdirected Request", PLAIN, "ask for this page as http://127.0.0.1\n")
        found = self._guard.judge(fields.get("authorization", ""), address)
        if found == ADMITTED:
            return None
        if found == TOO_MANY:
            return _said("429 Too Many Requests", PLAIN, "too many wrong passwords; wait, then try again\n")
        asked = 'WWW-Authenticate: Basic realm="gateway", charset="UTF-8"\r\n'
        return _said("401 Unauthorized", PLAIN, "the password is set by: python -m firmware.gateway password\n", asked)

    def _asked(self, method, path, query, fields):
        if method != "GET":
            return _said("405 Method Not Allowed", PLAIN, "this page is for looking only\n")
        if path == "/style.css":
            return _said("200 OK", "text/css; charset=utf-8", page_view.STYLE)
        if path not in ("/", "/metrics"):
            return _said("404 Not Found", PLAIN, "there are / and /metrics\n")
        seen, now_ms = sight(self._settings, self._live()), time.time_ns() // 1_000_000
        if path == "/metrics":
            return _said("200 OK", FIGURES, metrics.text(seen, now_ms))
        language = _language(query, fields.get("accept-language", ""))
        return _said("200 OK", "text/html; charset=utf-8", page_view.page(seen, language, now_ms))


def _language(query, accepted):
    if query in LANGUAGES:
        return query
    return "zh" if accepted.lower().startswith("zh") else "en"


def _said(status, kind, text, more=""):
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}{SECURITY}\r\n"
    return head.encode() + body
