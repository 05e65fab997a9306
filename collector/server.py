"""Serving the application: one process, TLS, an event loop that slow clients cannot hold up, threads behind it."""

import asyncio
import hashlib
import os
import socket
import ssl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from a2wsgi import WSGIMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector import db, files, upload
from collector.a02 import CERTIFICATE
from collector.errors import ActionError
from collector.hosts import is_loopback
from collector.upload import MAX_BODY
from collector.web.uploads import FORM_MOST

BODY_WAIT_S = 30  # a body has to have come by then
FORM_WAIT_S = 120  # so has a form with a file
FORMS_MOST = 4  # forms with large files at the same time; others wait in line
HEAD_MOST = 64 * 1024  # bytes of a request's head
RENEWED_TICKS = 20  # two seconds
WHOLE = files.WHOLE.lower().encode()
PIECE = 256 * 1024  # bytes of a file that are read at once
CLOSING_S = 2  # answers under way may take so long at the end


class Contents:
    """Sends the contents of files that views name: who reads slowly, or not at all, holds no thread meanwhile."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        named = []

        async def handed_on(message):
            if message["type"] == "http.response.start":
                named[:] = [value.decode() for name, value in message["headers"] if name == WHOLE]
                message = {**message, "headers": [pair for pair in message["headers"] if pair[0] != WHOLE]}
            if message["type"] == "http.response.start" or not named:
                await send(message)

        await self.app(scope, receive, handed_on)
        if named:
            await _content(named[0], scope["method"], send)


async def _content(name, method, send):
    with await asyncio.to_thread(files.opened, name) as content:
        while method == "GET" and (piece := await asyncio.to_thread(content.read, PIECE)):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


class WholeBody:
    """Takes in the whole body before a thread is given to a request, so that a trickle of bytes holds none."""

    def __init__(self, app, settings):
        self.app, self.uploads = app, Uploads(app, settings)
        self._forms = asyncio.Semaphore(FORMS_MOST)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _said_length(scope) <= MAX_BODY:
            return await self._answer(scope, receive, send, MAX_BODY, BODY_WAIT_S)
        if _said_length(scope) > FORM_MOST or not _is_form(scope):
            return await self.app(scope, receive, send)
        async with self._forms:
            return await self._answer(scope, receive, send, FORM_MOST, FORM_WAIT_S)

    async def _answer(self, scope, receive, send, most, wait_s):
        try:
            async with asyncio.timeout(wait_s):
                body = await _read(receive, most)
        except TimeoutError:
            return await _answer_late(send)
        if body is None:
            return None  # the client has gone
        headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
        length = max(len(body), _said_length(scope))
        scope = {**scope, "headers": [*headers, (b"content-length", b"%d" % length)]}
        return await self.uploads(scope, _once(body), send)


class Uploads:
    """Answers the uploads of gateways, which come many times a second, on a road of their own, past Flask."""

    def __init__(self, app, settings):
        self.app, self.must_show = app, settings["client_certificate"]
        self.threads, self._under_way = ThreadPoolExecutor(settings["threads"], "uploads"), Counter()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != upload.PATH or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        said = {name: value.decode("latin-1") for name, value in scope["headers"]}
        head = upload.Head(
            said.get(b"authorization", ""),
            said.get(b"content-type", "").partition(";")[0].strip().lower(),
            said.get(b"content-encoding", ""),
            int(said[b"content-length"]),
            scope.get("state", {}).get(CERTIFICATE),
            (scope.get("client") or ("",))[0],
        )
        answer = await self._in_turn(head, (await receive())["body"])
        headers = {"Content-Type": upload.JSON, "Content-Length": str(len(answer.body)), **answer.headers}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    async def _in_turn(self, head, body):
        """The answer; who has too many uploads under way is told so, and takes no thread from others."""
        who = head.authorization
        if self._under_way[who] >= upload.MOST_UNDER_WAY:
            return upload.too_many()
        self._under_way[who] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, self._answered, head, body)
        finally:
            self._under_way[who] -= 1
            if not self._under_way[who]:
                del self._under_way[who]

    def _answered(self, head, body):
        return upload.answered(head, body, self.must_show)


def _said_length(scope):
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


def _is_form(scope):
    return dict(scope["headers"]).get(b"content-type", b"").startswith(b"multipart/form-data")


async def _read(receive, most):
    """The body, cut one byte after the most that is allowed, or None when the client has gone."""
    body, more = bytearray(), True
    while more and len(body) <= most:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body[: most + 1])


def _once(body):
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _answer_late(send):
    headers = [(b"connection", b"close"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": b"the body did not come in time; send it again\n"})


class _Shown(HttpToolsProtocol):
    """HTTP with heads of limited length, which also says what certificate the other side has proved to hold, if any."""

    _loose = 0  # bytes that came since the last head, piece of a body or end of a request

    def data_received(self, data):
        """As usual; a head, or what follows a body, that has no end is refused."""
        self._loose += len(data)
        super().data_received(data)
        if self._loose > HEAD_MOST and not self.transport.is_closing():
            self.send_400_response(f"the head of the request has more than {HEAD_MOST} bytes")

    def on_headers_complete(self):
        """As usual."""
        self._loose = 0
        super().on_headers_complete()

    def on_body(self, body):
        """As usual."""
        self._loose = 0
        super().on_body(body)

    def on_message_complete(self):
        """As usual."""
        self._loose = 0
        super().on_message_complete()

    def connection_made(self, transport):
        """As usual; what was shown goes beside each request."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls else None
        if shown:
            self.app_state = {**self.app_state, CERTIFICATE: hashlib.sha256(shown).hexdigest()}


