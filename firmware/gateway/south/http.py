"""The road to terminals over HTTPS, where MQTT is not allowed: frames come up in a POST, frames go down in its answer.

Nothing of a body is read before its sender has shown a terminal's password; every wait on a peer ends.
"""

import asyncio
import base64
import binascii
import logging
from collections import deque

from firmware.gateway.errors import GatewayError
from firmware.gateway.flood import READS
from firmware.gateway.south.handshake import NoHandshake, secure, server_context
from firmware.gateway.south.http_peer import Peer, Refused
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

PATH = b"/a01/v1/frames"
LONGEST = 8192  # bytes of a body, either way
HANDSHAKE_S = 60  # small boards are slow
FIRST_S = 20  # for the first request after it
SILENCE_S = 120  # between two requests
ANSWER_S = 5  # what a terminal's frames have brought by then goes into the answer
FRAMES_MOST = 64  # that wait for a terminal to ask


class HttpRoad:
    """Use as an asynchronous context. `hear` as of Roads; `refused(user, text)` is told of every refusal; `flood` is a
    Flood."""

    def __init__(self, settings, identity, access, hear, refused, flood):
        self._settings, self._certificate, self._access = settings, identity.certificate, access
        self._hear, self._refused, self._flood, self._context = hear, refused, flood, None
        self._open, self._peers = 0, {}
        self._down, self._waiting = {}, {}  # by terminal: frames for it; Event of an answer that waits for some
        self._server, self.ready = None, asyncio.Event()

    async def __aenter__(self):
        host, port = self._settings["http.host"], self._settings["http.port"]
        self._context = server_context(self._certificate)
        try:
            self._server = await asyncio.start_server(self._enter, host, port, limit=LONGEST)
        except (OSError, OverflowError) as error:
            raise GatewayError(f"HTTP cannot listen on {host} port {port}: {error}; see http.port") from error
        self.ready.set()
        return self

    async def __aexit__(self, *_error):
        self._server.close()
        for peer in list(self._peers.values()):
            peer.end()

    async def run(self):
        """For ever."""
        await self._server.serve_forever()

    async def rules_changed(self):
        """As of a road."""
        for terminal_id, peer in list(self._peers.items()):
            if self._access.password_of(terminal_id) is None:
                peer.end()

    def send(self, terminal_id, frames):
        """Frames for a terminal's next answer. An answer that waits for what its frames brought goes now."""
        waiting = self._down.setdefault(terminal_id, deque())
        waiting.extend(frames)
        while len(waiting) > FRAMES_MOST:
            waiting.popleft()
            self._flood.refuse("down_full", f"{FRAMES_MOST} frames wait", terminal_id)
        if terminal_id in self._waiting:
            self._waiting[terminal_id].set()

    async def _enter(self, reader, writer):
        peer = Peer(reader, writer)
        if not self._flood.enter(peer.address):
            peer.end()
            return
        self._open += 1
        try:
            await secure(writer, self._context, HANDSHAKE_S)
            if self._open > self._settings["http.connections_most"]:
                raise Refused(503, f"{self._open} connections are open, see http.connections_most")
            await self._serve(peer)
        except NoHandshake as error:
            self._flood.refuse("tls_refused", str(error))
        except Refused as refused:
            self._refused(refused.user, str(refused))
            await _say(peer, refused)
        except (OSError, TimeoutError) as error:
            log.debug("an HTTP connection from %s ended: %s", peer.address, error)
        finally:
            self._open -= 1
            self._forget(peer)
            peer.close()

    async def _serve(self, peer):
        """One request after the other. Raises Refused, OSError, TimeoutError."""
        patience_s = FIRST_S
        while peer.open and (request := await peer.request(patience_s)) is not None:
            terminal_id = self._admit(request)
            self._seat(peer, terminal_id)
            message = await peer.body()
            await self._flood.pace(terminal_id, terminal_id, len(message), READS)
            await self._exchange(peer, terminal_id, message)
            patience_s = SILENCE_S

    def _admit(self, request):
        """The terminal a request is from. Raises Refused; so far only its head was read."""
        head = dict(request.headers)
        user, password = _log_in(head.get(b"authorization", b""))
        if user == OWN_USER or not self._access.may_enter(user, user, password):
            raise Refused(401, "log-in" if user else "anonymous log-in", user)
        if (request.method, request.target) != (b"POST", PATH):
            raise Refused(404, f"{request.method.decode()} elsewhere than {PATH.decode()}", user)
        if b"content-length" not in head:
            raise Refused(411, "a body that does not say its length", user)
        if int(head[b"content-length"]) > LONGEST:
            raise Refused(413, f"a body of more than {LONGEST} bytes", user)
        return user

    def _seat(self, peer, terminal_id):
        """A terminal that comes again takes its own place."""
        if not peer.known:
            self._know(peer)
        before = self._peers.get(terminal_id)
        if before is not None and before is not peer:
            before.end()
        self._peers[terminal_id] = peer

    def _know(self, peer):
        peer.known = True
        self._flood.leave(peer.address)

    def _forget(self, peer):
        if not peer.known:
            self._know(peer)
        for terminal_id in [name for name, one in self._peers.items() if one is peer]:
            del self._peers[terminal_id]

    async def _exchange(self, peer, terminal_id, message):
        """Hand a message on and answer with what it brought; without one, with what waits."""
        if message:
            brought = self._waiting[terminal_id] = asyncio.Event()
            if not self._hear(self, terminal_id, message):
                await _say(peer, Refused(429, "too much of this terminal waits; send it again later", terminal_id))
                return
            try:
                async with asyncio.timeout(ANSWER_S):
                    await brought.wait()
            except TimeoutError:
                log.warning("nothing to answer %s with within %d s", terminal_id, ANSWER_S)
        await peer.answer(self._take(terminal_id))

    def _take(self, terminal_id):
        """What waits for a terminal, as much as one answer holds."""
        waiting, taken = self._down.get(terminal_id, ()), b""
        while waiting and len(taken) + len(waiting[0]) <= LONGEST:
            taken += waiting.popleft()
        return taken


async def _say(peer, refused):
    try:
        await peer.refuse(refused)
    except (OSError, TimeoutError) as error:
        log.debug("a refusal was not taken by %s: %s", peer.address, error)


def _log_in(header):
    """(user, password) of a Basic authorization; empty when there is none."""
    kind, _space, said = header.partition(b" ")
    try:
        if kind.lower() != b"basic":
            raise ValueError("another kind of authorization")
        user, _colon, password = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password
