"""One connection of the HTTP road: requests in, answers out, each within its time and its length."""

import asyncio
import json

import h11

LONGEST_HEAD = 2048
AT_ONCE = 4096
TAKE_S = 20  # for a body, and for taking an answer


class Refused(Exception):
    """This request gets no further: `status` says so to the peer, who said it was `user`."""

    def __init__(self, status, text, user=""):
        super().__init__(text)
        self.status, self.user = status, user


class Peer:
    """`known` is False until it has shown a terminal's password."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self.address, self.known = writer.get_extra_info("peername")[0], False

    async def request(self, patience_s):
        """The head of the next request, or None at the end. Raises Refused, OSError, TimeoutError."""
        async with asyncio.timeout(patience_s):
            event = await self._event()
        return event if isinstance(event, h11.Request) else None

    async def body(self):
        """Its body, as long as its head said. Raises Refused, OSError, TimeoutError."""
        parts = []
        async with asyncio.timeout(TAKE_S):
            while isinstance(event := await self._event(), h11.Data):
                parts.append(bytes(event.data))
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionResetError("the connection ended inside a body")
        return b"".join(parts)

    async def _event(self):
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(AT_ONCE))
            return event
        except h11.RemoteProtocolError as error:
            raise Refused(error.error_status_hint, f"no HTTP: {error}") from error

    async def answer(self, body):
        """Answer a whole request with frames; then the next may come. Raises OSError, TimeoutError."""
        await self._say(200, "application/octet-stream", body)
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()

    async def refuse(self, refused):
        """Say why not; the connection ends with it. Raises OSError, TimeoutError."""
        said = json.dumps({"code": "http_refused", "error": str(refused)}).encode()
        await self._say(refused.status, "application/json", said, ("Connection", "close"))

    async def _say(self, status, kind, body, *more):
        head = [("Content-Type", kind), ("Content-Length", str(len(body))), *more]
        parts = (h11.Response(status_code=status, headers=head), h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._http.send(part) for part in parts))
        async with asyncio.timeout(TAKE_S):
            await self._writer.drain()

    @property
    def open(self):
        """Whether another request may come on it."""
        return self._http.our_state is h11.IDLE

    def close(self):
        """Leave, once what was said is on its way."""
        self._writer.close()

    def end(self):
        """Cut it off."""
        self._writer.transport.abort()