class Server(uvicorn.Server):
    """Says in one line where it listens, once it does; takes a renewed certificate without losing a connection."""

    _read_ns = None

    async def on_tick(self, counter):
        """Ten times a second: what else uvicorn has to do, and now and then a look at the certificate's file."""
        if counter % RENEWED_TICKS == 0 and self.config.is_ssl:
            self._renew()
        return await super().on_tick(counter)

    def _renew(self):
        try:
            made_ns = os.stat(self.config.ssl_certfile).st_mtime_ns
            if self._read_ns not in (None, made_ns):
                self.config.ssl.load_cert_chain(self.config.ssl_certfile, self.config.ssl_keyfile)
                print("collector shows its renewed certificate", flush=True)
            self._read_ns = made_ns
        except (OSError, ssl.SSLError):  # half of the pair is there: at the next look the other half is, too
            return

    async def startup(self, sockets=None):
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            scheme = "https" if self.config.is_ssl else "http"
            host, port = sockets[0].getsockname()[:2]
            print(f"collector ready {scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


def serve(app, host, port, cert, key, client_ca=None):
    """Serve until a signal ends it. `client_ca`: the authority of certificates that clients may show, or None.

    Raises ActionError when the address or the certificate is no good.
    """
    if cert is None and not is_loopback(host):
        raise ActionError(f"{host} is reached from outside and needs TLS; make a certificate with `ca server`")
    settings, app.config[files.HANDED_ON] = app.config["SETTINGS"], True
    config = uvicorn.Config(
        WholeBody(Contents(WSGIMiddleware(app, workers=settings["threads"])), settings),
        ssl_certfile=cert,
        ssl_keyfile=key,
        http=_Shown,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=CLOSING_S,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ActionError(f"{cert} and {key} do not serve as certificate and key: {error}; make them anew") from error
    if config.ssl:
        if client_ca:
            config.ssl.load_verify_locations(client_ca)
            config.ssl.verify_mode = ssl.CERT_OPTIONAL  # browsers show none; who must is for the door to say
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    Server(config).run(sockets=[_listener(host, port)])


def _listener(host, port):
    try:
        family, kind, _proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if db.is_shared() and hasattr(socket, "SO_REUSEPORT"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # others may serve at the same address
        listener.bind(address)
    except OSError as error:
        raise ActionError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error
    return listener
